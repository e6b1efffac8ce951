"""Two mixes and the scores on them, as they are drawn: figures that are rounded already, and room for all of them."""

import json

import numpy as np
import pandas as pd
import pytest

from evalcore.charts import DARK, LIGHT, RUN_A, RUN_B, mix_chart, mix_scores_chart

NAN = float("nan")


def table(**changed):
    return pd.DataFrame(
        {
            "code": [7, 2, 4],
            "label": ["card_arrival", "<b>fee</b>", "rate"],
            "sample": [0.1, 0.6, 0.0],
            "traffic": [0.7, 0.2, 0.1],
            "low": [NAN, NAN, NAN],
            "high": [NAN, NAN, NAN],
            "recall": [0.6125, 1.0, NAN],
            "examples": [13, 78, 0],
        }
        | changed
    )


def rows_of(chart, field):
    """The rows of all data that have this field."""
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows if field in row]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_each_label_has_both_shares_and_its_recall_in_words(theme):
    chart = mix_chart(table(), theme, {"code": 2})
    rows = {row["code"]: row for row in rows_of(chart, "said")}
    assert {code: row["said"] for code, row in rows.items()} == {7: "61.3 % of 13", 2: "100.0 % of 78", 4: "no example"}
    assert (rows[7]["of_traffic"], rows[7]["of_sample"], rows[7]["within"]) == ("70.0 %", "10.0 %", "known")
    text = json.dumps(chart.to_dict())
    assert "NaN" not in text
    assert '"value": [{"code": 2}]' in text  # what is picked at first


def test_there_is_room_for_the_widest_share_and_its_recall():
    """Red with an axis that ends at the longest bar: an estimated share has a longer interval, and recall beside it."""
    chart = mix_chart(table(low=[0.5, 0.1, 0.0], high=[0.9, 0.3, 0.2]), LIGHT)
    domain = next(
        layer["encoding"]["x"]["scale"]["domain"]
        for layer in chart.to_dict()["layer"]
        if "scale" in layer["encoding"].get("x", {})
    )
    assert domain[0] == 0
    assert domain[1] > 1.2 * 0.9
    assert {row["within"] for row in rows_of(chart, "within")} == {"50.0 to 90.0", "10.0 to 30.0", "0.0 to 20.0"}


def test_scores_share_a_scale_that_holds_all_of_their_intervals():
    rows = [
        ("Accuracy, sample", 0.87, (0.85, 0.89)),
        ("Accuracy, traffic", 0.91, (0.8, 0.96)),
        ("None", NAN, (NAN, NAN)),
    ]
    chart = mix_scores_chart(rows, LIGHT, (RUN_A, RUN_B))
    domains = [
        layer["encoding"]["x"]["scale"]["domain"]
        for layer in chart.to_dict()["layer"]
        if "scale" in layer["encoding"].get("x", {})
    ]
    assert len(domains) == 3
    assert len(set(map(tuple, domains))) == 1
    assert domains[0][0] < 0.8 < 0.96 < domains[0][1]
    shown = {row["score"]: (row["shown"], row["interval"], row["colour"]) for row in rows_of(chart, "colour")}
    assert shown["Accuracy, traffic"] == ("91.0 %", "80.0 to 96.0", RUN_B)
    assert shown["None"][:2] == ("", "not estimable")
    assert np.isfinite(domains[0]).all()
    mix_scores_chart([("None", NAN, (NAN, NAN))], DARK)  # nothing to show is drawn as well
