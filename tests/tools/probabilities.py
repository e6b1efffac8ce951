"""Stored runs whose answers have given probabilities of the labels."""

from __future__ import annotations

import hashlib

import numpy as np

from evalcore.analysis.scored_run import score_run
from evalcore.store.completion import Completion
from tests.tools.runs import stored


def with_probabilities(store, labels, gold, shares, answers=None, *, texts=None, name="rows.csv"):
    """A scored run.

    Args:
        gold: true labels; shares: by row, the probability of each label in their order, NaN where it is not known.
        answers: completions; the most probable label where they are not given.
    """
    shares = np.asarray(shares, dtype=float)
    answers = answers or [labels[code] for code in np.nan_to_num(shares, nan=-1.0).argmax(axis=1)]
    texts = texts or [f"text {row}" for row in range(len(gold))]
    record = stored(store, gold, answers, texts=texts, labels=labels, name=name)
    with np.errstate(divide="ignore"):
        logprobs = np.log(shares).astype("<f4")
    # Imported rows with the same answer share a completion: each row is given one of its own.
    rows = [
        (
            hashlib.sha256(f"{record.run_id} {row}".encode()).digest(),
            Completion(answer, label_logprobs=logprobs[row].tobytes()),
        )
        for row, answer in enumerate(answers)
    ]
    store.put_batch(record.run_id, rows, 0.0)
    with store.connect(write=True) as db:
        db.executemany(
            "UPDATE run_items SET key = ? WHERE run_id = ? AND position = ?",
            [(key, record.run_id, position) for position, (key, _) in enumerate(rows)],
        )
    return score_run(store, record.run_id)
