"""The tab “Label sets” in a real Chromium: slider, bars and labels by mouse and keyboard, the examples in sight."""

import pytest

from evalcore.store.database import Store
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled
from tests.tools.probabilities import over_confident

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]
MARKS = "[data-testid=stVegaLiteChart] svg path[aria-roledescription={}]"


@pytest.fixture(scope="module")
def visit(any_page, tmp_path_factory):
    """Opens the tab for a run of so many labels, in one page of 1280 x 720."""
    store = Store(tmp_path_factory.mktemp("sets") / "cache")
    runs = {n_labels: over_confident(store, n_labels, 600).run_id for n_labels in (24, 150)}
    page = any_page(1280, 720)
    with serving(store.folder) as server:

        def visit(n_labels, **query):
            more = "".join(f"&{name}={value}" for name, value in query.items())
            page.goto(f"{server.url}/confidence?run={runs[n_labels]}&tab=label-sets{more}")
            page.locator(MARKS.format("bar" if "sets" not in query else "point")).first.wait_for(timeout=PATIENCE_MS)
            return settled(page)

        yield visit


def middle(box):
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def opened_in_sight(page):
    shown = page.get_by_text("1 of ").first
    shown.wait_for(timeout=PATIENCE_MS)
    settled(page)
    box = shown.bounding_box()
    return box is not None and 0 <= box["y"] <= 720 - box["height"]


def test_the_slider_by_keyboard_and_a_bar_by_mouse(visit):
    page = visit(24)
    chart = page.locator("[data-testid=stVegaLiteChart]").bounding_box()
    assert chart["y"] + chart["height"] <= 720
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**coverage=91**", timeout=PATIENCE_MS)
    settled(page)
    boxes = [bar.bounding_box() for bar in page.locator(MARKS.format("bar")).all()]
    tallest = max((box for box in boxes if box), key=lambda box: box["height"])
    page.mouse.click(*middle(tallest))
    assert opened_in_sight(page)
    page.wait_for_url("**set_size=**", timeout=PATIENCE_MS)
    assert "coverage=91" in page.url


def test_a_label_by_mouse_at_150_labels_and_a_size_by_keyboard(visit):
    page = visit(150, sets="labels")
    page.mouse.click(*middle(page.locator(MARKS.format("point")).first.bounding_box()))
    assert opened_in_sight(page)
    page.wait_for_url("**set_label=**", timeout=PATIENCE_MS)
    page = visit(24)
    page.locator("[data-testid=stDataFrame] canvas").first.focus()
    page.keyboard.press("ArrowDown")
    assert opened_in_sight(page)
    page.wait_for_url("**set_size=**", timeout=PATIENCE_MS)
