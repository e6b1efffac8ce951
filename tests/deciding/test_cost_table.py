"""The tables of actions and of costs that a person typed."""

import csv
import io
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalcore.deciding import ANY, NO_LABEL, CostsAsked, asked_of_query, cost_table, query_of_asked
from evalcore.errors import DataError

LABELS = ("card lost", "card, stolen", 'the "pin"', "x=y", "refund")
ACTIONS = 'label,action\ncard lost,block\n"card, stolen",block\n"the ""pin""",letter\n'


def written(columns, rows):
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([columns, *rows])
    return stream.getvalue()


def costs_of(rows, actions=ACTIONS, labels=LABELS):
    return cost_table(labels, CostsAsked(actions=actions, costs=written(("true", "predicted", "cost"), rows)))


def test_without_tables_every_wrong_or_unparsed_answer_costs_1():
    table = cost_table(LABELS, CostsAsked())
    expected = np.ones((5, 6))
    expected[np.arange(5), np.arange(5)] = 0
    assert (table.matrix == expected).all()
    assert table.action_names == LABELS
    assert not table.named.any()
    assert not table.by_a_row.any()


def test_a_label_of_the_same_action_costs_nothing_and_one_that_is_not_named_is_an_action_of_its_own():
    table = cost_table(LABELS, CostsAsked(actions=ACTIONS))
    assert table.action_names == ("block", "letter", "x=y", "refund")
    assert table.actions.tolist() == [0, 0, 1, 2, 3]
    assert table.named.tolist() == [True, True, True, False, False]
    assert table.matrix[0].tolist() == [0, 0, 1, 1, 1, 1]
    assert table.matrix[3].tolist() == [1, 1, 1, 0, 1, 1]


def plainly(labels, action_of, rows):
    """The matrix by the rule as it is written, cell by cell."""
    rank = {"label": 2, "action": 1, ANY: 0}

    def level(name, label):
        if name == label:
            return "label"
        if label != NO_LABEL and name == action_of.get(label, label):
            return "action"
        return ANY if name == ANY else None

    matrix = np.zeros((len(labels), len(labels) + 1))
    for (i, true), (j, predicted) in product(enumerate(labels), enumerate([*labels, NO_LABEL])):
        wrong = predicted == NO_LABEL or action_of.get(true, true) != action_of.get(predicted, predicted)
        best, cost = (-1, -1), float(wrong)
        for of_true, of_predicted, value in rows:
            one, other = level(of_true, true), level(of_predicted, predicted)
            if one is None or other is None or (ANY in (one, other) and not wrong):
                continue
            if true == predicted and not one == other == "label":
                continue
            if (rank[one], rank[other]) > best:
                best, cost = (rank[one], rank[other]), value
        matrix[i, j] = cost
    return matrix


names = st.sampled_from([*LABELS, "block", "letter", ANY])


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.tuples(names, names | st.just(NO_LABEL)), st.integers(0, 99), max_size=12))
def test_the_most_specific_row_wins(costs):
    rows = [(true, predicted, cost) for (true, predicted), cost in costs.items()]
    # An action of one label is that label's only where it has the label's name.
    action_of = {"card lost": "block", "card, stolen": "block", 'the "pin"': "letter"}
    assert (costs_of(rows).matrix == plainly(LABELS, action_of, rows)).all()


