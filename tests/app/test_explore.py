"""From a number to the examples behind it and back, in a real Chromium: at 77 and at 150 labels, light and dark."""

import re

import numpy as np
import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.charts import cells
from evalcore.charts.matrix_drawing import EDGE, LEFT, TOP
from evalcore.metrics.matrix import off_diagonal, view
from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import Example, TaskSource
from tests.conftest import write_csv
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled
from tests.tools.generated import imported
from tests.tools.heat_map import middle_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("explore") / "cache")


@pytest.fixture(scope="module")
def scored_runs(store):
    """77 labels and 3,080 examples; 150 labels and 20,000."""
    return {n: score_run(store, imported(store, n, size).run_id) for n, size in ((77, 3080), (150, 20_000))}


@pytest.fixture(scope="module")
def server(store, scored_runs):
    with serving(store.folder) as running:
        yield running


def visit(page, server, path, scored, **query):
    page.goto(f"{server.url}/{path}?run={scored.record.run_id}" + "".join(f"&{k}={v}" for k, v in query.items()))
    page.wait_for_selector("h1, [data-testid=stMetric]", timeout=PATIENCE_MS)
    return settled(page)


def count_shown(page):
    """What the examples page says of how many pass."""
    return int(
        re.search(r"([\d,]+) of [\d,]+ examples", page.locator("[data-testid=stMain]").inner_text())[1].replace(",", "")
    )


def chart_box(page):
    canvas = page.locator("[data-testid=stEChartsChart] canvas").first
    canvas.wait_for(timeout=PATIENCE_MS)
    return canvas.bounding_box()


@pytest.mark.parametrize(("n", "scheme"), [(77, "light"), (150, "dark")])
def test_a_click_on_a_cell_shows_just_that_cells_examples(server, scored_runs, new_page, n, scheme):
    scored = scored_runs[n]
    page = new_page(1440, 1000, scheme)
    visit(page, server, "confusions", scored)
    page.get_by_text(f"all {n} labels").click()
    settled(page)
    shown = view(scored.confusion, scored.labels, order="clustered", unparsed=True, diagonal=True)
    rows, columns = cells(shown)
    errors = np.flatnonzero((rows != columns) & (columns < n))
    at = errors[np.argmax(shown.counts[rows[errors], columns[errors]])]
    row, column = int(rows[at]), int(columns[at])
    page.mouse.click(*middle_of(chart_box(page), shown, row, column))
    true, predicted = (scored.labels[shown.codes[code]] for code in (row, column))
    count, support = shown.counts[row, column], shown.support[row]
    page.get_by_role("heading", name=f"{true} → {predicted}").wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert page.get_by_text(f"{count:,} of {support:,} · reverse").is_visible()
    assert f"true={true}&predicted={predicted}" in page.url
    page.get_by_role("link", name="with all filters").click()
    page.get_by_role("heading", name="Examples", exact=True).wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert count_shown(page) == count


def test_the_zoom_survives_a_click(server, scored_runs, new_page):
    scored = scored_runs[77]
    page = new_page()
    visit(page, server, "confusions", scored)
    page.get_by_text("all 77 labels").click()
    settled(page)
    shown = view(scored.confusion, scored.labels, order="clustered", unparsed=True, diagonal=True)
    box = chart_box(page)
    labels = {"x": box["x"], "y": box["y"] + TOP, "width": LEFT - 4, "height": box["height"] - TOP - EDGE}
    whole = page.screenshot(clip=labels)
    page.mouse.move(*middle_of(box, shown, 10, 10))
    page.wait_for_timeout(700)  # the chart takes the wheel only once the pointer rests on it
    page.keyboard.down("Shift")
    for _ in range(6):
        page.mouse.wheel(0, -200)
        page.wait_for_timeout(120)
    page.keyboard.up("Shift")
    page.mouse.move(300, 10)
    page.wait_for_timeout(500)
    zoomed = page.screenshot(clip=labels)
    assert zoomed != whole
    # Where the cells lie after the zoom is the chart's own affair: points along the diagonal until one is a cell.
    for part in np.linspace(0.05, 0.95, 25):
        if "true=" in page.url:
            break
        page.mouse.click(box["x"] + LEFT + part * (box["width"] - LEFT), box["y"] + TOP + part * (box["height"] - TOP))
        page.wait_for_timeout(600)
    assert "true=" in page.url
    settled(page)
    page.mouse.move(300, 10)
    page.wait_for_timeout(400)
    assert page.screenshot(clip=labels) == zoomed
    page.get_by_role("button", name="Reset zoom").click()
    settled(page)
    page.mouse.move(300, 10)
    page.wait_for_timeout(400)
    assert page.screenshot(clip=labels) == whole
    assert "true=" in page.url


