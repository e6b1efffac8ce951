"""Strict free text, lenient free text, choosing: the steps and climbs against plain counts."""

from dataclasses import replace

import numpy as np
import pytest

from evalcore.analysis.ladder import (
    ALWAYS,
    build_ladder,
    chooses,
    lacking_spec,
    ladder_as_json,
    ladder_words,
    partner_of,
)
from evalcore.analysis.scored_run import score_run
from evalcore.metrics import tango_interval, wilson_interval
from evalcore.store import RunSpec
from evalcore.tasks.prompt import BUILT_IN
from tests.tools.runs import stored

LABELS = ("a", "b", "c")
TEXTS = [f"text {i}" for i in range(40)]
GOLD = [LABELS[i % 3] for i in range(40)]


def runs(store, free, chosen, gold=GOLD):
    """Free answers under both scorings, and chosen ones to the same texts."""
    n = len(gold)
    of_free = stored(store, gold, free, texts=TEXTS[:n], labels=LABELS, name="free.csv").run_id
    of_chosen = stored(store, gold, chosen, texts=TEXTS[:n], labels=LABELS, name="chosen.csv").run_id
    return (score_run(store, of_free, "strict"), score_run(store, of_free)), score_run(store, of_chosen)


def free_answers():
    """Right and bare, right in a sentence, wrong in a sentence, nothing: in turn."""
    others = {"a": "b", "b": "c", "c": "a"}
    ways = (lambda g: g, lambda g: f"The answer is {g}.", lambda g: f"I think {others[g]}", lambda g: "no idea")
    return [ways[i % 4](gold) for i, gold in enumerate(GOLD)]


def chosen_answers():
    return [gold if i % 5 else "a" for i, gold in enumerate(GOLD)]


def test_every_step_and_climb_counts_what_a_plain_loop_counts(store):
    free, choosing = runs(store, free_answers(), chosen_answers())
    ladder = build_ladder(free, choosing)
    right = {
        "strict": [free_answers()[i] == gold for i, gold in enumerate(GOLD)],
        "lenient": [i % 4 in (0, 1) for i in range(40)],
        "choose": [chosen_answers()[i] == gold for i, gold in enumerate(GOLD)],
    }
    assert [step.name for step in ladder.steps] == [*right]
    for step in ladder.steps:
        assert step.right.tolist() == right[step.name]
        assert step.accuracy == sum(right[step.name]) / 40
        assert step.interval == wilson_interval(sum(right[step.name]), 40)
    assert [step.unparsed for step in ladder.steps] == [30, 10, 0]
    pairs = {"read leniently": ("strict", "lenient"), "choose": ("lenient", "choose")}
    for name, (before, after) in pairs.items():
        climb = ladder.climbs[name]
        gained = [i for i in range(40) if right[after][i] and not right[before][i]]
        lost = [i for i in range(40) if right[before][i] and not right[after][i]]
        assert (climb.counts.fixed, climb.counts.broken) == (len(gained), len(lost))
        assert climb.interval == pytest.approx([float(bound) for bound in tango_interval(len(gained), len(lost), 40)])
        for group, expected in (("fixed", gained), ("broken", lost)):
            step, rows = ladder.rows_of(f"{name}:{group}")
            assert (step.name, rows.tolist()) == (after, expected)
            texts = [answer.example.text for answer in step.scored.answers.at(rows)]
            assert texts == [TEXTS[i] for i in expected]
    assert ladder.whole.counts.difference == pytest.approx((sum(right["choose"]) - sum(right["strict"])) / 40)
    each = np.array(list(right.values()))
    assert ladder.rows_of(ALWAYS[0])[1].tolist() == np.flatnonzero(each.all(axis=0)).tolist()
    assert ladder.rows_of(ALWAYS[1])[1].tolist() == np.flatnonzero(~each.any(axis=0)).tolist()
    for nothing in ("", "choose", "choose:both_right", "up:fixed", "choose:fixed:a"):
        assert not len(ladder.rows_of(nothing)[1])


def test_examples_that_one_run_has_not_answered_are_no_part_of_it(store):
    """Both runs are of one sample; the choosing one has been stopped."""
    free, choosing = runs(store, free_answers(), chosen_answers())
    some = np.array([3, 8, 30])
    columns = replace(choosing.columns, positions=choosing.columns.positions[some])
    stopped = replace(choosing, columns=columns, y_true=choosing.y_true[some], y_pred=choosing.y_pred[some])
    ladder = build_ladder(free, stopped)
    assert ladder.n == 3
    assert ladder.steps[0].scored.positions[ladder.steps[0].at].tolist() == some.tolist()
    assert ladder.steps[2].right.tolist() == [chosen_answers()[i] == GOLD[i] for i in some]


