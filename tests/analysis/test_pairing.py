"""Which answers of two runs are to the same example."""

import random

import numpy as np
import pytest

from evalcore.analysis.pairing import shared_examples
from evalcore.analysis.scored_run import score_run
from evalcore.errors import SpecError
from evalcore.running.run import execute
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import TaskSource
from tests.conftest import Toy
from tests.tools.runs import scored

GOLD = ["a", "b", "a", "b", "c", "a"]
LABELS = ["a", "b", "c"]


def test_runs_on_one_sample_are_paired_by_position(store):
    one = scored(store, GOLD, ["a"] * 6, labels=LABELS)
    other = scored(store, GOLD, ["b"] * 6, labels=LABELS)
    at_a, at_b = shared_examples(one, other)
    assert at_a.tolist() == at_b.tolist() == list(range(6))


def test_other_samples_are_paired_by_text_and_label_and_the_nth_copy_with_the_nth(store):
    texts = ["x", "y", "x", "z", "x", "w"]
    gold = ["a", "b", "a", "b", "b", "a"]  # "x" is an `a` twice and a `b` once
    one = scored(store, gold, ["a"] * 6, labels=LABELS, texts=texts)
    turned = list(reversed(range(6)))
    other = scored(store, [gold[i] for i in turned], ["b"] * 6, labels=LABELS, texts=[texts[i] for i in turned])
    at_a, at_b = shared_examples(one, other)
    # The first `x`/`a` of A meets the first of B, which is the last of A's in the order of the file.
    assert at_a.tolist() == list(range(6))
    assert [turned[b] for b in at_b] == [2, 1, 0, 3, 4, 5]


def test_pairing_by_content_is_what_a_plain_loop_finds(store):
    draw = random.Random(0)
    for _ in range(20):
        sides = []
        for _ in range(2):
            n = draw.randint(1, 12)
            sides.append(([draw.choice("xyz") for _ in range(n)], [draw.choice(LABELS) for _ in range(n)]))
        (texts_a, gold_a), (texts_b, gold_b) = sides
        a, b = (scored(store, gold, ["a"] * len(gold), labels=LABELS, texts=texts) for texts, gold in sides)
        if a.record.sample_id == b.record.sample_id:
            continue
        left = list(enumerate(zip(texts_b, gold_b, strict=True)))
        expected = []
        for at, content in enumerate(zip(texts_a, gold_a, strict=True)):
            match = next((pair for pair in left if pair[1] == content), None)
            if match is not None:
                left.remove(match)
                expected.append((at, match[0]))
        if not expected:
            with pytest.raises(SpecError, match="they share no example"):
                shared_examples(a, b)
            continue
        assert np.stack(shared_examples(a, b), axis=1).tolist() == [list(pair) for pair in expected]


def test_of_two_runs_that_were_stopped_only_what_both_have_is_paired(store, colours):
    def stopped_after(batches, prompt):
        told = []

        def on_progress(progress):
            told.append(progress)
            return not progress.predicting or sum(one.predicting for one in told) < batches

        spec = RunSpec(TaskSource(str(colours)), prompt=prompt, n=40)
        run = execute(spec, store, on_progress=on_progress, loader=lambda handle, on_phase: Toy(handle.identity, {}, 4))
        return score_run(store, run.record.run_id)

    a, b = stopped_after(3, "article"), stopped_after(5, "bare")
    at_a, at_b = shared_examples(a, b)
    assert (len(a.y_true), len(b.y_true)) == (12, 20)
    assert a.positions[at_a].tolist() == b.positions[at_b].tolist() == sorted({*a.positions} & {*b.positions})
    assert len(at_a) == 12


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"labels": ["a", "b", "c", "d"]}, "1 of B's 4 labels, such as 'd', is not in A"),
        ({"labels": LABELS, "texts": [f"else {i}" for i in range(6)]}, "they share no example"),
        ({"labels": LABELS, "scoring": "strict"}, "A is scored lenient, B strict"),
    ],
    ids=["other labels", "other examples", "other scoring"],
)
def test_what_cannot_be_compared_is_refused(store, other, says):
    one = scored(store, GOLD, ["a"] * 6, labels=LABELS)
    with pytest.raises(SpecError, match=says):
        shared_examples(one, scored(store, GOLD, ["b"] * 6, **other))
