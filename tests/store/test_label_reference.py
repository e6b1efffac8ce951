"""What is known of a run's labels as answers: its figures, and that no run is without it that needs it."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import logsumexp, softmax

from evalcore.analysis.label_probabilities import label_probabilities, why_no_probabilities
from evalcore.analysis.scored_run import score_run
from evalcore.errors import StoreError
from evalcore.paths import DEMO_MODELS
from evalcore.running.current_run import current_run_for
from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.label_reference import CONTENT_FREE, LabelReference
from evalcore.store.label_scores import load_label_logprobs
from evalcore.store.spec import CHOOSING, RunSpec
from tests.tools.old_caches import as_in_format, old_cache

REFERENCE = LabelReference((2, 3, 2), {"N/A": (-1.0, -2.0, -5.0), "": (-900.0, -901.0, -903.0)})
LOGPROBS = np.array([[-1.5, -1.8, -9.0], [-2000.0, -2001.0, -1999.0]], dtype=np.float32)


class Refusing(Exception):
    pass


def refuse(handle, on_phase):
    raise Refusing


def spec(decoding, n=6, **changes):
    return RunSpec(n=n, decoding=decoding, **changes)


@pytest.fixture(scope="module")
def predicted(tmp_path_factory):
    """A cache with 8 examples of each choosing decoding."""
    folder = tmp_path_factory.mktemp("choosing") / "cache"
    for decoding in CHOOSING:
        execute(spec(decoding, n=8), Store(folder))
    return folder


@pytest.fixture
def cache(predicted, tmp_path):
    return shutil.copytree(predicted, tmp_path / "cache")


def test_the_prior_is_the_mean_probability_after_the_texts_without_content():
    each = softmax([REFERENCE.content_free[text] for text in CONTENT_FREE], axis=1)
    np.testing.assert_allclose(np.exp(REFERENCE.log_prior()), each.mean(axis=0), atol=1e-12)
    assert LabelReference((1, 2), {}).log_prior().tolist() == [0, 0]


def test_the_three_scores_are_what_their_definitions_say():
    """Calibrated as Zhao et al. have it: the shares of the labels are divided by the prior, and sum to 1 again."""
    np.testing.assert_array_equal(REFERENCE.scores(LOGPROBS, "summed"), LOGPROBS)
    np.testing.assert_allclose(REFERENCE.scores(LOGPROBS, "per-token"), LOGPROBS / np.array([2, 3, 2]))
    shares = softmax(LOGPROBS.astype(float), axis=1) / np.exp(REFERENCE.log_prior())
    shares /= shares.sum(axis=1, keepdims=True)
    scores = REFERENCE.scores(LOGPROBS, "calibrated")
    np.testing.assert_allclose(np.exp(scores - logsumexp(scores, axis=1, keepdims=True)), shares, atol=1e-12)


def test_it_comes_back_from_its_json_and_a_damaged_one_does_not():
    assert LabelReference.from_json(REFERENCE.to_json()) == REFERENCE
    for damaged in ('{"tokens": [1]}', '{"tokens": [1, 2], "content_free": {"": [1.0]}}', "{", "[]"):
        with pytest.raises((ValueError, TypeError, KeyError)):
            LabelReference.from_json(damaged)


@pytest.mark.parametrize("decoding", CHOOSING)
def test_a_smaller_sample_that_needs_no_model_knows_what_the_larger_one_knows(cache, decoding):
    """Red with a reference that only loading the model gives."""
    store = Store(cache)
    whole = store.runs_for(spec(decoding, n=8))[0]
    part = execute(spec(decoding, n=3), store, loader=refuse).record
    assert part.run_id != whole.run_id
    assert part.label_reference == whole.label_reference is not None
    assert set(whole.label_reference.content_free) == set(CONTENT_FREE)
    assert store.run(whole.run_id) == whole


def test_a_prompt_of_another_listing_is_not_given_another_prompts_reference(cache):
    store = Store(cache)
    by_name = store.runs_for(spec("choose", n=8))[0]
    by_number = execute(spec("choose", n=3, prompt="numbered"), store).record
    assert by_number.label_reference.tokens != by_name.label_reference.tokens
    assert by_number.label_reference.content_free != by_name.label_reference.content_free
    assert label_probabilities(score_run(store, by_number.run_id)).known.all()


def test_in_a_folder_that_cannot_be_written_the_first_part_of_a_run_has_probabilities(cache, monkeypatch):
    monkeypatch.setattr("evalcore.store.database.os.access", lambda path, mode: False)
    store = Store(cache)
    for decoding in CHOOSING:
        part = current_run_for(spec(decoding, n=3), store).record
        scored = score_run(store, part.run_id)
        assert (part.n, why_no_probabilities(scored)) == (3, "")
        whole = label_probabilities(score_run(store, store.runs_for(spec(decoding, n=8))[0].run_id))
        np.testing.assert_array_equal(label_probabilities(scored).confidence, whole.confidence[:3])
        assert execute(spec(decoding, n=3), store, loader=refuse).record.label_reference == part.label_reference


def test_other_training_examples_in_a_prompt_are_another_reference(tmp_path):
    """Red with a reference that stays when the completions of a run are other ones."""
    from evalcore.tasks import Example, TaskSource
    from tests.conftest import write_csv

    task = tmp_path / "task"
    write_csv(task / "test.csv", [Example("my bill is wrong", "billing"), Example("it is slow", "speed")])
    asked = spec("choose-calibrated", n=2, prompt="few-shot:2", task=TaskSource(str(task)))
    store, found = Store(tmp_path / "cache"), []
    trains = ([("the invoice", "billing"), ("so slow", "speed")], [("a refund", "billing"), ("it lags", "speed")])
    for train in (*trains, trains[0]):
        write_csv(task / "train.csv", [Example(*row) for row in train])
        found.append(execute(asked, store).record)
    first, second, again = found
    assert first.run_id == second.run_id == again.run_id
    assert first.label_reference.content_free != second.label_reference.content_free
    # The completions of the first were still stored; what they are ranked by was learnt again.
    assert again.label_reference == first.label_reference
    assert again.finished > second.finished


@pytest.mark.parametrize("number", [2, 3])
def test_a_choosing_run_of_an_older_format_shows_its_probabilities(tmp_path, number):
    store = Store(old_cache(tmp_path / "cache", number))
    (record,) = [record for record in store.runs() if record.spec.decoding == "choose"]
    scored = score_run(store, record.run_id)
    assert (record.label_reference, why_no_probabilities(scored)) == (None, "")
    probabilities = label_probabilities(scored)
    assert probabilities.known.all()
    assert (probabilities.true_rank == 1).sum() == scored.scores.correct == 7


def test_a_run_per_token_of_an_older_format_says_why_not_and_has_them_after_one_more_run(cache):
    """Its completions are stored under the same keys, and none is predicted again."""
    shown = {d: label_probabilities(score_run(Store(cache), run_of(Store(cache), d))).confidence for d in CHOOSING}
    as_in_format(3, cache)
    store = Store(cache)
    scored = score_run(store, run_of(store, "choose-mean"))
    assert "stored by an older version" in why_no_probabilities(scored)
    assert label_probabilities(scored) is None
    assert execute(spec("choose", n=8), store, loader=refuse).predicted_now == 0
    outcome = execute(spec("choose-mean", n=8), store)
    assert (outcome.predicted_now, outcome.from_cache, outcome.complete) == (0, 8, True)
    assert outcome.record.finished > scored.record.finished  # pages keep what they have scored until this changes
    again = label_probabilities(score_run(store, outcome.record.run_id))
    np.testing.assert_array_equal(again.confidence, shown["choose-mean"])
    assert execute(spec("choose-mean", n=8), store, loader=refuse).complete


def run_of(store, decoding):
    return store.runs_for(spec(decoding, n=8))[0].run_id


def test_a_run_that_was_stopped_goes_on_to_the_same_reference(cache, tmp_path):
    asked = spec("choose-calibrated", n=9, batch_size=3)
    store = Store(tmp_path / "stopped")
    stopped = execute(asked, store, on_progress=lambda progress: progress.done < 3)
    assert (stopped.complete, stopped.record.label_reference is None) == (False, False)
    resumed = execute(asked, store)
    assert resumed.predicted_now == 6
    assert resumed.record.label_reference == stopped.record.label_reference
    whole = execute(asked, Store(tmp_path / "whole")).record
    assert whole.label_reference == resumed.record.label_reference
    answers = [
        [answer.completion.label_logprobs for answer in score_run(of, whole.run_id).answers]
        for of in (store, Store(tmp_path / "whole"))
    ]
    assert answers[0] == answers[1]


def test_what_a_calibrated_answer_is_held_against_is_a_part_of_its_key(cache, monkeypatch):
    from evalcore.predictors import local

    store = Store(cache)
    monkeypatch.setattr(local, "CONTENT_FREE", ("?",))
    with pytest.raises(Refusing):
        execute(spec("choose-calibrated", n=3), store, loader=refuse)
    assert execute(spec("choose", n=3), store, loader=refuse).complete


def test_a_context_that_is_too_short_for_a_text_without_content_leaves_it_out(tmp_path):
    """Red with an error, or with a probability of 0 for what could not be asked."""
    import json

    model = shutil.copytree(DEMO_MODELS / "demo", tmp_path / "model")
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 64}))
    store = Store(tmp_path / "cache")
    record = execute(spec("choose-calibrated", n=2, model=str(model)), store).record
    assert record.label_reference.content_free == {}
    scored = score_run(store, record.run_id)
    assert scored.scores.unparsed == 2
    assert label_probabilities(scored) is None
    assert why_no_probabilities(scored)


def test_a_large_array_is_a_file_that_is_gone_with_it(cache, monkeypatch):
    store = Store(cache)
    record = store.run(run_of(store, "choose"))
    columns = score_run(store, record.run_id).columns
    small = load_label_logprobs(store, record, columns)
    monkeypatch.setattr("evalcore.store.label_scores.IN_MEMORY_BYTES", 100)
    before = sorted(cache.iterdir())
    for readable_only in (False, True):
        store.read_only = readable_only
        mapped = load_label_logprobs(store, record, columns)
        assert isinstance(mapped, np.memmap)
        np.testing.assert_array_equal(mapped, small)
        assert sorted(cache.iterdir()) == before  # it has no name
    with Path("/dev/full").open("r+b") as full:
        monkeypatch.setattr("tempfile.TemporaryFile", lambda dir: full)
        with pytest.raises(StoreError, match=r"no room .*No space left on device.*Free \d+\.\d KB"):
            load_label_logprobs(store, record, columns)
    monkeypatch.undo()
    assert not isinstance(small, np.memmap)


def test_an_example_without_probabilities_is_unknown_and_not_zero(cache):
    """A completion of another list of labels, and one without any."""
    store = Store(cache)
    record = store.run(run_of(store, "choose"))
    columns = score_run(store, record.run_id).columns
    keys = [bytes(key) for key in columns.keys_of(np.arange(3))]
    stored = store.completions(keys)
    rows = [
        (keys[0], replace(stored[keys[0]], label_logprobs=b"")),
        (keys[1], replace(stored[keys[1]], label_logprobs=np.zeros(3, "<f4").tobytes())),
    ]
    store.put_batch(record.run_id, rows, 0.0)
    logprobs = load_label_logprobs(store, record, score_run(store, record.run_id).columns)
    assert np.isnan(logprobs[:2]).all()
    assert not np.isnan(logprobs[2:]).any()
