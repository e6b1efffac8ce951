"""Bundles for tests: made of runs, written, taken apart line by line, and put together again."""

import gzip
import hashlib
import io
import json
from collections import Counter

from evalcore.store.bundle import bundle_pieces
from evalcore.store.completion import Completion
from evalcore.store.merging import merge_bundle
from evalcore.store.run_record import RunRecord
from evalcore.store.spec import RunSpec, completion_keys, run_id, sample_id
from evalcore.tasks.prompt import Prompt
from evalcore.tasks.task import Example

NAME = "rig.blindspot.gz"
ODD = ("naïve café", "日本語\u2028line", "a\r\nb\tc", "\U0001f600 \u202e", " ", '"],[{"kind":"end"}')
LABELS = ("a", "b")


def put_run(store, identity, *, spec=None, done=None, prompt=None, reference=None, texts=ODD, scores=b"", usage=None):
    """A run of given answers, as a model of this identity would have left it, with the first `done` predicted."""
    examples = [Example(text, LABELS[at % 2]) for at, text in enumerate(texts)]
    prompt = prompt or Prompt("article", "{labels}", "{text}")
    keys = completion_keys(identity, [({"role": "user", "content": example.text},) for example in examples])
    sample = sample_id(LABELS, examples)
    record = RunRecord(
        run_id(sample, identity, prompt.fingerprint), spec or RunSpec(), "odd", "/data/odd.csv", LABELS, LABELS[::-1],
        prompt, identity, sample, len(examples), 99, 1_700_000_000.25, metadata={"torch": "2"},
        label_reference=reference,
    )  # fmt: skip
    store.start_run(record, examples, keys)
    rows = [
        (key, Completion(f"{text} → a", (1, 2**31 - 1), 7, "eos", 1.25, scores))
        for key, text in list(zip(keys, texts, strict=True))[:done]
    ]
    store.put_batch(record.run_id, rows, 2.5, usage)
    if done is None:
        store.finish_run(record.run_id)
    return record.run_id


def bundle(store, *run_ids):
    """The bytes of a bundle of these runs, or of all."""
    return b"".join(bundle_pieces(store, run_ids or [record.run_id for record in store.runs()]))


def merged(store, content, name=NAME):
    """Merge a bundle that is in memory."""
    return merge_bundle(store, io.BytesIO(content), name)


def lines_of(content):
    """The lines of a bundle, as objects."""
    return [json.loads(line) for line in gzip.decompress(content).splitlines()]


def made_of(rows, **end):
    """A bundle whose last line agrees with the others, as its writer would make it; `end` changes fields of that."""
    *body, last = rows
    written = "".join(json.dumps(row) + "\n" for row in body).encode()
    counts = Counter(str(row["kind"]) for row in body if isinstance(row, dict) and "kind" in row)
    last = {**last, "counts": counts, "sha256": hashlib.sha256(written).hexdigest(), **end}
    return gzip.compress(written + json.dumps(last).encode() + b"\n")


def contents(store):
    """The rows of every table that a bundle carries."""
    tables = ("runs", "run_items", "sample_items", "completions", "run_marks", "resolutions", "prompts")
    with store.connect() as db:
        return {table: set(db.execute(f"SELECT * FROM {table}")) for table in tables}
