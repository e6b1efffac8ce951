"""The intervals of probabilities' scores hold the truth as often as they say, and ECE shows what is said of it."""

import numpy as np
import pytest

from evalcore.bench import calibration_coverage
from evalcore.bench.calibration_coverage import CONSERVATIVE, MODELS, Shape, coverage, coverage_as_text
from evalcore.cli import simulate

SHAPES = (Shape(24, 400, "random", MODELS[1]), Shape(24, 400, "stratified", MODELS[3]))
DATASETS = 150


@pytest.fixture(scope="module")
def simulated():
    patch = pytest.MonkeyPatch()
    patch.setattr(calibration_coverage, "_POPULATION", 30_000)
    yield coverage(DATASETS, shapes=SHAPES, processes=1)
    patch.undo()


def test_the_intervals_hold_the_truth(simulated):
    """Red with a percentile bootstrap of ECE (0 % here), or a normal interval of the log loss at fewer examples."""
    covered, _ = simulated
    assert len(covered) == 9 * len(SHAPES)
    for one in covered:
        # 150 data sets: three standard errors below 95 % are 89.7 %.
        assert one.share >= 0.897, one
        assert one.share <= (1 if one.interval in CONSERVATIVE else 0.995), one


def test_the_ece_of_a_calibrated_model_is_what_is_said_of_it(simulated):
    calibrated, over_confident = simulated[1]
    assert calibrated.shown == pytest.approx(calibrated.if_calibrated, rel=0.15)
    assert calibrated.shown > 3 * calibrated.truth
    assert over_confident.shown > 2 * over_confident.if_calibrated


def test_a_population_has_the_calibration_that_it_says(simulated):
    calibrated, over_confident = (calibration_coverage._population(24, MODELS[at]).a for at in (1, 3))
    for low in np.arange(0.3, 1, 0.1):
        inside = (calibrated.confidence >= low) & (calibrated.confidence < low + 0.1)
        assert calibrated.right[inside].mean() == pytest.approx(calibrated.confidence[inside].mean(), abs=0.05)
    assert over_confident.over.mean() > 0.02


def test_the_table_names_the_worst_and_the_bias(simulated, monkeypatch, capsys):
    covered, biases = simulated
    text = coverage_as_text(covered, biases)
    assert "24 labels   400 random" in text
    assert f"of {len(covered)} are between 92 and 98 %" in text
    worst = min(covered, key=lambda one: one.share)
    assert f"the lowest: {100 * worst.share:.1f} %, {worst.interval}, 24 labels" in text
    assert f"{100 * biases[0].shown:.2f}" in text
    monkeypatch.setattr(simulate.calibration_coverage, "coverage", lambda datasets: simulated)
    data, said = simulate.SIMULATIONS["probabilities"](DATASETS)
    assert said == text
    assert len(data["intervals"]) == len(covered)
    assert data["ece"][0]["shown"] == biases[0].shown
