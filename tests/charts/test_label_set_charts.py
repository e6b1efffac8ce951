"""Label sets as figures: what is drawn is what was given."""

import numpy as np
import pandas as pd
import pytest

from evalcore.charts import DARK, LIGHT, set_coverage_chart, set_size_chart


def data_of(chart, *columns):
    """The rows of the figure's data set that has these columns."""
    return next(rows for rows in chart.to_dict()["datasets"].values() if rows and set(columns) <= set(rows[0]))


def test_bars_are_stacked_and_have_their_words():
    chart = set_size_chart(["1", "2", "6–10"], [30, 9, 0], [10, 0, 1], LIGHT, 300)
    rows = data_of(chart, "part", "bottom")
    drawn = {(row["size"], row["part"]): (row["bottom"], row["top"]) for row in rows}
    assert drawn == {
        ("1", "true label in the set"): (0, 30),
        ("1", "not in the set"): (30, 40),
        ("2", "true label in the set"): (0, 9),
        ("6–10", "not in the set"): (0, 1),
    }
    words = {row["size"]: (row["texts"], row["share"], row["in_set"]) for row in rows}
    assert words == {"1": ("40", "80.0 %", "75.0 %"), "2": ("9", "18.0 %", "100.0 %"), "6–10": ("1", "2.0 %", "0.0 %")}


@pytest.mark.parametrize("n_labels", [24, 77, 150])
def test_each_label_has_a_row_in_the_tables_order_and_is_filled_where_its_interval_misses_the_target(n_labels):
    rng = np.random.default_rng(n_labels)
    low = rng.uniform(0.3, 0.95, n_labels)
    table = pd.DataFrame(
        {
            "code": rng.permutation(n_labels),
            "label": [f"label_{at}" for at in range(n_labels)],
            "examples": rng.integers(1, 50, n_labels),
            "coverage": low + 0.02,
            "low": low,
            "high": low + 0.04,
        }
    )
    chart = set_coverage_chart(table, 0.9, DARK, {"code": 3})
    rows = data_of(chart, "rank", "code")
    assert [row["code"] for row in rows] == table["code"].tolist()
    assert [row["filling"] == 0 for row in rows] == [low <= 0.9 <= low + 0.04 for low in table["low"]]
    assert chart.to_dict()["height"] > 17 * n_labels
    picked = [one["value"] for one in chart.to_dict()["params"] if "value" in one]
    assert picked == [[{"code": 3}]]
