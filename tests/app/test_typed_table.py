"""A table that a person types: by rows, as CSV, from a file; what is refused stays in the editor, and is said."""

import csv
import io
import json
import random

import pytest
from streamlit.testing.v1 import AppTest

from evalcore.errors import DataError
from pages.parts.decide import typed_table
from pages.parts.shell.session import ViewState

COLUMNS = ("true", "predicted", "cost")
TWO = "true,predicted,cost\na,b,5\nb,a,7\n"


def page():
    import streamlit as st

    from evalcore.deciding import read_rows
    from evalcore.errors import DataError
    from pages.parts.decide.typed_table import typed_table

    columns = ("true", "predicted", "cost")

    def check(text):
        for row in read_rows(text, columns, "Costs"):
            if not row["cost"].isdigit():
                raise DataError(f"line {row.line}: {row['cost']!r} is no cost.", where="Costs")

    def change(text):
        st.session_state["text"] = text
        st.session_state["changes"] = st.session_state.get("changes", 0) + 1

    typed_table(
        "costs", st.session_state.get("text", ""), columns, label="Costs", on_change=change, check=check,
        options={"true": ["a", "b"], "predicted": ["a", "b"]}, example=lambda: "true,predicted,cost\na,b,5\nb,a,7\n",
    )  # fmt: skip


@pytest.fixture
def app():
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["view"] = ViewState()
    app.session_state["typed_costs"] = True
    return ran(app.run())


def ran(app):
    assert not app.exception, app.exception
    return app


def as_csv(app, text):
    if not app.text_area:
        ran(app.segmented_control(key="typed_costs_how").set_value("CSV").run())
    return ran(app.text_area(key="typed_costs_csv").set_value(text).run())


def used(app):
    return app.session_state.get("text", "")


def edit(app, **edits):
    """Do what the browser does when a person edits the table of rows."""
    states = app._tree.get_widget_states()
    sent = states.widgets.add()
    (sent.id,) = [one.proto.id for one in app.dataframe if "typed_costs_rows" in one.proto.id]
    sent.string_value = json.dumps({"edited_rows": {}, "added_rows": [], "deleted_rows": [], **edits})
    app._run(states)
    return ran(app)


def rows(app):
    (table,) = [one.value for one in app.dataframe if "typed_costs_rows" in one.proto.id]
    return table.to_dict("records")


def test_nothing_is_drawn_nor_read_while_it_is_closed(monkeypatch):
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["view"] = ViewState()
    app.session_state["text"] = "no table\nat all"
    ran(app.run())
    assert not app.dataframe
    assert not app.text_area
    assert not app.error


def test_pasted_csv_is_used_and_stands_in_the_rows(app):
    as_csv(app, TWO)
    assert used(app) == TWO
    ran(app.segmented_control(key="typed_costs_how").set_value("Rows").run())
    assert rows(app) == list(csv.DictReader(io.StringIO(TWO)))


def test_what_is_refused_stays_and_what_was_used_before_is_used_on(app):
    as_csv(app, TWO)
    wrong = TWO + "a,b,many\n"
    as_csv(app, wrong)
    assert used(app) == TWO
    assert app.text_area(key="typed_costs_csv").value == wrong
    (error,) = app.error
    assert "line 4" in error.value
    assert "many" in error.value
    ran(app.run())  # another click
    assert app.text_area(key="typed_costs_csv").value == wrong
    assert app.error
    as_csv(app, wrong.replace("many", "9"))
    assert used(app) == wrong.replace("many", "9")
    assert not app.error


