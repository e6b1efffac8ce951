"""What each score would answer, against plain loops over what is stored."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from evalcore.analysis.label_probabilities import label_probabilities
from evalcore.analysis.label_ranking import favoured_by_prior, ranking_as_json, ranking_line, rankings
from evalcore.analysis.scored_run import score_run
from evalcore.running.run import execute
from evalcore.store import CONTENT_FREE, Completion, LabelReference, RunSpec
from tests.tools.runs import stored

LABELS = ("b", "a", "d", "c")
REFERENCE = LabelReference((1, 4, 2, 2), {"N/A": (-0.2, -3.0, -4.0, -5.0), "": (-0.1, -2.5, -6.0, -4.0)})
"""In the order in which the prompt lists them: d, c, b, a."""
ORDER = ("d", "c", "b", "a")
N = 60


@pytest.fixture
def scored(store):
    """60 answers by a run that ranks per token; every tenth prompt did not fit, and has none."""
    rng = np.random.default_rng(7)
    logprobs = rng.normal(-6, 3, (N, 4)).astype("<f4")
    gold = [LABELS[int(rng.integers(4))] for _ in range(N)]
    best = (logprobs / np.array(REFERENCE.tokens)).argmax(axis=1)
    fits = [row % 10 != 3 for row in range(N)]
    answers = [ORDER[best[row]] if fits[row] else "" for row in range(N)]
    record = stored(store, gold, answers, labels=LABELS)
    with store.connect(write=True) as db:
        spec = replace(record.spec, model="m", decoding="choose-mean").to_json()
        db.execute("UPDATE runs SET spec = ?, label_order = ?, label_reference = ?",
                   (spec, '["d", "c", "b", "a"]', REFERENCE.to_json()))  # fmt: skip
        # Equal answers of an import share a completion; each of these has its own.
        db.execute("UPDATE run_items SET key = randomblob(32)")
        keys = [key for (key,) in db.execute("SELECT key FROM run_items ORDER BY position")]
    rows = [
        (key, Completion(answers[at], label_logprobs=logprobs[at].tobytes() if fits[at] else b""))
        for at, key in enumerate(keys)
    ]
    store.put_batch(record.run_id, rows, 0.0)
    return score_run(store, record.run_id)


def plain_answer(row, logprobs, score):
    """What a score answers, as one would write it down."""
    values = {}
    for at, label in enumerate(ORDER):
        value = float(logprobs[at])
        if score == "per-token":
            value /= REFERENCE.tokens[at]
        if score == "calibrated":
            shares = [
                np.exp(REFERENCE.content_free[text][at]) / sum(np.exp(REFERENCE.content_free[text]))
                for text in CONTENT_FREE
            ]
            value -= float(np.log(np.mean(shares)))
        values[label] = value
    return max(values, key=lambda label: values[label])


def test_each_ranking_answers_what_a_plain_loop_does(scored):
    found = rankings(label_probabilities(scored))
    assert [one.score for one in found] == ["summed", "per-token", "calibrated"]
    assert [one.is_own for one in found] == [False, True, False]
    answers = list(scored.answers)
    for one in found:
        expected = [
            plain_answer(row, answer.completion.logprobs, one.score) if answer.completion.label_logprobs else None
            for row, answer in enumerate(answers)
        ]
        assert [scored.labels[code] if code >= 0 else None for code in one.y_pred] == expected
        right = [a == answer.example.label for a, answer in zip(expected, answers, strict=True)]
        assert one.accuracy == pytest.approx(sum(right) / N)
        named = [label for label in expected if label]
        assert one.distinct == len(set(named))
        counts = sorted((named.count(label) for label in LABELS), reverse=True)
        assert one.favourites_share == pytest.approx(sum(counts[:2]) / N)
        fixed = sum(r and answer.outcome != "right" for r, answer in zip(right, answers, strict=True))
        broken = sum(not r and answer.outcome == "right" for r, answer in zip(right, answers, strict=True))
        assert (one.counts.fixed, one.counts.broken) == (fixed, broken)
        assert one.difference[0] == pytest.approx((fixed - broken) / N)
        assert one.difference[1][0] < one.difference[0] < one.difference[1][1]
        assert one.p == pytest.approx(binomtest(fixed, fixed + broken).pvalue if fixed + broken else 1)
        changed = one.changed().tolist()
        assert sorted(changed) == [row for row, answer in enumerate(answers) if expected[row] != answer.predicted]
        kinds = [0 if right[row] else 1 if answers[row].outcome == "right" else 2 for row in changed]
        assert kinds == sorted(kinds)
    own = found[1]
    assert own.y_pred.tolist() == scored.y_pred.tolist()
    assert len({tuple(one.y_pred.tolist()) for one in found}) == 3  # so that nothing is compared with itself


def test_a_part_of_the_answers_is_ranked_by_itself(scored):
    probabilities = label_probabilities(scored)
    rows = np.arange(1, N, 2)
    for whole, part in zip(rankings(probabilities), rankings(probabilities, rows), strict=True):
        assert part.n == N // 2
        assert part.y_pred.tolist() == whole.y_pred[rows].tolist()
        assert part.correct == int((whole.y_pred == whole.y_true)[rows].sum())


def test_the_favourites_by_prior_are_named_with_the_most_probable_first(scored):
    labels, probabilities = favoured_by_prior(scored.record)
    assert labels[0] == "d"
    assert set(labels) == set(LABELS)
    assert probabilities.sum() == pytest.approx(1)
    assert (np.diff(probabilities) <= 0).all()
    without = replace(scored.record, label_reference=None)
    assert favoured_by_prior(without) == ((), pytest.approx(np.array([])))
    nothing_fits = replace(scored.record, label_reference=replace(REFERENCE, content_free={}))
    assert favoured_by_prior(nothing_fits)[0] == ()


def test_a_run_without_what_a_ranking_needs_has_fewer(scored):
    probabilities = label_probabilities(scored)
    unfit = replace(scored.record, label_reference=replace(REFERENCE, content_free={}))
    known = rankings(replace(probabilities, scored=replace(scored, record=unfit)))
    assert [one.score for one in known] == ["summed", "per-token"]
    old = replace(scored.record, label_reference=None)
    assert rankings(replace(probabilities, scored=replace(scored, record=old))) == []


def test_a_ranking_in_words_and_as_json_has_the_same_figures(scored):
    for one in rankings(label_probabilities(scored)):
        line, data = ranking_line(one), ranking_as_json(one)
        assert f"{100 * data['accuracy']:.1f} %" in line
        assert ("what the run answered" in line) is data["is_own"]
        assert data["labels_answered"] == one.distinct
        assert f"{one.distinct} labels answered" in line


@pytest.mark.parametrize("decoding", ["choose", "choose-mean", "choose-calibrated"])
def test_the_runs_own_ranking_is_what_its_model_answered(store, decoding):
    """Red with scores that pages and models compute in two ways."""
    record = execute(RunSpec(n=8, decoding=decoding), store).record
    scored = score_run(store, record.run_id)
    (own,) = [one for one in rankings(label_probabilities(scored)) if one.is_own]
    assert own.y_pred.tolist() == scored.y_pred.tolist()
    assert (own.counts.fixed, own.counts.broken, own.difference[0]) == (0, 0, 0)
