"""A mix that is estimated from predictions is that of QuaPy's adjusted count; what cannot be told is named."""

import numpy as np
import pytest
from quapy.functional import normalize_prevalence
from quapy.method.aggregative import ACC

from evalcore.metrics.decisions.label_rates import LabelRates
from evalcore.metrics.decisions.quantification import adjusted_counts, hardly_predicted, inverted


def case(seed, n_labels=5, n=3000):
    rng = np.random.default_rng(seed)
    rates = np.zeros((n_labels, n_labels + 1))
    for label in range(n_labels):
        rates[label] = 0.35 * rng.dirichlet(np.ones(n_labels + 1))
        rates[label, label] += 0.65
    shares = rng.dirichlet(np.ones(n_labels))
    return rates, shares, rng.multinomial(n, shares @ rates).astype(float)


@pytest.mark.parametrize("seed", range(8))
def test_it_is_quapys_adjusted_count(seed):
    """QuaPy has no column for answers without a label: it is given as many labels as answers, one that never occurs."""
    rates, _, counts = case(seed)
    found = adjusted_counts(rates, np.full(5, 100.0), counts)
    ours = float(((rates.T @ found.shares - counts / counts.sum()) ** 2).sum())
    square = np.delete(rates, 5, axis=1)
    square /= square.sum(axis=1, keepdims=True)
    parsed = counts[:5] / counts[:5].sum()
    padded = np.column_stack([square, np.zeros(5)])
    alike = adjusted_counts(padded, np.full(5, 100.0), np.append(counts[:5], 0.0)).shares
    theirs = ACC.solve_adjustment(square.T, parsed, "inversion", "minimize")
    assert alike == pytest.approx(normalize_prevalence(theirs, method="clip"), abs=2e-3)
    # With unparsed answers as well: no other mix fits the counted answers better.
    for other in np.random.default_rng(seed).dirichlet(np.ones(5), 2000):
        assert ours <= float(((rates.T @ other - counts / counts.sum()) ** 2).sum()) + 1e-9


def test_exact_counts_give_the_exact_mix():
    rates, shares, _ = case(3)
    found = adjusted_counts(rates, np.full(5, 100.0), 1000 * shares @ rates)
    assert found.shares == pytest.approx(shares, abs=1e-6)
    assert found.counted @ np.ones(6) == pytest.approx(1)
    assert found.n == pytest.approx(1000)


def test_a_label_without_examples_gets_no_share():
    rates, _, counts = case(1)
    support = np.array([50.0, 0, 50, 50, 50])
    rates[1] = 0
    found = adjusted_counts(rates, support, counts)
    assert found.shares[1] == 0
    assert found.shares.sum() == pytest.approx(1)
    assert np.isnan(found.intervals[1]).all()
    assert not np.isnan(found.intervals[[0, 2, 3, 4]]).any()


def test_the_intervals_hold_the_truth_about_as_often_as_they_say():
    held = []
    for seed in range(60):
        rates, shares, counts = case(seed, n=1000)
        rng = np.random.default_rng(seed + 1000)
        seen = np.stack([rng.multinomial(100, row) / 100 for row in rates])
        found = adjusted_counts(0.98 * seen + 0.02 * rates, np.full(5, 100.0), counts)
        held += ((found.intervals[:, 0] <= shares) & (shares <= found.intervals[:, 1])).tolist()
    assert 0.92 <= np.mean(held) <= 0.99


def test_labels_that_are_answered_alike_cannot_be_told_apart():
    """The third and fourth label get nearly the same answers; the first two do not."""
    rates = np.array(
        [
            [0.9, 0.05, 0.03, 0.02, 0.0],
            [0.05, 0.9, 0.02, 0.03, 0.0],
            [0.0, 0.02, 0.5, 0.48, 0.0],
            [0.02, 0.0, 0.48, 0.5, 0.0],
        ]
    )
    counts = 500 * np.array([0.3, 0.3, 0.2, 0.2]) @ rates
    found = adjusted_counts(rates, np.full(4, 40.0), counts)
    assert found.alike == ((2, 3),)
    widths = found.intervals[:, 1] - found.intervals[:, 0]
    assert widths[2:].min() > 3 * widths[:2].max()
    both = np.array([0.0, 0, 1, 1])
    assert found.variance_of(found.through(both)) < 0.01  # their sum is told well
    clear = adjusted_counts(np.eye(4, 5), np.full(4, 40.0), np.array([150.0, 150, 100, 100, 0]))
    assert clear.alike == ()


@pytest.mark.parametrize("smallest", [1.0, 0.01, 2e-3, 5e-4, 1e-9, 0.0])
def test_the_quick_inverse_is_the_pseudo_inverse_without_what_is_not_told(smallest):
    rng = np.random.default_rng(5)
    left, right = (np.linalg.qr(rng.normal(size=(size, 6)))[0] for size in (9, 6))
    columns = (left * np.array([1, 0.9, 0.7, 0.5, 0.2, smallest])) @ right.T
    assert inverted(columns) == pytest.approx(np.linalg.pinv(columns, rcond=1e-3), abs=1e-7, rel=1e-7)


def test_a_label_that_is_hardly_ever_predicted_is_named_unless_next_to_no_example_is_of_it():
    confusion = np.array([[40, 0, 0, 0], [32, 8, 0, 0], [0, 0, 30, 10]])
    assert hardly_predicted(confusion).tolist() == [1]  # 8 of 40
    confusion[1, :2] = 31, 9
    assert hardly_predicted(confusion).tolist() == []
    never = np.array([[30, 0, 0, 0], [5, 0, 0, 0], [11, 0, 0, 0]])
    assert hardly_predicted(never).tolist() == [2, 1]  # most examples first
    assert hardly_predicted(10 * never[:2, [0, 1, 3]]).tolist() == [1]
    rare = np.array([[300, 0, 0], [3, 0, 0]])
    assert hardly_predicted(rare).tolist() == []  # less than 1 % of the examples
    assert hardly_predicted(np.array([[200, 0, 0], [3, 0, 0]])).tolist() == [1]
    assert hardly_predicted(np.array([[20, 0, 0], [2, 0, 0]])).tolist() == []  # two examples say nothing


def test_an_ignored_label_makes_accuracy_come_out_too_high():
    """Why such mixes are refused: what the interval would hold, had it been shown."""
    rng = np.random.default_rng(0)
    chance = np.full((24, 25), 0.15 / 22)
    chance[np.arange(24), np.arange(24)] = 0.85
    chance[:, 24], chance[:, 3] = 0.0, 0.0
    chance[3] = np.append(np.where(np.arange(24) == 3, 0.0, 1 / 23), 0.0)
    chance /= chance.sum(axis=1, keepdims=True)
    errors = []
    for _ in range(40):
        confusion = np.stack([rng.multinomial(40, row) for row in chance])
        rates = LabelRates.of(confusion)
        assert hardly_predicted(confusion).tolist() == [3]
        mix = adjusted_counts(rates.smoothed, rates.support, rng.multinomial(5000, chance.mean(axis=0)).astype(float))
        errors.append(float(mix.shares @ np.diagonal(chance)) - float(np.diagonal(chance).mean()))
    assert np.mean(errors) > 0.015
