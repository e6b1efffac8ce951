"""The Decide page (F80, F81): whatever is typed into its tables and whatever a link names, and what becomes of both."""

import hashlib
import random
import signal
import time

import pytest

from evalcore.store.database import Store
from evalcore.store.decision_tables import DecisionTables
from pages.parts.shell.decide_url import TYPED
from tests.app.clicking import opened
from tests.tools.generated import imported, labels_of
from tests.tools.processes import PATIENCE_S, started, wait_until

DECIDE = "pages/decide.py"
TABS = ("", "costs", "traffic", "label-list", "frontier")
KILLS = 6
PAGES_A_TAB = 4
_SAVES = """
import sys
from evalcore.store.database import Store
from evalcore.store.decision_tables import DecisionTables
kept = DecisionTables(Store(sys.argv[1]))
for number in range(10**6):
    print(kept.save(f"label,action\\n{sys.argv[2]} {number}," + "x" * 200_000), flush=True)
"""


@pytest.fixture
def store(tmp_path, monkeypatch):
    from pages.parts.shell import frame, session

    store = Store(tmp_path / "cache")
    monkeypatch.setattr(session, "open_store", lambda: store)
    monkeypatch.setattr(frame, "ensure_worker", lambda store: None)
    return store


def any_table(chance, labels):
    """A table as a person or a program may give it: nearly right, of another kind, or none at all."""
    columns = chance.sample(["label", "action", "true", "predicted", "cost", "share", "count", "group"], 4)
    cells = [*labels[:3], "", "0", "-1", "0.5", "nan", "1e999", "1,5", "queue", "'", "=1+1", "\u202e", "🙂", "a" * 2000]
    if chance.random() < 0.2:
        return "".join(chance.choices('a,;\t"\n\r\\\0{}[]é \ufeff', k=chance.randrange(60)))
    separator = chance.choice(",,,;\t")
    lines = [separator.join(columns[: chance.randrange(1, 5)])]
    lines += [separator.join(chance.choices(cells, k=chance.randrange(1, 5))) for _ in range(chance.randrange(5))]
    return chance.choice(["\n", "\n", "\r\n", "\r"]).join(lines)


@pytest.mark.parametrize("tab", TABS)
def test_whatever_stands_in_a_table_the_page_is_drawn(store, tab, tally):
    """F80. Red with a reader of any of the tables that lets another error out than one that is a sentence."""
    record, chance = imported(store, 24, 120), random.Random(tab)
    for _ in range(PAGES_A_TAB):
        query = {name: any_table(chance, labels_of(24)) for name in TYPED}
        app = opened(DECIDE, run=record.run_id, **({"tab": tab} if tab else {}), **query)
        kept = {name: value for asked in asks(app) for name, value in vars(asked).items() if name in TYPED}
        assert kept == query  # a mistake is not the end of what was typed
        tally("F80", "pages of random tables", 1)


def asks(app):
    view = app.session_state["view"].decide
    return view.review, view.costs, view.traffic, view.label_list, view.frontier


def test_a_process_that_is_killed_leaves_no_half_table(tmp_path, tally):
    """F81. Red with a table that is written under its own name, in more than one step."""
    folder = tmp_path / "cache"
    Store(folder)
    for kill in range(KILLS):
        process = started("-c", _SAVES, folder, str(kill), stdout=(tmp_path / "names").open("w"))
        wait_until(lambda: (tmp_path / "names").stat().st_size > 0)
        time.sleep(0.02 * kill)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)
        names = (tmp_path / "names").read_text().split("\n")[:-1]
        kept = DecisionTables(Store(folder))
        lost = sum(kept.read(name) is None for name in names[-100:])
        half = [path for path in (folder / "tables").iterdir() if len(path.name) == 32 and not _is_whole(path)]
        tally("F81", "kills", 1, lost=lost + len(half))
        assert (lost, half) == (0, [])


def _is_whole(path):
    return hashlib.sha256(path.read_bytes()).hexdigest().startswith(path.name)


@pytest.mark.parametrize("name", ["../../../etc/passwd", "\0", "0" * 32, "%2e%2e", "a" * 40_000])
def test_a_link_reads_no_file_that_is_not_a_table(store, name):
    """F81. Red with a name that is joined to the folder before it is looked at."""
    record = imported(store, 24, 120)
    app = opened(DECIDE, run=record.run_id, **dict.fromkeys(TYPED, f"saved:{name}"))
    assert any("not stored here" in warning.value for warning in app.warning)
    assert {value for asked in asks(app) for field, value in vars(asked).items() if field in TYPED} == {""}
