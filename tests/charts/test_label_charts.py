"""Each label's scores as a figure."""

import pytest

from evalcore.analysis.class_table import CLASS_SCORES, class_table, sorted_table
from evalcore.analysis.scored_run import score_run
from evalcore.charts.label_charts import class_chart
from evalcore.charts.theme import DARK
from tests.tools.generated import imported, labels_of


@pytest.fixture
def scored(store):
    return score_run(store, imported(store, 15, 700).run_id)


@pytest.mark.parametrize("score", CLASS_SCORES)
def test_the_chart_draws_the_table_in_its_order(scored, score):
    table = sorted_table(class_table(scored), score, descending=True)
    spec = class_chart(table, score, DARK).to_dict()
    rows = max(spec["datasets"].values(), key=len)
    assert [row["label"] for row in rows] == table["label"].tolist()
    assert sorted(row["label"] for row in rows) == sorted(labels_of(15))
    assert [row["value"] for row in rows] == pytest.approx((table[score] / 100).tolist())
