"""`ladder` on the bundled demo."""

import json
import shlex

import pytest

from evalcore.cli.main import main
from evalcore.running.run import execute
from evalcore.store import RunSpec, Store


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("ladder") / "cache"


def run(cache, **spec):
    return execute(RunSpec(n=16, **spec), Store(cache)).record.run_id


def ladder(capsys, cache, *options):
    """In this process: starting another one takes longer than the command."""
    assert main(["ladder", *options, "--cache", str(cache)]) == 0
    return capsys.readouterr().out


def test_a_ladder_in_words_and_as_json_with_what_is_lacking(cache, capsys):
    chosen = run(cache, decoding="choose")
    alone = json.loads(ladder(capsys, cache, chosen, "--json"))
    assert [step["step"] for step in alone["steps"]] == ["choose"]
    # What is lacking is a command that gives it.
    assert alone["lacking"] in ladder(capsys, cache, chosen)
    words = shlex.split(alone["lacking"])
    assert words[:4] == ["python", "-m", "evalcore", "run"]
    assert main([*words[3:], "--cache", str(cache)]) == 0
    capsys.readouterr()
    data = json.loads(ladder(capsys, cache, chosen, "--json"))
    text = ladder(capsys, cache, chosen)
    assert [step["step"] for step in data["steps"]] == ["strict", "lenient", "choose"]
    assert (data["lacking"], data["n"]) == (None, 16)
    assert all(sentence in text for sentence in data["words"])
    for step in data["steps"]:
        assert f"{100 * step['accuracy']:.1f} %" in text
    (rankings,) = data["rankings"].values()
    assert [one["score"] for one in rankings] == ["summed", "per-token", "calibrated"]
    assert rankings[0]["accuracy"] == data["steps"][-1]["accuracy"]
    # From the free run it is the same ladder.
    free = data["steps"][0]["run"]
    assert json.loads(ladder(capsys, cache, free, "--json"))["steps"] == data["steps"]
    halves = json.loads(ladder(capsys, cache, chosen, "--json", "--halves"))["rankings"]
    assert [half[0]["n"] for half in halves.values()] == [8, 8]
    assert sum(half[0]["accuracy"] for half in halves.values()) / 2 == pytest.approx(rankings[0]["accuracy"])
    baseline = run(cache, model="majority")
    answers = json.loads(ladder(capsys, cache, baseline, "--json"))
    assert (answers["rankings"], answers["lacking"]) == ({}, None)
