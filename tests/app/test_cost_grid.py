"""The grid of costs on the Decide page: cells typed over are rows of the table, and what is refused stays there."""

import json

import pytest

from evalcore.deciding.cost_grid import MOST_ACTIONS
from tests.app.clicking import in_url, opened
from tests.tools.generated import imported, labels_of

DECIDE = "pages/decide.py"
TEAMS = ("_index", "needed", "<b>")
LABELS = labels_of(24)
ACTIONS = "label,action\n" + "".join(f"{label},{TEAMS[at % 3]}\n" for at, label in enumerate(LABELS))
COSTS = f"true,predicted,cost\n{LABELS[0]},*,50\n_index,needed,4\n"


@pytest.fixture
def run(page_store):
    return imported(page_store, 24, 120).run_id


def tables(run, actions=ACTIONS):
    """The page with the table of costs open."""
    app = opened(DECIDE, run=run, tab="costs", actions=actions, costs=COSTS)
    app.session_state["typed_costs"] = True
    app.run()
    assert not app.exception
    return app


def grid(app):
    return next(one for one in app.dataframe if "typed_costs_grid" in one.proto.id)


def type_over(app, cells):
    states = app._tree.get_widget_states()
    sent = states.widgets.add()
    sent.id = grid(app).proto.id
    sent.string_value = json.dumps({"edited_rows": cells, "added_rows": [], "deleted_rows": []})
    app._run(states)
    assert not app.exception, app.exception
    return app


def test_cells_typed_over_are_rows_of_the_table_and_what_is_refused_stays(run):
    app = tables(run)
    app.segmented_control(key="typed_costs_how").set_value("Grid").run()
    assert grid(app).value.to_numpy().tolist() == [["", "4", "1", "1"], ["1", "", "1", "1"], ["1", "1", "", "1"]]
    assert grid(app).value.index.tolist() == list(TEAMS)
    assert any("1 row that names a label stays and wins" in one.value for one in app.caption)
    type_over(app, {"1": {"2": "7.5"}})
    assert app.session_state["view"].decide.costs.costs == f"{COSTS}needed,<b>,7.5\n"
    assert in_url(app)["costs"] == f"{COSTS}needed,<b>,7.5\n"
    type_over(app, {"1": {"2": "7.5"}, "0": {"1": None}, "2": {"3": "much"}})
    assert any("'much' is not a number" in one.value.replace("\\", "") for one in app.error)
    assert app.session_state["view"].decide.costs.costs == f"{COSTS}needed,<b>,7.5\n"
    type_over(app, {"1": {"2": "7.5"}, "0": {"1": None}, "2": {"3": "2"}})
    assert not app.error
    kept = COSTS.replace("_index,needed,4\n", "") + "needed,<b>,7.5\n<b>,(unparsed),2\n"
    assert app.session_state["view"].decide.costs.costs == kept
    app.segmented_control(key="typed_costs_how").set_value("CSV").run()
    assert app.text_area(key="typed_costs_csv").value == kept


@pytest.mark.parametrize("actions", ["", "".join(ACTIONS.splitlines(keepends=True)[: 24 - MOST_ACTIONS])])
def test_there_is_no_grid_without_actions_or_of_many_of_them(run, actions):
    assert "Grid" not in tables(run, actions).segmented_control(key="typed_costs_how").options


def test_a_table_that_cannot_be_read_is_mended_as_csv(run):
    app = tables(run)
    app.segmented_control(key="typed_costs_how").set_value("CSV").run()
    app.text_area(key="typed_costs_csv").set_value("a\nb,c\n").run()
    app.segmented_control(key="typed_costs_how").set_value("Grid").run()
    assert not app.exception
    assert any("It cannot be shown as a grid" in one.value for one in app.caption)
