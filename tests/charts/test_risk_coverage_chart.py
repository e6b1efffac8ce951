"""The figure of risk and coverage: its marks, its words, and what can be clicked."""

import numpy as np

from evalcore.charts import LIGHT, RUN_A, RUN_B, CoverageCurve, risk_coverage_chart
from evalcore.metrics.decisions.selective import steps_of


def rows_of(chart):
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows if "curve" in row]


def steps(seed=0):
    rng = np.random.default_rng(seed)
    certainty = rng.random(200)
    return steps_of(certainty, rng.random(200) < 0.5 + certainty / 2).some(30, 10)


def test_every_step_has_its_figures_as_python_rounds_them_and_the_one_in_use_is_marked():
    of = steps()
    words = [f"at {value:.2f}" for value in of.threshold]
    chart = risk_coverage_chart([CoverageCurve("A", of, words, RUN_A, mark=7)], 0.9, LIGHT, 260)
    rows = {row["step"]: row for row in rows_of(chart)}
    assert len(rows) == len(of)
    for step, row in rows.items():
        assert row["counted"] == f"{of.right[step]:,} of {of.answered[step]:,}"
        assert row["shown_right"] == f"{100 * of.right[step] / of.answered[step]:.1f} %"
        assert row["threshold"] == words[step]
        assert row["mark"] == (step == 7)


def test_a_dashed_curve_cannot_be_clicked_and_a_figure_without_clicks_has_no_selection():
    of = steps()
    curves = [
        CoverageCurve("one", of, [""] * len(of), RUN_A),
        CoverageCurve("two", of, [""] * len(of), RUN_B, dashed=True),
    ]
    spec = risk_coverage_chart(curves, 0.9, LIGHT, 260, {"curve": 0, "step": 3}).to_dict()
    assert [one["name"] for one in spec["params"]] == ["picked"]
    assert spec["params"][0]["value"] == [{"curve": 0, "step": 3}]
    points = next(layer for layer in spec["layer"] if layer["mark"].get("cursor") == "pointer")
    assert {row["curve"] for row in spec["datasets"][points["data"]["name"]]} == {0}
    assert "params" not in risk_coverage_chart(curves, 0.9, LIGHT, 260, clickable=False).to_dict()


def test_the_target_is_within_the_axis_also_where_all_is_better():
    of = steps_of(np.linspace(1, 0, 50), np.ones(50, dtype=bool))
    spec = risk_coverage_chart([CoverageCurve("A", of, [""] * 50, RUN_A)], 0.83, LIGHT, 260).to_dict()
    domains = [
        layer["encoding"]["y"]["scale"]["domain"]
        for layer in spec["layer"]
        if "scale" in layer["encoding"].get("y", {})
    ]
    assert all(low <= 0.83 for low, _ in domains)


def test_the_target_is_named_in_the_legend_and_not_over_a_curve():
    of = steps()
    spec = risk_coverage_chart([CoverageCurve("A", of, [""] * len(of), RUN_A)], 0.9, LIGHT, 260).to_dict()
    rule = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "rule")
    (line,) = spec["datasets"][rule["data"]["name"]]
    scale = rule["encoding"]["color"]["scale"]
    assert line == {"right": 0.9, "name": "target 90 %"}
    assert scale["domain"] == ["A", "target 90 %"]
    assert len(scale["range"]) == 2
    assert "text" not in {layer["mark"]["type"] for layer in spec["layer"]}
