"""Finished predictions from a file -> a run like any other."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from evalcore.errors import DataError, listed
from evalcore.parse import normal_form
from evalcore.store.completion import Completion
from evalcore.store.database import Store
from evalcore.store.run_record import RunRecord
from evalcore.store.spec import RunSpec, completion_keys, run_id, sample_id
from evalcore.tasks import (
    LABEL_COLUMNS,
    NO_PROMPT,
    TEXT_COLUMNS,
    Example,
    LabelList,
    Messages,
    TaskSource,
    guess_column,
    make_task,
    read_label_list,
    read_table,
)
from evalcore.tasks.data_file import Header, Table

NO_TEXT = ""
ANSWER_COLUMNS = ("completion", "prediction")
RESPELT, RESPELT_EXAMPLE = "true_labels_respelt", "true_label_respelt"
"""Metadata of an imported run: how many true labels are spelled in another way than their label, and one of them."""


def import_file(path: Path, store: Store, *, labels: Path | None = None) -> RunRecord:
    """Store a file of predictions as a finished run.

    The file has a label column, and `completion` (raw output, parsed like a model's) or `prediction` (a label;
    empty is unparsed), not both; a text column is optional. Without a label list the labels are those that occur, and a
    predicted one that never occurs as a true label is absent from the sample. `Top up` and `top_up` are one label,
    spelled as in the list, or else as most often among the true labels, or else among the predictions.

    Raises:
        DataError: if the file cannot be read exactly or lacks a column.
    """
    table = read_table(path, prediction_columns)
    return import_table(table, str(path), store, labels=read_label_list(labels) if labels else None)


def import_table(table: Table, origin: str, store: Store, *, labels: list[str] | LabelList | None = None) -> RunRecord:
    """The same for a table that has been read.

    Args:
        origin: where it was read from, as it is shown.
    """
    answer_column, label_column, *text_columns = prediction_columns(table)
    gold_as_written = table.column(label_column)
    at = table.columns.index(answer_column)
    answers = [row[at] or "" for row in table.rows]
    predicted = answers if answer_column.strip().casefold() == "prediction" and labels is None else []
    known = labels.labels if isinstance(labels, LabelList) else labels or []
    label_of = _label_of_each(known, gold_as_written, predicted)
    gold = [label_of.get(label, label) for label in gold_as_written]
    texts = table.column(text_columns[0]) if text_columns else [NO_TEXT] * len(gold)
    examples = tuple(Example(text, label) for text, label in zip(texts, gold, strict=True))

    named = sorted({label_of[answer] for answer in predicted if answer in label_of})
    occurring = examples + tuple(Example("", label) for label in named)
    task = make_task(table.name, occurring, (), labels, origin)

    content = hashlib.sha256("\0".join([*texts, *gold_as_written, *answers]).encode()).hexdigest()
    identity: dict[str, str | int] = {"predictor": "import", "content": content}
    # Equal answers are kept once: a million predictions of 150 labels are 150 completions.
    distinct = list(dict.fromkeys(answers))
    stand_ins: list[Messages] = [({"role": "user", "content": answer},) for answer in distinct]
    key_of = dict(zip(distinct, completion_keys(identity, stand_ins), strict=True))
    keys = [key_of[answer] for answer in answers]
    sample = sample_id(task.labels, examples)
    now = time.time()
    record = RunRecord(
        run_id=run_id(sample, identity, NO_PROMPT.fingerprint),
        spec=RunSpec(
            TaskSource(origin), model=f"imported:{table.name}", prompt=NO_PROMPT.name, n=len(gold), sample="first"
        ),
        task_name=task.name,
        origin=origin,
        labels=task.labels,
        label_order=task.labels,
        prompt=NO_PROMPT,
        identity=identity,
        sample_id=sample,
        n=len(gold),
        split_size=len(gold),
        created=now,
        finished=now,
        metadata=_spelled_otherwise(gold_as_written, gold),
    )
    store.put_run(record, examples, keys, [(key, Completion(answer)) for answer, key in key_of.items()])
    return record


def _label_of_each(known: Sequence[str], *columns: Sequence[str]) -> dict[str, str]:
    """The label that each value of the columns stands for; values without a letter or digit are left out."""
    label_of_form = {normal_form(label): label for label in known}
    label_of: dict[str, str] = {}
    for column in columns:
        for value, _ in Counter(column).most_common():
            form = normal_form(value)
            if form:
                label_of[value] = label_of_form.setdefault(form, value)
    return label_of | {label: label for label in known}


def _spelled_otherwise(written: Sequence[str], labels: Sequence[str]) -> dict[str, str]:
    """Metadata about true labels that are spelled in another way. (A prediction is stored as it is, and parsed.)"""
    other = [(value, label) for value, label in zip(written, labels, strict=True) if value != label]
    if not other:
        return {}
    value, label = other[0]
    return {RESPELT: str(len(other)), RESPELT_EXAMPLE: f"“{value}” as “{label}”"}


def prediction_columns(header: Header) -> list[str]:
    """The columns of answers, of labels and, where there is one, of texts.

    Raises:
        DataError: if there is no column of answers or labels, or more than one of answers.
    """
    answers = [column for column in header.columns if column.strip().casefold() in ANSWER_COLUMNS]
    if not answers:
        raise DataError(
            "no column `completion` or `prediction`.",
            where=header.name,
            do=f"Its columns are {listed(header.columns)}.",
        )
    if len(answers) > 1:
        raise DataError(
            f"more than one column holds answers: {listed(answers)}.",
            where=header.name,
            do="Rename all but one: a `completion` is parsed like a model's output, a `prediction` is a label.",
        )
    columns = [answers[0], guess_column(header, LABEL_COLUMNS, "label")]
    folded = {column.strip().casefold() for column in header.columns}
    if not folded.isdisjoint(TEXT_COLUMNS):
        columns.append(guess_column(header, TEXT_COLUMNS, "text"))
    return columns
