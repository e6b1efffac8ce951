"""Scores in a hierarchy, against hiclass and against loops over examples."""

import numpy as np
import pytest
from hiclass import metrics as hiclass

from evalcore.metrics import confusion_counts
from evalcore.metrics.decisions.hierarchical import hierarchical_scores, inside_groups, level_accuracy

CHAINS = (("x", "p", "a"), ("x", "p", "b"), ("x", "q", "c"), ("y", "r", "d"), ("y", "r", "e"), ("y", "s", "f"))
NODES = sorted({name for chain in CHAINS for name in chain})
MEMBERS = np.array([[name in chain for name in NODES] for chain in CHAINS])
TOP = np.array([0, 0, 0, 1, 1, 1])


def answers(seed, unparsed=0.0, n=150):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 6, n)
    said = np.where(rng.random(n) < 0.5, true, rng.integers(0, 6, n))
    return true, np.where(rng.random(n) < unparsed, -1, said)


@pytest.mark.parametrize("seed", range(10))
def test_precision_recall_and_f1_are_hiclass_ones(seed):
    true, said = answers(seed)
    found = hierarchical_scores(confusion_counts(true, said, 6), MEMBERS, "random")
    rows = np.array(CHAINS)
    assert found.precision == pytest.approx(hiclass.precision(rows[true], rows[said]), abs=1e-12)
    assert found.recall == pytest.approx(hiclass.recall(rows[true], rows[said]), abs=1e-12)
    assert found.f1 == pytest.approx(hiclass.f1(rows[true], rows[said]), abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_labels_of_different_depths_and_unparsed_answers_are_scored_as_sets(seed):
    true, said = answers(seed, 0.2)
    members = MEMBERS & ~np.isin(NODES, ["s", "r"])  # d, e and f are in one group only
    sets = [{name for name, inside in zip(NODES, row, strict=True) if inside} for row in members]
    shared = of_true = of_answer = 0
    for t, p in zip(true, said, strict=True):
        answer = sets[p] if p >= 0 else set()
        shared, of_true, of_answer = shared + len(sets[t] & answer), of_true + len(sets[t]), of_answer + len(answer)
    found = hierarchical_scores(confusion_counts(true, said, 6), members, "stratified")
    assert (found.precision, found.recall) == pytest.approx((shared / of_answer, shared / of_true))
    assert found.f1 == pytest.approx(2 * shared / (of_answer + of_true))
    for value, (low, high) in (
        (found.precision, found.precision_interval),
        (found.recall, found.recall_interval),
        (found.f1, found.f1_interval),
    ):
        assert 0 <= low < value < high <= 1


def test_scores_without_answers_are_undefined():
    found = hierarchical_scores(np.zeros((6, 7), dtype=int), MEMBERS, "random")
    assert np.isnan([found.precision, found.recall, found.f1, *found.f1_interval]).all()
    unparsed = np.zeros((6, 7), dtype=int)
    unparsed[:, 6] = 3
    found = hierarchical_scores(unparsed, MEMBERS, "random")
    assert np.isnan(found.precision)
    assert (found.recall, found.f1) == (0, 0)
    assert np.isnan(inside_groups(unparsed, TOP, "random").share)


@pytest.mark.parametrize("design", ["random", "stratified"])
@pytest.mark.parametrize("seed", range(5))
def test_levels_and_mistakes_inside_groups_are_those_of_a_loop(seed, design):
    true, said = answers(seed, 0.1)
    confusion = confusion_counts(true, said, 6)
    wrong = [(t, p) for t, p in zip(true, said, strict=True) if p >= 0 and p != t]
    inside = sum(TOP[t] == TOP[p] for t, p in wrong)
    found = inside_groups(confusion, TOP, design)
    assert (found.wrong, found.inside, found.share) == (len(wrong), inside, pytest.approx(inside / len(wrong)))
    assert found.by_chance == pytest.approx(2 / 5)  # of the five other labels, two are in the group
    assert 0 < found.interval[0] < found.share < found.interval[1] < 1
    right, (low, high) = level_accuracy(confusion, TOP, design)
    assert right == sum(p >= 0 and TOP[t] == TOP[p] for t, p in zip(true, said, strict=True))
    assert 0 < low < right / len(true) < high < 1
