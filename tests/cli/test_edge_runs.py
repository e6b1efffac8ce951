"""What `report`, `compare`, `sweep` and `runs` print of runs at the edge: no `nan`, no interval without a width."""

import re
from itertools import combinations

import pytest

from evalcore.analysis.comparison import compare
from evalcore.analysis.scored_run import score_run
from evalcore.analysis.sweep import gather
from evalcore.cli.main import main
from evalcore.output.comparison import comparison_as_text, sweep_as_text
from evalcore.output.report import findings_of, report_as_text
from tests.tools.runs import stored

NUMBER = r"[−+-]?\d[\d,]*(?:\.\d+)?"
NO_WIDTH = re.compile(rf"(?<![\d.−+-])({NUMBER}) (?:to|–) \1(?![\d.])")
NOT_A_NUMBER = re.compile(r"\b(?:nan|NaN|inf|None)\b")
WRONG_PLURAL = re.compile(
    r"(?<![\d.,])1 (?:examples|labels|completions|answers|runs|pairs|prompts|tokens|rows|are\b|were\b)"
)

GOLD = list("ab") * 20
EDGES = {
    "n = 1": (["a"], ["a"], "ab"),
    "n = 1, wrong": (["a"], ["b"], "ab"),
    "n = 1, unparsed": (["a"], ["?"], "ab"),
    "all right": (GOLD, GOLD, "ab"),
    "all wrong": (GOLD, list("ba") * 20, "ab"),
    "all unparsed": (GOLD, ["?"] * 40, "ab"),
    "one label": (["a"] * 40, ["a"] * 40, "a"),
    "one label of many": (["a"] * 40, ["a"] * 40, "abcdefgh"),
    "one answer": (GOLD, ["a"] * 40, "ab"),
    "few": (["a", "b", "c"], ["a", "a", "?"], "abc"),
}


def unreadable(text):
    """Lines that show no number, or an interval that is one."""
    return [
        line for line in text.splitlines() if any(mark.search(line) for mark in (NO_WIDTH, NOT_A_NUMBER, WRONG_PLURAL))
    ]


def edge(store, name, texts=None):
    gold, answers, labels = EDGES[name]
    return score_run(store, stored(store, gold, answers, labels=labels, texts=texts).run_id)


@pytest.mark.parametrize("name", EDGES)
def test_a_report_of_a_run_at_the_edge_is_readable(store, name):
    """Red with `nan` for an undefined score, and with "1 answers"."""
    run = edge(store, name)
    assert unreadable(report_as_text(run, findings_of(store, run))) == []


def test_every_interval_of_a_report_is_there_or_said_to_be_missing(store):
    text = report_as_text(edge(store, "few"), [])
    assert "interval not estimable at this n. 3 examples of 3 labels are too few; it takes 30" in text
    assert re.search(r"macro-F1, all labels +\d+\.\d % +not estimable", text)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        *combinations(("all right", "all wrong", "all unparsed", "one answer"), 2),
        ("all right", "all right"),
        ("all unparsed", "all unparsed"),
        *combinations(("n = 1", "n = 1, wrong", "n = 1, unparsed"), 2),
        ("one label", "one label"),
    ],
)
def test_a_comparison_of_runs_at_the_edge_is_readable(store, a, b):
    first, second = edge(store, a), edge(store, b)
    assert unreadable(comparison_as_text(compare(first, second))) == []
    assert unreadable(sweep_as_text(gather([first, second, first]))) == []


def test_runs_that_share_three_examples_are_compared_readably(store):
    texts = [f"text {i}" for i in range(40)]
    a = edge(store, "all right", texts)
    b = edge(store, "one answer", [*texts[:3], *(f"other {i}" for i in range(37))])
    both = compare(a, b)
    assert both.n == 3
    text = comparison_as_text(both)
    assert unreadable(text) == []
    assert "3 examples are shared by A (40) and B (40)" in text
    assert "not estimable" in text


def test_an_interval_whose_bounds_round_to_one_number_gets_more_decimals(store):
    gold = ["a"] * 60_000
    run = score_run(store, stored(store, gold, gold, labels="ab").run_id)
    text = report_as_text(run, [])
    assert unreadable(text) == []
    assert "99.99 to 100.00" in text


def test_every_list_of_a_run_shows_the_same_digits(store, capsys):
    """25.25 % is 25.2 in Python and 25.3 in a browser: one of them has to round for all."""
    gold = list("ab") * 200
    answers = [label if i < 101 else "?" for i, label in enumerate(gold)]
    run = score_run(store, stored(store, gold, answers, labels="ab").run_id)
    assert run.scores.accuracy == 0.2525
    assert re.search(r"accuracy +25\.2 %", report_as_text(run, []))
    assert main(["runs", "--cache", str(store.folder)]) == 0
    assert "  25.2 %  n 400 of 400" in capsys.readouterr().out
    assert re.search(r"Accuracy +25\.2 % +25\.2 %", comparison_as_text(compare(run, run)))
    assert "25.2 %" in sweep_as_text(gather([run, run]))
