"""The per-class table against scikit-learn."""

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import precision_recall_fscore_support

from evalcore.analysis.class_table import (
    CLASS_ORDERS,
    CLASS_SCORES,
    LABEL_STATUSES,
    class_table,
    labels_with,
    overall_row,
    sorted_table,
)
from evalcore.analysis.scored_run import score_run
from evalcore.importing.predictions import import_table
from evalcore.metrics.classification import confusion_pairs
from evalcore.tasks.data_file import Table
from tests.tools.generated import imported


@pytest.fixture
def scored(store):
    return score_run(store, imported(store, 15, 700).run_id)


def small(store, rows, labels):
    table = Table("s.csv", ["label", "completion"], [list(row) for row in rows], list(range(len(rows))))
    return score_run(store, import_table(table, "s.csv", store, labels=labels).run_id)


def test_its_scores_are_scikit_learns(scored):
    table = class_table(scored)
    precision, recall, f1, support = precision_recall_fscore_support(
        scored.y_true, scored.y_pred, labels=range(15), zero_division=np.nan
    )
    for name, expected in (("precision", precision), ("recall", recall), ("F1", f1)):
        np.testing.assert_allclose(table[name], 100 * expected)
    assert table["support"].tolist() == support.tolist()
    assert table["predicted"].tolist() == [int((scored.y_pred == code).sum()) for code in range(15)]


def test_its_intervals_are_scipys_wilson_and_hold_the_score(scored):
    table = class_table(scored)
    for code, row in table.iterrows():
        right = int(scored.confusion[code, code])
        wilson = binomtest(right, int(row["support"])).proportion_ci(method="wilson")
        assert row["recall low"] == pytest.approx(100 * wilson.low)
        assert row["recall high"] == pytest.approx(100 * wilson.high)
        for score in CLASS_SCORES:
            assert row[f"{score} low"] <= row[score] <= row[f"{score} high"]
            assert row[f"{score} low"] < row[f"{score} high"]


def test_a_label_that_was_never_right_has_an_f1_interval_all_the_same(store):
    scored = small(store, [("a", "b")] * 3 + [("b", "b")] * 5 + [("c", "c")], list("abcd"))
    table = class_table(scored).set_index("label")
    assert table.loc["a", "F1"] == 0
    assert table.loc["a", "F1 high"] > 20
    assert table.loc["c", "F1"] == 100
    assert table.loc["c", "F1 low"] < 60
    assert np.isnan(table.loc["d", "F1 low"])


def test_what_a_label_is_taken_for_is_its_most_frequent_confusion(scored):
    table, pairs = class_table(scored), confusion_pairs(scored.confusion)
    for code in range(15):
        there = max((p.count for p in pairs if p.true == code), default=0)
        back = max((p.count for p in pairs if p.predicted == code), default=0)
        assert table["taken for"][code].endswith(f" · {there}")
        assert table["taken for it"][code].endswith(f" · {back}")


def test_the_three_things_are_kept_apart(store):
    rows = [("a", "a")] * 20 + [("b", "a")] * 12 + [("c", "d")] * 11 + [("d", "c")] * 4
    scored = small(store, rows, list("abcde"))
    found = {standing: "".join(scored.names(labels_with(scored, standing).tolist())) for standing in LABEL_STATUSES}
    assert found == {"absent from the sample": "e", "never predicted": "b", "zero recall": "cd",
                     "over-predicted": "d", "few examples": "d"}  # fmt: skip
    standings = dict(zip("abcde", class_table(scored)["standing"], strict=True))
    assert standings["e"] == "absent from the sample"
    assert standings["d"] == "zero recall, over-predicted, few examples"


def test_overall_is_the_runs_own_scores(scored):
    row = overall_row(scored).iloc[0]
    assert row["F1"] == 100 * scored.scores.macro_f1_present
    assert row["recall"] == 100 * scored.scores.balanced_accuracy
    assert row["support"] == 700


@pytest.mark.parametrize("by", CLASS_ORDERS)
def test_every_order_keeps_every_label_and_puts_the_undefined_last(store, by):
    scored = small(store, [("a", "b")] * 3 + [("b", "b")] * 5 + [("c", "c")], list("abcd"))
    for descending in (True, False):
        table = sorted_table(class_table(scored), by, descending=descending)
        assert sorted(table["label"]) == list("abcd")
        if by in ("recall", "F1"):
            assert table["label"].iloc[-1] == "d"
            values = table[by].dropna().tolist()
            assert values == sorted(values, reverse=descending)
