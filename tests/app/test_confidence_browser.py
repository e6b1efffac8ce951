"""The Confidence page in a real Chromium: what mouse and keyboard open stands in sight, at 24, 77 and 150 labels."""

import pytest

from evalcore.store.database import Store
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled
from tests.tools.probabilities import over_confident

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]
CHART = "[data-testid=stVegaLiteChart]"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("confidence") / "cache")


@pytest.fixture(scope="module")
def runs(store):
    return {n_labels: over_confident(store, n_labels, 600) for n_labels in (24, 77, 150)}


@pytest.fixture(scope="module")
def server(store, runs):
    with serving(store.folder) as running:
        yield running


@pytest.fixture(scope="module")
def page(any_page):
    return any_page(1280, 720)


def visit(page, server, record, **query):
    more = "".join(f"&{name}={value}" for name, value in query.items())
    page.goto(f"{server.url}/confidence?run={record.run_id}{more}")
    page.get_by_role("heading", level=1).wait_for(timeout=PATIENCE_MS)
    settled(page)
    if query.get("tab") != "mistakes":
        page.locator(f"{CHART} canvas, {CHART} svg").first.wait_for(timeout=PATIENCE_MS)
        settled(page)


def marks(page, chart):
    """The marks of a figure that can be clicked, the leftmost first, as places in the window."""
    found = (
        page.locator(CHART)
        .nth(chart)
        .locator("svg path[aria-roledescription=point], svg path[aria-roledescription=bar]")
    )
    boxes = [found.nth(at).bounding_box() for at in range(found.count())]
    return sorted(({"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2} for box in boxes if box),
                  key=lambda place: place["x"])  # fmt: skip


def in_window(page, locator):
    box = locator.bounding_box()
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= page.evaluate("() => window.innerHeight")


def test_a_click_on_a_bin_a_bar_and_a_label_opens_its_examples_in_sight(page, server, runs):
    record = runs[77]
    visit(page, server, record)
    for at in (1, 4):  # another bin after the first, from the same drawing
        place = marks(page, 0)[at]
        page.mouse.click(place["x"], place["y"])
        page.get_by_text("1 of ").first.wait_for(timeout=PATIENCE_MS)
        settled(page)
        assert in_window(page, page.get_by_text("1 of ").first)
        assert "confidence=" in page.url
    opened = page.url
    place = marks(page, 1)[-1]
    page.mouse.click(place["x"], place["y"])
    page.get_by_text("answers of a confidence of").wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert "outcomes=" in page.url != opened
    page.get_by_role("button", name="All bins and bars").click()
    settled(page)
    assert "confidence=" not in page.url
    # The figure was made anew without its selection: the bin that was clicked last can be clicked again.
    place = marks(page, 0)[4]
    page.mouse.click(place["x"], place["y"])
    page.get_by_text("1 of ").first.wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert page.url == opened


def test_labels_can_be_clicked_whether_few_or_many(page, server, runs):
    for record in (runs[24], runs[150]):
        visit(page, server, record, tab="labels")
        place = marks(page, 0)[0]
        page.mouse.click(place["x"], place["y"])
        page.get_by_text("1 of ").first.wait_for(timeout=PATIENCE_MS)
        settled(page)
        assert "predicted=" in page.url
        assert in_window(page, page.get_by_text("1 of ").first)


def test_the_keyboard_reaches_the_examples_of_a_bin(page, server, runs):
    visit(page, server, runs[24])
    table = page.locator("[data-testid=stDataFrame] canvas").first
    page.get_by_role("link", name="Skip to main content").focus()
    page.keyboard.press("Enter")
    for _ in range(25):
        page.keyboard.press("Tab")
        page.wait_for_timeout(20)
        if page.evaluate("() => document.activeElement.tagName") == "CANVAS":
            break
    assert table.evaluate("canvas => canvas === document.activeElement")
    page.keyboard.press("ArrowDown")
    page.get_by_text("1 of ").first.wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert "confidence=" in page.url


@pytest.mark.parametrize(("size", "scheme"), [((1280, 720), "dark"), ((800, 1000), "light")])
def test_nothing_is_cut_off_and_the_picture_is_in_the_window(server, runs, new_page, size, scheme):
    page = new_page(*size, scheme)
    for tab in ("", "labels", "mistakes"):
        visit(page, server, runs[150], **({"tab": tab} if tab else {}))
        assert page.locator("[data-testid=stException]").count() == 0
        shown = page.locator(CHART if tab != "mistakes" else "[data-testid=stDataFrame]").first
        assert in_window(page, shown), tab
        assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"), tab
