"""Where a task comes from -> the task: finds its files, reads them, guesses their columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evalcore.errors import BlindspotError, DataError, first_line, listed
from evalcore.paths import DEMO_DATA
from evalcore.tasks.banking77 import load_banking77_from_hub, local_banking77
from evalcore.tasks.data_file import (
    SUFFIXES,
    DataFile,
    Header,
    LabelList,
    NamedFile,
    parse_label_list,
    read_lines,
    read_table,
    typed_path,
)
from evalcore.tasks.task import Example, Task, TaskSource, make_task
from evalcore.tasks.uploaded import find_upload, is_upload

TEXT_COLUMNS = ("text", "utterance", "sentence", "query", "question", "message", "input", "content")
LABEL_COLUMNS = ("label", "category", "intent", "class", "label_text", "gold", "target", "answer")
LABEL_FILES = ("labels.json", "labels.txt", "categories.json")


def load_task(source: TaskSource, cache: Path | None = None) -> Task:
    """Read a task.

    Args:
        cache: the cache folder, where uploads lie; only a task that names one needs it.

    Raises:
        DataError: if a file is missing or cannot be read exactly, or two labels cannot be told apart. No other error
            is raised, whatever the file contains.
    """
    try:
        files = task_files(source, cache)
        return _load_files(source, files) if files else load_banking77_from_hub()
    except BlindspotError:
        raise
    except MemoryError as error:
        raise DataError("there is not enough memory to read it.", where=source.name, do="Take a part of it.") from error
    except Exception as error:
        raise DataError(
            f"it cannot be read ({type(error).__name__}: {first_line(error):.200}).",
            where=source.name,
            do="Look whether the file is what its name says, or save it as CSV.",
        ) from error


@dataclass(frozen=True)
class TaskFiles:
    """What a task is read from.

    Attributes:
        name: the task's, as shown.
        origin: the file or folder that was named, or the upload.
        train, labels: None where there is none.
    """

    name: str
    origin: str
    test: NamedFile
    train: NamedFile | None
    labels: NamedFile | None

    @property
    def all(self) -> list[NamedFile | None]:
        """The three files."""
        return [self.test, self.train, self.labels]


def task_files(source: TaskSource, cache: Path | None = None) -> TaskFiles | None:
    """The files of a task; None if it comes from the hub. Nothing is read.

    Args:
        cache: the cache folder, where uploads lie.

    Raises:
        DataError: if one that is named is missing.
    """
    if source.name == "demo":
        return _files_in(TaskSource("demo"), DEMO_DATA, cache)
    if source.name == "banking77":
        local = local_banking77()
        return _files_in(source, local, cache) if local else None
    if is_upload(source.name):
        upload, path = find_upload(source.name, cache)
        test = NamedFile(path, upload.name, upload.digest)
        return TaskFiles(upload.name, upload.origin, test, _named(source.train, cache), _named(source.labels, cache))
    found = typed_path(source.name)
    if found is None:
        raise DataError(
            "there is no such task, file or folder.",
            where=source.name,
            do="Give `demo`, `banking77`, a CSV, JSONL or Parquet file, or a folder that holds `test.csv`.",
        )
    return _files_in(source, found, cache)


def _files_in(source: TaskSource, path: Path, cache: Path | None) -> TaskFiles:
    train, labels = _named(source.train, cache), _named(source.labels, cache)
    test = NamedFile(path, path.name)
    if path.is_dir():
        in_folder = _split_file(path, "test")
        if in_folder is None:
            raise DataError("the folder holds no test file.", where=str(path), do="Name it `test.csv`.")
        test = in_folder
        train = train or _split_file(path, "train")
        labels = labels or _label_file(path)
    name = source.name if source.name in ("demo", "banking77") else path.name
    return TaskFiles(name, str(path), test, train, labels)


def _load_files(source: TaskSource, files: TaskFiles) -> Task:
    if source.name == "demo":
        source = TaskSource("demo")  # what was said about the files of another task does not apply
    test, columns = examples_of(files.test.read(), source)
    train, _ = examples_of(files.train.read(), source) if files.train else ((), columns)
    labels = _label_list(files.labels) if files.labels else None
    return replace(make_task(files.name, test, train, labels, files.origin), columns=columns)


def _label_list(file: NamedFile) -> LabelList:
    read = file.read()
    assert isinstance(read.content, bytes)
    return parse_label_list(file.name, read.content)


def _named(name: str, cache: Path | None) -> NamedFile | None:
    """The file of training examples or labels that is named; None if none is."""
    if not name:
        return None
    if is_upload(name):
        upload, upload_path = find_upload(name, cache)
        return NamedFile(upload_path, upload.name, upload.digest)
    path = typed_path(name)
    if path is None:
        raise DataError("there is no such file.", where=name, do="Check the path.")
    return NamedFile(path, path.name)


def _split_file(folder: Path, split: str) -> NamedFile | None:
    return _first_in(folder, [f"{split}{suffix}" for suffix in SUFFIXES])


def _label_file(folder: Path) -> NamedFile | None:
    return _first_in(folder, LABEL_FILES)


def _first_in(folder: Path, names: Sequence[str]) -> NamedFile | None:
    """The first of these files that a folder holds."""
    return next((NamedFile(folder / name, name) for name in names if (folder / name).is_file()), None)


def examples_of(file: DataFile, source: TaskSource) -> tuple[tuple[Example, ...], tuple[str, str]]:
    """The examples of a file, and its columns of the text and of the label.

    Raises:
        DataError: if it cannot be read exactly, or a label is empty.
    """
    table = file.table(lambda header: _text_and_label(header, source))
    text_column, label_column = table.columns[0], table.columns[-1]  # one column may be both
    texts, labels = table.column(text_column), table.column(label_column)
    for position, label in enumerate(labels):
        if not label.strip():
            raise DataError("the label is empty.", where=table.place(position))
    examples = tuple(Example(text, label) for text, label in zip(texts, labels, strict=True))
    return examples, (text_column, label_column)


def _text_and_label(header: Header, source: TaskSource) -> tuple[str, str]:
    return (
        header.require(source.text_column) if source.text_column else guess_column(header, TEXT_COLUMNS, "text"),
        header.require(source.label_column) if source.label_column else guess_column(header, LABEL_COLUMNS, "label"),
    )


def read_texts(path: Path, column: str = "") -> list[str]:
    """The texts of a file: those of a column of a data file, or one a line.

    Args:
        column: guessed from common names when empty.

    Raises:
        DataError: if the file cannot be read exactly, or has no such column.
    """
    if path.suffix.lower() not in SUFFIXES:
        if column:
            raise DataError(
                "this is no data file with columns.", where=str(path), do=f"Use one of {', '.join(SUFFIXES)}."
            )
        return read_lines(path)
    table = read_table(
        path, lambda header: [header.require(column) if column else guess_column(header, TEXT_COLUMNS, "text")]
    )
    return table.column(table.columns[0])


def guess_column(header: Header, names: Sequence[str], what: str) -> str:
    """The first of `names` that is a column, ignoring case.

    Raises:
        DataError: if none is.
    """
    by_folded = {column.strip().casefold(): column for column in reversed(header.columns)}
    for name in names:
        if name in by_folded:
            return by_folded[name]
    raise DataError(
        f"no column looks like the {what}.",
        where=header.name,
        do=f"Name it: the columns are {listed(header.columns)}.",
    )
