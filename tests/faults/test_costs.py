"""Costs (F70, F71): tables that are anything, and costs that are lost, counted twice or netted."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalcore.deciding import ANY, NO_LABEL, CostsAsked, compared_costs, cost_table, costs
from evalcore.errors import DataError
from tests.tools.runs import scored

LABELS = ("refund", "x=y", "a, b", 'the "pin"', "Refund ", "*", "=1+1", "étranger")
LIMIT = 2_000
RUNS = 25
NAMES = st.sampled_from([*LABELS, "team", "Team", "refund", "REFUND", ANY, NO_LABEL, "", " "]) | st.text(max_size=4)
KNOWN = st.sampled_from([*LABELS[:4], ANY])
NUMBERS = st.sampled_from(["1", "0", "-0", "1e3", "-1", "nan", "inf", "1e999", "1,5", "", "0x1", "١"]) | st.text(
    max_size=3
)


def written(rows):
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def tables(columns, *cells):
    rows = st.lists(st.tuples(*cells), max_size=5)
    return rows.map(lambda found: written([columns, *found])) | st.text(max_size=60)


COSTS = ("true", "predicted", "cost")
PRICES = tables(COSTS, NAMES, NAMES, NUMBERS) | tables(COSTS, KNOWN, KNOWN, st.sampled_from(["1", "0", "1e3", "-1"]))


@settings(max_examples=400, deadline=None)
@given(st.just("") | tables(("label", "action"), NAMES, NAMES), PRICES)
def test_any_table_is_read_or_refused_in_a_sentence(actions, prices):
    """F70. Red with a cost below 0 that is read; a bad table is refused in a sentence, a good one is of numbers."""
    refused = ""
    try:
        table = cost_table(LABELS, CostsAsked(actions, prices))
    except DataError as error:
        refused = str(error)
    assert len(refused) <= LIMIT
    if refused:
        return
    assert table.matrix.shape == (len(LABELS), len(LABELS) + 1)
    assert np.isfinite(table.matrix).all()
    assert (table.matrix >= 0).all()
    assert table.actions.max() < len(table.action_names) == len(set(table.action_names))


@pytest.mark.parametrize(("rows", "said"), [(100_001, "more than 100,000 rows"), (30_000, "; and 59,994 more.")])
def test_a_very_long_table_is_refused_shortly(rows, said):
    """F70. Red with rows that are neither named nor counted; a few are named, and a message stays short."""
    with pytest.raises(DataError) as caught:
        cost_table(LABELS, CostsAsked(costs=written([("true", "predicted", "cost"), *[("nobody", "*", "x")] * rows])))
    assert len(str(caught.value)) <= LIMIT
    assert said in str(caught.value)


def test_no_cost_is_lost_counted_twice_or_netted(store, tally):
    """F71. Red with costs by confusion that leave out unparsed answers, or a reverse count of the same direction."""
    rng = np.random.default_rng(0)
    labels = list(LABELS[:4])
    for at in range(RUNS):
        n = int(rng.integers(20, 200))
        gold = [labels[code] for code in rng.integers(0, 4, n)]
        runs = []
        for side in "ab":
            answers = [[*labels, "?"][code] for code in rng.integers(0, 5, n)]
            runs.append(scored(store, gold, answers, labels=labels, name=f"{at}{side}.csv"))
        names = [*labels, "team"]
        rows = {(str(rng.choice(names)), str(rng.choice([*names, ANY, NO_LABEL]))) for _ in range(5)}
        asked = CostsAsked(
            written([("label", "action"), (labels[0], "team"), (labels[1], "team")]),
            written([("true", "predicted", "cost"), *((*pair, int(rng.integers(0, 50))) for pair in rows)]),
        )
        table = cost_table(labels, asked)
        totals = []
        for run in runs:
            found = costs(run, None, asked)
            each = [table.matrix[t, p] for t, p in zip(run.y_true, run.y_pred, strict=True)]
            summed = [sum(one.total for one in part) for part in (found.confusions, found.actions)]
            lost = not np.allclose(summed, sum(each))
            tally("F71", "sums of costs", 1, lost=int(lost))
            totals.append(sum(each))
            assert not lost
            for one in found.confusions:
                assert one.count == int(run.confusion[one.true, one.predicted])
                back = one.predicted < len(labels) and one.predicted != one.true
                assert one.reverse_count == (int(run.confusion[one.predicted, one.true]) if back else 0)
        both = compared_costs(runs[0], None, runs[1], None, asked)
        assert sum(one.difference for one in both.changes) == pytest.approx(totals[1] - totals[0])
