"""The Compare page says whose mistakes cost more where costs were typed, and offers it where two runs tie."""

import pytest

from evalcore.analysis import compare
from evalcore.deciding import CostsAsked, compared_costs
from pages.parts.shell import decide_url
from tests.app.clicking import in_url, opened, table
from tests.tools.decisions import COSTS_OF_TIED, LABELS, tied_runs
from tests.tools.runs import scored

COMPARE, DECIDE = "pages/compare.py", "pages/decide.py"
OFFER = "Same accuracy? Weigh the mistakes: Decide"


def said(app):
    shown = (*app.subheader, *app.markdown, *app.caption, *app.warning)
    return "\n".join(element.value for element in shown).replace("\\", "")


def links(app):
    return {link.proto.label: link.proto.query_string for link in app.get("page_link")}


@pytest.fixture
def pair(page_store):
    return tied_runs(page_store)


@pytest.fixture
def ids(pair):
    a, b = pair
    return {"a": a.record.run_id, "b": b.record.run_id}


@pytest.fixture
def found(pair):
    return compared_costs(pair[0], None, pair[1], None, CostsAsked(costs=COSTS_OF_TIED, unit="EUR"))


def test_two_runs_that_tie_are_offered_the_way_to_their_costs(ids, pair, page_store):
    app = opened(COMPARE, **ids)
    query = links(app)[OFFER]
    assert f"run={ids['a']}" in query
    assert f"beside={ids['b']}" in query
    assert "tab=costs" in query
    assert not [one for one in app.button if one.key == "group_costs"]
    gold = [LABELS[code] for code in pair[0].y_true]
    worse = scored(page_store, gold, [LABELS[0]] * len(gold), labels=LABELS, name="worse.csv").record.run_id
    copy = scored(page_store, gold, gold, labels=LABELS, name="c.csv").record.run_id
    again = scored(page_store, gold, [f" {label}" for label in gold], labels=LABELS, name="again.csv").record.run_id
    assert OFFER not in links(opened(COMPARE, a=ids["a"], b=worse))
    assert OFFER not in links(opened(COMPARE, a=copy, b=again))  # the same answers cost the same


def test_two_runs_that_are_right_on_the_same_examples_are_offered_it_too(page_store):
    a, b = tied_runs(page_store, same=True)
    assert OFFER in links(opened(COMPARE, a=a.record.run_id, b=b.record.run_id))


def test_costs_in_a_link_are_said_and_opened(ids, pair, found):
    app = opened(COMPARE, **ids, costs=COSTS_OF_TIED, unit="EUR")
    assert found.finding in said(app)
    assert found.sentences[1] in said(app)
    assert OFFER not in links(app)
    assert "costs=" in links(app)["Which mistakes"]
    app.button(key="group_costs").click().run()
    assert not app.exception
    assert app.button(key="group_costs").label == f"**{len(found.rows)}** differ in cost"
    url = in_url(app)
    assert (url["door"], url["costs"], url["unit"]) == ("costs", COSTS_OF_TIED, "EUR")
    comparison = compare(*pair)
    listed = table(app, "behind_")
    texts = [answer.example.text for answer in comparison.a.answers.at(comparison.at_a[found.rows])]
    assert listed["text"].tolist() == texts
    assert listed["B costs"].tolist()[0] == "EUR 20.00"
    assert f"1 of {len(found.rows)}" in said(app)
    again = opened(COMPARE, **url)
    assert table(again, "behind_")["text"].tolist() == texts


def test_a_long_table_is_named_in_the_url_and_one_of_decide_is_known_here(ids, found):
    many = COSTS_OF_TIED + "".join(
        f"{true},{other},1\n" for true in LABELS[3:] for other in LABELS[1:] if true != other
    )
    assert len(many) > decide_url.LONGEST_IN_URL
    many = many.replace('pin="wrong"', '"pin=""wrong"""')
    app = opened(COMPARE, **ids, costs=many)
    assert in_url(app)["costs"].startswith(decide_url.SAVED)
    assert found.finding.split(", but")[0] in said(opened(COMPARE, **in_url(app)))
    decide = opened(DECIDE, run=ids["a"], tab="costs", costs=many, mix="label,share\nrate_up,1\n")
    decide.switch_page(COMPARE)
    decide.query_params.clear()
    for name, value in ids.items():
        decide.query_params[name] = value
    decide.run()
    assert not decide.exception
    assert found.finding.split(", but")[0] in said(decide)
    assert "mix=" in links(decide)["Which mistakes"]  # what else is asked there stays


def test_costs_do_not_open_a_door_that_is_not_there(ids):
    app = opened(COMPARE, **ids, door="costs")
    assert in_url(app)["door"] == "broken"