def test_rows_are_changed_added_and_deleted(app):
    as_csv(app, TWO)
    ran(app.segmented_control(key="typed_costs_how").set_value("Rows").run())
    edit(app, edited_rows={"0": {"cost": "50"}}, added_rows=[{"true": "a", "predicted": "b", "cost": "1"}, {}])
    assert used(app) == "true,predicted,cost\na,b,50\nb,a,7\na,b,1\n"
    edit(app, deleted_rows=[0], edited_rows={"1": {"cost": "x, y"}})
    assert used(app) == "true,predicted,cost\na,b,50\nb,a,7\na,b,1\n"
    assert "no cost" in app.error[0].value
    ran(app.segmented_control(key="typed_costs_how").set_value("CSV").run())
    assert app.text_area(key="typed_costs_csv").value == 'true,predicted,cost\nb,a,"x, y"\n'


def test_a_label_of_another_run_stays_in_the_rows(app):
    as_csv(app, TWO + "gone,a,1\n")
    ran(app.segmented_control(key="typed_costs_how").set_value("Rows").run())
    assert rows(app)[-1]["true"] == "gone"
    (columns,) = [one.proto.columns for one in app.dataframe if "typed_costs_rows" in one.proto.id]
    assert "gone" in json.loads(columns)["true"]["type_config"]["options"]


def test_what_is_no_table_is_not_lost_among_the_rows(app):
    as_csv(app, "true,predicted,cost\na,b\n")
    ran(app.segmented_control(key="typed_costs_how").set_value("Rows").run())
    assert not app.dataframe
    assert any("line 2" in caption.value for caption in app.caption)
    ran(app.segmented_control(key="typed_costs_how").set_value("CSV").run())
    assert app.text_area(key="typed_costs_csv").value == "true,predicted,cost\na,b\n"


def test_an_example_fills_it_and_clear_empties_it(app):
    ran(app.button(key="typed_costs_example").click().run())
    assert used(app) == TWO
    assert rows(app)[1]["cost"] == "7"
    ran(app.button(key="typed_costs_clear").click().run())
    assert used(app) == ""
    assert rows(app) == []


def test_a_table_that_comes_from_elsewhere_takes_the_place_of_what_was_typed(app):
    as_csv(app, TWO + "a,b,many\n")
    app.session_state["text"] = TWO.replace("5", "8")
    ran(app.run())
    assert app.text_area(key="typed_costs_csv").value == TWO.replace("5", "8")
    assert not app.error


def test_it_is_used_once_for_each_change(app):
    as_csv(app, TWO)
    ran(app.run())
    ran(app.segmented_control(key="typed_costs_how").set_value("Rows").run())
    assert app.session_state["changes"] == 1


def test_a_table_that_is_too_long_is_refused_and_one_of_many_rows_is_typed_as_csv(app):
    long = "true,predicted,cost\n" + "a,b,1\n" * (typed_table.MOST_ROWS + 1)
    as_csv(app, long)
    assert used(app) == long
    ran(app.segmented_control(key="typed_costs_how").set_value("Rows").run())
    assert not app.dataframe
    assert any("too many" in caption.value for caption in app.caption)
    as_csv(app, "a" * 1_000_001)
    assert used(app) == long
    assert "001 characters" in app.error[0].value


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"true,predicted,cost\na,\xff,1\n", "byte 23"),
        (b"a" * (2**20 + 1), "1,048,577 bytes"),
        ("ä".encode("utf-16"), "byte 1 "),
    ],
)
def test_a_file_that_is_no_table_is_refused(content, said):
    with pytest.raises(DataError, match=r"^costs.csv: .*" + said.replace(" ", r"\s")):
        typed_table._decoded("costs.csv", content)


def test_any_rows_come_back_from_their_csv():
    """Rows that a person types, with separators, quotes and line breaks in them, read as they were typed."""
    chance = random.Random(0)
    for _ in range(300):
        typed = [
            {column: "".join(chance.choices("ab,;\t\"'\n=€ ", k=chance.randrange(6))).strip() for column in COLUMNS}
            for _ in range(chance.randrange(5))
        ]
        kept = [row for row in typed if any(row.values())]
        assert typed_table._frame(typed_table._text(typed), COLUMNS, "Costs").to_dict("records") == kept
