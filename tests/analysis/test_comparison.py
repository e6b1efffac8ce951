"""Two runs paired: by position, by content, or not at all; and what follows from the pairs."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score

from evalcore.analysis.comparison import compare
from evalcore.analysis.verdicts import verdict_as_json
from evalcore.errors import SpecError
from evalcore.metrics.overall import scores
from evalcore.metrics.paired import PAIR_GROUPS
from evalcore.metrics.registry import METRICS
from evalcore.output.comparison import comparison_as_text
from tests.tools.runs import scored

GOLD = list("aaabbbccdd")
A = [*"aabbbccc", "", "a"]
B = [*"aaabacca", "d", ""]


@pytest.fixture
def compared(store):
    return compare(scored(store, GOLD, A, labels="abcde"), scored(store, GOLD, B, labels="abcde"))


def test_fixed_broken_and_the_rest_are_counted_and_add_up(compared):
    c = compared.counts
    assert (c.fixed, c.broken, c.both_right, c.wrong_alike, c.wrong_differently, c.both_unparsed) == (2, 2, 4, 1, 1, 0)
    assert compared.n == 10
    assert compared.same_sample


@pytest.mark.parametrize("scoring", ["lenient", "strict"])
def test_what_both_left_unparsed_is_a_group_of_its_own_everywhere(store, scoring):
    answers = [["a", "b", "?", "a or b", "b", "not a"], ["a", "b", "no idea", "", "?", "a?"]]
    a, b = (scored(store, list("aaaabb"), each, scoring, labels="ab") for each in answers)
    both = compare(a, b)
    c = both.counts
    assert (c.both_right, c.wrong_alike, c.both_unparsed) == (1, 1, 2 + (scoring == "strict"))
    data, text = verdict_as_json(both), comparison_as_text(both)
    assert [data[group] for group in PAIR_GROUPS] == [getattr(c, group) for group in PAIR_GROUPS]
    assert sum(data[group] for group in PAIR_GROUPS) == data["shared"] == 6
    assert (
        f"both wrong with the same label 1, both wrong with different answers {c.wrong_differently}, "
        f"both unparsed {c.both_unparsed}"
    ) in text
    assert list(both.rows_of("both_unparsed")) == [2, 3, 5][: c.both_unparsed]
    assert list(both.rows_of("wrong_alike")) == [1]


def test_runs_that_name_no_label_are_not_said_to_answer_alike(store):
    a, b = (scored(store, list("ab"), answers, labels="ab") for answers in (["?", "a"], ["no idea", "a "]))
    assert "A and B are right on the same examples: ±0 points" in verdict_as_json(compare(a, b))["sentence"]


@pytest.mark.parametrize("selection", PAIR_GROUPS)
def test_a_group_holds_exactly_its_examples(compared, selection):
    assert len(compared.rows_of(selection)) == getattr(compared.counts, selection)
    for at in compared.rows_of(selection):
        answer_a = compared.a.answers[compared.at_a[at]]
        answer_b = compared.b.answers[compared.at_b[at]]
        assert answer_a.example == answer_b.example
        right = (answer_a.outcome == "right", answer_b.outcome == "right")
        assert right == {"fixed": (False, True), "broken": (True, False), "both_right": (True, True)}.get(
            selection, (False, False)
        )


def test_a_label_and_a_cell_hold_their_examples(compared):
    assert list(compared.rows_of("label:1")) == [3, 4, 5]
    assert list(compared.rows_of("cell:1:0")) == [4]
    assert list(compared.rows_of("cell:1:2:a")) == [5]
    assert list(compared.rows_of("cell:1:2:b")) == [5]
    assert list(compared.rows_of("cell:3:-1:a")) == [8]


@pytest.mark.parametrize("selection", ["", "nothing", "cell:1", "cell:x:y", "label:../etc", "cell:1:2:c", "label:1:2"])
def test_a_selection_that_does_not_exist_holds_nothing(compared, selection):
    assert len(compared.rows_of(selection)) == 0


def test_metrics_are_those_of_each_run_and_the_better_side_is_marked(compared):
    rows = {row.name: row for row in compared.metrics}
    assert list(rows) == [metric.name for metric in METRICS]
    of_a, of_b = scores(compared.confusion_a), scores(compared.confusion_b)
    for name in ("accuracy", "macro_f1_all", "kappa", "unparsed_rate"):
        assert (rows[name].a, rows[name].b) == (getattr(of_a, name), getattr(of_b, name))
        assert rows[name].difference == pytest.approx(rows[name].b - rows[name].a)
    assert rows["accuracy"].better == ""
    assert rows["effective_labels"].better == ""


def test_fewer_unparsed_is_better(store):
    a, b = (scored(store, GOLD, answers) for answers in (["", *GOLD[1:]], GOLD))
    row = next(row for row in compare(a, b).metrics if row.name == "unparsed_rate")
    assert (row.difference < 0, row.better) == (True, "B")
    row = next(row for row in compare(b, a).metrics if row.name == "unparsed_rate")
    assert row.better == "A"


def test_the_accuracys_interval_in_the_table_is_the_verdicts(compared):
    assert compared.metrics[0].interval == compared.interval
    assert compared.interval[0] <= compared.counts.difference <= compared.interval[1]


def test_each_labels_scores_are_those_of_scikit_learn(compared):
    each = compared.classes
    for y, f1 in ((compared.y_a, each.f1_a), (compared.y_b, each.f1_b)):
        y = np.where(y == -1, 9, y)
        expected = f1_score(compared.y_true, y, labels=range(5), average=None, zero_division=np.nan)
        np.testing.assert_allclose(f1[:4], np.nan_to_num(expected[:4]))
        assert np.isnan(f1[4])  # absent from the sample
    assert np.isnan(each.recall_difference_interval[4]).all()
    low, high = each.recall_difference_interval[0]
    assert low < 1 / 3 < high


def test_never_predicted_and_back_again(store):
    a = scored(store, list("aabb"), list("aaaa"))
    b = scored(store, list("aabb"), list("bbbb"))
    forth = compare(a, b)
    assert list(forth.became_never_predicted) == [0]
    assert list(forth.came_back) == [1]


def test_confusions_are_fixed_introduced_or_unchanged(compared):
    matrix_a, matrix_b = (
        confusion_matrix(compared.y_true[y >= 0], y[y >= 0], labels=range(5)) for y in (compared.y_a, compared.y_b)
    )
    found = {(change.true, change.predicted): change for change in compared.confusions}
    for true in range(5):
        for predicted in range(5):
            if true == predicted or not matrix_a[true, predicted] + matrix_b[true, predicted]:
                assert (true, predicted) not in found
                continue
            change = found[true, predicted]
            assert (change.a, change.b) == (matrix_a[true, predicted], matrix_b[true, predicted])
            assert change.fixed + change.unchanged == change.a
            assert change.introduced + change.unchanged == change.b
    ranks = [abs(change.b - change.a) for change in compared.confusions]
    assert ranks == sorted(ranks, reverse=True)


def test_other_samples_are_paired_by_text_and_label_the_nth_copy_with_the_nth(store):
    a = scored(store, list("abab"), list("aaaa"), texts=["x", "y", "x", "z"])
    b = scored(store, list("aabb"), list("abbb"), texts=["x", "x", "w", "y"])
    both = compare(a, b)
    assert not both.same_sample
    pairs = {(a.answers[i].position, b.answers[j].position) for i, j in zip(both.at_a, both.at_b, strict=True)}
    assert pairs == {(0, 0), (1, 3), (2, 1)}


def test_labels_in_another_order_are_the_same_labels(store):
    a = scored(store, list("abc"), list("abb"), labels="abc")
    b = scored(store, list("abc"), list("abc"), labels="cba")
    both = compare(a, b)
    assert (both.counts.fixed, both.counts.both_right) == (1, 2)
    assert list(both.y_b) == [0, 1, 2]


def test_examples_that_one_run_has_not_reached_are_left_out(store):
    record = scored(store, GOLD, A).record
    with store.connect(write=True) as db:
        keys = [row[0] for row in db.execute("SELECT key FROM run_items WHERE run_id = ?", (record.run_id,))]
        db.execute("DELETE FROM completions WHERE key = ?", (keys[0],))
    from evalcore.analysis.scored_run import score_run

    both = compare(score_run(store, record.run_id), scored(store, GOLD, B))
    assert both.n == 10 - keys.count(keys[0])
    for i, j in zip(both.at_a, both.at_b, strict=True):
        assert both.a.answers[i].example == both.b.answers[j].example


def test_other_label_sets_are_refused_with_the_reason(store):
    a = scored(store, list("ab"), list("ab"), labels="ab")
    b = scored(store, list("ab"), list("ab"), labels="abc")
    with pytest.raises(SpecError, match=r"label sets differ.*1 of B's 3 labels, such as 'c', is not in A"):
        compare(a, b)


def test_runs_without_a_common_example_are_refused_with_both_tasks(store):
    a = scored(store, list("ab"), list("ab"), texts=["x", "y"], name="one.csv")
    b = scored(store, list("ab"), list("ab"), texts=["v", "w"], name="two.csv")
    with pytest.raises(SpecError, match=r"share no example: A is of one\.csv, B of two\.csv"):
        compare(a, b)


def test_two_scorings_are_refused(store):
    a, b = scored(store, GOLD, A), scored(store, GOLD, B, scoring="strict")
    with pytest.raises(SpecError, match="A is scored lenient, B strict"):
        compare(a, b)
