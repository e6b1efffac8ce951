"""What a click on Compare and on Side by side opens is in the window, with a real viewport and its scrollbar."""

import pytest

from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]
N = 80
HEADER = 60
"""Pixels at the top that Streamlit's own header covers."""
ROW = 35
WINDOWS = [(1440, 900, "light"), (1280, 720, "dark"), (800, 1000, "light")]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("in-sight") / "cache")


@pytest.fixture(scope="module")
def ids(store):
    specs = {"early": RunSpec(model="demo-early", n=N), "demo": RunSpec(n=N), "bare": RunSpec(n=N, prompt="bare")}
    return {name: execute(spec, store).record.run_id for name, spec in specs.items()}


@pytest.fixture(scope="module")
def server(store, ids):
    with serving(store.folder) as running:
        yield running


@pytest.fixture(params=WINDOWS, ids=lambda window: "x".join(map(str, window)))
def page(request, new_page):
    return new_page(*request.param)


@pytest.fixture
def compare(page, server, ids):
    """Opens the comparison at a tab."""

    def visit(**query):
        asked = "".join(f"&{name}={value}" for name, value in query.items())
        page.goto(f"{server.url}/compare?a={ids['early']}&b={ids['demo']}{asked}")
        page.get_by_text("exact McNemar").first.wait_for(timeout=PATIENCE_MS)
        return without_sidebar(page)

    return visit


def without_sidebar(page):
    """At 800 pixels a person has the sidebar folded."""
    settled(page)
    if page.viewport_size["width"] == 800 and page.locator("[data-testid=stSidebar][aria-expanded=true]").count():
        page.locator("[data-testid=stSidebarCollapseButton] button").dispatch_event("click")
        page.locator("[data-testid=stSidebar][aria-expanded=false]").wait_for(state="attached", timeout=PATIENCE_MS)
    return settled(page)


def assert_in_sight(page, *shown):
    """Each of these lies in the window, below the header."""
    for one in shown:
        one.wait_for(timeout=PATIENCE_MS)
        box = one.bounding_box()
        assert box["y"] >= HEADER - 30, (one, box)
        assert box["y"] + box["height"] <= page.evaluate("() => window.innerHeight"), (one, box)


def scrolled_to(page, tab):
    """The place that a person scrolls to, to see what is in a tab: it stays there when something is clicked."""
    page.get_by_role("tab", name=tab).evaluate("tab => tab.scrollIntoView({block: 'start'})")
    page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollBy(0, -60)")
    page.wait_for_timeout(200)
    return scroll(page)


def scroll(page):
    return page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollTop")


def click_row(page, row):
    """Click a row of the first table of the page."""
    table = page.locator("[data-testid=stDataFrame]:visible").first
    box = table.locator("canvas").first.bounding_box()
    page.mouse.click(box["x"] + 60, box["y"] + ROW * (row + 1.5))
    settled(page)


def texts(page):
    """Text and both completions of the open example."""
    return page.locator("[data-testid=stCode]:visible").all()


def test_verdict_accuracies_doors_and_both_completions_are_in_the_first_window(compare, page):
    compare()
    doors = [page.get_by_role("button", name=name) for name in (" fixed", " broken", " both right", " both wrong")]
    accuracies = page.get_by_text("(reference)").last
    assert_in_sight(page, page.get_by_text("exact McNemar").first, accuracies, *doors, *texts(page)[:3])
    doors[0].click()
    page.wait_for_url("**door=fixed*", timeout=PATIENCE_MS)
    settled(page)
    assert scroll(page) == 0
    assert_in_sight(page, *doors, page.get_by_text("A is wrong or unparsed, B is right."), *texts(page)[:3])
    click_row(page, 2)
    page.get_by_text("3 of ").wait_for(timeout=PATIENCE_MS)
    assert_in_sight(page, *texts(page)[:3])
    page.get_by_role("button", name="Next").click()
    page.get_by_text("4 of ").wait_for(timeout=PATIENCE_MS)
    assert_in_sight(page, page.get_by_role("button", name="Next"), *texts(page)[:3])
    assert scroll(page) == 0


