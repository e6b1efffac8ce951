"""Merged counts, suggested merges and the tree, against loops over examples, and their intervals."""

from itertools import combinations

import numpy as np
import pytest
from scipy.cluster.hierarchy import cut_tree, linkage
from scipy.spatial.distance import squareform

from evalcore.metrics import confusion_counts, wilson_interval
from evalcore.metrics.decisions.merging import (
    confusion_tree,
    greedy_path,
    groups_after,
    made_right,
    merged_counts,
    picking_halves,
    ranked_pairs,
    two_way,
)
from evalcore.metrics.decisions.merging_intervals import cells_variance, share_interval

SEEDS = range(8)


def answers(seed, n_labels=7, n=200):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, n_labels - 1, n)  # the last label is absent
    said = np.where(rng.random(n) < 0.5, true, (true + rng.integers(-1, 3, n)) % n_labels)
    return true, np.where(rng.random(n) < 0.05, -1, said)


@pytest.mark.parametrize("seed", SEEDS)
def test_merged_counts_are_those_of_the_renamed_answers(seed):
    true, said = answers(seed)
    codes = np.random.default_rng(seed).permutation([0, 0, 1, 2, 2, -1, 3])
    counts = np.zeros((4, 5), dtype=int)
    for t, p in zip(true, said, strict=True):
        if codes[t] >= 0:
            counts[codes[t], 4 if p < 0 or codes[p] < 0 else codes[p]] += 1
    np.testing.assert_array_equal(merged_counts(confusion_counts(true, said, 7), codes), counts)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_merge_makes_right_are_the_wrong_answers_inside_its_groups(seed):
    true, said = answers(seed)
    codes = np.array([0, 0, 1, 2, 2, -1, -1])
    made = [0] * 7
    for t, p in zip(true, said, strict=True):
        made[t] += int(p >= 0 and p != t and codes[t] == codes[p] >= 0)
    np.testing.assert_array_equal(made_right(confusion_counts(true, said, 7), codes), made)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_pairs_are_ranked_by_what_their_merge_gains(seed):
    true, said = answers(seed)
    confusion = confusion_counts(true, said, 7)
    gains = {pair: sum((t, p) in (pair, pair[::-1]) for t, p in zip(true.tolist(), said.tolist(), strict=True))
             for pair in combinations(range(7), 2)}  # fmt: skip
    found = list(zip(*(side.tolist() for side in ranked_pairs(confusion, 50)), strict=True))
    assert [gains[pair] for pair in found] == sorted((gain for gain in gains.values() if gain), reverse=True)
    assert found[:3] == list(zip(*(side.tolist() for side in ranked_pairs(confusion, 3)), strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_each_step_of_the_path_is_the_best_merge_of_two_groups(seed):
    true, said = answers(seed)
    confusion = confusion_counts(true, said, 7)
    groups = [{code} for code in range(7)]
    path = greedy_path(confusion)
    for step in path:
        between = {(a, b): sum(int(two_way(confusion)[i, j]) for i in groups[a] for j in groups[b])
                   for a, b in combinations(range(len(groups)), 2)}  # fmt: skip
        assert step.count == max(between.values())
        assert set(step.first) in groups
        assert set(step.second) in groups
        assert step.rate == pytest.approx(
            np.mean([
                two_way(confusion)[i, j] / (confusion[i].sum() + confusion[j].sum())
                for i in step.first for j in step.second
            ])
        )  # fmt: skip
        groups = [group for group in groups if not group <= set(step.codes)] + [set(step.codes)]
    assert len(groups) == 2 or max(between.values()) == 0 or not path
    assert greedy_path(confusion, 2) == path[:2]
    made = made_right(confusion, groups_after(path, 7)).sum()
    assert made == sum(step.count for step in path)


def test_the_path_ends_where_nothing_is_confused():
    confusion = np.array([[5, 2, 0, 0, 0], [0, 5, 0, 0, 1], [0, 0, 5, 0, 0], [0, 0, 0, 5, 0]])
    assert [step.codes for step in greedy_path(confusion)] == [(0, 1)]
    assert greedy_path(np.eye(3, 4, dtype=int)) == []
    assert confusion_tree(np.eye(3, 4, dtype=int)) == []
    assert confusion_tree(np.array([[3, 1]])) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_the_tree_cut_at_any_number_of_groups_is_scipys(seed):
    true, said = answers(seed, 9, 400)
    confusion = confusion_counts(true, said, 9)
    support = confusion.sum(axis=1)
    rates = two_way(confusion) / np.maximum(support[:, None] + support, 1)
    np.fill_diagonal(rates, 1)
    steps = linkage(squareform(1 - rates), "average")
    tree = confusion_tree(confusion)
    np.testing.assert_allclose([1 - step.rate for step in tree], steps[: len(tree), 2])
    for n_groups in range(9 - len(tree), 10):
        theirs = cut_tree(steps, n_groups).ravel()
        ours = groups_after(tree[: 9 - n_groups], 9)
        np.testing.assert_array_equal(ours[:, None] == ours, theirs[:, None] == theirs)


@pytest.mark.parametrize("design", ["random", "stratified"])
def test_the_halves_are_disjoint_and_a_stratified_sample_is_split_label_by_label(design):
    true = np.repeat(np.arange(5), 11)
    picked, measured = picking_halves(true, design)
    assert sorted([*picked, *measured]) == list(range(55))
    each = np.bincount(true[picked], minlength=5)
    if design == "stratified":
        assert set(each) <= {5, 6}
    else:
        assert not set(each) <= {5, 6}  # of a random sample the halves are two random samples
    np.testing.assert_array_equal(picked, picking_halves(true, design)[0])


def test_the_interval_of_a_gain_is_wilsons_where_labels_are_drawn_at_random():
    made, support = np.array([3, 0, 4]), np.array([20, 50, 30])
    assert share_interval(made, support, "random") == wilson_interval(7, 100)
    assert share_interval(np.zeros(3, int), support, "stratified") == wilson_interval(0, 100)
    low, high = share_interval(made, support, "stratified")
    assert wilson_interval(7, 100)[0] < low < 0.07 < high < wilson_interval(7, 100)[1]
    assert np.isnan(share_interval(np.zeros(0, int), np.zeros(0, int), "random")).all()


@pytest.mark.parametrize("design", ["random", "stratified"])
def test_the_variance_of_cells_is_that_of_the_examples(design):
    true, said = answers(3)
    confusion = confusion_counts(true, said, 7)
    cells = np.nonzero(confusion)
    effects = np.random.default_rng(1).normal(size=len(cells[0]))
    of_cell = {(t, p): effect for t, p, effect in zip(*cells, effects, strict=True)}
    each = np.array([of_cell[t, p if p >= 0 else 7] for t, p in zip(true, said, strict=True)])
    if design == "random":
        expected = len(each) * each.var(ddof=1)
    else:
        expected = sum((true == label).sum() * each[true == label].var(ddof=1) for label in np.unique(true))
    assert cells_variance(effects, cells[0], confusion[cells].astype(float), 7, design) == pytest.approx(expected)
