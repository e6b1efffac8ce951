"""The heat map as data: its cells are the counts, and it stays small at any number of labels."""

import json

import numpy as np
import pytest

from evalcore import charts
from evalcore.analysis.scored_run import score_run
from evalcore.charts.heat_map import cells, heatmap, height_of, names_of, off_scale
from evalcore.charts.matrix_drawing import OFF_SCALE
from evalcore.metrics.matrix import VALUES, view
from evalcore.wording import percent
from tests.tools.generated import imported


@pytest.fixture
def scored(store):
    return score_run(store, imported(store, 60, 4000).run_id)


def shown_of(scored, **how):
    return view(scored.confusion, scored.labels, **{"order": "clustered", "unparsed": True, "diagonal": True, **how})


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("log", [True, False])
def test_each_cell_that_occurs_is_drawn_with_its_labels(scored, value, log):
    shown = shown_of(scored, block=20)
    spec = heatmap(shown, scored.labels, charts.LIGHT, value=value, log=log, highlighted=None)
    frame = spec["dataset"][0]["source"]
    rows, columns = names_of(shown, scored.labels)
    assert frame["n"].sum() == scored.scores.n
    assert frame["cell"].is_unique
    for cell in frame.itertuples():
        assert shown.counts[cell.y, cell.x] == cell.n
        assert (rows[cell.y], columns[cell.x]) == (cell.true, cell.predicted)
    grey = off_scale(shown)[frame["y"], frame["x"]]
    assert (frame["shade"][grey] == OFF_SCALE).all()
    on_scale = frame[~grey]
    values = shown.values(value)[on_scale["y"], on_scale["x"]]
    assert (np.diff(on_scale["shade"].to_numpy()[np.argsort(values)]) >= 0).all()  # the larger, the further along it


def test_cells_are_numbered_as_the_chart_numbers_them(scored):
    shown = shown_of(scored)
    frame = heatmap(shown, scored.labels, charts.DARK, value="count", log=True, highlighted=None)["dataset"][0][
        "source"
    ]
    rows, columns = cells(shown)
    assert frame["y"].tolist() == rows.tolist()
    assert frame["x"].tolist() == columns.tolist()


def test_a_lit_cell_is_drawn_once_more_in_its_own_colour(scored):
    shown = shown_of(scored)
    spec = heatmap(shown, scored.labels, charts.DARK, value="count", log=False, highlighted=(4, 7))
    highlighted = spec["dataset"][1]["source"]
    assert highlighted[["y", "x", "shade"]].to_numpy().tolist() == [[4, 7, shown.counts[4, 7]]]
    assert spec["series"][1]["silent"] is True


@pytest.mark.parametrize("log", [True, False])
def test_the_scale_belongs_to_the_errors(scored, log):
    """Right answers and the folded labels, whose counts are larger, are below the range and grey."""
    shown = shown_of(scored, block=10)
    spec = heatmap(shown, scored.labels, charts.DARK, value="count", log=log, highlighted=None)
    legend, shades = spec["visualMap"], spec["dataset"][0]["source"]["shade"]
    low, high = legend["range"]
    errors = shown.counts[:10, [*range(10), 11]].copy()
    np.fill_diagonal(errors, 0)
    assert legend["text"] == [str(errors.max()), "1"]
    assert ((shades == OFF_SCALE) | (shades >= low)).all()
    assert shades.max() == pytest.approx(high, abs=1e-4)
    # ECharts takes what is below as in range, unless the range begins above the scale's own end.
    assert OFF_SCALE < legend["min"] < low


def test_a_map_without_errors_has_a_scale_nevertheless(scored):
    right = np.hstack([np.diag([3, 4]), [[0], [0]]])
    shown = view(right, ["a", "b"], order="data set", unparsed=False, diagonal=True)
    spec = heatmap(shown, ["a", "b"], charts.LIGHT, value="by true label", log=True, highlighted=None)
    assert spec["visualMap"]["min"] < spec["visualMap"]["max"]
    assert (spec["dataset"][0]["source"]["shade"] == OFF_SCALE).all()


def test_shares_are_ready_made_words(scored):
    """The browser rounds by another rule."""
    shown = shown_of(scored)
    frame = heatmap(shown, scored.labels, charts.LIGHT, value="count", log=True, highlighted=None)["dataset"][0][
        "source"
    ]
    first = frame.iloc[0]
    assert first["of_true"] == percent(shown.values("by true label")[first["y"], first["x"]])
    assert first["of_predicted"] == percent(shown.values("by predicted label")[first["y"], first["x"]])


def test_a_cell_names_its_reverse(scored):
    shown = shown_of(scored)
    frame = heatmap(shown, scored.labels, charts.LIGHT, value="count", log=True, highlighted=None)["dataset"][0][
        "source"
    ]
    for cell in frame.itertuples():
        pair = cell.x != cell.y and cell.x < len(shown.counts)
        assert cell.reverse == (f"reverse: {shown.counts[cell.x, cell.y]}" if pair else "")


def test_the_map_fits_its_pane_at_150(store):
    scored = score_run(store, imported(store, 150, 2000).run_id)
    shown = shown_of(scored)
    assert height_of(shown) == 520
    spec = heatmap(shown, scored.labels, charts.DARK, value="count", log=True, highlighted=None)
    for axis, names in zip(("yAxis", "xAxis"), names_of(shown, scored.labels), strict=True):
        assert spec[axis]["axisLabel"]["interval"] == "auto"  # all of them appear when one zooms in
        assert spec[axis]["axisLabel"]["fontSize"] >= 9
        assert len(spec[axis]["data"]) == len(names)


def test_a_long_name_keeps_both_of_its_ends(scored):
    names = ["balance_not_updated_after_bank_transfer", "balance_not_updated_after_cheque_or_cash_deposit"]
    shown = view(np.ones((2, 3), dtype=int), names, order="data set", unparsed=False, diagonal=True)
    spec = heatmap(shown, names, charts.LIGHT, value="count", log=False, highlighted=None)
    for axis in ("xAxis", "yAxis"):
        transfer, deposit = spec[axis]["data"]
        for shortened, end in ((transfer, "transfer"), (deposit, "deposit")):
            assert shortened.startswith("balance")
            assert shortened.endswith(end)
    assert set(spec["dataset"][0]["source"]["true"]) == set(names)


def test_the_wheel_alone_scrolls_the_page(scored):
    spec = heatmap(shown_of(scored), scored.labels, charts.DARK, value="count", log=True, highlighted=None)
    for zoom in spec["dataZoom"]:
        assert (zoom["zoomOnMouseWheel"], zoom["moveOnMouseWheel"]) == ("shift", False)


def test_labels_stand_in_data_alone(store):
    scored = score_run(store, imported(store, 30, 500).run_id)
    shown = shown_of(scored)
    hostile = ["<script>{@n}</script>" + str(code) for code in range(30)]
    spec = heatmap(shown, hostile, charts.DARK, value="count", log=True, highlighted=None)
    outside = {key: value for key, value in spec.items() if key not in ("dataset", "xAxis", "yAxis")}
    assert "script" not in json.dumps(outside, default=str)
