"""Bundles for tests: written, taken apart line by line, and put together again."""

import gzip
import hashlib
import io
import json
from collections import Counter

from evalcore.store.bundle import bundle_pieces
from evalcore.store.merging import merge_bundle

NAME = "rig.blindspot.gz"


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
