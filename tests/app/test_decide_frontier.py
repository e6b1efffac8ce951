"""The tab “Frontier” of the Decide page: which run to take, a picture, a table, and the run that is opened in them."""

import pyarrow.ipc
import pytest

from evalcore.deciding import CostsAsked, FrontierAsked, frontier
from evalcore.store import RunCatalog
from tests.app.clicking import click_figure, click_row
from tests.tools.browser import PAYLOADS
from tests.tools.timed_runs import timed

LABELS = ("a", "b", "c")
N = 120
GOLD = [LABELS[at % 3] for at in range(N)]


def wrong_at(*rows):
    return [LABELS[(at + 1) % 3] if at in rows else gold for at, gold in enumerate(GOLD)]


@pytest.fixture
def runs(page_store):
    """`near` is cheap and as good as `best` as far as one can tell; `far` and the baseline are worse."""
    made = {
        "majority": timed(page_store, GOLD, ["a"] * N, "majority", predictor="majority", labels=LABELS, seconds=0.01),
        "far": timed(page_store, GOLD, wrong_at(*range(60)), "far", labels=LABELS, seconds=40),
        "near": timed(page_store, GOLD, wrong_at(1, 5, 9), "near", labels=LABELS, seconds=0.3),
        "best": timed(page_store, GOLD, wrong_at(2), "best", labels=LABELS, seconds=12),
    }
    return {name: scored.record.run_id for name, scored in made.items()} | {"shown": made["best"]}


def opened(open_page, run, **query):
    page = open_page("pages/decide.py", run=run, tab="frontier", **query)
    assert not page.exception
    return page


def said(page):
    return " ".join(one.value for one in page.markdown).replace("\\", "")


def marks_of(page):
    """The rows of the picture's marks, by run."""
    (figure,) = page.get("vega_lite_chart")
    frames = [pyarrow.ipc.open_stream(one.data.data).read_pandas() for one in figure.proto.datasets]
    (marks,) = [frame for frame in frames if "kind" in frame.columns]
    return {row["run"]: row for row in marks.to_dict("records")}


def table_of(page):
    (table,) = [frame.value for frame in page.dataframe if "effort" in frame.value.columns]
    return table


def test_the_answer_the_picture_and_the_table_are_those_of_the_library(open_page, page_store, runs):
    page = opened(open_page, runs["best"])
    answer = frontier(page_store, runs["shown"], FrontierAsked(), CostsAsked())
    assert answer.cheapest.record.run_id == runs["near"]
    assert answer.sentences[0].partition(": ")[0] in said(page)
    assert [name.removeprefix("A · ") for name in table_of(page)["run"]] == [run.title for run in answer.runs]
    assert table_of(page)["accuracy"].tolist() == [round(100 * run.score, 1) for run in answer.runs]
    assert table_of(page)["effort"].tolist() == [float(f"{run.effort.amount:.3g}") for run in answer.runs]
    marks = marks_of(page)
    assert set(marks) == {runs[name] for name in ("best", "near", "far")}  # the baseline is far below
    assert {run for run, mark in marks.items() if mark["kind"].startswith("cannot")} == {runs["best"], runs["near"]}
    assert any("far below" in one.value and "majority" in one.value for one in page.caption)
    assert "**near**: 97.5 % right" in said(page)  # the run that the answer names is open


def test_a_row_and_a_mark_open_a_run_and_the_url_keeps_it(open_page, runs):
    page = click_row(opened(open_page, runs["best"]), "frontier_runs", 2)
    assert "**far**: 50.0 % right" in said(page)
    assert page.query_params["opened"] == runs["far"]
    page = click_figure(page, "frontier_lenient", run=runs["near"])
    assert "**near**: 97.5 % right" in said(page)
    assert page.query_params["opened"] == runs["near"]


def test_the_counts_lead_to_just_these_examples_of_the_pair(open_page, runs):
    page = opened(open_page, runs["best"], opened=runs["near"])
    links = {link.proto.label: link.proto.query_string for link in page.get("page_link")}
    assert links["1 gained on the best"] == f"a={runs['best']}&b={runs['near']}&door=fixed"
    assert links["3 lost to it"] == f"a={runs['best']}&b={runs['near']}&door=broken"
    compared = open_page("pages/compare.py", a=runs["best"], b=runs["near"], door="broken")
    assert any(button.label == "**3** broken" for button in compared.button)


def test_scores_and_efforts_are_chosen_and_stand_in_the_url(open_page, runs):
    page = opened(open_page, runs["best"])
    page.segmented_control(key="frontier_score").set_value("cost of mistakes").run()
    page.segmented_control(key="frontier_effort").set_value("price").run()
    assert not page.exception
    assert not page.get("vega_lite_chart")  # nobody knows a price yet
    assert any("not typed" in one.value for one in page.info)
    page.number_input(key="frontier_hour").set_value(3.6).run()
    assert (page.query_params["score"], page.query_params["effort"]) == ("cost of mistakes", "price")
    assert page.query_params["price_per_hour"] == "3.6"
    effort = dict(zip(table_of(page)["run"], table_of(page)["effort"], strict=True))
    assert effort["near"] == pytest.approx(0.0025)  # 2.5 s at 3.6 an hour


def test_two_runs_are_marked_in_their_colours(open_page, runs):
    marks = marks_of(opened(open_page, runs["best"], beside=runs["far"]))
    assert (marks[runs["best"]]["role"], marks[runs["far"]]["role"], marks[runs["near"]]["role"]) == ("A", "B", "")


def test_a_table_of_costs_with_a_mistake_is_said_and_the_last_answer_stays(open_page, runs):
    page = opened(open_page, runs["best"], score="cost of mistakes")
    view = page.session_state["view"].decide
    view.costs = CostsAsked(costs="true,predicted,cost\na,b,-1\n")
    page.run()
    assert not page.exception
    assert any("below 0" in one.value for one in page.error)
    assert len(table_of(page)) == 4


def test_one_run_is_told_what_to_do(open_page, page_store):
    scored = timed(page_store, GOLD, GOLD, "alone", labels=LABELS)
    page = opened(open_page, scored.record.run_id)
    assert any("Run another model" in one.value for one in page.info)
    assert not page.get("vega_lite_chart")


def test_names_are_shown_as_typed(open_page, page_store, runs):
    for name, payload in zip(("near", "best"), PAYLOADS, strict=False):
        RunCatalog(page_store).write(runs[name], name=payload[:60], note="")
    page = opened(open_page, runs["best"])
    for one in (*page.markdown, *page.caption, *page.info):
        assert "](http" not in one.value


def test_a_finished_run_appears_without_a_new_server(open_page, page_store, runs):
    assert len(table_of(opened(open_page, runs["best"]))) == 4
    timed(page_store, GOLD, GOLD, "newest", labels=LABELS, seconds=50)
    page = opened(open_page, runs["best"])
    assert table_of(page)["run"].tolist()[0] == "newest"
