"""A run as arrays, held against a plain loop over its examples."""

import sqlite3
import tracemalloc

import numpy as np
import pytest

from evalcore.errors import StoreError
from evalcore.parse import MATCHES
from evalcore.store import columns as columns_module
from evalcore.store.columns import STOPS, examples_at, load_columns, parser_of, stream_completions, stream_texts
from evalcore.store.completion import Completion
from tests.tools.generated import imported
from tests.tools.runs import stored

TEXTS = ["one", "two", "one", " ", "", "a\0b\r\n\u202e😀", "two", "three"]
GOLD = ["red", "blue", "red", "red", "dark_blue", "blue", "red", "blue"]
ANSWERS = ["red", "Label: blue", "red", "red or blue", "", "dark_blue", "Dark Blue", "no idea"]


@pytest.fixture
def record(store):
    return stored(store, GOLD, ANSWERS, texts=TEXTS)


@pytest.fixture(params=[1, 3, 20_000])
def block(request, monkeypatch):
    """Rows at a time: each border of a block is to be crossed."""
    monkeypatch.setattr(columns_module, "_BLOCK", request.param)


def plain(store, record):
    """What the columns must hold, example by example: a row for each that has a completion."""
    parser = parser_of(record)
    examples, keys = store.first_items(record.run_id, record.n)
    rows = []
    for position, (example, key) in enumerate(zip(examples, keys, strict=True)):
        completion = store.completions([key]).get(key)
        if completion is not None:
            parsed = parser.parse(completion.text)
            named = -1 if parsed.label is None else record.labels.index(parsed.label)
            y_true = record.labels.index(example.label)
            rows.append((position, y_true, named, parsed.match, completion.stop, len(example.text), key))
    return rows


def as_rows(columns):
    return [
        (int(position), int(y_true), int(named), MATCHES[match], STOPS[stop], int(chars), key)
        for position, y_true, named, match, stop, chars, key in zip(
            columns.positions, columns.y_true, columns.named, columns.match, columns.stop, columns.chars,
            columns.keys_of(np.arange(len(columns.positions))), strict=True,
        )
    ]  # fmt: skip


def change(store, sql, *parameters):
    with sqlite3.connect(store.path) as db:
        assert db.execute(sql, parameters).rowcount > 0


def test_the_columns_are_those_of_a_plain_loop(store, record, block):
    rows = as_rows(load_columns(store, record))
    assert rows == plain(store, record)
    assert len(rows) == len(TEXTS)
    assert {row[3] for row in rows} == {"exact", "normalized", "extracted", "ambiguous", "none"}


def test_examples_without_a_completion_are_left_out(store, record, block):
    _, keys = store.first_items(record.run_id, record.n)
    change(store, "DELETE FROM completions WHERE key = ?", keys[0])  # two rows share it
    rows = as_rows(load_columns(store, record))
    assert rows == plain(store, record)
    assert [row[0] for row in rows] == [1, 3, 4, 5, 6, 7]


def test_a_run_without_any_completion_has_empty_columns(store, record):
    change(store, "DELETE FROM completions")
    columns = load_columns(store, record)
    assert as_rows(columns) == plain(store, record) == []
    assert len(columns.keys) == len(set(ANSWERS))


def test_equal_texts_have_one_hash_and_blank_ones_none(store, record):
    hashes = load_columns(store, record).text_hash.tolist()
    assert [hashes[at] for at in (3, 4)] == [0, 0]
    assert (hashes[0] == hashes[2], hashes[1] == hashes[6]) == (True, True)
    assert len({hashes[at] for at in (0, 1, 5, 7)} - {0}) == 4


def test_texts_completions_and_examples_are_those_that_are_stored(store, record, block):
    assert list(stream_texts(store, record)) == list(enumerate(TEXTS))
    columns = load_columns(store, record)
    found = dict(stream_completions(store, columns.keys))
    assert [found[code].text for code in columns.key.tolist()] == ANSWERS
    examples = examples_at(store, record, [7, 0, 99])
    assert {at: (example.text, example.label) for at, example in examples.items()} == {
        7: ("three", "blue"),
        0: ("one", "red"),
    }


def test_more_positions_than_one_statement_takes_are_found(store):
    record = stored(store, ["a"] * 1234, ["a"] * 1234)
    assert {at: example.text for at, example in examples_at(store, record, range(1234)).items()} == {
        at: f"text {at}" for at in range(1234)
    }


def test_a_damaged_completion_is_left_out(store, record):
    _, keys = store.first_items(record.run_id, record.n)
    change(store, "UPDATE completions SET text = 'blue' WHERE key = ?", keys[7])
    rows = as_rows(load_columns(store, record))
    assert rows == plain(store, record)
    assert [row[0] for row in rows] == [0, 1, 2, 3, 4, 5, 6]


def test_a_key_of_another_length_is_left_out(store, record):
    change(store, "UPDATE run_items SET key = x'00' WHERE position = 5")
    columns = load_columns(store, record)
    assert [row[0] for row in as_rows(columns)] == [0, 1, 2, 3, 4, 6, 7]


@pytest.mark.parametrize("sql", [
    "UPDATE sample_items SET text = 'other' WHERE position = 2",
    "UPDATE sample_items SET label = 'blue' WHERE position = 2",
    "UPDATE sample_items SET text = CAST(x'ff6f6e65' AS TEXT) WHERE position = 2",
    "DELETE FROM sample_items WHERE position = 7",
])  # fmt: skip
def test_damaged_examples_are_said_to_be_damaged(store, record, sql):
    change(store, sql)
    with pytest.raises(StoreError, match=f"run {record.run_id}: the examples of this run are damaged"):
        load_columns(store, record)


def test_a_large_run_is_that_of_a_plain_loop(store):
    record = imported(store, 24, 3000)
    assert as_rows(load_columns(store, record)) == plain(store, record)


def test_a_run_is_read_without_holding_its_texts(store, monkeypatch):
    monkeypatch.setattr(columns_module, "_BLOCK", 100)
    n, size = 2000, 5000
    record = stored(store, ["a"] * n, ["a"] * n, texts=[f"{at} ".ljust(size, "x") for at in range(n)])
    tracemalloc.start()
    try:
        columns = load_columns(store, record)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(columns.positions) == n
    assert peak < n * size / 5  # all texts are 10 MB


def test_how_completions_ended_is_kept(store, record):
    _, keys = store.first_items(record.run_id, record.n)
    ends = [(key, Completion("red", (1,), 2, stop)) for key, stop in zip(dict.fromkeys(keys), STOPS, strict=False)]
    store.put_batch(record.run_id, ends, 0.0)
    rows = as_rows(load_columns(store, record))
    assert rows == plain(store, record)
    assert {row[4] for row in rows} == set(STOPS)
