"""The figures of the Confidence page draw just the numbers that they are given."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from evalcore.analysis import calibration, label_confidence, label_probabilities, score_run
from evalcore.charts import DARK, LIGHT, confidence_histogram, label_confidence_chart, reliability_diagram
from evalcore.metrics import confidence_bins
from tests.tools.probabilities import over_confident


@pytest.fixture
def found(store):
    probabilities = label_probabilities(score_run(store, over_confident(store, 12, 400).run_id))
    return calibration(probabilities)


def rows(chart):
    """The rows of the largest data set of a figure, and all that it draws as text."""
    spec = chart.to_dict()
    return max(spec["datasets"].values(), key=lambda found: (len(found[0]), len(found)))


def test_each_bin_is_drawn_at_its_mean_confidence_and_share_right(found):
    drawn = rows(reliability_diagram(found.bins, LIGHT, 250))
    assert [row["value"] for row in drawn] == found.bins.mean_confidence.tolist()
    assert [row["right"] for row in drawn] == found.bins.share_right.tolist()
    inside = (found.bins.interval[:, 0] <= found.bins.mean_confidence) & (
        found.bins.mean_confidence <= found.bins.interval[:, 1]
    )
    assert [row["filling"] for row in drawn] == np.where(inside, 0.0, 1.0).tolist()
    assert 0 < inside.sum() < len(inside)


def test_words_in_a_tooltip_are_rounded_here_and_not_by_the_browser(found):
    for row in rows(reliability_diagram(found.bins, DARK, 250)):
        for name in ("shown_value", "shown_right", "interval", "count", "range"):
            assert isinstance(row[name], str)


def test_the_range_of_a_bin_of_very_sure_answers_has_two_different_ends():
    confidence = np.append(np.linspace(0.99991, 0.99999, 20), np.ones(20))
    bins = confidence_bins(confidence, np.ones(40, dtype=bool))
    assert [row["range"] for row in rows(reliability_diagram(bins, LIGHT, 250))] == ["99.99 % to 100.00 %", "100.0 %"]


def test_bars_stack_wrong_answers_on_right_ones_and_leave_empty_ones_out():
    drawn = rows(confidence_histogram(np.array([0, 3, 5]), np.array([0, 2, 0]), LIGHT, 120))
    assert [(row["part"], row["outcome"], row["bottom"], row["top"]) for row in drawn] == [
        (1, "right", 0, 3), (2, "right", 0, 5), (1, "wrong", 3, 5),
    ]  # fmt: skip


def test_what_is_picked_at_first_is_selected(found):
    spec = reliability_diagram(found.bins, LIGHT, 250, {"bin": 3}).to_dict()
    (selection,) = spec["params"]
    assert selection["name"] == "picked"
    assert selection["value"] == [{"bin": 3}]


@pytest.mark.parametrize("view", ["predictions", "examples"])
def test_labels_that_are_far_off_are_named_and_no_two_names_overlap(found, view):
    labels = [f"label_{code}" for code in range(12)]
    table = label_confidence(found.labels, labels, view)
    height = 400
    spec = label_confidence_chart(table, ("confidence", "right"), ("above", "below"), LIGHT, height).to_dict()
    named = [row for rows in spec["datasets"].values() for row in rows if "name" in row]
    off = table.set_index("label")["beyond"]
    assert {row["label"] for row in named} <= set(off.index[off != 0])
    assert off.abs().idxmax() in {row["label"] for row in named}
    heights = sorted(row["right"] for row in named)
    low, high = spec["layer"][-1]["encoding"]["y"]["scale"]["domain"]
    letters = 12 / height * (high - low)
    assert all(upper - lower > letters for lower, upper in pairwise(heights))


def test_a_label_without_answers_is_not_drawn():
    table = pd.DataFrame(
        {"code": [0, 1], "label": ["a", "b"], "confidence": [0.5, np.nan], "right": [0.4, np.nan],
         "low": [0.2, np.nan], "high": [0.6, np.nan], "count": [9, 0]}
    )  # fmt: skip
    drawn = rows(label_confidence_chart(table, ("confidence", "right"), ("above", "below"), LIGHT, 400))
    assert [row["label"] for row in drawn] == ["a"]


def test_both_axes_of_the_labels_reach_over_the_same_part(found):
    table = label_confidence(found.labels, [f"label_{code}" for code in range(12)], "predictions")
    spec = label_confidence_chart(table, ("confidence", "right"), ("above", "below"), LIGHT, 400).to_dict()
    layers = [layer for one in spec["layer"] for layer in one.get("layer", [one])]
    # A layer without the domain would begin the common axis at 0.
    domains = {tuple(layer["encoding"][axis]["scale"]["domain"]) for layer in layers for axis in ("x", "y")}
    ((low, high),) = domains
    marks = table[["confidence", "right"]].to_numpy()
    assert low <= np.nanmin(marks) <= np.nanmax(marks) <= high
    assert high - low < 1
