"""What is looked at has one owner: wherever it is changed, widgets, words and URL follow in the same run."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from evalcore.analysis.cell_words import cell_title
from evalcore.analysis.filters import Filter
from evalcore.analysis.matrix_filters import filter_of_cell
from evalcore.analysis.scored_run import score_run
from evalcore.charts.heat_map import cells
from evalcore.metrics.matrix import view as matrix_of
from evalcore.running.run import execute
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import TaskSource
from pages.parts.shell import url
from tests.app.clicking import change, click_item, click_row
from tests.tools.generated import imported

CONFUSIONS, EXAMPLES, PER_CLASS = "pages/confusions.py", "pages/examples.py", "pages/per_class.py"


@pytest.fixture
def scored(page_store):
    return score_run(page_store, imported(page_store, 24, 600).run_id)


@pytest.fixture
def confusions(open_page, scored):
    return open_page(CONFUSIONS, run=scored.record.run_id)


def cell_shown(app):
    """What the boxes, the URL and the pane's heading say is picked; they must agree."""
    boxes = tuple(app.selectbox(key=key).value for key in ("pick_true", "pick_predicted"))
    in_url = tuple(one(app.query_params.get(name, "")) for name in ("true", "predicted"))
    headings = [heading.value.replace("\\", "") for heading in app.subheader]
    assert boxes == in_url
    if any(boxes):
        wrong_only = ("wrong",) if app.query_params.get("outcomes") else ()
        assert cell_title(Filter(wrong_only, *boxes)) in headings
    return boxes


def to_the_list(app, name):
    """Leave what is picked, and open a list of confusions."""
    if any(cell_shown(app)):
        app.button(key="back_to_list").click().run()
    app.session_state["view"].confusion_list = name
    return app.run()


def one(value):
    return value[0] if isinstance(value, list) else value


def row_of(app, column, row):
    table = next(table.value for table in app.dataframe if column in table.value.columns)
    return table.iloc[row]


def cell_of_chart(scored, item):
    shown = matrix_of(scored.confusion, scored.labels, order="data set", unparsed=True, diagonal=True)
    rows, columns = cells(shown)
    found = filter_of_cell(shown, scored.labels, int(rows[item]), int(columns[item]))
    return found.true, found.predicted


def test_a_click_in_the_list_picks_its_cell(confusions):
    to_the_list(confusions, "All")
    clicked = row_of(confusions, "direction", 2)
    click_row(confusions, "list_pairs", 2)
    assert cell_shown(confusions) == (clicked["true label"], clicked["predicted"])


def test_back_leads_to_the_list_that_was_left(confusions):
    to_the_list(confusions, "Most often missed")
    label = row_of(confusions, "mostly to", 1)["label"]
    click_row(confusions, "list_leak", 1)
    assert cell_shown(confusions) == (label, "")
    confusions.button(key="back_to_list").click().run()
    assert cell_shown(confusions) == ("", "")
    assert row_of(confusions, "mostly to", 1)["label"] == label


def test_the_first_example_of_a_cell_is_opened_at_once_and_stays_open(confusions, scored):
    click_item(confusions, "heatmap", 1)
    true, predicted = (scored.labels.index(label) for label in cell_shown(confusions))
    first = int(np.flatnonzero((scored.y_true == true) & (scored.y_pred == predicted))[0])
    assert one(confusions.query_params["example"]) == str(first + 1)
    click_row(confusions, "confusions_table", None)
    assert one(confusions.query_params["example"]) == str(first + 1)


def test_a_click_in_the_heat_map_picks_its_cell_and_a_second_one_lets_it_go(confusions, scored):
    click_item(confusions, "heatmap", 1)
    assert cell_shown(confusions) == cell_of_chart(scored, 1)
    click_item(confusions, "heatmap", None)
    assert cell_shown(confusions) == ("", "")


def test_a_cell_that_the_heat_map_still_has_selected_is_picked_by_a_click_on_it(confusions, scored):
    click_item(confusions, "heatmap", 1)
    confusions.button(key="back_to_list").click().run()
    click_item(confusions, "heatmap", None)
    assert cell_shown(confusions) == cell_of_chart(scored, 1)


def test_the_heat_map_is_made_anew_to_lose_its_zoom_and_what_is_picked_stays(confusions, scored):
    chart = lambda: confusions.get("echarts_chart")[0].proto.id  # noqa: E731
    click_item(confusions, "heatmap", 1)
    before = chart()
    confusions.button(key="reset_zoom").click().run()
    assert chart() != before
    assert cell_shown(confusions) == cell_of_chart(scored, 1)


@pytest.mark.parametrize("last", ["list", "heat map", "button", "box"])
def test_the_last_of_all_ways_to_pick_a_cell_wins(confusions, scored, last):
    to_the_list(confusions, "All")
    third, second = row_of(confusions, "direction", 3), row_of(confusions, "direction", 1)
    ways = {
        "list": lambda: click_row(to_the_list(confusions, "All"), "list_pairs", 3),
        "heat map": lambda: click_item(confusions, "heatmap", 2),
        "button": lambda: to_the_list(confusions, "Worst").button(key="confusion_1").click().run(),
        "box": lambda: confusions.selectbox(key="pick_true").select(scored.labels[9]).run(),
    }
    for name, pick in ways.items():
        if name != last:
            pick()
    before = cell_shown(confusions)
    ways[last]()
    expected = {
        "list": (third["true label"], third["predicted"]),
        "heat map": cell_of_chart(scored, 2),
        "button": (second["true label"], second["predicted"]),
        "box": (scored.labels[9], before[1]),
    }[last]
    assert cell_shown(confusions) == expected


