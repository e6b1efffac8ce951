"""Finished predictions from a file -> a run like any other."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalcore.errors import printable, shortened
from evalcore.importing.formats import read_predictions
from evalcore.importing.label_columns import (
    CONFIDENCE,
    fill_from_columns,
    fill_from_confidence,
    label_columns,
    possible_label_columns,
)
from evalcore.importing.own_table import TITLE, answers_are, choose_columns, no_answers
from evalcore.importing.reading import MODEL, TASK, Asked, Reading
from evalcore.parse import LabelParser, normal_form
from evalcore.store.completion import Completion
from evalcore.store.database import Store
from evalcore.store.label_scores import unknown_logprobs
from evalcore.store.run_record import RESPELT, RESPELT_EXAMPLE, RunRecord
from evalcore.store.spec import RunSpec, completion_keys, run_id, sample_id
from evalcore.tasks import (
    NO_PROMPT,
    DataFile,
    Example,
    LabelList,
    Messages,
    TaskSource,
    make_task,
    open_data_file,
    read_label_list,
)
from evalcore.tasks.data_file import Table

NO_TEXT = ""
IMPORTED = "imported"
"""Metadata of a run: how its file was read, in sentences."""
_ROWS_AT_ONCE = 8192
_MAX_NAME_CHARS = 200


def import_file(path: Path, store: Store, *, labels: Path | None = None, asked: Asked | None = None) -> RunRecord:
    """Store a file of predictions as a finished run.

    The file is one of our own or of another tool (`formats.FORMATS`). One of our own has a label column, and
    `completion` (raw output, parsed like a model's) or `prediction` (a label; empty is unparsed), not both; a text
    column is optional. Without a label list the labels are those that occur, and a predicted one that never occurs as
    a true label is absent from the sample. `Top up` and `top_up` are one label, spelled as in the list, or else as most
    often among the true labels, or else among the predictions.

    Columns of probabilities (`label_columns`) are kept as well. With one for each label the file needs no
    predictions: the most probable label is taken for them.

    Args:
        asked: what a person chose; its `labels` are those of `labels`, if a file is given.

    Raises:
        DataError: if the file cannot be read exactly or lacks a column. Nothing is stored then.
        ModelError: if it takes a package that is not installed.
    """
    asked = asked or Asked()
    if labels:
        asked = replace(asked, labels=read_label_list(labels))
    return import_files([(path, asked)], store)[0]


def import_files(paths: Sequence[tuple[Path, Asked]], store: Store) -> list[RunRecord]:
    """Store several files, or parts of one, so that they can be compared: each run has the labels of all of them.

    Args:
        paths: each with what a person chose; the label list of the first is that of all.

    Raises:
        DataError, ModelError: as for `import_file`. Nothing is stored then.
    """
    with ExitStack() as stack:
        files = [(stack.enter_context(open_data_file(path)), str(path), asked) for path, asked in paths]
        readings = [(read_predictions(file, asked), origin) for file, origin, asked in files]
        runs = _runs_of(readings, store)
    return [_stored(run, store) for run in runs]  # not before it is known that the files stayed what they were


def import_data(file: DataFile, origin: str, store: Store, *, labels: list[str] | LabelList | None = None) -> RunRecord:
    """The same for a file that is open.

    Args:
        origin: where it was read from, as it is shown.
    """
    asked = Asked(labels=labels if isinstance(labels, LabelList) else None)
    return _stored(_run_of(read_predictions(file, asked), origin, store, labels), store)


def import_table(table: Table, origin: str, store: Store, *, labels: list[str] | LabelList | None = None) -> RunRecord:
    """The same for a table that has been read, which has no numbers."""
    roles = choose_columns(table, Asked())
    return _stored(_run_of(Reading(TITLE, table, roles, answers_are(roles)), origin, store, labels), store)


def import_readings(
    readings: Sequence[tuple[Reading, str]], store: Store, *, labels: LabelList | None = None
) -> list[RunRecord]:
    """The same as `import_files` for what has been read, each with where it was read from, as it is shown."""
    return [_stored(run, store) for run in _runs_of(readings, store, labels)]


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


def _runs_of(readings: Sequence[tuple[Reading, str]], store: Store, labels: LabelList | None = None) -> list[_Run]:
    """The runs of several readings, with the same labels: two runs can be compared only then.

    A label that they spell in different ways is spelled as in the first one.

    Args:
        labels: all labels; without it the list that a person gave with the first reading is taken, if there is one.
    """
    labels = labels or readings[0][0].listed
    runs = [_run_of(reading, origin, store, labels) for reading, origin in readings]
    if len({run.record.labels for run in runs}) == 1:
        return runs
    shared: dict[str, str] = {}
    for run in runs:
        for label in run.record.labels:
            shared.setdefault(normal_form(label), label)
    return [_run_of(reading, origin, store, labels, tuple(shared.values())) for reading, origin in readings]


def _run_of(
    reading: Reading,
    origin: str,
    store: Store,
    labels: list[str] | LabelList | None,
    shared: Sequence[str] = (),
) -> _Run:
    """The run that a file holds.

    Args:
        labels: all labels; None takes those that occur, and those that the file names.
        shared: labels of other files, which this run is to have as well, spelled so.
    """
    table, columns = reading.table, reading.columns
    gold_as_written = table.column(columns["label"])
    n = len(gold_as_written)
    answers: list[str] | None = None
    if "answer" in columns:
        at = table.columns.index(columns["answer"])
        answers = [row[at] or "" for row in table.rows]
    names_labels = reading.answers_are == "prediction" and labels is None
    predicted = (answers or []) if names_labels else []
    known = labels.labels if isinstance(labels, LabelList) else labels or [*shared, *_new(reading.labels, shared)]
    label_of_form = {normal_form(label): label for label in known}
    label_of = _label_of_each(known, label_of_form, gold_as_written, predicted)
    gold = [label_of.get(label, label) for label in gold_as_written]
    texts = table.column(columns["text"]) if "text" in columns else [NO_TEXT] * n
    examples = tuple(Example(text, label) for text, label in zip(texts, gold, strict=True))

    numbers, number_columns = reading.numbers or (None, ())
    possible = possible_label_columns(number_columns)
    of_labels = label_columns(possible, label_of_form, listed=labels is not None, name=table.name)
    named = {label_of[answer] for answer in predicted if answer in label_of} | {one.label for one in of_labels}
    named |= set(known) if labels is None else set()
    occurring = examples + tuple(Example("", label) for label in sorted(named))
    task = make_task(_short(reading.about.get(TASK)) or table.name, occurring, (), labels, origin)

    logprobs: NDArray[np.float32] | None = None
    if numbers and of_labels:
        logprobs = unknown_logprobs(store, (n, len(task.labels)))
        fill_from_columns(logprobs, numbers, of_labels, task.labels, table.place)
    elif answers is None:
        raise no_answers(table.name, number_columns or table.columns)
    elif numbers and (column := _confidence_column(number_columns)):
        logprobs = unknown_logprobs(store, (n, len(task.labels)))
        fill_from_confidence(logprobs, numbers, column, _named_codes(answers, task.labels), table.place)
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
        spec=RunSpec(
            TaskSource(origin),
            model=f"imported:{_short(reading.about.get(MODEL)) or table.name}",
            prompt=NO_PROMPT.name,
            n=n,
            sample="first",
        ),
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
        metadata={**_spelled_otherwise(gold_as_written, gold), **_about(reading)},
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


def _new(labels: Sequence[str], known: Sequence[str]) -> list[str]:
    """Those of the labels that are none of the known ones, in whichever way they are spelled."""
    forms = set(map(normal_form, known))
    return [label for label in labels if normal_form(label) not in forms]


def _short(name: str | None) -> str:
    """A name that a file gives, in one line."""
    return shortened(printable(" ".join((name or "").split())), _MAX_NAME_CHARS)


def _about(reading: Reading) -> dict[str, str]:
    """What is kept of where a run came from: what the file says of itself, how it was read, and what was left out."""
    if reading.format == TITLE and not reading.about and not reading.notes:
        return {}
    kept = {key: _short(value) for key, value in reading.about.items() if _short(value)}
    return {**kept, IMPORTED: " ".join([reading.sentence, *reading.notes])}


def _confidence_column(columns: Sequence[str]) -> str:
    """The column of confidences; empty if there is none."""
    return next((column for column in columns if column.strip().casefold() == CONFIDENCE), "")
