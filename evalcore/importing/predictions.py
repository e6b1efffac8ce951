"""Finished predictions from a file -> a run like any other."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalcore.errors import DataError, listed
from evalcore.importing.label_columns import (
    CONFIDENCE,
    OBJECTS,
    NumberSource,
    fill_from_columns,
    fill_from_confidence,
    label_columns,
    possible_label_columns,
)
from evalcore.parse import LabelParser, normal_form
from evalcore.store.completion import Completion
from evalcore.store.database import Store
from evalcore.store.label_scores import unknown_logprobs
from evalcore.store.run_record import RESPELT, RESPELT_EXAMPLE, RunRecord
from evalcore.store.spec import RunSpec, completion_keys, run_id, sample_id
from evalcore.tasks import (
    LABEL_COLUMNS,
    NO_PROMPT,
    TEXT_COLUMNS,
    DataFile,
    Example,
    LabelList,
    Messages,
    TaskSource,
    guess_column,
    make_task,
    open_data_file,
    read_label_list,
)
from evalcore.tasks.data_file import Header, Table

NO_TEXT = ""
_ROWS_AT_ONCE = 8192
ANSWER_COLUMNS = ("completion", "prediction")


def import_file(path: Path, store: Store, *, labels: Path | None = None) -> RunRecord:
    """Store a file of predictions as a finished run.

    The file has a label column, and `completion` (raw output, parsed like a model's) or `prediction` (a label;
    empty is unparsed), not both; a text column is optional. Without a label list the labels are those that occur, and a
    predicted one that never occurs as a true label is absent from the sample. `Top up` and `top_up` are one label,
    spelled as in the list, or else as most often among the true labels, or else among the predictions.

    Columns of probabilities (`label_columns`) are kept as well. With one for each label the file needs no
    predictions: the most probable label is taken for them.

    Raises:
        DataError: if the file cannot be read exactly or lacks a column. Nothing is stored then.
    """
    listed = read_label_list(labels) if labels else None
    with open_data_file(path) as file:
        run = _read(file, str(path), store, listed)
    return _stored(run, store)  # not before it is known that the file stayed what it was


def import_data(file: DataFile, origin: str, store: Store, *, labels: list[str] | LabelList | None = None) -> RunRecord:
    """The same for a file that is open.

    Args:
        origin: where it was read from, as it is shown.
    """
    return _stored(_read(file, origin, store, labels), store)


def import_table(
    table: Table,
    origin: str,
    store: Store,
    *,
    labels: list[str] | LabelList | None = None,
    numbers: Numbers | None = None,
) -> RunRecord:
    """The same for a table that has been read.

    Args:
        numbers: where its probabilities are; without it there are none.
    """
    return _stored(_run_of(table, numbers, origin, store, labels), store)


@dataclass(frozen=True)
class _Run:
    """A run that is read and checked: what `Store.put_run` takes."""

    record: RunRecord
    examples: tuple[Example, ...]
    keys: list[bytes]
    completions: Iterable[tuple[bytes, Completion]]


def _stored(run: _Run, store: Store) -> RunRecord:
    store.put_run(run.record, run.examples, run.keys, run.completions)
    return run.record


def _read(file: DataFile, origin: str, store: Store, labels: list[str] | LabelList | None) -> _Run:
    header: list[str] = []

    def choose(found: Header) -> list[str]:
        nonlocal header
        header = found.columns
        return prediction_columns(found)

    table = file.table(choose)
    numbers = Numbers(file, [*header, *file.nested_columns([key for key in OBJECTS if key in header])])
    return _run_of(table, numbers, origin, store, labels)


@dataclass(frozen=True)
class Numbers:
    """The columns of numbers that belong to a table: of a file, those of its header and those inside of objects."""

    file: NumberSource
    columns: list[str]


def _run_of(
    table: Table, numbers: Numbers | None, origin: str, store: Store, labels: list[str] | LabelList | None
) -> _Run:
    """The run that a file holds.

    Args:
        numbers: where probabilities are read from; without it there are none.
    """
    answer_column, label_column, text_column = roles_of(table)
    gold_as_written = table.column(label_column)
    n = len(gold_as_written)
    answers: list[str] | None = None
    if answer_column:
        at = table.columns.index(answer_column)
        answers = [row[at] or "" for row in table.rows]
    names_labels = answer_column.strip().casefold() == "prediction" and labels is None
    predicted = (answers or []) if names_labels else []
    known = labels.labels if isinstance(labels, LabelList) else labels or []
    label_of_form = {normal_form(label): label for label in known}
    label_of = _label_of_each(known, label_of_form, gold_as_written, predicted)
    gold = [label_of.get(label, label) for label in gold_as_written]
    texts = table.column(text_column) if text_column else [NO_TEXT] * n
    examples = tuple(Example(text, label) for text, label in zip(texts, gold, strict=True))

    possible = possible_label_columns(numbers.columns) if numbers else []
    columns = label_columns(possible, label_of_form, listed=labels is not None, name=table.name)
    named = {label_of[answer] for answer in predicted if answer in label_of} | {one.label for one in columns}
    occurring = examples + tuple(Example("", label) for label in sorted(named))
    task = make_task(table.name, occurring, (), labels, origin)

    logprobs: NDArray[np.float32] | None = None
    if numbers and columns:
        logprobs = unknown_logprobs(store, (n, len(task.labels)))
        fill_from_columns(logprobs, numbers.file, columns, task.labels, table.place)
    elif answers is None:
        raise _no_answers(table.name, numbers.columns if numbers else table.columns)
    elif numbers and (column := _confidence_column(numbers.columns)):
        logprobs = unknown_logprobs(store, (n, len(task.labels)))
        fill_from_confidence(logprobs, numbers.file, column, _named_codes(answers, task.labels), table.place)
    if answers is None:
        assert logprobs is not None
        answers = _most_probable(logprobs, task.labels)

    hashed = hashlib.sha256()
    for start, some in enumerate(_some(itertools.chain(texts, gold_as_written, answers))):
        hashed.update(("\0" * (start > 0) + "\0".join(some)).encode())
    identity: dict[str, str | int] = {"predictor": "import", "content": hashed.hexdigest()}
    completions: Iterable[tuple[bytes, Completion]]
    if logprobs is not None and not all(bool(np.isnan(block).all()) for block in _blocks(logprobs)):
        for block in _blocks(logprobs):
            hashed.update(block.astype("<f4").tobytes())
        identity["content"] = hashed.hexdigest()
        keys = []
        for some in _some(map(str, range(n))):  # which row it is stands for its prompt
            keys += completion_keys(identity, [({"role": "user", "content": place},) for place in some])
        completions = _with_logprobs(keys, answers, logprobs)
    else:
        # Equal answers are kept once: a million predictions of 150 labels are 150 completions.
        distinct = list(dict.fromkeys(answers))
        stand_ins: list[Messages] = [({"role": "user", "content": answer},) for answer in distinct]
        key_of = dict(zip(distinct, completion_keys(identity, stand_ins), strict=True))
        keys = [key_of[answer] for answer in answers]
        completions = ((key, Completion(answer)) for answer, key in key_of.items())
    sample = sample_id(task.labels, examples)
    now = time.time()
    record = RunRecord(
        run_id=run_id(sample, identity, NO_PROMPT.fingerprint),
        spec=RunSpec(TaskSource(origin), model=f"imported:{table.name}", prompt=NO_PROMPT.name, n=n, sample="first"),
        task_name=task.name,
        origin=origin,
        labels=task.labels,
        label_order=task.labels,
        prompt=NO_PROMPT,
        identity=identity,
        sample_id=sample,
        n=n,
        split_size=n,
        created=now,
        finished=now,
        metadata=_spelled_otherwise(gold_as_written, gold),
    )
    return _Run(record, examples, keys, completions)


def _some(values: Iterable[str]) -> Iterator[list[str]]:
    """The values, a block at a time."""
    rest = iter(values)
    while some := list(itertools.islice(rest, _ROWS_AT_ONCE)):
        yield some


def _blocks(logprobs: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Some rows at a time, in memory: the array may be a mapped file."""
    for start in range(0, len(logprobs), _ROWS_AT_ONCE):
        yield np.array(logprobs[start : start + _ROWS_AT_ONCE])