def test_what_a_row_is_about():
    table = costs_of([(ANY, ANY, 2), ("block", ANY, 5), ("x=y", NO_LABEL, 9), ("block", "block", 0.5),
                      ("card lost", "card, stolen", 7), ("refund", "refund", 1)])  # fmt: skip
    assert table.matrix.tolist() == [
        [0, 7, 5, 5, 5, 5],
        [0.5, 0, 5, 5, 5, 5],
        [2, 2, 0, 2, 2, 2],
        [2, 2, 2, 0, 2, 9],
        [2, 2, 2, 2, 1, 2],
    ]
    assert table.by_a_row[4, 4]
    assert not table.by_a_row[0, 0]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("refund", "x=y", -1)], "line 2: the cost -1 is below 0"),
        ([("refund", "x=y", "many")], "line 2: 'many' is not a number"),
        ([("refund", "x=y", "nan")], "line 2: 'nan' is not a number"),
        ([("refund", "x=y", "inf")], "line 2: 'inf' is not a number"),
        ([("refund", "x=y", "1_0")], "line 2: '1_0' is not a number"),
        ([("refund", "x=y", "12,5")], "line 2: '12,5' is not a number (write 1234.5)"),
        ([("refund", "x=y", 1e13)], "is above 1e+12"),
        ([("refund", "x=y", "")], "line 2: a cost is missing"),
        ([("refund", "", 1)], "line 2: the column `predicted` is empty"),
        ([("refund", "x=y", 1), ("refnd", "x=y", 1)], "line 3: there is no label or action 'refnd'"),
        ([(NO_LABEL, "x=y", 1)], "there is no label or action '(unparsed)'"),
        ([("refund", "x=y", 1), ("REFUND", "x=y", 1)], "line 3 is about 'REFUND' predicted as 'x=y', like line 2"),
        ([("block", ANY, 1), ("block", ANY, 1)], "line 3 is about 'block' predicted as '*', like line 2"),
    ],
)  # fmt: skip
def test_a_bad_row_of_costs_is_named(rows, said):
    with pytest.raises(DataError) as caught:
        costs_of(rows)
    assert said in str(caught.value)
    assert str(caught.value).startswith("the table of costs: ")


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(DataError) as caught:
        costs_of([("refund", "x=y", -1), ("nobody", "nothing", "much")])
    for said in ("line 2: the cost -1", "line 3: there is no label or action 'nobody'", "'nothing'", "'much'"):
        assert said in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("refnd", "pay")], "line 2: there is no label 'refnd'"),
        ([("refund", "")], "line 2: an action is missing"),
        ([("refund", "*")], "line 2: '*' cannot be the name of an action"),
        ([("refund", NO_LABEL)], "line 2: '(unparsed)' cannot be the name of an action"),
        ([("refund", "a"), ("refund", "b")], "line 3: the label 'refund' has the action 'b' here and 'a' in line 2"),
        ([("refund", "x=y")], "line 2: the action 'x=y' has the name of a label that no line gives an action"),
    ],
)  # fmt: skip
def test_a_bad_row_of_actions_is_named(rows, said):
    with pytest.raises(DataError) as caught:
        cost_table(LABELS, CostsAsked(actions=written(("label", "action"), rows)))
    assert said in str(caught.value)
    assert str(caught.value).startswith("the table of actions: ")


def test_a_name_that_is_a_label_and_an_action_of_several_is_refused_and_of_itself_alone_is_the_label():
    several = written(("label", "action"), [("refund", "refund"), ("x=y", "refund")])
    with pytest.raises(DataError, match="line 2: 'refund' is a label, and also an action of 2 labels"):
        costs_of([("refund", ANY, 3)], several)
    alone = written(("label", "action"), [("refund", "refund")])
    assert costs_of([("refund", ANY, 3)], alone).matrix[4].tolist() == [3, 3, 3, 3, 0, 3]


@pytest.mark.parametrize(("field", "columns"), [("actions", "label,action"), ("costs", "true,predicted,cost")])
def test_a_missing_column_is_named(field, columns):
    first, *others = columns.split(",")
    with pytest.raises(DataError, match=f"it has no column '{first}'"):
        cost_table(LABELS, CostsAsked(**{field: ",".join(others) + "\na,b\n"}))


def test_what_is_asked_comes_back_from_a_url():
    asked = CostsAsked(ACTIONS, "true;predicted;cost\n*;*;2\n", 1.5, "EUR")
    assert asked_of_query(CostsAsked, query_of_asked(asked)) == asked
    assert cost_table(LABELS, asked).matrix[3, 0] == 2
