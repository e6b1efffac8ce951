"""Figures of the overview's first fold and of a run at work: short, and with ready-made numbers."""

import json
import re
from dataclasses import dataclass

import numpy as np
import pytest

from evalcore import charts
from evalcore.charts.label_names import shortened
from evalcore.metrics import per_class

THEMES = pytest.mark.parametrize("theme", [charts.LIGHT, charts.DARK], ids=["light", "dark"])


@dataclass(frozen=True)
class Point:
    name: str
    kind: str
    accuracy: float
    interval: tuple[float, float] | None
    setup: str = "same examples"


FOUND = [
    Point("demo-early", "this run", 0.2525, (0.2123, 0.2974)),
    Point("tfidf", "baseline here", 0.8525, (0.8123, 0.8974)),
    Point("demo-early", "pinned here", 0.25, None),
]


def data_of(spec, *has):
    """The one data set of a figure that has these columns."""
    found = [rows for rows in spec["datasets"].values() if rows and set(has) <= set(rows[0])]
    assert len(found) == 1
    return found[0]


def tooltips(spec):
    return [one for layer in spec["layer"] for one in layer["encoding"].get("tooltip", [])]


@THEMES
def test_the_verdict_says_each_accuracy_as_python_rounds_it(theme):
    spec = charts.verdict_chart(FOUND, theme).to_dict()
    said = {row["rank"]: row["shown"] for row in data_of(spec, "value", "shown")}
    assert said == {0: "25.2 %", 1: "85.2 %", 2: "25.0 %"}
    assert spec["height"] <= 110


def test_a_number_stands_on_the_side_that_has_the_room():
    spec = charts.verdict_chart(FOUND, charts.LIGHT).to_dict()
    texts = [layer for layer in spec["layer"] if layer["mark"]["type"] == "text"]
    at = {
        row["rank"]: (layer["mark"]["align"], row["edge"])
        for layer in texts
        for row in spec["datasets"][layer["data"]["name"]]
    }
    assert at == {0: ("left", 0.2974), 1: ("right", 0.8123), 2: ("left", 0.25)}


def test_two_runs_of_one_name_have_a_row_each():
    spec = charts.verdict_chart(FOUND, charts.LIGHT).to_dict()
    names = re.search(r"\[.*?\]", spec["layer"][0]["encoding"]["y"]["axis"]["labelExpr"])[0]
    assert json.loads(names) == ["demo-early", "tfidf, baseline", "demo-early, pinned"]


@THEMES
@pytest.mark.parametrize("history", [[], [(4, 0.25, 0.01, 0.7), (8, 0.2525, 0.1, 0.4)]], ids=["nothing yet", "some"])
def test_a_run_at_work_draws_what_is_known(theme, history):
    spec = charts.running_chart(history, 400, theme).to_dict()
    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"] == [0, 400]
    if history:
        rows = spec["datasets"][spec["layer"][1].get("data", spec.get("data"))["name"]]
        assert [row["shown"] for row in rows] == ["25.0 %", "25.2 %"]
        assert rows[-1]["interval"] == "10.0 to 40.0"


@pytest.fixture
def each():
    """Six labels; the predicted counts differ from the actual ones by 0, 9, 1, 3, 0 and 13."""
    confusion = np.zeros((6, 7), dtype=int)
    np.fill_diagonal(confusion, [5, 1, 4, 2, 5, 6])
    confusion[1, 5] = 9
    confusion[2, 5] = 1
    confusion[3, 5] = 3
    return per_class(confusion)


@THEMES
def test_the_short_form_has_the_labels_whose_counts_differ_most(each, theme):
    labels = list("abcdef")
    rows = data_of(charts.predicted_against_true(each, labels, theme, rows=3).to_dict(), "label", "mark")
    assert [row["label"] for row in rows] == ["f", "d", "b"]  # most predicted first
    whole = data_of(charts.predicted_against_true(each, labels, theme).to_dict(), "label", "mark")
    assert len(whole) == 6


def test_thirteen_rows_fit_into_a_first_fold(each):
    many = per_class(np.hstack([np.eye(77, dtype=int), np.zeros((77, 1), dtype=int)]))
    spec = charts.predicted_against_true(many, [f"label {at}" for at in range(77)], charts.LIGHT, rows=13).to_dict()
    assert spec["height"] <= 300
    assert (spec["height"] - 40) / 13 >= 16  # a row one can read


@THEMES
def test_wrong_bars_are_told_apart_by_more_than_colour(each, theme):
    bars = charts.predicted_against_true(each, list("abcdef"), theme).to_dict()["layer"][0]["encoding"]
    assert (
        bars["fill"]["scale"]["domain"] == bars["stroke"]["scale"]["domain"] == ["predicted, right", "predicted, wrong"]
    )
    assert bars["fill"]["scale"]["range"][0] == bars["stroke"]["scale"]["range"][0]
    assert bars["fill"]["scale"]["range"][1] != bars["stroke"]["scale"]["range"][1]


def test_no_figure_lets_the_browser_round(each):
    """Numbers in tooltips are whole, or words."""
    for figure in (
        charts.verdict_chart(FOUND, charts.LIGHT),
        charts.running_chart([(4, 0.25, 0.01, 0.7)], 400, charts.LIGHT),
        charts.predicted_against_true(each, list("abcdef"), charts.LIGHT),
        charts.reference_lines(FOUND, charts.LIGHT),
    ):
        for tip in tooltips(figure.to_dict()):
            assert tip["type"] == "nominal" or tip["format"] == ",d", tip


@pytest.mark.parametrize("interval", [None, (0.25, 0.25), (float("nan"), float("nan"))])
def test_an_interval_without_a_width_is_said_to_be_none(interval):
    spec = charts.reference_lines([Point("one", "this run", 0.25, interval)], charts.LIGHT).to_dict()
    assert data_of(spec, "value", "interval")[0]["interval"] == "not estimable"
    assert "NaN" not in json.dumps(spec)


def test_a_name_is_shortened_in_its_middle():
    assert shortened("balance_not_updated_after_bank_transfer", 20) == "balance_n…k_transfer"
    assert len(shortened("x" * 100, 21)) == 21
    assert shortened("a  name\nof two lines", 40) == "a name of two lines"
