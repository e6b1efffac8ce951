"""The tab “Costs” of the Decide page: its sentence, what a click opens, bad tables, and two runs beside each other."""

import numpy as np
import pytest

from evalcore import charts
from evalcore.analysis import label_probabilities, score_run
from evalcore.deciding import CostsAsked, compared_costs, costs, example_actions, example_costs
from pages.parts.decide.costs_pictures import NAME_CHARS
from tests.app.clicking import click_figure, click_row, in_url, table
from tests.tools.generated import imported
from tests.tools.probabilities import over_confident

PAGE = "pages/decide.py"
REVIEW_COST = "0.5"


def said(app):
    """All that the page says, as a person reads it."""
    shown = (*app.markdown, *app.caption, *app.subheader, *app.info)
    return "\n".join(element.value for element in shown).replace("\\", "").replace("**", "")


@pytest.fixture
def run(page_store):
    return score_run(page_store, over_confident(page_store, 12, 400).run_id)


@pytest.fixture
def asked(run):
    return CostsAsked(example_actions(run.labels), example_costs(run), float(REVIEW_COST), "EUR")


@pytest.fixture
def found(run, asked):
    return costs(run, label_probabilities(run), asked)


@pytest.fixture
def app(open_page, run, asked):
    return open_page(PAGE, run=run.record.run_id, tab="costs", actions=asked.actions, costs=asked.costs,
                     review_cost=REVIEW_COST, unit="EUR")  # fmt: skip


def examples_open(app, rows):
    return f"1 of {len(rows):,}" in said(app)


def test_the_tab_answers_and_opens_the_dearest_confusion(app, run, found):
    assert found.sentences[0] in said(app)
    for sentence in found.sentences[1:]:
        assert sentence in said(app)
    one = found.confusions[0]
    assert examples_open(app, np.flatnonzero((run.y_true == one.true) & (run.y_pred == one.predicted)))
    listed = table(app, "costs_confusion_")
    names = [charts.shortened(run.labels[each.true], NAME_CHARS) for each in found.confusions]
    assert listed["true"].tolist() == names
    assert listed["cost"].tolist() == [round(each.total, 2) for each in found.confusions]
    assert listed["reverse n"].tolist() == [each.reverse_count for each in found.confusions]


def test_a_confusion_is_opened_from_the_table_the_figure_and_the_url_and_turned_round(app, run, found, open_page):
    at = next(at for at, one in enumerate(found.confusions) if at and one.reverse_count)
    one = found.confusions[at]
    click_row(app, "costs_confusion_", at)
    assert in_url(app)["opened"] == f"confusion:{one.true}:{one.predicted}"
    assert f"{run.labels[one.true]} → {run.labels[one.predicted]}" in said(app)
    app.button(key="costs_reverse").click().run()
    assert f"{run.labels[one.predicted]} → {run.labels[one.true]}" in said(app)
    assert f"1 of {one.reverse_count}" in said(app)
    first = found.confusions[0]
    click_figure(app, "costs_", true=first.true, predicted=first.predicted)
    query = in_url(app)
    assert query["opened"] == f"confusion:{first.true}:{first.predicted}"
    again = open_page(PAGE, **query)
    assert f"1 of {first.count}" in said(again)
    click_figure(app, "costs_")
    assert in_url(app)["opened"] == query["opened"]


def test_an_action_opens_the_texts_that_another_one_was_taken_for(app, run, found):
    app.button_group(key="costs_view").set_value("action").run()
    click_row(app, "costs_action_", 1)
    one = found.actions[1]
    assert f"{one.examples - one.right:,} of {one.examples} examples have another action" in said(app)
    assert f"1 of {one.examples - one.right:,}" in said(app)


def test_the_review_has_the_texts_of_a_person_and_the_mistakes_that_stay(app, run, found):
    app.button_group(key="costs_view").set_value("review").run()
    review = found.review
    assert examples_open(app, review.rows[review.reviewed])
    app.button_group(key="costs_reviewed").set_value(1).run()
    wrong = found.table.wrong[run.y_true, run.y_pred][review.rows]
    assert examples_open(app, review.rows[wrong & ~review.reviewed])
    assert in_url(app)["opened"] == "review:1"
    app.number_input(key="review_cost").set_value(0.0).run()
    assert "review_cost" not in in_url(app)
    assert "With the cost of a review it can be said" in said(app)


def test_the_cheapest_answers_open_the_texts_whose_answer_changes(app, run, found):
    app.button_group(key="costs_view").set_value("cheaper").run()
    click_row(app, "costs_cheaper_", 2)
    one = found.least.changes[2]
    assert examples_open(app, found.least.rows[(found.least.own == one.own) & (found.least.answers == one.new)])
    assert table(app, "costs_cheaper_")["n"].tolist() == [each.count for each in found.least.changes]


@pytest.mark.parametrize(
    "opened", ["confusion:999:0", "confusion:-1:x", "action:77", "cheaper:5", "nothing", "review:9"]
)
def test_a_link_that_opens_what_is_not_there_opens_the_first(open_page, run, asked, opened):
    app = open_page(PAGE, run=run.record.run_id, tab="costs", costs=asked.costs, opened=opened)
    assert "1 of " in said(app) or "With the cost of a review" in said(app)


def test_a_bad_table_is_said_and_the_last_answer_stays(app, found):
    view = app.session_state["view"].decide
    view.costs = CostsAsked(costs="true,predicted,cost\nnobody,*,5\n")
    app.run()
    assert "line 2: there is no label or action 'nobody'" in app.error[0].value.replace("\\", "")
    assert found.sentences[0] in said(app)
    assert view.costs.costs.endswith("nobody,*,5\n")


def test_a_run_without_probabilities_says_which_run_to_make(open_page, page_store):
    record = imported(page_store, 12, 300)
    app = open_page(PAGE, run=record.run_id, tab="costs", opened="cheaper")
    assert "The imported file held no probabilities." in said(app)


def test_two_runs_list_the_confusions_that_make_the_difference(open_page, page_store):
    a, b = (imported(page_store, 12, 300, seed=seed) for seed in (0, 1))
    app = open_page(PAGE, run=a.run_id, tab="costs", beside=b.run_id)
    runs = [score_run(page_store, record.run_id) for record in (a, b)]
    both = compared_costs(runs[0], None, runs[1], None, CostsAsked())
    for sentence in both.sentences:
        assert sentence in said(app)
    click_row(app, "costs_change_", 1)
    assert in_url(app)["opened"] == f"change:{both.changes[1].true}:{both.changes[1].predicted}"
