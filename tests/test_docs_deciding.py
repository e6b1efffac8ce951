"""docs/deciding.md: every command works with the tables that stand there, every block of Python runs."""

import re
import shlex

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.deciding import QUESTIONS
from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from tests.conftest import ROOT
from tests.tools.command_line import evalcore
from tests.tools.probabilities import with_probabilities

PAGE = (ROOT / "docs" / "deciding.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
TABLES = dict(re.findall(r"`(\w+\.csv)`[^`]*(?:`[^`]*`[^`]*)*?```csv\n(.*?)```", PAGE, re.DOTALL))
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("deciding")


@pytest.fixture(scope="module")
def runs(cache):
    """Two runs on the demo's labels: one with probabilities, one without."""
    import numpy as np

    store = Store(cache)
    plain = score_run(store, execute(RunSpec(model="tfidf", n=80), store).record.run_id)
    gold = [plain.labels[code] for code in plain.y_true]
    shares = np.random.default_rng(0).dirichlet(np.ones(len(plain.labels)), size=len(gold))
    shares[np.arange(len(gold)), plain.y_true] += 0.5
    texts = [answer.example.text for answer in plain.answers]
    sure = with_probabilities(store, plain.labels, gold, shares / shares.sum(axis=1, keepdims=True), texts=texts)
    return {"labels": plain.labels, "RUN": sure.record.run_id, "RUN2": plain.record.run_id}


def test_there_are_commands_and_their_tables():
    assert len(COMMANDS) >= 8
    assert set(TABLES) == {"actions.csv", "costs.csv", "mix.csv", "predicted.csv", "groups.csv"}
    named = {word for command in COMMANDS for word in command.split() if word.endswith(".csv")}
    assert named == set(TABLES)


def rest_of_groups(labels, table):
    """The rows that the page leaves out."""
    return "".join(f"{label},other\n" for label in labels if f"{label}," not in table)


@pytest.mark.parametrize("command", COMMANDS)
def test_it_works(command, cache, runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, table in TABLES.items():
        (tmp_path / name).write_text(table + (rest_of_groups(runs["labels"], table) if name == "groups.csv" else ""))
    words = [runs.get(word, word) for word in shlex.split(command)]
    assert words[:3] == ["python", "-m", "evalcore"]
    assert evalcore(*words[3:], cache=cache).stdout.strip()
    for option in ("--tables", "--html"):
        assert option not in words or (tmp_path / words[words.index(option) + 1]).exists()


def test_every_block_of_python_runs(cache, monkeypatch, capsys):
    monkeypatch.setattr("evalcore.store.DEFAULT_CACHE", cache)
    for block in BLOCKS:
        exec(block, {"__name__": "notebook"})
    printed = capsys.readouterr().out.splitlines()
    assert printed[:5] == list(QUESTIONS.values())
    assert printed[5].startswith("Mistakes cost EUR")


def test_every_question_is_there_with_what_its_simulation_gave():
    for title in QUESTIONS.values():
        assert f"\n## {title}\n" in PAGE
    for name in QUESTIONS:
        assert f"**Simulated** (`coverage --only {name.replace('_', '-')}`" in PAGE
