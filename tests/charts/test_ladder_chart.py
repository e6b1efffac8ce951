"""The ladder as data: a row for each step and each climb, words that are rounded here, colours that are not alone."""

import pytest

from evalcore import charts
from evalcore.charts import Rung, ladder_chart
from tests.charts.test_run_figures import data_of

NAN = float("nan")
RUNGS = [
    Rung("Free text, strict", 0.2525, (0.21, 0.30)),
    Rung("Free text, lenient", 0.41, (0.36, 0.46), "read leniently", 0.1575, (0.1, 0.21), 63, 0),
    Rung("Choosing a label", 0.4, (0.35, 0.45), "choose instead of write", -0.01, (-0.04, 0.02), 6, 10),
]


@pytest.mark.parametrize("theme", [charts.LIGHT, charts.DARK], ids=["light", "dark"])
def test_steps_and_climbs_are_drawn_in_order(theme):
    spec = ladder_chart(RUNGS, theme).to_dict()
    order = ["Free text, strict", "↓ read leniently", "Free text, lenient", "↓ choose instead of write",
             "Choosing a label"]  # fmt: skip
    rows = [layer["encoding"]["y"]["sort"] for layer in spec["layer"]]
    assert rows == [order] * len(rows)
    steps = data_of(spec, ["value", "low", "high", "rank"])
    assert [(row["row"], row["value"], row["shown"]) for row in steps] == [
        ("Free text, strict", 0.2525, "25.2 %"), ("Free text, lenient", 0.41, "41.0 %"),
        ("Choosing a label", 0.4, "40.0 %"),
    ]  # fmt: skip
    climbs = [row for rows in spec["datasets"].values() for row in rows if "gained" in row]
    words = {row["row"]: row for row in climbs}
    assert words["↓ read leniently"]["words"] == "+15.8 points (+10.0 to +21.0)"
    assert words["↓ read leniently"]["gained"] == "63 examples"
    assert words["↓ choose instead of write"]["lost"] == "10 examples"
    # The clear one is bold and coloured, the other neither.
    assert words["↓ read leniently"]["colour"] == theme.right_text
    assert words["↓ choose instead of write"]["colour"] == theme.text
    assert spec["height"] <= 200


def test_a_step_alone_has_no_climb():
    spec = ladder_chart([Rung("Choosing a label", 1.0, (0.9, 1.0))], charts.LIGHT).to_dict()
    assert not [row for rows in spec["datasets"].values() for row in rows if "gained" in row]


def test_an_interval_without_a_width_is_not_drawn_and_said_to_be_none():
    rungs = [Rung("a", 0.5, (NAN, NAN)), Rung("b", 0.9, (NAN, NAN), "c", 0.4, (NAN, NAN), 4, 0)]
    spec = ladder_chart(rungs, charts.LIGHT).to_dict()
    (climb,) = [row for rows in spec["datasets"].values() for row in rows if "gained" in row]
    assert climb["words"] == "+40.0 points (not estimable)"
    assert climb["colour"] == charts.LIGHT.text
