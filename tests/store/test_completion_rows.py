import sqlite3
import tracemalloc

import pytest

from evalcore.errors import StoreError
from evalcore.store.completion import Completion
from tests.tools.runs import put

ROWS = [(bytes([i]) * 32, Completion(f"text {i}", (i, 2), 5, "eos", 0.5)) for i in range(20)]
KEYS = [key for key, _ in ROWS]


def test_completions_come_back_as_they_were(store):
    odd = [(b"a" * 32, Completion("a\0b\r\n\u202e😀", (), 0, "length", 1e-9)), (b"b" * 32, Completion(""))]
    put(store, odd)
    assert store.completions([b"a" * 32, b"b" * 32, b"c" * 32]) == dict(odd)


def test_more_keys_than_one_statement_takes_are_found(store):
    many = [(i.to_bytes(32, "big"), Completion(str(i))) for i in range(2345)]
    put(store, many)
    keys = [key for key, _ in many]
    assert store.completions(keys) == dict(many)
    assert store.stored_keys(keys) == set(keys)


def test_a_batch_that_fails_leaves_nothing(store):
    broken = [*ROWS, (b"z" * 32, Completion(None))]
    with pytest.raises(StoreError):
        put(store, broken)
    assert store.completions(KEYS) == {}


@pytest.mark.parametrize("column", ["text", "token_ids", "prompt_tokens", "stop", "latency_ms", "label_logprobs"])
def test_a_changed_value_is_noticed_and_counts_as_missing(store, column):
    put(store, ROWS)
    changed = {"prompt_tokens": 6, "latency_ms": 0.25, "token_ids": "[9,2]", "label_logprobs": b"abcd"}
    with sqlite3.connect(store.path) as db:
        db.execute(f"UPDATE completions SET {column} = ? WHERE key = ?", (changed.get(column, "length"), KEYS[3]))
    intact = set(KEYS) - {KEYS[3]}
    assert set(store.completions(KEYS)) == intact
    assert store.stored_keys(KEYS) == intact


def test_keys_that_are_not_stored_are_not_among_the_stored_ones(store):
    put(store, ROWS[:5])
    assert store.stored_keys(KEYS) == set(KEYS[:5])
    assert store.stored_keys([]) == set()


def test_which_keys_are_stored_is_told_without_holding_their_texts(store):
    put(store, [(i.to_bytes(32, "big"), Completion("x" * 20_000)) for i in range(400)])
    keys = [i.to_bytes(32, "big") for i in range(400)]
    tracemalloc.start()
    try:
        assert len(store.stored_keys(keys)) == 400
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000  # the texts are 8 MB


def test_a_damaged_completion_is_mended_by_the_same_one(store):
    put(store, ROWS)
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE completions SET text = 'else' WHERE key = ?", (KEYS[3],))
    put(store, [ROWS[3]])
    assert store.completions(KEYS) == dict(ROWS)