def test_a_click_in_the_heat_map_leaves_its_drawing_alone_and_one_in_the_list_outlines_the_cell(confusions):
    chart = lambda: confusions.get("echarts_chart")[0].proto.SerializeToString()  # noqa: E731
    before = chart()
    click_item(confusions, "heatmap", 1)
    assert chart() == before
    confusions.button(key="back_to_list").click().run()
    confusions.button(key="confusion_0").click().run()
    assert chart() != before


def test_a_row_of_the_class_table_opens_its_label_with_its_examples(open_page, scored):
    app = open_page(PER_CLASS, run=scored.record.run_id, sort="support")
    click_row(app, "classes_", 4)
    label = app.selectbox(key="class_label").value
    table = next(t.value for t in app.dataframe if "standing" in t.value.columns and len(t.value) > 1)
    assert label == table["label"].iloc[4] == one(app.query_params["label"])
    opened = int(one(app.query_params["example"])) - 1
    assert scored.names(scored.y_true[[opened]])[0] == label


def test_a_row_that_is_clicked_again_opens_its_label_unless_it_is_the_one_that_is_open(open_page, scored):
    app = open_page(PER_CLASS, run=scored.record.run_id)
    click_row(app, "classes_", 0)
    app.selectbox(key="class_label").select(scored.labels[2]).run()
    click_row(app, "classes_", None)
    assert one(app.query_params["label"]) == scored.labels[0]
    click_row(app, "classes_", 0)
    click_row(app, "classes_", None)
    assert "label" not in app.query_params


def test_a_row_of_the_examples_opens_the_example_and_the_url_names_it(open_page, scored):
    app = open_page(EXAMPLES, run=scored.record.run_id, outcomes="wrong")
    click_row(app, "examples_table", 5)
    position = int(np.flatnonzero(scored.outcomes == 1)[5])
    assert one(app.query_params["example"]) == str(position + 1)
    assert f"Example {position + 1}" in [heading.value for heading in app.subheader]
    click_row(app, "examples_table", None)
    assert "example" not in app.query_params


def test_a_widget_of_the_filter_is_in_the_url_and_a_url_that_comes_back_sets_the_widget(open_page, scored):
    app = open_page(EXAMPLES, run=scored.record.run_id, outcomes="wrong")
    app.selectbox(key="filter_true").select(scored.labels[3]).run()
    assert one(app.query_params["true"]) == scored.labels[3]
    assert one(app.query_params["outcomes"]) == "wrong"
    del app.query_params["true"]  # as the back button does
    app.run()
    assert app.selectbox(key="filter_true").value == ""
    assert app.pills(key="filter_outcomes").value == ["wrong"]


def test_what_a_link_asked_for_is_taken_away_and_the_widgets_stay(open_page, scored):
    app = open_page(EXAMPLES, run=scored.record.run_id, outcomes="wrong", group="few")
    next(button for button in app.button if button.label.startswith("Take this away")).click().run()
    assert "group" not in app.query_params
    assert one(app.query_params["outcomes"]) == "wrong"


def test_a_label_that_another_run_does_not_have_is_no_part_of_its_filter(open_page, page_store, scored):
    other = imported(page_store, 5, 50)
    app = open_page(EXAMPLES, run=scored.record.run_id, true=scored.labels[20])
    app.selectbox(key="picked_run").select(other.run_id).run()
    assert not app.exception
    assert "true" not in app.query_params
    assert "of 50 examples" in " ".join(caption.value for caption in app.caption)


def test_the_form_asks_for_another_run_and_the_opened_one_is_let_go(open_page, page_store, colours):
    record = execute(RunSpec(TaskSource(str(colours)), "majority", n=8), page_store).record
    app = open_page("app.py", run=record.run_id)
    assert app.session_state["view"].run_id == record.run_id
    change(app).number_input(key="bar_n").set_value(9).run()
    assert app.session_state["view"].run_id is None
    assert app.session_state["view"].spec.n == 9
    assert "run" not in app.query_params


def test_scoring_follows_a_link_and_then_the_switch(open_page, scored):
    app = open_page(CONFUSIONS, run=scored.record.run_id, scoring="strict")
    assert app.segmented_control(key="scoring").value == "strict"
    app.segmented_control(key="scoring").set_value("lenient").run()
    assert app.session_state["view"].scoring == "lenient"
    assert "scoring" not in app.query_params


@pytest.mark.parametrize(
    ("number", "position"),
    [("1", 0), ("400", 399), ("", None), ("x", None), ("-3", None), ("²", None), ("9" * 10, None), ("1.5", None)],
)
def test_the_url_numbers_examples_from_one_and_nothing_else_is_a_number(number, position):
    assert url.example_of({"example": number}) == position


def test_what_an_opened_example_writes_into_the_url_is_read_from_it():
    assert [url.example_of(url.example_query(position)) for position in (None, 0, 41)] == [None, 0, 41]


def test_a_session_begins_with_nothing_of_another_one(open_page, scored):
    click_row(to_the_list(open_page(CONFUSIONS, run=scored.record.run_id), "All"), "list_pairs", 2)
    fresh: AppTest = open_page(CONFUSIONS, run=scored.record.run_id)
    assert cell_shown(fresh) == ("", "")
