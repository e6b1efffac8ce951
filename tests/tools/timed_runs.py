"""Stored runs of given answers, with what they took: as models, baselines and servers would have left them."""

from evalcore.analysis.scored_run import score_run
from evalcore.store import RunRecord, RunSpec, run_id, sample_id
from evalcore.store.completion import Completion
from evalcore.store.spec import completion_keys
from evalcore.tasks.prompt import Prompt
from evalcore.tasks.task import Example

PROMPT = Prompt("article", "{labels}", "{text}")


def timed_run(
    store, gold, answers, name="demo", *, predictor="transformers", texts=None, labels=None, seconds=2.0,
    predicted=None, tokens=(7, 2), latency_ms=4.0, usage=None, done=None, url="", metadata=None,
):  # fmt: skip
    """Store a run of a model of this name, and return its id.

    Args:
        seconds: of its own predictions; `predicted`: how many of its answers these were, by default all.
        tokens: of the prompt and of the answer, of each text; `latency_ms`: of each.
        done: how many are predicted; by default all of them, and the run is finished.
    """
    texts = texts or [f"text {at}" for at in range(len(gold))]
    labels = tuple(labels or dict.fromkeys(gold))
    examples = [Example(text, label) for text, label in zip(texts, gold, strict=True)]
    identity = {"predictor": predictor, "model": name} | ({"url": url} if url else {})
    keys = completion_keys(identity, [({"role": "user", "content": text},) for text in texts])
    sample = sample_id(labels, examples)
    record = RunRecord(
        run_id(sample, identity, PROMPT.fingerprint), RunSpec(model=f"{url}#{name}" if url else name), "task",
        "/data/task.csv", labels, labels, PROMPT, identity, sample, len(examples), len(examples), 1_700_000_000.0,
        metadata=metadata or {"device": "CPU", "dtype": "float32"},
    )  # fmt: skip
    store.start_run(record, examples, keys)
    rows = [
        (key, Completion(answer, tuple(range(tokens[1])), tokens[0], "eos", latency_ms))
        for key, answer in list(zip(keys, answers, strict=True))[:done]
    ]
    own = len(rows) if predicted is None else predicted
    store.put_batch(record.run_id, rows[:own], seconds, usage)
    store.put_batch("another run", rows[own:], 0.0)
    if done is None:
        store.finish_run(record.run_id)
    return record.run_id


def timed(store, *args, scoring="lenient", **options):
    """The same, scored."""
    return score_run(store, timed_run(store, *args, **options), scoring)