def test_labels_in_another_order_are_the_same_labels(store):
    free, choosing = runs(store, free_answers(), chosen_answers())
    turned = replace(
        choosing,
        record=replace(choosing.record, labels=LABELS[::-1]),
        y_true=2 - choosing.y_true,
        y_pred=np.where(choosing.y_pred < 0, -1, 2 - choosing.y_pred),
    )
    plain, other = build_ladder(free, choosing), build_ladder(free, turned)
    assert other.climbs["choose"].counts == plain.climbs["choose"].counts


def test_without_a_partner_there_are_the_steps_of_the_one_run(store):
    free, choosing = runs(store, free_answers(), chosen_answers())
    assert [step.name for step in build_ladder(free, None).steps] == ["strict", "lenient"]
    alone = build_ladder(None, choosing)
    assert [step.name for step in alone.steps] == ["choose"]
    assert (alone.climbs, alone.whole) == ({}, None)
    assert len(ladder_words(alone)) == 1
    assert "is not known yet" in ladder_words(build_ladder(free, None))[0]
    with pytest.raises(ValueError, match="no run"):
        build_ladder(None, None)


@pytest.mark.parametrize(
    ("free", "chosen", "says"),
    [
        ([f"It is {gold}." for gold in GOLD], GOLD, "choosing gains"),
        (GOLD, GOLD, "No loss to the format can be seen"),
        (GOLD, ["a"] * 40, "better than what it ranks first"),
    ],
)
def test_the_words_say_where_the_answers_are_lost(store, free, chosen, says):
    ladder = build_ladder(*runs(store, free, chosen))
    classification, form = ladder_words(ladder)
    assert classification.startswith("Classification skill: choosing among the 3 labels is right on")
    assert says in form
    assert form.startswith("Format skill:")


def test_as_json_it_holds_the_same(store):
    ladder = build_ladder(*runs(store, free_answers(), chosen_answers()))
    data = ladder_as_json(ladder)
    assert [step["accuracy"] for step in data["steps"]] == [step.accuracy for step in ladder.steps]
    assert [climb["climb"] for climb in data["climbs"]] == ["read leniently", "choose", "whole"]
    for climb in data["climbs"]:
        assert climb["difference"] == pytest.approx((climb["gained"] - climb["lost"]) / 40)
    assert data["always_right"] + data["never_right"] <= 40


IDENTITY = {"predictor": "transformers", "model": "x", "dtype": "float32", "decoding": "plain"}


def asked(record, run_id, decoding, **changes):
    """A run by a local model, as it would be stored."""
    spec = RunSpec(model="m", decoding=decoding)
    given = {"run_id": run_id, "spec": spec, "prompt": BUILT_IN["article"], "identity": {**IDENTITY}}
    return replace(record, **{**given, **changes})


def test_the_partner_is_of_the_same_model_prompt_and_examples(store):
    (_, free), _ = runs(store, GOLD, GOLD)
    record = asked(free.record, "free", "plain")
    others = [
        asked(free.record, "weights", "choose", identity={**IDENTITY, "model": "y"}),
        asked(free.record, "prompt", "choose", prompt=BUILT_IN["bare"]),
        asked(free.record, "order", "choose", label_order=LABELS[::-1]),
        asked(free.record, "sample", "choose", sample_id="another"),
        asked(free.record, "free too", "as-shipped"),
        free.record,
    ]
    assert partner_of(record, others) is None
    calibrated, summed = asked(free.record, "calibrated", "choose-calibrated"), asked(free.record, "summed", "choose")
    assert partner_of(record, [*others, calibrated]) == calibrated
    assert partner_of(record, [*others, calibrated, summed]) == summed
    assert partner_of(summed, [calibrated, *others[-2:], record]) == record
    assert partner_of(free.record, [record, summed]) is None  # an import has no prompt
    assert [chooses(one) for one in (record, summed, calibrated, free.record)] == [False, True, True, False]


def test_what_is_lacking_is_the_same_by_another_decoding(store):
    (_, free), _ = runs(store, GOLD, GOLD)
    record = asked(free.record, "free", "as-shipped")
    assert lacking_spec(record) == replace(record.spec, decoding="choose")
    calibrated = asked(free.record, "calibrated", "choose-calibrated")
    assert lacking_spec(calibrated) == replace(calibrated.spec, decoding="plain")
    served = asked(free.record, "served", "plain", spec=RunSpec(model="http://127.0.0.1:1/v1"),
                   identity={"predictor": "server"})  # fmt: skip
    assert lacking_spec(served) is None
    assert lacking_spec(free.record) is None
