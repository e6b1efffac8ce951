"""The picture of runs by what they take and how they score: places, names, the band and the frontier."""

import math

import numpy as np
import pytest

from evalcore.charts.frontier_chart import APART, TOGETHER, FrontierMark, frontier_chart
from evalcore.charts.name_places import Box, places_of
from evalcore.charts.theme import DARK, LIGHT, RUN_A, RUN_B

WIDTH, HEIGHT = 440, 345


def mark(run, effort, score, *, together=False, efficient=False, role="", name=None, span=0.02):
    return FrontierMark(
        run, name or f"name of {run}", effort, score, score - span, score + span, "effort", "score", "interval",
        "against", together, efficient, role,
    )  # fmt: skip


def spec(marks, **options):
    return frontier_chart(marks, "Seconds", "Accuracy", options.pop("theme", LIGHT), WIDTH, HEIGHT, **options).to_dict()


def rows_with(found, column):
    return [row for rows in found["datasets"].values() for row in rows if column in row]


def layers_of(found, kind):
    return [layer for layer in found["layer"] if layer["mark"]["type"] == kind]


def test_marks_stand_where_their_run_is_and_say_what_they_are():
    found = spec([mark("x", 2.0, 0.8, together=True, role="A"), mark("y", 1.0, 0.6, role="B"), mark("z", 3.0, 0.5)])
    marks = {row["run"]: row for row in rows_with(found, "kind")}
    assert {run: (row["x"], row["score"]) for run, row in marks.items()} == {
        "x": (2, 0.8),
        "y": (1, 0.6),
        "z": (3, 0.5),
    }
    assert {run: row["kind"] for run, row in marks.items()} == {"x": TOGETHER, "y": APART, "z": APART}
    assert [marks[run]["colour"] for run in "xyz"] == [RUN_A, RUN_B, LIGHT.pale_text]


def test_the_band_reaches_from_the_best_to_the_worst_that_cannot_be_told_apart():
    found = spec([mark("x", 2, 0.8, together=True), mark("y", 1, 0.7, together=True), mark("z", 3, 0.5)], theme=DARK)
    (band,) = rows_with(found, "low_end")
    assert (band["low_end"], band["high_end"]) == (0.7, 0.8)
    assert len(layers_of(found, "rect")) == 1
    assert not layers_of(spec([mark("x", 2, 0.8, together=True), mark("z", 3, 0.5)]), "rect")


def test_the_line_leads_through_the_efficient_runs_alone():
    marks = [mark("x", 2, 0.8, efficient=True), mark("y", 1, 0.7, efficient=True), mark("z", 3, 0.5)]
    found = spec(marks)
    (line,) = layers_of(found, "line")
    assert found["datasets"][line["data"]["name"]] == [{"x": 1, "score": 0.7}, {"x": 2, "score": 0.8}]
    assert line["mark"]["interpolate"] == "step-after"


@pytest.mark.parametrize(
    ("efforts", "kind"), [((1, 50), None), ((0, 50), None), ((1, 101), "log"), ((0, 1, 101), "log")]
)
def test_the_axis_is_logarithmic_where_efforts_differ_a_hundredfold(efforts, kind):
    found = spec([mark(str(at), effort, 0.5 + at / 10) for at, effort in enumerate(efforts)])
    (scale,) = {str(layer["encoding"]["x"]["scale"]) for layer in layers_of(found, "point")}
    assert ("'type': 'log'" in scale) == (kind == "log")
    low, high = layers_of(found, "point")[0]["encoding"]["x"]["scale"]["domain"]
    at = [row["x"] for row in rows_with(found, "kind")]
    assert all(low <= x <= high for x in at)
    if kind == "log":
        assert low > 0
        assert min(at) > 0  # what takes nothing has a place of its own, left of all others
        assert sorted(set(at)) == at


def test_costs_fall_upwards():
    scale = layers_of(spec([mark("x", 1, 80.0, span=5), mark("y", 2, 90.0, span=5)], is_share=False), "point")[0]
    assert scale["encoding"]["y"]["scale"]["reverse"]


def test_one_mark_alone_and_marks_without_an_interval_are_drawn():
    alone = FrontierMark("x", "x", 0.0, 0.0, math.nan, math.nan, "0 s", "0", "", "", True, True)
    low, high = layers_of(spec([alone]), "point")[0]["encoding"]["y"]["scale"]["domain"]
    assert low <= 0 < high


def test_what_is_picked_elsewhere_is_shown_as_picked():
    (chosen,) = spec([mark("x", 1, 0.5)], picked={"run": "x"})["params"]
    assert chosen["value"] == [{"run": "x"}]


@pytest.mark.parametrize("seed", range(8))
def test_no_name_lies_over_another_one_or_over_a_mark(seed):
    rng = np.random.default_rng(seed)
    k, radius, height, within = int(rng.integers(1, 25)), 5, 13, Box(0, 0, 400, 250)
    marks = [(x, y) for x, y in rng.uniform(0, 1, (k, 2)) * (400, 250)]
    lengths = rng.uniform(20, 170, k).tolist()
    found = places_of(marks, lengths, height, radius, within)
    boxes = [Box(x - radius, y - radius, x + radius, y + radius) for x, y in marks]
    for (x, y), length, place in zip(marks, lengths, found, strict=True):
        if place is not None:
            left = x + place.dx - {"left": 0, "center": length / 2, "right": length}[place.align]
            box = Box(left, y + place.dy - height / 2, left + length, y + place.dy + height / 2)
            assert within.contains(box)
            assert not any(box.overlaps(other) for other in boxes)
            boxes.append(box)
    assert found[0] is not None or k > 8


def test_a_run_of_the_page_without_room_for_its_name_has_its_letter():
    crowd = [
        mark(str(at), 1 + at / 1000, 0.5, role="B" if at == 11 else "", name="a name that is long") for at in range(12)
    ]
    said = [row["said"] for row in rows_with(spec(crowd), "said") if "kind" not in row]
    assert "B" in said
    assert len(said) < 12