def _with_logprobs(
    keys: Sequence[bytes], answers: Sequence[str], logprobs: NDArray[np.float32]
) -> Iterator[tuple[bytes, Completion]]:
    """Each row's completion, in the order of the keys: in any other the database would jump to and fro on the disk."""
    order = np.argsort(np.array(keys))
    for start in range(0, len(order), _ROWS_AT_ONCE):
        some = order[start : start + _ROWS_AT_ONCE]
        block = logprobs[some].astype("<f4")
        known = (~np.isnan(block)).any(axis=1).tolist()
        for at, row, is_known in zip(some.tolist(), block, known, strict=True):
            yield keys[at], Completion(answers[at], label_logprobs=row.tobytes() if is_known else b"")


def _most_probable(logprobs: NDArray[np.float32], labels: Sequence[str]) -> list[str]:
    """The most probable label of each row, of equal ones the first; empty where no probability is known."""
    answers: list[str] = []
    for block in _blocks(logprobs):
        best = np.where(np.isnan(block), -np.inf, block).argmax(axis=1)
        best[np.isnan(block).all(axis=1)] = -1
        answers += [labels[at] if at >= 0 else "" for at in best.tolist()]
    return answers


def _named_codes(answers: Sequence[str], labels: Sequence[str]) -> NDArray[np.intp]:
    """The code of the label that each answer names; -1 where it names none."""
    parser = LabelParser(labels)
    code_of: dict[str | None, int] = {None: -1, **{label: code for code, label in enumerate(labels)}}
    code_of_answer = {answer: code_of[parser.parse(answer).label] for answer in set(answers)}
    return np.array([code_of_answer[answer] for answer in answers], dtype=np.intp)


