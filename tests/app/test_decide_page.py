"""The Decide page: all of it is in the URL, a hidden tab computes nothing, and a run beside shares its examples."""

from dataclasses import replace

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.deciding import CostsAsked, FrontierAsked, LabelListAsked, ReviewAsked, TrafficAsked
from evalcore.errors import DataError
from evalcore.importing.predictions import import_table
from evalcore.store.database import Store
from pages.parts.decide import answer_parts
from pages.parts.shell.decide_url import QUESTIONS
from pages.parts.shell.session import ViewState
from tests.app.clicking import in_url
from tests.tools.generated import imported, labels_of, predictions
from tests.tools.probabilities import over_confident

DECIDE = "pages/decide.py"
LONG = "label,action\n" + "".join(f'"{label}, or else",queue {code}\n' for code, label in enumerate(labels_of(24)))
ALL_ASKED = {
    "review": ReviewAsked(target=90.5, signal="margin", per_label=True, minutes=2.5, price=0.8),
    "costs": CostsAsked(actions=LONG, costs="true,predicted,cost\na,b,5\n", review_cost=0.5, unit="EUR"),
    "traffic": TrafficAsked(mix="saved:by a person", predicted_counts=LONG.replace("action", "count")),
    "label_list": LabelListAsked(merge='[["new", "a", "b"]]', hierarchy=LONG.replace("action", "group"), best=7),
    "frontier": FrontierAsked(score="cost of mistakes", effort="price"),
}


@pytest.fixture
def record(page_store):
    return imported(page_store, 24, 300)


@pytest.fixture
def no_tabs(monkeypatch):
    """Tabs that only note what they were given."""
    from pages.parts.decide import costs_tab, frontier_tab, label_list_tab, review_tab, traffic_tab

    drawn = []
    for tab in (review_tab, costs_tab, traffic_tab, label_list_tab, frontier_tab):
        name = tab.__name__.rpartition(".")[2]
        monkeypatch.setattr(tab, "tab", lambda page, scored, other, name=name: drawn.append((name, other)))
    return drawn


def view(app):
    return app.session_state["view"].decide


def asks(app):
    return {name: getattr(view(app), name) for name in ALL_ASKED}


def test_a_link_opens_all_that_was_asked_wherever_it_is_opened(open_page, page_store, record, no_tabs):
    other = imported(page_store, 24, 300, seed=1)
    app = open_page(DECIDE, run=record.run_id)
    for name, asked in ALL_ASKED.items():
        setattr(view(app), name, asked)
    view(app).tab, view(app).beside = "Traffic", other.run_id
    view(app).opened = "label:a, b=c"
    app.run()
    link = in_url(app)
    assert link["actions"].startswith("saved:")
    assert link["costs"] == ALL_ASKED["costs"].costs
    assert sum(map(len, link.values())) < 700
    again = open_page(DECIDE, **link)
    assert asks(again) == ALL_ASKED
    assert (view(again).tab, view(again).beside, view(again).opened) == ("Traffic", other.run_id, "label:a, b=c")
    assert in_url(again) == link


def test_at_first_the_url_names_the_run_alone(open_page, record, no_tabs):
    assert in_url(open_page(DECIDE, run=record.run_id)) == {"run": record.run_id}


@pytest.mark.parametrize("name", ["0" * 32, "../blindspot.db", "", "x" * 5000])
def test_a_link_with_a_table_that_is_not_here_says_so_and_shows_the_rest(open_page, record, no_tabs, name):
    app = open_page(DECIDE, run=record.run_id, tab="costs", costs=f"saved:{name}", unit="EUR")
    assert any("a table (costs) that is not stored here" in warning.value.replace("\\", "") for warning in app.warning)
    assert asks(app)["costs"] == CostsAsked(unit="EUR")
    assert view(app).tab == "Costs"


@pytest.mark.parametrize(
    "query",
    [
        {"target": "nan", "signal": "<img>", "per_label": "maybe", "minutes": "-1", "price": "inf"},
        {
            "costs": "\0" * 50,
            "tab": "../",
            "opened": "![](http://127.0.0.1:9/p.png)",
            "example": "-3",
            "best": "9" * 99,
        },
        {"beside": "' OR 1=1", "merge": "{", "score": "x" * 1000, "mix": "\ufeff;;;\n"},
    ],
)
def test_whatever_a_link_says_the_page_is_drawn(open_page, record, query):
    for tab in ("", "costs", "traffic", "label-list", "frontier"):
        open_page(DECIDE, run=record.run_id, **(query | {"tab": tab} if tab else query))


def test_a_table_that_cannot_be_kept_is_said(open_page, page_store, record, no_tabs):
    app = open_page(DECIDE, run=record.run_id)
    assert not any("until this server stops" in caption.value for caption in app.caption)
    page_store.read_only = True
    app = open_page(DECIDE, run=record.run_id, actions=LONG)
    assert any("until this server stops" in caption.value for caption in app.caption)
    assert asks(open_page(DECIDE, **in_url(app)))["costs"].actions == LONG


