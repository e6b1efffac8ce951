"""The model behind the intervals of F1, against exact sums with scipy and plain loops."""

import numpy as np
import pytest
from scipy.stats import binom, poisson
from sklearn.metrics import f1_score

from evalcore.metrics.classification import UNPARSED, confusion_counts, per_class
from evalcore.metrics.f1_model import F1Model, _corrected_f1, _stratified, _variance_of_corrected
from evalcore.metrics.overall import scores
from evalcore.metrics.shrinkage import Recall


def run_of(n, n_labels, accuracy, unparsed=0.05, seed=0):
    rng = np.random.default_rng(seed)
    true = rng.choice(n_labels, n, p=rng.dirichlet(np.full(n_labels, 6.0)))
    answer = np.where(rng.random(n) < accuracy, true, rng.integers(0, n_labels, n))
    return true, np.where(rng.random(n) < unparsed, UNPARSED, answer)


def certain(recall, n):
    return Recall(np.full(n, recall), np.zeros(n), np.full(n, recall * (1 - recall)))


@pytest.mark.parametrize("n", [2, 3, 5, 12])
@pytest.mark.parametrize("recall", [0.25, 0.6, 0.9])
def test_in_a_stratified_sample_the_mean_of_the_corrected_f1_is_the_true_one(n, recall):
    """The exact mean over every number of right ones and of wrong answers, for many labels that are alike."""
    expected = n * (1 - recall)
    right, wrong = (grid.ravel().astype(float) for grid in np.meshgrid(np.arange(n + 1), np.arange(40)))
    chance = binom.pmf(right, n, recall) * poisson.pmf(wrong, expected)
    f1 = 2 * right / (n + right + wrong)
    many = 5000  # labels drawn from that, so that what is shrunk towards the mean is known
    draws = np.random.default_rng(1)
    x, w = draws.binomial(n, recall, many).astype(float), draws.poisson(expected, many).astype(float)
    unbiased, _, _ = _stratified(x, np.full(many, float(n)), w, certain(recall, many))
    sampled = 2 * x / (n + x + w)
    correction = (unbiased - sampled).mean()
    truth = 2 * recall / (1 + recall + expected / n)
    assert abs(chance @ f1 + correction - truth) < 0.1 * abs(chance @ f1 - truth) + 0.002


@pytest.mark.parametrize("size", [1, 2, 3, 5, 20])
@pytest.mark.parametrize("share", [0.15, 0.43, 0.82])
def test_in_a_random_sample_the_corrected_f1_is_unbiased(size, share):
    right = np.arange(size + 1.0)
    corrected = _corrected_f1(right, np.full(size + 1, float(size)), np.full(size + 1, share))
    chance, truth = binom.pmf(right, size, share), 2 * share / (1 + share)
    plain = chance @ (2 * right / (right + size))
    assert abs(chance @ corrected - truth) <= max(0.3 * abs(plain - truth), 0.002)
    assert corrected[0] == 0
    if size > 1:
        variance = chance @ corrected**2 - (chance @ corrected) ** 2
        assert _variance_of_corrected(size, np.array([share]), share)[0] == pytest.approx(variance)


def test_weighted_f1_is_jackknifed_as_a_plain_loop_does_it():
    true, answer = run_of(60, 6, 0.6, seed=2)
    model = F1Model.fit(per_class(confusion_counts(true, answer, 6)), "random")
    answer = np.where(answer == UNPARSED, 6, answer)

    def weighted(rows):
        return f1_score(true[rows], answer[rows], labels=range(6), average="weighted", zero_division=0)

    every = np.arange(60)
    without = np.mean([weighted(np.delete(every, row)) for row in every])
    assert model.weighted_f1 == pytest.approx(60 * weighted(every) - 59 * without)


@pytest.mark.parametrize("design", ["stratified", "random"])
def test_effects_are_what_one_more_example_changes(design):
    true, answer = run_of(40_000, 5, 0.7, seed=3)
    confusion = confusion_counts(true, answer, 5)
    model = F1Model.fit(per_class(confusion), design)
    rows, columns = (grid.ravel() for grid in np.meshgrid(np.arange(5), np.arange(6), indexing="ij"))
    of_macro = model.effects_on_macro_f1(rows, columns)
    of_weighted = model.effects_on_weighted_f1(rows, columns)
    for row, column, macro, weighted in zip(rows, columns, of_macro, of_weighted, strict=True):
        more = confusion.copy()
        more[row, column] += 1
        assert macro == pytest.approx(scores(more).macro_f1_present - scores(confusion).macro_f1_present, rel=0.05)
        if design == "random":  # the sum of weights grows too, which is the same for all kinds
            changed = scores(more).weighted_f1 * 40_001 - scores(confusion).weighted_f1 * 40_000
            assert weighted * 40_000 == pytest.approx(changed, rel=0.05, abs=0.01)