def _label_of_each(known: Sequence[str], label_of_form: dict[str, str], *columns: Sequence[str]) -> dict[str, str]:
    """The label that each value of the columns stands for; values without a letter or digit are left out.

    Args:
        label_of_form: the known labels by their normal form; those that are found are added.
    """
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
    """The columns of answers, of labels and, where there is one, of texts; none of answers if probabilities may stand
    for them.

    Raises:
        DataError: if there is no column of answers or labels, or more than one of answers.
    """
    roles = roles_of(header)
    if not roles[0] and not possible_label_columns(header.columns) and set(OBJECTS).isdisjoint(header.columns):
        raise _no_answers(header.name, header.columns)
    return [column for column in roles if column]


def roles_of(header: Header) -> tuple[str, str, str]:
    """The columns of answers, of labels and of texts; empty where there is none."""
    answers = [column for column in header.columns if column.strip().casefold() in ANSWER_COLUMNS]
    if len(answers) > 1:
        raise DataError(
            f"more than one column holds answers: {listed(answers)}.",
            where=header.name,
            do="Rename all but one: a `completion` is parsed like a model's output, a `prediction` is a label.",
        )
    folded = {column.strip().casefold() for column in header.columns}
    text = "" if folded.isdisjoint(TEXT_COLUMNS) else guess_column(header, TEXT_COLUMNS, "text")
    return answers[0] if answers else "", guess_column(header, LABEL_COLUMNS, "label"), text


def _no_answers(name: str, columns: Sequence[str]) -> DataError:
    return DataError(
        "no column `completion` or `prediction`, nor one `probability:LABEL` for each label.",
        where=name,
        do=f"Its columns are {listed(columns)}.",
    )


def _confidence_column(columns: Sequence[str]) -> str:
    """The column of confidences; empty if there is none."""
    return next((column for column in columns if column.strip().casefold() == CONFIDENCE), "")
