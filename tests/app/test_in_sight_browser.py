"""What a click opens is in the window, without scrolling: in windows of real height, with their scrollbar."""

import re

import numpy as np
import pytest

from evalcore.analysis.cell_words import cell_title
from evalcore.analysis.filters import Filter
from evalcore.analysis.scored_run import score_run
from evalcore.charts import cells
from evalcore.metrics.matrix import BLOCK_FROM, BLOCK_SIZE, view
from evalcore.store.database import Store
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled
from tests.tools.generated import imported
from tests.tools.heat_map import middle_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]

WINDOWS = [(1440, 900, "light"), (1280, 720, "dark"), (800, 1000, "light")]
LOW = [(1280, 720, "light")]
SEEN = """element => {
    let {top, bottom} = element.getBoundingClientRect();
    for (let at = element.parentElement; at; at = at.parentElement) {
        if (getComputedStyle(at).overflowY === 'visible') continue;
        const box = at.getBoundingClientRect();
        top = Math.max(top, box.top); bottom = Math.min(bottom, box.bottom);
    }
    return Math.max(0, Math.min(bottom, window.innerHeight) - Math.max(top, 0));
}"""
"""How many pixels of an element's height can be seen: not cut off by the window or by anything that scrolls."""
LINE = 15


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("in-sight") / "cache")


@pytest.fixture(scope="module")
def scored_runs(store):
    return {n: score_run(store, imported(store, n, size).run_id) for n, size in ((77, 3080), (24, 600))}


@pytest.fixture(scope="module")
def server(store, scored_runs):
    with serving(store.folder) as running:
        yield running


@pytest.fixture
def window(request, new_page):
    """A page in a window of a size, and in a theme."""
    return new_page(*request.param)


def in_windows(*sizes):
    """The test is given a `window` of each of these sizes."""
    return pytest.mark.parametrize("window", sizes, indirect=True, ids=["x".join(map(str, size)) for size in sizes])


def visit(page, server, path, scored, query=""):
    page.goto(f"{server.url}/{path}?run={scored.record.run_id}{query}")
    page.wait_for_selector("h1", timeout=PATIENCE_MS)
    settled(page)
    if page.viewport_size["width"] < 900:
        collapse_sidebar(page)
    return settled(page)


def collapse_sidebar(page):
    open_one = "[data-testid=stSidebarCollapseButton] [aria-expanded=true]"
    page.evaluate("which => document.querySelector(which)?.click()", open_one)
    page.wait_for_timeout(500)


def scrolled(page):
    return page.locator("[data-testid=stMain]").evaluate("main => main.scrollTop") + page.evaluate("window.scrollY")


def assert_seen(locator, at_least=LINE):
    seen = locator.evaluate(SEEN)
    assert seen >= at_least, f"{seen} of {at_least} pixels in sight: {locator}"


def assert_an_example_is_open_in_sight(page, table):
    """Two rows of the table, the head of the completion and its first line."""
    title = page.get_by_text("Raw completion, the matched part marked")
    title.wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert scrolled(page) == 0
    assert_seen(table, at_least=80)
    assert_seen(title)
    assert_seen(page.locator("[data-testid=stMain] .stMarkdownColoredBackground").first)
    assert_seen(page.get_by_role("button", name="Next", exact=True))


def tables(page):
    return page.locator("[data-testid=stMain] [data-testid=stDataFrame]")


def click_row(page, table, row):
    box = table.bounding_box()
    page.mouse.click(box["x"] + 60, box["y"] + 35 + 35 * row + 17)


