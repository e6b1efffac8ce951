"""Several runs on the same examples."""

import numpy as np
import pytest

from evalcore.analysis.sweep import Spread, gather, sweep_as_json, sweep_conclusion
from evalcore.errors import SpecError
from evalcore.output.comparison import sweep_as_text
from tests.tools.runs import scored

GOLD = list("aabbcc")
RUNS = [list("aabbca"), list("abbbca"), list("bbbaba")]


@pytest.fixture
def sweep(store):
    return gather([scored(store, GOLD, answers) for answers in RUNS])


def test_each_example_is_right_in_j_of_k(sweep):
    assert list(sweep.times_right) == [2, 1, 3, 2, 2, 0]
    assert list(sweep.always_wrong) == [5]
    assert list(sweep.wrong_alike) == [5]
    assert list(sweep.flips) == [0, 1, 3, 4]
    assert list(sweep.rows_of("always_right")) == [2]
    assert list(sweep.rows_of("all")) == list(range(6))


def test_what_every_run_left_unparsed_is_told_from_what_all_answer_alike(store):
    answers = [["a", "b", "?", ""], ["a", "b", "no idea", "b"], ["a", "b", "a or b", ""]]
    sweep = gather([scored(store, list("aaaa"), each, labels="ab") for each in answers])
    assert list(sweep.rows_of("wrong_alike")) == [1]
    assert list(sweep.rows_of("unparsed_in_all")) == [2]
    assert list(sweep.rows_of("always_wrong")) == [1, 2, 3]
    assert sweep_as_json(sweep)["unparsed_in_all"] == 1
    assert "Wrong or unparsed in every run 3 (1 with the same label in all, 1 unparsed in all)" in sweep_as_text(sweep)


def test_a_sweep_comes_to_how_many_pairs_can_be_told_apart(store):
    gold = list("ab") * 20
    right, wrong = (scored(store, gold, each, labels="ab") for each in (gold, list("ba") * 20))
    also_right = scored(store, gold, [f"{label}." for label in gold], labels="ab")
    assert sweep_conclusion(gather([right, wrong, also_right])) == "2 of 3 pairs can be told apart"
    assert sweep_conclusion(gather([right, wrong])) == "The two runs can be told apart"
    assert sweep_conclusion(gather([right, also_right])) == "The two runs cannot be told apart"


def test_the_answers_of_each_run_stand_in_its_row(sweep):
    for row, at, one in zip(sweep.answers, sweep.at, sweep.scored_runs, strict=True):
        np.testing.assert_array_equal(row, one.y_pred[at])


def test_every_pair_is_compared_and_corrected_for_all_of_them(sweep):
    assert {(pair.a, pair.b) for pair in sweep.pairs} == {(0, 1), (0, 2), (1, 2)}
    for pair in sweep.pairs:
        assert pair.comparison.p <= pair.p_holm <= min(1, 3 * pair.comparison.p)


def test_a_pairs_verdict_goes_by_the_corrected_p(store):
    gold = ["a", "b"] * 30
    good, fair = gold, [*gold[:53], *("b" if label == "a" else "a" for label in gold[53:])]
    worse = [*gold[:30], *("b" if label == "a" else "a" for label in gold[30:])]
    sweep = gather([scored(store, gold, answers) for answers in (good, fair, worse)])
    found = {(pair.a, pair.b): pair for pair in sweep.pairs}
    assert found[0, 2].verdict == "worse"
    assert found[0, 1].comparison.p == pytest.approx(2 / 2**7)
    assert (found[0, 1].p_holm, found[0, 1].verdict) == (pytest.approx(2 / 2**7), "worse")
    assert {pair.verdict for pair in gather([sweep.scored_runs[0]] * 2).pairs} == {"same"}


def test_a_sweep_over_other_samples_keeps_what_all_share(store):
    texts = [[*"uvwxyz"], [*"uvwxyz"], [*"zyxuAB"]]
    gold = [GOLD, GOLD, ["c", "c", "b", "a", "a", "b"]]
    sweep = gather([scored(store, g, answers, texts=t) for g, answers, t in zip(gold, RUNS, texts, strict=True)])
    assert sweep.n == 4
    for at in range(4):
        examples = {one.answers[int(row[at])].example for row, one in zip(sweep.at, sweep.scored_runs, strict=True)}
        assert len(examples) == 1


def test_the_spread_is_lowest_median_and_highest(sweep):
    assert sweep.spread([0.3, 0.1, 0.2, 0.9]) == Spread(0.1, 0.25, 0.9)


@pytest.mark.parametrize("count", [0, 1, 11])
def test_two_to_ten_runs_are_taken(store, count):
    with pytest.raises(SpecError, match="Choose 2 to 10"):
        gather([scored(store, GOLD, RUNS[0])] * count)


def test_the_json_counts_what_the_sweep_counts(sweep):
    data = sweep_as_json(sweep)
    assert (data["shared"], data["always_wrong"], data["flips"], data["always_right"]) == (6, 1, 4, 1)
    assert data["times_right"] == [1, 1, 3, 1]
    assert len(data["pairs"]) == 3
    assert data["correction"] == "Holm"
