"""A click in a pane is answered without making anew what stands there, for which a browser takes long."""

import gc
import json
import sys

import pytest
from streamlit.testing.v1.element_tree import user_key_from_element_id

from evalcore.charts import specification
from pages.parts.shell import clickable_figure, long_lived
from tests.app.clicking import click_row, in_url
from tests.tools.decisions import two_runs


@pytest.fixture
def run(page_store):
    return two_runs(page_store)[0]


def pane(app):
    """The list of the pane: its identity in the browser, and the row that it was told to choose."""
    shown = next(
        table.proto
        for table in app.dataframe
        if (user_key_from_element_id(table.proto.id) or "").startswith("decide_t")
    )
    chosen = json.loads(shown.selection_state)["selection"]["cells"] if shown.selection_state else None
    return shown.id, chosen and [row for row, _ in chosen]


def test_the_list_of_a_pane_stays_and_its_first_row_is_chosen_whenever_its_rows_are_others(open_page, run):
    app = open_page("pages/decide.py", run=run.record.run_id, tab="costs")
    first, chosen = pane(app)
    assert chosen == [0]
    click_row(app, "costs_confusion", 1)
    assert pane(app) == (first, [0])
    assert in_url(app)["opened"].startswith("confusion:")


def test_the_row_of_the_open_example_is_chosen_where_it_was_opened_elsewhere(open_page, run):
    app = open_page("pages/decide.py", run=run.record.run_id, tab="traffic", opened=run.labels[0])
    first, _ = pane(app)
    app.button(key="decide_next").click().run()
    assert pane(app) == (first, [1])
    click_row(app, "decide_table", 2)
    assert pane(app) == (first, None)  # the browser has chosen it itself
    opened = in_url(app)["example"]
    click_row(app, "decide_table", None)
    assert pane(app) == (first, [2])  # one is always open
    assert in_url(app)["example"] == opened


def test_a_figure_is_sent_as_it_was_where_nothing_in_it_changed(open_page, run):
    app = open_page("pages/decide.py", run=run.record.run_id, tab="traffic", opened=run.labels[0])
    before = [figure.proto.SerializeToString() for figure in app.get("vega_lite_chart")]
    app.button(key="decide_next").click().run()
    after = [figure.proto.SerializeToString() for figure in app.get("vega_lite_chart")]
    assert before[:2] == after[:2]


def test_a_figure_is_put_into_vega_lite_once(open_page, run, monkeypatch):
    made = []
    monkeypatch.setattr(clickable_figure, "specification", lambda figure: made.append(figure) or specification(figure))
    app = open_page("pages/decide.py", run=run.record.run_id, tab="costs")
    click_row(app, "costs_confusion", 1)
    click_row(app, "costs_confusion", 2)
    assert len(made) == 1


def test_the_tree_of_confusions_is_made_where_it_is_looked_at(open_page, run, monkeypatch):
    made = []
    of = sys.modules["evalcore.deciding.merge_suggestions"]  # the package has a function of this name
    tree = of.confusion_tree
    monkeypatch.setattr(of, "confusion_tree", lambda *counts: made.append(counts) or tree(*counts))
    app = open_page("pages/decide.py", run=run.record.run_id, tab="label-list", way="path")
    assert not made
    app.segmented_control(key="label_list_way").set_value("tree").run()
    assert not app.exception
    assert len(made) == 1


def test_modules_are_kept_out_of_the_search_for_garbage_once_there_are_more(monkeypatch):
    frozen = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(True))
    monkeypatch.setattr(long_lived, "_known", 0)
    long_lived.keep_modules()
    long_lived.keep_modules()
    assert frozen == [True]
    monkeypatch.setitem(sys.modules, "one_more", object())
    long_lived.keep_modules()
    assert frozen == [True, True]


def test_a_page_keeps_modules_out_of_it(open_page, run, monkeypatch):
    kept = []
    monkeypatch.setattr("pages.parts.shell.frame.keep_modules", lambda: kept.append(True))
    open_page("pages/decide.py", run=run.record.run_id)
    assert kept
