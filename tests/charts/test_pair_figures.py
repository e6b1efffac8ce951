"""Figures of comparisons: what they are made of, and that they are valid."""

import json

import numpy as np
import pytest

from evalcore.analysis.comparison import compare
from evalcore.analysis.reference_accuracies import references
from evalcore.charts.heat_map import heatmap
from evalcore.charts.label_order import label_order_chart
from evalcore.charts.matrix_drawing import OFF_SCALE
from evalcore.charts.pair_matrix import UNPARSED_COLUMN, matrix_cells, matrix_spec
from evalcore.charts.run_charts import reference_lines, variants_chart
from evalcore.charts.sample_size import sample_size_chart
from evalcore.charts.theme import DARK, LIGHT, RUN_A, RUN_B
from evalcore.metrics import view
from evalcore.metrics.power import growth
from tests.tools.runs import scored

GOLD = list("aabbcc")


@pytest.fixture
def compared(store):
    a, b = (scored(store, GOLD, answers, labels="abcd") for answers in (["a", "b", "b", "b", "", "c"], [*"aabbca"]))
    return compare(a, b)


def cells_of(compared, kind, *, shares):
    return matrix_cells(compared.confusion_a, compared.confusion_b, compared.labels, kind, shares=shares)


@pytest.mark.parametrize("view", ["A", "B", "B − A"])
@pytest.mark.parametrize("shares", [False, True])
def test_the_cells_are_the_matrix_without_its_zeros(compared, view, shares):
    a, b = compared.confusion_a, compared.confusion_b
    shown = {"A": a, "B": b, "B − A": b - a}[view]
    cells = cells_of(compared, view, shares=shares)
    again = np.zeros_like(shown, dtype=float)
    again[cells["y"], cells["x"]] = cells["value"]
    expected = 100 * shown / np.maximum(a.sum(axis=1), 1)[:, None] if shares else shown
    np.testing.assert_allclose(again, expected, atol=0.051)
    assert (cells["value"] != 0).all()
    assert list(cells["a"]) == list(a[cells["y"], cells["x"]])


def test_unparsed_is_a_column_of_its_own(compared):
    cells = cells_of(compared, "A", shares=False)
    assert list(cells[cells["predicted"] == UNPARSED_COLUMN]["true"]) == ["c"]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_difference_is_blue_for_a_orange_for_b_and_neutral_at_nothing(compared, theme):
    spec = matrix_spec(cells_of(compared, "B − A", shares=True), compared.labels, "B − A", theme)
    colours = spec["visualMap"]["inRange"]["color"]
    assert (colours[0], colours[-1]) == (RUN_A, RUN_B)
    assert spec["visualMap"]["min"] == -spec["visualMap"]["max"]
    json.dumps({**spec, "dataset": None})  # plain numbers alone: anything of numpy's is refused by the page


@pytest.mark.parametrize("shares", [False, True])
@pytest.mark.parametrize("kind", ["A", "B"])
def test_right_answers_are_off_the_scale_as_in_the_heat_map(compared, kind, shares):
    spec = matrix_spec(cells_of(compared, kind, shares=shares), compared.labels, kind, LIGHT, shares=shares)
    one = heatmap(
        view(compared.confusion_a, compared.labels, order="data set", unparsed=True, diagonal=True),
        compared.labels, LIGHT, value="by true label" if shares else "count", log=False, highlighted=None,
    )  # fmt: skip
    drawn = spec["dataset"][0]["source"]
    assert ((drawn["shade"] == OFF_SCALE) == (drawn["x"] == drawn["y"])).all()
    alike = ("xAxis", "yAxis", "grid", "dataZoom", "title")
    assert {name: spec[name] for name in alike} == {name: one[name] for name in alike}
    if kind == "A":
        assert spec["visualMap"] == one["visualMap"]


def test_the_difference_says_how_much(compared):
    spec = matrix_spec(cells_of(compared, "B − A", shares=False), compared.labels, "B − A", LIGHT, shares=False)
    said = [title["text"] for title in spec["title"]]
    assert "examples" in said
    assert "up to 1 more" in said
    assert spec["visualMap"]["text"] == ["B", "A"]


def test_a_cell_chosen_elsewhere_is_outlined(compared):
    cells = cells_of(compared, "A", shares=True)
    spec = matrix_spec(cells, compared.labels, "A", DARK, highlighted=(0, 1))
    outlined = spec["dataset"][1]["source"]
    assert outlined[["y", "x"]].to_numpy().tolist() == [[0, 1]]
    assert spec["series"][1]["silent"] is True
    nowhere = matrix_spec(cells, compared.labels, "A", DARK, highlighted=(3, 3))
    assert not len(nowhere["dataset"][1]["source"])


def test_every_cell_has_a_name_of_its_own(compared):
    cells = cells_of(compared, "B", shares=True)
    assert cells["cell"].is_unique


def test_variants_draw_three_figures_a_run(compared):
    runs = [compared.a, compared.b]
    spec = variants_chart(
        ["one", "two"], [run.scores for run in runs], [run.intervals for run in runs], LIGHT
    ).to_dict()
    rows = next(iter(spec["datasets"].values()))
    assert {(row["run"], row["metric"]) for row in rows} == {
        (run, metric) for run in ("one", "two") for metric in ("Accuracy", "Macro-F1, labels in the sample", "Unparsed")
    }


def test_sample_size_and_label_order_and_references_are_valid_figures(compared):
    sample_size_chart(growth(0.7, 0.2, 464), 80, DARK).to_dict()
    label_order_chart(np.array([[0, 0.5, 1], [1, 0, 0.5]]), np.zeros((2, 3)), 0.2, LIGHT).to_dict()
    found = references(compared.a, [compared.b])
    spec = reference_lines(found, LIGHT).to_dict()
    assert spec["height"] > 100