def test_only_the_tab_that_is_open_is_computed(open_page, record, no_tabs):
    open_page(DECIDE, run=record.run_id, tab="costs")
    assert no_tabs == [("costs_tab", None)]


def test_a_run_beside_is_chosen_changed_places_with_and_left(open_page, page_store, record, no_tabs):
    other = imported(page_store, 24, 300, seed=1)
    app = open_page(DECIDE, run=record.run_id)
    app.selectbox(key="decide_beside").set_value(other.run_id).run()
    assert in_url(app) == {"run": record.run_id, "beside": other.run_id}
    assert no_tabs[-1][1].record.run_id == other.run_id
    app.button(key="decide_swap").click().run()
    assert in_url(app) == {"run": other.run_id, "beside": record.run_id}
    app.selectbox(key="decide_beside").set_value("").run()
    assert in_url(app) == {"run": other.run_id}
    assert no_tabs[-1][1] is None


def test_a_run_that_cannot_stand_beside_is_refused_in_a_sentence(open_page, page_store, record, no_tabs):
    labels_differ = imported(page_store, 30, 300)
    app = open_page(DECIDE, run=record.run_id, beside=labels_differ.run_id)
    assert any("label sets differ" in warning.value for warning in app.warning)
    assert no_tabs == [("review_tab", None)]
    app = open_page(DECIDE, run=record.run_id, beside="0" * 12)
    assert any("not stored here" in warning.value for warning in app.warning)
    assert not open_page(DECIDE, run=record.run_id, beside=record.run_id).warning


def test_only_runs_of_this_task_with_its_labels_are_offered(open_page, page_store, record, no_tabs):
    imported(page_store, 24, 300, seed=1)
    other_list = replace(predictions(30, 300), name=record.task_name)
    import_table(other_list, other_list.name, page_store, labels=labels_of(30))
    imported(page_store, 24, 200)
    (offered,) = [box for box in open_page(DECIDE, run=record.run_id).selectbox if box.key == "decide_beside"]
    assert len(offered.options) == 2  # and none


def test_what_is_open_is_kept_for_each_tab_and_an_example_is_not(open_page, record, no_tabs):
    app = open_page(DECIDE, run=record.run_id, opened="sent", example="5")
    assert in_url(app)["example"] == "5"
    view(app).tab = "Costs"
    app.run()
    assert in_url(app) == {"run": record.run_id, "tab": "costs"}
    view(app).tab = ""
    app.run()
    assert in_url(app) == {"run": record.run_id, "opened": "sent"}


def question(scored, probabilities, asked):
    CALLS.append((scored.record.run_id, probabilities is not None, asked))
    if asked.unit == "wrong":
        raise DataError("line 3: 'wrong' is no cost.", where="Costs")
    return asked.unit


def question_of_two(a, of_a, b, of_b, asked):
    return a.record.run_id, of_a is not None, b.record.run_id, of_b is not None


CALLS = []


def test_an_answer_is_computed_once_and_a_mistake_leaves_the_last_good_one(page_store, monkeypatch):
    said, view = [], ViewState()
    monkeypatch.setattr(answer_parts.st, "error", lambda text, **_: said.append(text))
    monkeypatch.setattr(answer_parts.st, "caption", said.append)
    monkeypatch.setattr(answer_parts, "view_state", lambda: view)
    CALLS.clear()
    scored, other = (score_run(page_store, over_confident(page_store, 24, 200, seed).run_id) for seed in (0, 1))
    good, bad = CostsAsked(unit="EUR"), CostsAsked(unit="wrong")
    assert answer_parts.answered(scored, question, bad) is None
    assert "line 3" in said[0]
    assert [answer_parts.answered(scored, question, good) for _ in range(3)] == ["EUR"] * 3
    assert answer_parts.answered(scored, question, bad) == "EUR"
    assert "asked before" in said[-1]
    assert CALLS.count((scored.record.run_id, True, good)) == 1
    assert answer_parts.answered(scored, question, replace(good, unit="USD")) == "USD"
    assert answer_parts.answered(other, question, bad) is None  # of another run nothing was answered yet
    assert answer_parts.compared(scored, other, question_of_two, good) == (
        scored.record.run_id, True, other.record.run_id, True,
    )  # fmt: skip


def test_the_fields_of_all_questions_have_different_names_and_none_is_another_parameter():
    names = [name for question in QUESTIONS for name in question.__dataclass_fields__]
    assert len({*names}) == len(names)
    assert not {*names} & {"run", "scoring", "tab", "beside", "opened", "example"}


def test_tables_of_one_cache_are_kept_once(page_store, tmp_path):
    from pages.parts.shell.cached.decisions import decision_tables

    other = Store(tmp_path / "other")
    a, b = (decision_tables(store, str(store.folder)) for store in (page_store, other))
    assert a is decision_tables(page_store, str(page_store.folder))
    assert a is not b