def test_a_card_leads_to_its_examples_to_one_of_them_and_back(server, scored_runs, new_page):
    scored = scored_runs[77]
    page = new_page()
    visit(page, server, "", scored)
    wrong = scored.scores.n - scored.scores.correct
    page.get_by_role("link", name=f"{wrong:,} wrong or unparsed").click()
    page.get_by_role("heading", name="Examples", exact=True).wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert count_shown(page) == wrong
    filtered = page.url
    table = page.locator("[data-testid=stDataFrame] canvas").first.bounding_box()
    page.mouse.click(table["x"] + 60, table["y"] + 55)
    page.get_by_text("Raw completion, the matched part marked").wait_for(timeout=PATIENCE_MS)
    settled(page)
    first = np.flatnonzero(scored.outcomes != 0)[:2] + 1
    assert page.url.endswith(f"example={first[0]}")
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_role("heading", name=f"Example {first[1]}", exact=True).wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert count_shown(page) == wrong
    page.get_by_role("button", name="Close").click()
    page.get_by_text("Raw completion, the matched part marked").wait_for(state="detached", timeout=PATIENCE_MS)
    settled(page)
    assert page.url == filtered
    page.go_back()
    page.get_by_role("heading", name=f"Example {first[1]}", exact=True).wait_for(timeout=PATIENCE_MS)


def test_a_filtered_page_is_the_first_request_of_a_fresh_server(store, scored_runs, new_page):
    scored = scored_runs[77]
    label = scored.labels[3]
    expected = int(((scored.y_true == 3) & (scored.outcomes == 1)).sum())
    position = int(np.flatnonzero((scored.y_true == 3) & (scored.outcomes == 1))[0]) + 1
    with serving(store.folder) as fresh:
        page = new_page()
        visit(page, fresh, "examples", scored, true=label, outcomes="wrong", example=position)
        page.get_by_role("heading", name=f"Example {position:,}", exact=True).wait_for(timeout=PATIENCE_MS)
        assert count_shown(page) == expected
        assert scored.answers[position - 1].example.text in page.locator("[data-testid=stCode]").first.inner_text()


def test_the_keyboard_alone_leads_from_the_ranked_confusions_to_the_examples(server, scored_runs, new_page):
    scored = scored_runs[77]
    page = new_page()
    visit(page, server, "confusions", scored)
    page.get_by_role("tab", name="Worst").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("tab", name="All", exact=True).and_(page.locator("[aria-selected=true]")).wait_for()
    settled(page)
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.tagName") == "CANVAS":
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.get_by_role("heading", name="→").wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert "true=" in page.url
    assert "predicted=" in page.url


def test_the_worst_confusion_in_words_picks_its_cell(server, scored_runs, new_page):
    page = new_page()
    visit(page, server, "confusions", scored_runs[77])
    page.locator("[data-testid=stMain]").get_by_role("button", name="→").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="→").wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert "predicted=" in page.url


def test_a_class_shows_its_confusions_both_ways_and_its_examples(server, scored_runs, new_page):
    scored = scored_runs[77]
    page = new_page()
    visit(page, server, "per_class", scored, label=scored.labels[5])
    page.get_by_text("Predicted as").wait_for(timeout=PATIENCE_MS)
    each = scored.per_class
    errors = off_diagonal(scored.confusion)
    text = page.locator("[data-testid=stMain]").inner_text()
    for counts, words in ((errors[5], "Predicted as"), (errors[:, 5], "Predicted for")):
        assert f"{words}: {scored.labels[counts.argmax()]} {counts.max()}" in text
    for words, count in (("all", each.support), ("missed", each.support - each.true_positives),
                         ("false alarms", each.predicted - each.true_positives)):  # fmt: skip
        page.get_by_text(f"{words} {count[5]}", exact=True).click()
        page.get_by_text(f"1 of {count[5]}", exact=True).wait_for(timeout=PATIENCE_MS)


def test_never_predicted_leads_to_the_labels_of_which_it_is_so(server, store, new_page, tmp_path):
    rows = [Example(f"{label} {i}", label) for label in "abcd" for i in range(6 if label == "a" else 3)]
    path = write_csv(tmp_path / "x.csv", rows)
    write_csv(tmp_path / "train.csv", rows)
    spec = RunSpec(TaskSource(str(path), train=str(tmp_path / "train.csv")), "majority", n=len(rows))
    scored = score_run(store, execute(spec, store).record.run_id)
    page = new_page()
    visit(page, server, "", scored)
    page.get_by_role("link", name="3 labels never predicted").first.click()
    page.get_by_role("heading", name="Per class", exact=True).wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert "standing=never+predicted" in page.url.replace("%20", "+")
    assert page.get_by_text("never predicted 3").is_visible()
