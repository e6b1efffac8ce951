"""Intervals of a run's scores: they contain their estimates, have a width, and are the bootstrap's where that holds."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from evalcore.metrics.classification import per_class
from evalcore.metrics.intervals import wilson
from evalcore.metrics.intervals_single import MEANS_OVER_LABELS, f1_intervals, score_intervals, too_few
from evalcore.metrics.overall import scores
from tests.metrics.test_f1_model import confusion_counts, run_of

NAMES = ("macro_f1_present", "macro_f1_all", "micro_f1", "weighted_f1", "balanced_accuracy")
DESIGNS = ("stratified", "random")


@pytest.mark.parametrize("design", DESIGNS)
def test_with_many_examples_a_label_they_are_those_of_the_plain_resampling_loop(design):
    true, answer = run_of(3000, 6, 0.7, unparsed=0.0, seed=3)
    ours = score_intervals(confusion_counts(true, answer, 6), design)
    rng = np.random.default_rng(2)
    drawn = {"macro_f1_present": [], "weighted_f1": [], "balanced_accuracy": [], "micro_f1": []}
    for _ in range(800):
        rows = rng.integers(0, len(true), len(true))
        if design == "stratified":  # each label keeps its support
            rows = np.concatenate([rng.choice(np.flatnonzero(true == k), (true == k).sum()) for k in range(6)])
        t, p = true[rows], answer[rows]
        for name, average in (("macro_f1_present", "macro"), ("weighted_f1", "weighted"), ("micro_f1", "micro")):
            drawn[name].append(f1_score(t, p, average=average))
        drawn["balanced_accuracy"].append(np.mean([(p[t == label] == label).mean() for label in range(6)]))
    for name, values in drawn.items():
        low, high = np.quantile(values, [0.025, 0.975])
        if name == "micro_f1" and design == "stratified":
            continue  # Wilson's, which takes no account of strata
        # The loop's own Monte-Carlo error at 800 resamples is about a seventh of the interval's width.
        assert getattr(ours, name) == pytest.approx((low, high), abs=0.16 * (high - low)), name


@settings(deadline=None, max_examples=150)
@given(st.data(), st.sampled_from(DESIGNS))
def test_an_interval_contains_its_estimate_and_has_a_width(data, design):
    n_labels = data.draw(st.integers(1, 6))
    cells = data.draw(
        st.lists(st.integers(0, 30), min_size=n_labels * (n_labels + 1), max_size=n_labels * (n_labels + 1))
    )
    confusion = np.array(cells, dtype=np.int64).reshape(n_labels, n_labels + 1)
    ours, point = score_intervals(confusion, design), scores(confusion)
    for name in NAMES:
        low, high = getattr(ours, name)
        if math.isnan(low):
            assert ours.withheld or not point.n
            continue
        assert 0 <= low <= getattr(point, name) + 1e-12
        assert getattr(point, name) <= high + 1e-12 <= 1 + 1e-9
        assert high - low > 1e-4
    each = per_class(confusion)
    present = each.support > 0
    assert (ours.f1[present, 0] <= each.f1[present] + 1e-12).all()
    assert (each.f1[present] <= ours.f1[present, 1] + 1e-12).all()
    assert (ours.f1[present, 1] - ours.f1[present, 0] > 1e-4).all()
    assert np.isnan(ours.f1[~present]).all()


@pytest.mark.parametrize("design", DESIGNS)
def test_a_thousand_labels_of_three_examples_hold_their_own_estimate(design):
    rng = np.random.default_rng(6)
    true = np.repeat(np.arange(1000), 3)
    answer = np.where(rng.random(3000) < 0.6, true, (true + rng.integers(1, 4, 3000)) % 1000)
    confusion = confusion_counts(true, answer, 1000)
    low, high = score_intervals(confusion, design).macro_f1_present
    assert low <= scores(confusion).macro_f1_present < high
    assert 0.57 < low < 0.6 < high < 0.63  # the population's macro-F1 is 0.6


def test_an_f1_is_as_sure_as_the_share_that_it_is_made_of():
    confusion = np.array([[5, 1, 0], [2, 8, 0]])
    low, high = (float(bound) for bound in wilson(5, 8))
    assert f1_intervals(per_class(confusion))[0] == pytest.approx([2 * low / (1 + low), 2 * high / (1 + high)])


@pytest.mark.parametrize("design", DESIGNS)
def test_micro_f1_is_the_accuracy_where_each_answer_is_a_label(design):
    true, answer = run_of(400, 9, 0.6, unparsed=0.0, seed=7)
    confusion = confusion_counts(true, answer, 9)
    right = int((true == answer).sum())
    assert score_intervals(confusion, design).micro_f1 == pytest.approx([float(b) for b in wilson(right, 400)])


@pytest.mark.parametrize(
    ("n", "labels", "shown"), [(10, 8, False), (29, 2, False), (30, 2, True), (153, 77, False), (154, 77, True)]
)
def test_with_too_few_examples_there_is_no_interval_and_a_reason(n, labels, shown):
    said = too_few(n, labels, MEANS_OVER_LABELS)
    assert (said == "") == shown
    if not shown:
        assert f"{n} examples of {labels} labels are too few" in said
    confusion = np.zeros((labels, labels + 1), dtype=np.int64)
    confusion[np.arange(n) % labels, np.arange(n) % labels] += 0
    np.add.at(confusion, (np.arange(n) % labels, np.arange(n) % labels), 1)
    assert math.isnan(score_intervals(confusion, "random").macro_f1_present[0]) != shown


def test_no_examples_no_interval():
    nothing = score_intervals(np.zeros((3, 4), dtype=np.int64), "random")
    assert all(math.isnan(bound) for name in NAMES for bound in getattr(nothing, name))


@pytest.mark.parametrize("design", DESIGNS)
def test_the_interval_over_all_labels_stays_below_the_ceiling(design):
    true, answer = run_of(400, 10, 0.9, seed=5)
    confusion = confusion_counts(true, answer, 77)
    ours, point = score_intervals(confusion, design), scores(confusion)
    assert ours.macro_f1_all[0] < point.macro_f1_all < ours.macro_f1_all[1] <= point.macro_f1_ceiling
