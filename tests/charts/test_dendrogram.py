"""The tree of confusions and the path of merges, as figures."""

import pandas as pd

from evalcore import charts
from evalcore.metrics.decisions.merging import Joined

LABELS = ("a", "b", "a long label name that begins like others_1", "d", "e")
STEPS = [Joined((0,), (3,), 0.2, 4), Joined((1,), (2,), 0.1, 2), Joined((0, 3), (1, 2), 0.0004, 1)]


def layers(chart):
    spec = chart.to_dict()
    return spec, [spec["datasets"][layer["data"]["name"]] for layer in spec["layer"]]


def test_labels_of_a_group_are_next_to_each_other_and_joined_at_their_rate():
    spec, data = layers(charts.dendrogram(STEPS, LABELS, 0, charts.LIGHT))
    lines, joins = data
    assert [join["row"] for join in joins] == [0.5, 2.5, 1.5]
    assert [join["rate"] for join in joins] == [0.2, 0.1, 0.0004]
    assert joins[2]["count"] == "1 confusion"
    ends = [(line["row"], line["rate"], line["rate2"]) for line in lines if line["row"] == line["row2"]]
    start = min(1, 0.2 * 1.5)
    assert ends == [(0, start, 0.2), (1, start, 0.2), (2, start, 0.1), (3, start, 0.1),
                    (0.5, 0.2, 0.0004), (2.5, 0.1, 0.0004)]  # fmt: skip
    names = spec["layer"][0]["encoding"]["y"]["axis"]["labelExpr"]
    assert names.index('"d"') < names.index('"b"')
    assert '"e"' not in names  # confused with none


def test_what_is_on_this_side_of_the_cut_has_the_runs_colour_and_the_cut_lies_between():
    spec, data = layers(charts.dendrogram(STEPS, LABELS, 2, charts.DARK, {"step": 1}))
    cut, lines, joins = data
    assert 0.0004 < cut[0]["rate"] < 0.1
    assert [join["colour"] == charts.RUN_A for join in joins] == [True, True, False]
    assert sum(line["colour"] == charts.RUN_A for line in lines) == 6
    assert spec["params"][0]["value"] == [{"step": 1}]
    assert len(layers(charts.dendrogram(STEPS, LABELS, 3, charts.DARK))[1]) == 2


def test_a_path_is_drawn_from_all_labels_to_fewer_beside_the_most_frequent_one():
    frame = pd.DataFrame(
        {
            "step": [0, 1], "labels": [5, 4], "accuracy": [0.5, 0.6], "low": [float("nan"), 0.55],
            "high": [float("nan"), 0.68], "guessing": [0.2, 0.4], "shown": ["50.0 %", "60.0 %"], "gain": ["", "+10.0"],
            "interval": ["", "5.0 to 18.0"], "joined": ["the old list", "a, d"],
        }
    )  # fmt: skip
    spec = charts.merge_path_chart(frame, charts.LIGHT, 300, {"step": 1}).to_dict()
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["area", "line", "text", "line", "circle"]
    assert spec["layer"][1]["encoding"]["y"]["field"] == "guessing"
    assert spec["layer"][4]["encoding"]["x"]["scale"]["reverse"]
    assert spec["params"][0]["value"] == [{"step": 1}]
