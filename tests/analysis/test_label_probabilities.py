"""Probabilities of the labels, and what they say of each answer, against a plain loop."""

import math

import numpy as np
import pytest

from evalcore.analysis import label_probabilities, score_run, why_no_probabilities
from evalcore.importing.predictions import import_table
from evalcore.running.run import execute
from evalcore.store import Completion, RunSpec, load_label_logprobs
from evalcore.store import label_scores as label_scores_module
from evalcore.tasks.data_file import Table

LABELS = ("b", "a", "d", "c")


@pytest.fixture
def record(store):
    """A stored run of 40 answers with every case: all labels, a part of them, none, a zero, a tie, another length."""
    rng = np.random.default_rng(1)
    rows = [[f"text {i}", LABELS[int(rng.integers(4))], "abcd?"[int(rng.integers(5))]] for i in range(40)]
    table = Table("x.csv", ["text", "label", "completion"], rows, list(range(40)))
    record = import_table(table, "x.csv", store, labels=list(LABELS))
    with store.connect() as db:
        items = db.execute("SELECT key FROM run_items WHERE run_id = ? ORDER BY position", (record.run_id,)).fetchall()
    keys = list(dict.fromkeys(key for (key,) in items))
    stored = store.completions(keys)
    given = [
        np.log([0.1, 0.2, 0.3, 0.4]),
        np.log([0.2, 0.2, 0.2, 0.1]),
        np.array([-0.5, np.nan, np.nan, -3.0]),
        np.array([-1.0, -np.inf, -800.0, -2.0]),
        np.array([-1.0, -2.0]),
    ]
    rows = [
        (key, Completion(stored[key].text, label_logprobs=each.astype("<f4").tobytes()))
        for key, each in zip(keys, given, strict=True)
    ]
    store.put_batch(record.run_id, rows, 0.0)
    return record


def test_each_answers_figures_are_those_of_a_plain_loop(store, record):
    scored = score_run(store, record.run_id)
    found = label_probabilities(scored)
    assert found is not None
    for row, answer in enumerate(scored.answers):
        logprobs = [float(value) for value in answer.completion.logprobs]
        if len(logprobs) != len(LABELS):
            logprobs = [math.nan] * len(LABELS)
        complete = not any(map(math.isnan, logprobs))
        shares = [math.exp(value) for value in logprobs]
        if complete:
            shares = [share / sum(map(math.exp, logprobs)) for share in shares]
        by_label = dict(zip(LABELS, shares, strict=True))
        of_row = found.of_rows(np.array([row]))[0]
        np.testing.assert_allclose(of_row, shares, rtol=1e-12, atol=0)
        assert found.complete[row] == complete
        true, predicted = answer.example.label, answer.predicted
        np.testing.assert_allclose(found.confidence[row], by_label[predicted] if predicted else math.nan)
        np.testing.assert_allclose(found.true_probability[row], by_label[true])
        if not complete:
            assert (found.runner_up[row], found.true_rank[row]) == (-1, 0)
            assert np.isnan([found.entropy[row], found.margin[row], found.squared_error[row], found.mass[row]]).all()
            continue
        ranked = sorted(LABELS, key=lambda label: -logprobs[LABELS.index(label)])
        assert found.true_rank[row] == ranked.index(true) + 1
        assert found.entropy[row] == pytest.approx(-sum(p * math.log2(p) for p in shares if p > 0))
        assert found.squared_error[row] == pytest.approx(sum((by_label[x] - (x == true)) ** 2 for x in LABELS))
        assert found.mass[row] == pytest.approx(sum(map(math.exp, logprobs)))
        if predicted:
            second = next(label for label in ranked if label != predicted)
            assert LABELS[found.runner_up[row]] == second
            assert found.margin[row] == pytest.approx(by_label[predicted] - by_label[second])
        else:
            assert found.runner_up[row] == -1
    assert {True, False} == set(found.complete.tolist())


def test_a_large_array_is_a_mapped_file_with_the_same_values(store, record, monkeypatch):
    scored = score_run(store, record.run_id)
    in_memory = load_label_logprobs(store, record, scored.columns)
    monkeypatch.setattr(label_scores_module, "IN_MEMORY_BYTES", 0)
    files = set(store.folder.iterdir())
    mapped = load_label_logprobs(store, record, scored.columns)
    assert isinstance(mapped, np.memmap)
    np.testing.assert_array_equal(mapped, in_memory)
    assert set(store.folder.iterdir()) == files


@pytest.mark.parametrize("decoding", ["choose", "choose-mean", "choose-calibrated"])
def test_the_answer_of_a_choosing_decoding_is_its_most_probable_label(store, decoding):
    outcome = execute(RunSpec(n=24, decoding=decoding, prompt="shuffled-labels"), store)
    scored = score_run(store, outcome.record.run_id)
    found = label_probabilities(scored)
    assert found is not None
    assert found.complete.all()
    shares = found.of_rows(np.arange(24))
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_array_equal(shares.argmax(axis=1), scored.y_pred)
    reference = outcome.record.label_reference
    assert reference is not None
    assert len(reference.content_free) == 2


def test_a_run_without_probabilities_says_why(store):
    scored = score_run(store, execute(RunSpec(n=2), store).record.run_id)
    assert label_probabilities(scored) is None
    assert "choose" in why_no_probabilities(scored)


def test_a_run_that_chose_is_not_told_to_choose(store):
    """Red with the reason of a free answer for every model on this machine."""
    record = execute(RunSpec(n=2, decoding="choose"), store).record
    keys = store.first_items(record.run_id, 2)[1]
    store.put_batch(record.run_id, [(key, Completion("", stop="too_long")) for key in keys], 0.0)
    assert "no text fitted the model's context" in why_no_probabilities(score_run(store, record.run_id))
