"""The question “Label list” for one run and for two, against loops over the answers."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hiclass import metrics as hiclass
from sklearn.metrics import f1_score

from evalcore.analysis import label_probabilities, score_run
from evalcore.deciding import (
    LabelListAsked,
    compared_label_list,
    groups_by_name,
    hierarchy_text,
    label_list,
    label_list_edits,
)
from evalcore.errors import DataError, SpecError
from evalcore.tasks import LabelMerge
from tests.tools.generated import imported
from tests.tools.probabilities import stored_with_logprobs
from tests.tools.runs import scored

LABELS = ("a_one", "a_two", "b, c", 'd"e', "f=g", "h")
MERGES = (
    LabelMerge.of({"ab": ["a_one", "a_two", "b, c"]}),
    LabelMerge.of({"a_one": ["a_one", "a_two"], "": ["h", 'd"e']}),
    LabelMerge.of({"": ["a_one"], "other": ["f=g"]}),
)
IDS = ["merged", "merged and dropped", "dropped and renamed"]


def answers(seed, n=120):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 5, n)  # h is absent
    said = np.where(rng.random(n) < 0.5, true, rng.integers(0, 6, n))
    gold = [LABELS[code] for code in true]
    return gold, [LABELS[code] if draw > 0.1 else "no idea" for code, draw in zip(said, rng.random(n), strict=True)]


@pytest.mark.parametrize("merge", MERGES, ids=IDS)
@pytest.mark.parametrize("seed", range(5))
def test_the_scores_under_another_list_are_those_of_the_renamed_answers(store, seed, merge):
    gold, said = answers(seed)
    run = scored(store, gold, said, labels=LABELS)
    found = label_list(run, None, LabelListAsked(merge=merge.to_text()))
    new = merge.new_of_old
    kept = [(t, p if p in LABELS else None) for t, p in zip(gold, said, strict=True) if new.get(t, t)]
    true = [new.get(t, t) for t, _ in kept]
    pred = [(new.get(p, p) or "outside") if p else "unparsed" for _, p in kept]
    right = [t == p for t, p in zip(true, pred, strict=True)]
    assert found.after.labels == merge.new_labels(LABELS)
    assert (found.after.scores.n, found.after.scores.correct) == (len(kept), sum(right))
    assert found.after.scores.accuracy == pytest.approx(np.mean(right))
    expected = f1_score(true, pred, labels=sorted(set(true)), average="macro", zero_division=0)
    assert found.after.scores.macro_f1_present == pytest.approx(expected)
    made = [t != p and r for (t, p), r in zip(kept, right, strict=True)]
    assert (found.gained, found.gain) == (sum(made), pytest.approx(np.mean(made)))
    assert found.not_counted == len(gold) - len(kept)
    assert found.outside == pred.count("outside")
    most = max(set(true), key=true.count)
    assert found.after.majority_share == pytest.approx(true.count(most) / len(true))
    assert found.before.scores.accuracy == pytest.approx(np.mean([t == p for t, p in zip(gold, said, strict=True)]))
    # what each door opens
    number = {
        "gain": [
            t != p and bool(new.get(t, t)) and new.get(p, p) == new.get(t, t) for t, p in zip(gold, said, strict=True)
        ],
        "dropped": [not new.get(t, t) for t in gold],
        "outside": [bool(new.get(t, t)) and new.get(p, p) == "" for t, p in zip(gold, said, strict=True)],
    }
    for door, expected in number.items():
        assert found.rows_of(door).tolist() == np.flatnonzero(expected).tolist(), door


def test_the_pairs_open_just_their_confusions_and_nonsense_opens_nothing(store):
    gold, said = answers(3)
    found = label_list(scored(store, gold, said, labels=LABELS), None, LabelListAsked())
    expected = [at for at, pair in enumerate(zip(gold, said, strict=True)) if set(pair) == {"a_one", 'd"e'}]
    assert found.rows_of("pair:0:3").tolist() == expected
    assert found.rows_of("group:0:3").tolist() == expected
    for nonsense in ("pair:0:99", "pair:-1:2", "pair:0", "group:", "pair:²:1", "inside", "x", ""):
        assert found.rows_of(nonsense).tolist() == []


def test_a_suggested_gain_is_measured_on_examples_that_did_not_suggest_it(store):
    """Answers at random: no merge is worth more than another, and the one that is picked first only seems to be."""
    gains, picked = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        gold, said = (rng.choice(LABELS, 200).tolist() for _ in range(2))
        run = scored(store, gold, said, labels=LABELS, name=f"{seed}.csv")
        best = label_list(run, None, LabelListAsked()).suggestions.pairs[0]
        gains.append(best.gain)
        picked.append(best.picked / 100)
        both = [{t, p} == {LABELS[best.first], LABELS[best.second]} for t, p in zip(gold, said, strict=True)]
        assert best.there + best.back == sum(both) == best.picked + round(100 * best.gain)
    assert np.mean(gains) == pytest.approx(2 / 36, abs=0.012)  # what any pair gains
    assert np.mean(picked) > 0.075


def test_a_pair_that_is_seldom_confused_has_no_interval_and_the_sentence_says_so(store):
    gold, said = ["a_one"] * 20 + ["h"] * 20, ["a_one"] * 17 + ["h"] * 23
    found = label_list(scored(store, gold, said, labels=LABELS), None, LabelListAsked())
    assert [math.isnan(pair.interval[0]) for pair in found.suggestions.pairs] == [True]
    assert found.sentences[0].startswith("No merge suggests itself: no two labels are confused more than 4 times")
    merged = label_list(found.scored, None, LabelListAsked(merge='[["x","a_one","h"]]'))
    assert math.isnan(merged.held_out_gain[1][0])
    assert "fewer than 5 such confusions on the other half" in " ".join(merged.sentences)
    said = ["h"] * 20 + ["h"] * 20
    found = label_list(scored(store, gold, said, labels=LABELS), None, LabelListAsked())
    assert found.sentences[0].startswith("The merge that suggests itself: “a_one” with “h”")
    assert not math.isnan(found.suggestions.pairs[0].interval[0])


def test_the_best_merges_and_the_tree_become_lists(store):
    run = score_run(store, imported(store, 24, 1000).run_id)
    of = label_list(run, None, LabelListAsked()).suggestions
    for steps in (0, 1, 5, len(of.path)):
        merge = of.merge_of_path(steps)
        assert len(merge.new_labels(run.labels)) == 24 - steps
        gain, _ = of.gain_of(merge.codes(run.labels))
        assert gain == pytest.approx(of.path[steps - 1].gain if steps else 0)
    for labels in (24, 20, 2, 0):
        merge = of.merge_of_tree(labels)
        assert len(merge.new_labels(run.labels)) == max(labels, 24 - len(of.tree), 2)


def test_added_probabilities_answer_the_merged_label_of_the_highest_sum(store):
    rng = np.random.default_rng(5)
    logprobs = np.log(rng.dirichlet(np.full(6, 0.5), size=150))
    logprobs[:10, 2] = np.nan  # not every label is known: these stay as they are
    true = rng.integers(0, 6, 150)
    run = score_run(store, stored_with_logprobs(store, LABELS, true, logprobs).run_id)
    merge = MERGES[1]
    found = label_list(run, label_probabilities(run), LabelListAsked(merge=merge.to_text())).summed
    codes = merge.codes(LABELS)
    n = right = changed = 0
    for row in range(150):
        merged = codes[np.nan_to_num(logprobs[row], nan=-np.inf).argmax()]
        sums = [
            sum(np.exp(logprobs[row][code]) for code in range(6) if codes[code] == new)
            for new in range(codes.max() + 1)
        ]
        answer = merged if row < 10 else int(np.argmax(sums))
        if codes[true[row]] >= 0:
            n, right, changed = n + 1, right + (answer == codes[true[row]]), changed + (answer != merged)
    assert (found.accuracy, found.changed) == (pytest.approx(right / n), changed)
    assert changed > 5
    assert found.known == sum(codes[label] >= 0 for label in true[10:])
    assert label_list(run, None, LabelListAsked(merge=merge.to_text())).summed is None


def test_two_runs_under_both_lists_and_the_winner_that_changes(store):
    gold = ["a_one"] * 60 + ["a_two"] * 60 + ["h"] * 80
    said_a = ["a_one"] * 60 + ["a_two"] * 60 + ["f=g"] * 50 + ["h"] * 30  # wrong about h
    said_b = ["a_two"] * 60 + ["a_one"] * 60 + ["h"] * 80  # swaps a_one and a_two
    a, b = (scored(store, gold, said, labels=LABELS) for said in (said_a, said_b))
    asked = LabelListAsked(merge=LabelMerge.of({"a": ["a_one", "a_two"]}).to_text())
    found = compared_label_list(a, None, b, None, asked)
    assert (found.before.winner, found.after.winner) == ("A", "B")
    assert (found.before.gained, found.before.lost) == (50, 120)
    assert (found.after.gained, found.after.lost) == (50, 0)
    assert found.sentences[0].startswith("The winner changes from A to B: with 5 labels")
    assert found.decided.tolist() == list(range(120))
    same = compared_label_list(a, None, b, None, LabelListAsked())
    assert same.before == same.after
    with pytest.raises(SpecError, match="label sets differ"):
        compared_label_list(a, None, scored(store, ["x", "y"], ["x", "y"]), None, asked)


@pytest.mark.parametrize("merge", MERGES, ids=IDS)
@pytest.mark.parametrize("seed", range(3))
def test_two_runs_are_paired_on_the_examples_that_count(store, seed, merge):
    gold, said_a = answers(seed)
    rng = np.random.default_rng(seed + 50)
    said_b = [t if rng.random() < 0.4 else p for t, p in zip(gold, said_a, strict=True)]
    a, b = (scored(store, gold, said, labels=LABELS, name=f"{seed}.csv") for said in (said_a, said_b))
    found = compared_label_list(a, None, b, None, LabelListAsked(merge=merge.to_text())).after
    new = {label: merge.new_of_old.get(label, label) for label in LABELS}
    rows = [(new[t], new.get(p) == new[t], new.get(q) == new[t]) for t, p, q in zip(gold, said_a, said_b, strict=True)]
    rows = [(right_a, right_b) for true, right_a, right_b in rows if true]
    assert found.n == len(rows)
    assert found.gained == sum(right_b and not right_a for right_a, right_b in rows)
    assert found.lost == sum(right_a and not right_b for right_a, right_b in rows)
    assert found.accuracy_b - found.accuracy_a == pytest.approx((found.gained - found.lost) / found.n)


@pytest.mark.parametrize(
    ("gold", "said"),
    [
        (["a_one", "h"], ["no idea", "none"]),
        (["a_one", "h"] * 40, ["a_one", "h"] * 40),
        (["a_one"], ["h"]),
        (list(LABELS), list(LABELS[::-1])),
    ],
    ids=["all unparsed", "all right", "one example", "one example a label"],
)
def test_edge_cases_are_said_exported_and_never_nan(store, gold, said):
    run = scored(store, gold, said, labels=LABELS)
    groups = hierarchy_text(next(iter(groups_by_name(LABELS).values())))
    for merge in (
        "",
        LabelMerge.of({"a": ["a_one", "a_two"]}).to_text(),
        LabelMerge.of({"": ["a_one", "h"]}).to_text(),
    ):
        found = label_list(run, None, LabelListAsked(merge=merge, hierarchy=groups))
        text = " ".join(found.sentences)
        assert found.sentences
        assert "nan" not in text
        assert "NaN" not in json.dumps(found.as_json())
        json.dumps(found.as_json(), allow_nan=False)
        for name, rows in found.tables().items():
            assert len({tuple(row) for row in rows}) <= 1, name
        both = compared_label_list(run, None, run, None, LabelListAsked(merge=merge))
        assert "nan" not in " ".join(both.sentences)
        json.dumps(both.as_json(), allow_nan=False)


THREE_LEVELS = {
    "a_one": ("a", "letters"), "a_two": ("a", "letters"), "b, c": ("b", "letters"), 'd"e': ("d", "others"),
    "f=g": ("f", "others"), "h": ("f", "others"),
}  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_a_table_of_groups_of_groups_is_scored_on_all_its_levels(store, seed):
    gold, said = answers(seed)
    said = [answer if answer in LABELS else "h" for answer in said]
    table = pd.DataFrame([(label, *groups) for label, groups in THREE_LEVELS.items()])
    table.columns = ["label", "group", "group2"]
    run = scored(store, gold, said, labels=LABELS)
    found = label_list(run, None, LabelListAsked(hierarchy=table.to_csv(index=False)))
    true, pred = (np.array([(*THREE_LEVELS[label][::-1], label) for label in each]) for each in (gold, said))
    of = found.in_hierarchy
    assert of.scores.precision == pytest.approx(hiclass.precision(true, pred))
    assert of.scores.recall == pytest.approx(hiclass.recall(true, pred))
    assert of.scores.f1 == pytest.approx(hiclass.f1(true, pred))
    shares = [np.mean(true[:, level] == pred[:, level]) for level in range(3)]
    assert [level.accuracy for level in of.levels] == pytest.approx(shares)
    assert found.as_json()["hierarchy"]["levels"] == found.tables()["hierarchy"]
    assert [row["nodes"] for row in found.tables()["hierarchy"]] == [2, 4, 6]
    assert f", of the 4 on the next level in {100 * shares[1]:.1f} % (95 % interval" in found.sentences[-1]


@pytest.mark.parametrize(
    ("merge", "said"),
    [
        (LabelMerge.of({"x": ["a_one", "nobody"]}), "there is no label 'nobody'"),
        (LabelMerge.of({"x": LABELS}), "one label would be left"),
        (LabelMerge.of({"h": ["a_one"]}), "'h' is a label that stays"),
    ],
)
def test_a_list_that_cannot_be_is_refused(store, merge, said):
    run = scored(store, *answers(0), labels=LABELS)
    with pytest.raises(SpecError, match=said):
        label_list(run, None, LabelListAsked(merge=merge.to_text()))
    with pytest.raises(DataError, match="Groups of labels"):
        label_list(run, None, LabelListAsked(hierarchy="label,group\na,b"))


def test_a_list_is_changed_step_by_step_and_back():
    merged, dropped, joined, without = (
        getattr(label_list_edits, name) for name in ("merged", "dropped", "joined", "without")
    )
    one = merged(LabelMerge(), LABELS, ["a_one", "a_two"], " a ")
    assert one == LabelMerge.of({"a": ["a_one", "a_two"]})
    two = merged(one, LABELS, ["a", "h"], "ah")  # a label of the new list
    assert two == LabelMerge.of({"ah": ["a_one", "a_two", "h"]})
    three = dropped(two, LABELS, ["f=g"])
    assert three.new_labels(LABELS) == ("ah", "b, c", 'd"e')
    assert without(three, "") == two
    assert without(three, "ah") == LabelMerge.of({"": ["f=g"]})
    more = joined(three, LabelMerge.of({"h and b": ["h", "b, c"]}), LABELS)
    assert dict(more.groups)["h and b"] == ("a_one", "a_two", "b, c", "h")
    with pytest.raises(SpecError, match="was dropped"):
        joined(three, LabelMerge.of({"x": ["f=g", "h"]}), LABELS)
    with pytest.raises(SpecError, match="has no name"):
        merged(one, LABELS, ["h"], " ")
    with pytest.raises(SpecError, match="no label is chosen"):
        dropped(one, LABELS, [])
