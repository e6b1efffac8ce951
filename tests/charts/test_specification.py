"""Figures as the browser is sent them: the same for the same figure, with their tables apart."""

import json
import sys

import altair as alt
import pandas as pd

from evalcore.charts import DARK, LIGHT, probability_chart, specification

LONG = "a label that is longer than the axis of a figure has room for"


def test_a_specification_is_that_of_altair_with_the_tables_apart():
    one, other = pd.DataFrame({"x": [1, 2]}), pd.DataFrame({"x": [3]})
    layers = [alt.Chart(table).mark_point().encode(x="x:Q") for table in (one, other, one)]
    figure = alt.layer(*layers).configure_axis(grid=False).configure_view(stroke="red")
    made, usual = specification(figure), figure.to_dict()
    assert [made["datasets"][layer["data"]["name"]]["x"].tolist() for layer in made["layer"]] == [[1, 2], [3], [1, 2]]
    assert len(made["datasets"]) == 2
    assert made["config"] == {"axis": {"grid": False}, "view": {"stroke": "red"}}
    for layer in (*made["layer"], *usual["layer"]):
        del layer["data"]
    assert made["layer"] == usual["layer"]
    assert figure.layer[1].data is other  # the figure itself is as it was


def test_a_table_of_all_layers_is_sent_once_and_another_one_changes_nothing_but_it():
    def figure(values):
        base = alt.Chart(pd.DataFrame({"x": values}))
        return alt.layer(base.mark_point().encode(x="x:Q"), base.mark_rule().encode(x="x:Q"))

    a, b = specification(figure([1, 2])), specification(figure([3, 4, 5]))
    assert [table["x"].tolist() for table in (*a.pop("datasets").values(), *b.pop("datasets").values())] == [
        [1, 2],
        [3, 4, 5],
    ]
    assert json.dumps(a) == json.dumps(b)


def test_probabilities_of_other_labels_are_other_data_in_the_same_figure():
    data, made = probability_chart([("<b>a</b>", 0.625, "right"), (LONG, 0.25, "")], LIGHT)
    others, same = probability_chart([("b", 0.5, "predicted"), ("c", 0.4, "true")], LIGHT)
    alt.LayerChart.from_dict(made)  # which holds it against the schema of Vega-Lite
    assert same == made
    assert "<b>" not in json.dumps(made)
    assert data["spoken"].tolist() == ["<b>a</b>: 62.5 %  right", f"{LONG}: 25.0 %"]
    assert others["colour"].tolist() == [LIGHT.wrong, LIGHT.right]
    assert made["layer"][0]["encoding"]["description"]["field"] == "spoken"
    assert made["layer"][0]["encoding"]["y"]["sort"] is None  # in the order in which they are given
    assert probability_chart([("b", 0.5, "")], LIGHT)[1]["height"] < made["height"]
    assert probability_chart([("b", 0.5, ""), ("c", 0.4, "")], DARK)[1] != made


def test_altairs_own_converter_is_not_asked(monkeypatch):
    monkeypatch.setattr(
        sys.modules["altair"].data_transformers, "get", lambda: 1 / 0
    )  # Streamlit replaces it for all threads
    assert specification(alt.Chart(pd.DataFrame({"x": [1]})).mark_point().encode(x="x:Q"))["datasets"]
