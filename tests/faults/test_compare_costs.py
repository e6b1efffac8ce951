"""Costs in a link to the Compare page (F82): whatever they are, the comparison stands, and what is not used is said."""

import random

import pytest

from evalcore.deciding import CostsAsked, cost_table
from evalcore.errors import DataError
from evalcore.store.database import Store
from pages.parts.shell.decide_url import SAVED
from pages.parts.shell.markdown import message_markdown
from tests.app.clicking import in_url, opened
from tests.tools.decisions import COSTS_OF_TIED, LABELS, tied_runs

COMPARE = "pages/compare.py"
LINKS = 10


@pytest.fixture
def runs(tmp_path, monkeypatch):
    from pages.parts.shell import frame, session

    store = Store(tmp_path / "cache")
    monkeypatch.setattr(session, "open_store", lambda: store)
    monkeypatch.setattr(frame, "ensure_worker", lambda store: None)
    a, b = tied_runs(store, 120)
    return {"a": a.record.run_id, "b": b.record.run_id}


def any_costs(chance):
    """Tables as a link may have them: of these runs, of others, half a table, or none at all."""
    if chance.random() < 0.2:
        return "".join(chance.choices('a,;\t"\n\r\\\0{}[]é \ufeff', k=chance.randrange(60)))
    names = ["rate_up", "rate_down", "*", "(unparsed)", chance.choice(["nobody", "rate_up"]), "🙂"]
    cells = ["1", "20", "0", chance.choice(["-1", "nan", "", "3"]), "1e3"]
    pairs = chance.sample([(a, b) for a in names for b in names], 3)
    return "true,predicted,cost\n" + "".join(f"{a},{b},{chance.choice(cells)}\n" for a, b in pairs)


def said(app):
    shown = (*app.subheader, *app.markdown, *app.caption, *app.warning)
    return "\n".join(element.value for element in shown).replace("\\", "")


def test_costs_that_these_runs_do_not_have_are_said_and_nothing_is_lost(runs, tally):
    """F82. Red if a table that does not fit takes the comparison with it, is passed over in silence, or is forgotten:
    each is drawn with its verdict, says what is wrong, and keeps what the link says."""
    chance = random.Random(82)
    for at in range(LINKS):
        costs = f"true,predicted,cost\n{LABELS[4]},nobody,3\n" if not at else any_costs(chance)
        app = opened(COMPARE, **runs, door="costs", costs=costs)
        assert "A and B cannot be told apart" in said(app)
        try:
            cost_table(LABELS, CostsAsked(costs=costs))
            problem = ""
        except DataError as error:
            problem = str(error)
        lost = bool(costs.strip()) and app.session_state["view"].decide.costs.costs != costs
        tally("F82", "links with random costs", 1, lost=int(lost))
        assert not lost
        expected = [f"Not used here: {message_markdown(problem)}"] if problem else []
        assert [one.value for one in app.warning] == expected


@pytest.mark.parametrize("name", ["0" * 32, "../../../etc/passwd", "\0", "a" * 40_000])
def test_a_table_that_is_not_there_leaves_those_that_were_typed(runs, name, tally):
    """F82. Red if the link's table takes the place of the session's, or a name is opened as a path."""
    app = opened(COMPARE, **runs, costs=COSTS_OF_TIED)
    app.query_params["costs"], app.query_params["unit"] = f"{SAVED}{name}", "EUR"
    app.run()
    assert not app.exception
    assert [one.value for one in app.warning] == [
        "The link names a table \\(costs\\) that is not stored here\\. No costs were taken from it\\."
    ]
    lost = app.session_state["view"].decide.costs != CostsAsked(costs=COSTS_OF_TIED)
    tally("F82", "links to tables that are not there", 1, lost=int(lost))
    assert not lost
    assert in_url(app)["costs"] == COSTS_OF_TIED
