"""Probabilities that are none, are damaged, or are lost on the way (F18, F22, F24, F28, F61, F62)."""

import csv
import io
import json
import random
import sqlite3

import numpy as np
import pytest

from evalcore.analysis import label_probabilities, score_run
from evalcore.errors import DataError
from evalcore.importing.predictions import import_file
from evalcore.tasks import data_file, numbers
from evalcore.tasks import table as table_module
from tests.faults.test_data import ODD_LABELS
from tests.tools.exported import predictions_csv, predictions_for_spreadsheets, predictions_jsonl
from tests.tools.runs import import_bytes

NO_PROBABILITIES = (
    "x", "0,5", "50 %", "1/2", "0x1", "1e", "--1", "True", "-1e-3", "1.01", "95", "1e400", "-1e400", "1" + "0" * 400,
    "inf", "-Infinity", "=1+1", "\u202e1", "[0.5]", '{"a": 1}', "<b>0.5</b>", "z" * 5000,
)  # fmt: skip
NOT_KNOWN = ("", " ", "nan", "NaN", "NA", "null", "None")
PROBABILITIES = {
    "0.5": 0.5,
    " .5 ": 0.5,
    "5e-1": 0.5,
    "+0.5": 0.5,
    "0": 0.0,
    "-0.0": 0.0,
    "1e-400": 0.0,
    "0.50000": 0.5,
}


def csv_of(rows):
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows(rows)
    return stream.getvalue().encode()


def of_cell(store, cell, kind):
    """The probability of `a` in a file in which that is written in this way, as text or as JSON."""
    if kind == "csv":
        content = csv_of([["label", "prediction", "p:a", "p:b"], ["a", "a", "0.5", "0.5"], ["b", "b", cell, "0.25"]])
    else:
        rows = [
            {"label": "a", "prediction": "a", "p:a": 0.5, "p:b": 0.5},
            {"label": "b", "prediction": "b", "p:b": 0.25},
        ]
        rows[1]["p:a"] = cell
        content = "\n".join(map(json.dumps, rows)).encode()
    scored = score_run(store, import_bytes(f"a.{kind}", content, store).run_id)
    return label_probabilities(scored).of_rows(np.array([1]))[0, 0]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_what_is_no_probability_is_said_with_its_row_and_column_in_one_short_line(store, kind, tally):
    """F22. Red with pandas' reading of numbers, or with `float` alone: 95 and infinity are numbers."""
    odd = list(NO_PROBABILITIES)
    odd += [] if kind == "csv" else [True, False, 1.5, -0.1, 10**400, float("inf"), [0.5], {"a": 0.5}]
    for cell in odd:
        with pytest.raises(DataError, match="column 'p:a' holds") as caught:
            of_cell(store, cell, kind)
        assert caught.value.where == f"a.{kind}, line {3 if kind == 'csv' else 2}"
        assert len(str(caught.value)) < 400
        assert "\n" not in str(caught.value)
    tally("F22", "numbers that are no probabilities", len(odd))
    assert store.runs() == []


def test_a_probability_is_the_number_that_is_written_and_nothing_is_not_0(store):
    """F24. Red with a missing probability read as 0."""
    for cell, value in PROBABILITIES.items():
        kept = of_cell(store, cell, "csv")
        assert kept == pytest.approx(value / (value + 0.25), abs=1e-7)  # all labels are known: their sum is 1
    for cell in NOT_KNOWN:
        assert np.isnan(of_cell(store, cell, "csv"))
        assert np.isnan(of_cell(store, cell, "jsonl"))
    assert np.isnan(of_cell(store, None, "jsonl"))


@pytest.fixture
def odd(store):
    """An imported run whose labels are odd, with random probabilities of which some are missing."""
    rng = np.random.default_rng(8)
    shares = rng.dirichlet(np.full(len(ODD_LABELS), 0.3), size=60)
    shares[rng.random(shares.shape) < 0.02] = np.nan
    header = ["label", "prediction", *(f"probability:{label}" for label in ODD_LABELS)]
    rows = [
        [
            ODD_LABELS[i % len(ODD_LABELS)],
            ODD_LABELS[int(rng.integers(len(ODD_LABELS)))],
            *("" if p != p else p for p in row),
        ]
        for i, row in enumerate(shares)
    ]
    return score_run(store, import_bytes("odd.csv", csv_of([header, *rows]), store).run_id), shares