@in_windows(*WINDOWS, *LOW)
@pytest.mark.parametrize("n", [77, 24])
def test_a_click_on_a_cell_of_the_map_is_answered_beside_it(window, server, scored_runs, n):
    scored, page = scored_runs[n], window
    visit(page, server, "confusions", scored)
    many = n > BLOCK_FROM
    shown = view(scored.confusion, scored.labels, order="clustered" if many else "data set",
                 block=BLOCK_SIZE if many else 0, unparsed=True, diagonal=True)  # fmt: skip
    rows, columns = cells(shown)
    errors = np.flatnonzero((rows != columns) & (rows < len(shown.codes)) & (columns < len(shown.codes)))
    worst = errors[shown.counts[rows[errors], columns[errors]].argmax()]
    row, column = int(rows[worst]), int(columns[worst])
    canvas = page.locator("[data-testid=stEChartsChart] canvas").first
    before = canvas.bounding_box()
    page.mouse.click(*middle_of(before, shown, row, column))
    true, predicted = (scored.labels[shown.codes[at]] for at in (row, column))
    heading = page.get_by_role("heading", name=cell_title(Filter(true=true, predicted=predicted)))
    heading.wait_for(timeout=PATIENCE_MS)
    assert_an_example_is_open_in_sight(page, tables(page).first)
    assert_seen(heading)
    assert_seen(page.get_by_text(f"{shown.counts[row, column]} of {shown.support[row]} · reverse"))
    assert canvas.bounding_box() == before
    assert f"true={true}&predicted={predicted}&example=" in page.url
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_text("2 of", exact=False).first.wait_for(timeout=PATIENCE_MS)
    assert_an_example_is_open_in_sight(page, tables(page).first)
    page.get_by_role("button", name="Worst confusions").click()
    assert_seen(page.get_by_role("tab", name="Worst"))
    assert canvas.bounding_box() == before


@in_windows((800, 1000, "light"), *LOW)
@pytest.mark.parametrize("way", ["sentence", "All", "Over-predicted", "Most often missed"])
def test_a_confusion_of_a_list_is_answered_in_its_place(window, server, scored_runs, way):
    page = visit(window, server, "confusions", scored_runs[77])
    if way == "sentence":
        button = page.locator("[data-testid=stMain]").get_by_role("button", name="→").nth(1)
        assert_seen(button)
        button.click()
    else:
        page.get_by_role("tab", name=way).click()
        tables(page).first.wait_for(timeout=PATIENCE_MS)
        settled(page)
        click_row(page, tables(page).first, 2)
    page.get_by_role("heading", name="→").wait_for(timeout=PATIENCE_MS)
    assert_an_example_is_open_in_sight(page, tables(page).first)
    assert_seen(page.get_by_role("heading", name="→"))


@in_windows(*LOW)
def test_a_label_that_is_chosen_by_its_name_is_answered_in_sight(window, server, scored_runs):
    scored = scored_runs[77]
    page = visit(window, server, "confusions", scored)
    page.get_by_role("combobox", name="Row: true label").focus()
    page.keyboard.type(scored.labels[11])
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", name=cell_title(Filter(true=scored.labels[11])))
    heading.wait_for(timeout=PATIENCE_MS)
    assert_an_example_is_open_in_sight(page, tables(page).first)
    assert_seen(heading)


@in_windows(*WINDOWS)
@pytest.mark.parametrize("n", [77, 24])
def test_a_row_of_the_labels_is_answered_beside_it(window, server, scored_runs, n):
    page = visit(window, server, "per_class", scored_runs[n])
    click_row(page, tables(page).first, 1)
    page.get_by_text("Predicted as").wait_for(timeout=PATIENCE_MS)
    assert_an_example_is_open_in_sight(page, tables(page).nth(1))
    assert_seen(page.get_by_text("Predicted as"))
    assert_seen(tables(page).first, at_least=300)


@in_windows(*WINDOWS)
@pytest.mark.parametrize("query", ["", "&outcomes=wrong&group=few"])
def test_a_row_of_the_examples_is_answered_beside_it(window, server, scored_runs, query):
    page = visit(window, server, "examples", scored_runs[77], query)
    assert_seen(page.get_by_text("Click a row to open its example here"))
    click_row(page, tables(page).first, 1)
    assert_an_example_is_open_in_sight(page, tables(page).first)
    assert_seen(page.get_by_role("heading", name=re.compile(r"^Example \d")))
