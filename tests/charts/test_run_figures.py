"""Figures of one run as data: they draw the run's numbers, at any number of labels, under any label text."""

import json

import pytest

from evalcore import charts
from evalcore.analysis.scored_run import score_run
from evalcore.running.run import execute
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import Example, TaskSource
from tests.conftest import write_csv


def scored_run_of(store, folder, rows, model="majority"):
    path = write_csv(folder / "data.csv", rows)
    write_csv(folder / "train.csv", rows[: len(rows) // 2])
    spec = RunSpec(TaskSource(str(path), train=str(folder / "train.csv")), model, n=len(rows))
    return score_run(store, execute(spec, store).record.run_id)


@pytest.fixture
def many(store, tmp_path):
    """150 labels, one to four examples each."""
    rows = [Example(f"text {i} of {code}", f"label_{code:03}") for code in range(150) for i in range(1 + code % 4)]
    return scored_run_of(store, tmp_path, rows)


def scores_chart_of(scored):
    return charts.scores_chart(scored.scores, scored.intervals, scored.per_class, scored.labels, charts.LIGHT)


def data_of(spec, has):
    """The one data set of a chart that has these columns."""
    found = [rows for rows in spec["datasets"].values() if rows and set(has) <= set(rows[0])]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("theme", [charts.LIGHT, charts.DARK], ids=["light", "dark"])
def test_every_label_has_its_row_and_its_counts(many, theme):
    spec = charts.predicted_against_true(many.per_class, many.labels, theme).to_dict()
    rows = data_of(spec, ["part", "count"])
    assert len(rows) == 2 * 150
    assert sum(row["count"] for row in rows) == many.scores.n
    assert spec["height"] >= 150 * 12  # readable: a row of at least 12 pixels for each label
    expression = spec["layer"][0]["encoding"]["y"]["axis"]["labelExpr"]
    named = json.loads(expression.removesuffix("[datum.value]"))
    assert sorted(named) == sorted(many.labels)


def test_the_matrix_draws_each_cell_that_occurs(many):
    spec = charts.small_matrix(many.confusion, many.labels, charts.LIGHT).to_dict()
    cells = data_of(spec, ["row", "column"])
    for cell in cells:
        assert many.confusion[cell["row"], cell["column"]] == cell["count"]
    assert sum(cell["count"] for cell in cells) == many.scores.n - many.scores.unparsed


def test_the_scores_are_drawn_as_they_are(many):
    spec = scores_chart_of(many).to_dict()
    values = {row["score"]: row["value"] for row in data_of(spec, ["shown", "interval"])}
    s = many.scores
    assert values["Accuracy"] == pytest.approx(s.accuracy)
    assert values["Macro-F1, labels in the sample"] == pytest.approx(s.macro_f1_present)
    assert values["Macro-F1, all labels"] == pytest.approx(s.macro_f1_all)
    strip = data_of(spec, ["label", "value", "support"])
    assert len(strip) == s.labels_present


def test_hostile_labels_stay_text(store, tmp_path):
    labels = ["</script><script>alert(1)</script>", 'quote " and \\ backslash', "$x$", "a" * 300]
    rows = [Example(f"{label} {i}", label) for label in labels for i in range(3)]
    scored = scored_run_of(store, tmp_path, rows)
    for chart in (
        charts.predicted_against_true(scored.per_class, scored.labels, charts.LIGHT),
        scores_chart_of(scored),
        charts.small_matrix(scored.confusion, scored.labels, charts.LIGHT),
    ):
        spec = chart.to_dict()
        assert "</script>" not in json.dumps([layer.get("encoding") for layer in spec.get("layer", [spec])])