def test_probabilities_of_odd_labels_go_all_the_way_and_come_back(store, odd):
    """F28. Red with the names of columns stripped, or split at each colon."""
    scored, shares = odd
    order = [scored.labels.index(label) for label in ODD_LABELS]
    found = label_probabilities(scored)
    np.testing.assert_allclose(found.of_rows(np.arange(60))[:, order], shares, rtol=1e-5, atol=1e-7)
    for name, write in (("b.csv", predictions_csv), ("b.jsonl", predictions_jsonl)):
        content = write(scored, found, all_labels=True)
        again = score_run(store, import_bytes(name, content, store).run_id)
        assert again.labels == scored.labels
        np.testing.assert_allclose(
            label_probabilities(again).of_rows(np.arange(60))[:, order], shares, rtol=1e-5, atol=1e-6
        )
    spread = predictions_for_spreadsheets(scored, found, all_labels=True).decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(spread, newline="")) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "@", "\t", "\r", "+"))]
    assert any(cell.startswith("-0.") for cell in cells)  # a margin, which is a number and stays one


def test_a_flipped_bit_or_a_cut_in_stored_probabilities_is_no_other_probability(store, odd, tally):
    """F18. Red with the checksum over the other columns alone."""
    scored, _ = odd
    right = label_probabilities(scored).logprobs
    chance = random.Random(5)
    for number in range(40):
        with sqlite3.connect(store.path) as db:
            key, whole = chance.choice(
                db.execute(
                    "SELECT key, label_logprobs FROM completions WHERE label_logprobs <> '' ORDER BY key"
                ).fetchall()
            )
            at = chance.randrange(len(whole))
            flipped = whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1 :]
            damaged = whole[: 4 * chance.randrange(1, len(whole) // 4)] if number % 4 == 0 else flipped
            db.execute("UPDATE completions SET label_logprobs = ? WHERE key = ?", (damaged, key))
        now = score_run(store, scored.record.run_id)
        left = label_probabilities(now).logprobs
        same = len(left) == 59 and all((row == right[at]).sum() + np.isnan(row).sum() == len(row) for row, at in
                                       zip(left, now.positions, strict=True))  # fmt: skip
        tally("F18", "flipped bits", 1, lost=not same)
        assert same
        with sqlite3.connect(store.path) as db:
            db.execute("UPDATE completions SET label_logprobs = ? WHERE key = ?", (whole, key))
    np.testing.assert_array_equal(label_probabilities(score_run(store, scored.record.run_id)).logprobs, right)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_file_that_is_written_while_its_numbers_are_read_is_not_stored(store, tmp_path, monkeypatch, kind):
    """F61. Red with the run stored before the file is looked at again."""
    path = tmp_path / f"a.{kind}"
    head, row = (
        ("label,p:a,p:b\n", "a,0.5,0.5\n") if kind == "csv" else ("", '{"label": "a", "p:a": 0.5, "p:b": 0.5}\n')
    )
    path.write_text(head + row * 3000)
    monkeypatch.setattr(table_module, "MAX_BYTES", 25_000)  # larger: read in pieces
    monkeypatch.setattr(data_file, "_PAUSE_INSIDE_A_ROW_S", 0)
    parsed = numbers._parsed

    def written_meanwhile(*arguments):
        yield from parsed(*arguments)
        path.write_text(head + row.replace("0.5", "0.1") * 3000)

    monkeypatch.setattr(numbers, "_parsed", written_meanwhile)
    with pytest.raises(DataError, match="is being written"):
        import_file(path, store)
    assert store.runs() == []
    monkeypatch.setattr(numbers, "_parsed", parsed)
    assert import_file(path, store).n == 3000


def test_messages_about_columns_of_probabilities_stay_short(store):
    """F62. Red with a name of a column as it is."""
    long = "l" * 90_000
    for header, row in (
        ([f"p:{long}", f"prob:{long}"], ["0.5", "0.5"]),
        ([f"p:{long}", f"logprob:{long}2"], ["0.5", "-1"]),
        ([f"p:{long}", "p:b"], ["5", "0.5"]),
        ([f"p:{long}", "p:b"], [long, "0.5"]),
    ):
        with pytest.raises(DataError) as caught:
            import_bytes("a.csv", csv_of([["label", "prediction", *header], ["b", "b", *row]]), store)
        assert len(str(caught.value)) < 500
