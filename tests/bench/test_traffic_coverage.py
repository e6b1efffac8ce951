"""The intervals under another mix of labels hold in simulation, at a few shapes; all of them take ten minutes."""

import os

import numpy as np
import pytest

from evalcore.bench import traffic_coverage
from evalcore.bench.simulation import of_each_shape
from evalcore.bench.traffic_coverage import SHAPES, Covered, Shape, as_text, chances_of, coverage, drawn, mix
from evalcore.cli import simulate

DATASETS = 60
FEW = (
    Shape(24, 1000, "random", "even", "steep", 0.6, 4.0, "neighbours"),
    Shape(24, 400, "stratified", "steep", "even", 0.9, 10.0, "spread"),
)


@pytest.fixture(scope="module")
def simulated():
    return coverage(DATASETS, shapes=FEW, processes=1)


def test_the_intervals_hold_the_truth(simulated):
    """Red with a variance of raw recalls in the second shape, whose rare labels are mostly all right."""
    names = {one.interval for one in simulated}
    assert names == {"accuracy", "macro-F1", "difference", "accuracy, estimated", "difference, estimated",
                     "shares, estimated"}  # fmt: skip
    for one in simulated:
        assert one.shown
        assert one.share >= 0.95 - 3 * (0.05 * 0.95 / min(one.shown, DATASETS)) ** 0.5, one


def test_mixes_and_samples_are_what_they_say():
    rng = np.random.default_rng(0)
    for kind in ("even", "steep", "one large", "up to 100 times"):
        shares = mix(kind, 24, rng)
        assert shares.sum() == pytest.approx(1)
    assert mix("one large", 24, rng).max() == pytest.approx(0.5)
    assert mix("steep", 24, rng).max() == pytest.approx(24 * mix("steep", 24, rng).min())
    sample = np.bincount(drawn(np.array([0.5, 0.3, 0.2]), 101, "stratified", rng), minlength=3)
    assert sample.sum() == 101
    assert np.abs(sample - 101 * np.array([0.5, 0.3, 0.2])).max() <= 1
    chance = chances_of(FEW[0], np.linspace(0.1, 0.9, 24))
    assert chance.sum(axis=1) == pytest.approx(1)
    assert np.diagonal(chance) == pytest.approx(np.linspace(0.1, 0.9, 24))
    ignoring = chances_of(FEW[0], np.linspace(0.1, 0.9, 24), np.array([4]))
    assert ignoring.sum(axis=1) == pytest.approx(1)
    assert np.delete(ignoring[:, 4], 4).max() < 1e-4


def test_where_labels_are_ignored_no_mix_is_estimated():
    found = {one.interval: one for one in coverage(20, shapes=[SHAPES[-1]], processes=1)}
    assert found["accuracy"].shown == 20
    assert SHAPES[-1].ignored
    assert [one.shown for name, one in found.items() if "estimated" in name] == [0, 0, 0]
    assert "some labels ignored" in as_text(list(found.values()))


def test_sizes_that_share_a_pair_of_mixes_stand_below_each_other():
    sizes = [Covered("accuracy", shape, 20, 20, 0.95) for shape in SHAPES]
    assert as_text(sizes).count("sample even, traffic steep  ") == 1
    assert as_text(sizes).count("labels   400") == 3 * len(traffic_coverage.TRAFFIC) + 2


def test_every_size_meets_every_pair_of_mixes_and_every_model():
    usual = [s for s in SHAPES if not s.ignored]
    assert len(usual) == 9 * 2 * len(traffic_coverage.TRAFFIC)
    assert len(SHAPES) == len(set(SHAPES)) == len(usual) + 6
    for n_labels in (24, 77, 150):
        models = {(s.accuracy, s.errors, s.sample, s.traffic) for s in usual if s.n_labels == n_labels}
        assert len(models) == 3 * len(traffic_coverage.TRAFFIC)


def test_the_command_prints_and_passes_on_what_was_found(simulated, monkeypatch):
    monkeypatch.setattr(traffic_coverage, "coverage", lambda datasets: simulated)
    data, text = simulate.SIMULATIONS["traffic"](DATASETS)
    assert len(data) == len(simulated)
    assert all(0 <= one["share"] <= 1 for one in data)
    assert "sample even, traffic steep" in text
    assert "the lowest:" in text
    low = Covered("accuracy", FEW[0], 1000, 1000, 0.8)
    assert not low.passes
    assert "outside: 80.0 %, accuracy, 24 labels" in as_text([low])
    assert Covered("shares, estimated", FEW[0], 1000, 1000, 1.0).passes
    assert not Covered("accuracy", FEW[0], 1000, 1000, 1.0).passes


def test_processes_of_a_simulation_use_one_thread_each(monkeypatch):
    """With more the simulation takes eight times as long; what was set before is there again after it."""
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    assert of_each_shape(os.getenv, names, 1)[0] == "7"
    assert of_each_shape(os.getenv, names, 2) == ["1"] * 3
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ
