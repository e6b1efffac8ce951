"""The heat map as data: its cells are the counts, and it stays small at any number of labels."""

import json

import numpy as np
import pytest

from evalcore import charts
from evalcore.analysis.scored_run import score_run
from evalcore.charts.heat_map import cells, heatmap, height_of, names_of
from evalcore.metrics.matrix import VALUES, view
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
    values = shown.values(value)[frame["y"], frame["x"]]
    assert (np.diff(frame["shade"].to_numpy()[np.argsort(values)]) >= 0).all()  # the larger, the further on the scale


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


def test_the_folded_labels_do_not_outshine_the_rest(scored):
    shown = shown_of(scored, block=10)
    spec = heatmap(shown, scored.labels, charts.DARK, value="count", log=False, highlighted=None)
    assert spec["visualMap"]["max"] < shown.counts[10, 10]


def test_a_row_has_room_for_its_label_at_150(store):
    scored = score_run(store, imported(store, 150, 2000).run_id)
    shown = shown_of(scored)
    assert height_of(shown) > 150 * 9.5
    spec = heatmap(shown, scored.labels, charts.DARK, value="count", log=True, highlighted=None)
    assert spec["yAxis"]["axisLabel"]["interval"] == 0
    assert spec["yAxis"]["data"] == [scored.labels[code] for code in shown.codes]


def test_labels_stand_in_data_alone(store):
    scored = score_run(store, imported(store, 30, 500).run_id)
    shown = shown_of(scored)
    hostile = ["<script>{@n}</script>" + str(code) for code in range(30)]
    spec = heatmap(shown, hostile, charts.DARK, value="count", log=True, highlighted=None)
    outside = {key: value for key, value in spec.items() if key not in ("dataset", "xAxis", "yAxis")}
    assert "script" not in json.dumps(outside, default=str)