def test_a_label_that_is_clicked_is_answered_beside_the_table(compare, page):
    compare(tab="labels")
    at = scrolled_to(page, "Labels")
    click_row(page, 3)
    page.wait_for_url("**label=*", timeout=PATIENCE_MS)
    settled(page)
    label = page.url.partition("label=")[2].partition("&")[0]
    assert scroll(page) == at
    assert_in_sight(page, page.get_by_text(f"{label}: ").first, *texts(page)[:3])


def test_a_cell_that_is_clicked_is_answered_beside_the_matrix(compare, page):
    compare(tab="matrices")
    at = scrolled_to(page, "Matrices")
    chart = page.locator("[data-testid=stEChartsChart] canvas").first
    box = chart.bounding_box()
    for down in range(12, 30):  # cells lie somewhere to the right of the labels
        page.mouse.click(box["x"] + 0.6 * box["width"], box["y"] + 10 * down)
        settled(page)
        if "true=" in page.url:
            break
    settled(page)
    assert scroll(page) == at
    assert chart.bounding_box() == box
    assert_in_sight(page, page.get_by_role("button", name="Back"), *texts(page)[:3])


def test_a_changed_confusion_that_is_clicked_takes_the_place_of_the_list(compare, page):
    compare(tab="matrices")
    at = scrolled_to(page, "Matrices")
    click_row(page, 0)
    assert scroll(page) == at
    assert_in_sight(page, page.get_by_text("reverse: A"), page.get_by_role("button", name="Back"), *texts(page)[:3])


def test_side_by_side_says_the_conclusion_first_and_answers_a_row_in_sight(page, server, ids):
    page.goto(f"{server.url}/side_by_side?runs={','.join(ids.values())}")
    page.get_by_text("pairs can be told apart").wait_for(timeout=PATIENCE_MS)
    without_sidebar(page)
    chart = page.locator("[data-testid=stVegaLiteChart]").first
    assert_in_sight(page, page.get_by_text("pairs can be told apart"), page.get_by_text("max − min"), chart)
    page.get_by_role("tab", name="Pairs").click()
    settled(page)
    click_row(page, 2)
    link = page.get_by_role("link", name="Compare ").last
    assert_in_sight(page, page.get_by_text("corrected for all pairs"), link)
    page.get_by_role("tab", name="Examples").click()
    settled(page)
    at = scrolled_to(page, "Examples")
    click_row(page, 2)
    page.get_by_text("3 of ").first.wait_for(timeout=PATIENCE_MS)
    assert scroll(page) == at
    assert_in_sight(page, *texts(page)[:4])


def test_the_keyboard_opens_a_door_and_walks_through_its_examples(server, ids, new_page):
    page = new_page(1280, 720)
    page.goto(f"{server.url}/compare?a={ids['early']}&b={ids['demo']}")
    page.get_by_text("exact McNemar").first.wait_for(timeout=PATIENCE_MS)
    settled(page)
    page.get_by_role("button", name=" fixed").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**door=fixed*", timeout=PATIENCE_MS)
    settled(page)
    page.locator("[data-testid=stDataFrame] canvas").first.focus()
    page.keyboard.press("ArrowDown")
    page.get_by_text("2 of ", exact=False).first.wait_for(timeout=PATIENCE_MS)
    settled(page)
    page.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    page.get_by_text("3 of ", exact=False).first.wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert_in_sight(page, *texts(page)[:3])


def test_a_link_that_was_copied_opens_the_same_example_for_another_person(server, ids, new_page):
    page = new_page(1280, 720)
    page.goto(f"{server.url}/compare?a={ids['early']}&b={ids['demo']}&door=fixed")
    page.get_by_text("exact McNemar").first.wait_for(timeout=PATIENCE_MS)
    settled(page)
    click_row(page, 4)
    page.get_by_text("5 of ", exact=False).first.wait_for(timeout=PATIENCE_MS)
    shown = [one.inner_text() for one in texts(page)[:3]]
    page.get_by_role("button", name="Copy link").click()
    link = page.locator("[data-testid=stPopoverBody] [data-testid=stCode]").inner_text().strip()
    other = new_page(1280, 720)
    other.goto(link)
    other.get_by_text("exact McNemar").first.wait_for(timeout=PATIENCE_MS)
    settled(other)
    assert [one.inner_text() for one in texts(other)[:3]] == shown
    assert_in_sight(other, *texts(other)[:3])
