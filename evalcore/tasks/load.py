"""Where a task comes from -> the task: finds its files, reads them, guesses their columns."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache as cached
from pathlib import Path

from evalcore.errors import DataError, unreadable
from evalcore.paths import DEMO_DATA
from evalcore.tasks.banking77 import BANKING77_REPO, load_banking77_from_hub, local_banking77
from evalcore.tasks.changed_task import changed_task
from evalcore.tasks.columns import LABEL_COLUMNS, TEXT_COLUMNS, ColumnProfile, Columns, choose_columns, guess_column
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
from evalcore.tasks.first_look import first_look
from evalcore.tasks.hub_data import download, hub_file, pinned
from evalcore.tasks.hub_name import is_hub, parse_hub_name
from evalcore.tasks.label_merge import LabelMerge
from evalcore.tasks.table import PassOver, Table
from evalcore.tasks.task import Example, Task, TaskSource, make_task
from evalcore.tasks.uploaded import SHEET_MARK, find_upload, is_upload

LABEL_FILES = ("labels.json", "labels.txt", "categories.json")


def load_task(source: TaskSource, cache: Path | None = None) -> Task:
    """Read a task.

    Args:
        cache: the cache folder, where uploads lie; only a task that names one needs it.

    Raises:
        DataError: if a file is missing or cannot be read exactly, or two labels cannot be told apart.
        SpecError: if its label list cannot be changed as the source says. No other error is raised, whatever the file
            contains.
    """
    merge = LabelMerge.from_text(source.merge)
    with unreadable(source.name, "Look whether the file is what its name says, or save it as CSV."):
        return changed_task(_load(source, cache), merge)


def _load(source: TaskSource, cache: Path | None) -> Task:
    """The task with its own label list."""
    files = task_files(source, cache)
    if files is not None:
        return _load_files(source, files)
    return _load_from_hub(source, cache) if is_hub(source.name) else load_banking77_from_hub()


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
    """The files of a task; None if it comes from the hub and is not in the cache folder. Nothing is read.

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
    if is_hub(source.name):
        return _hub_files(source, cache)
    if is_upload(source.name):
        test, origin = _uploaded(source.name, cache)
        return TaskFiles(test.name, origin, test, _named(source.train, cache), _named(source.labels, cache))
    found = typed_path(source.name) or _workbook(source.name)
    if found is None:
        raise DataError(
            "there is no such task, file or folder.",
            where=source.name,
            do="Give `demo`, `banking77`, a CSV, JSONL, Parquet or Excel file, or a folder that holds `test.csv`.",
        )
    if isinstance(found, NamedFile):
        name = f"{found.name}#{found.sheet}"
        return TaskFiles(name, source.name, found, _named(source.train, cache), _named(source.labels, cache))
    return _files_in(source, found, cache)


def _hub_files(source: TaskSource, cache: Path | None) -> TaskFiles | None:
    """The kept files of a data set of the hub; None if one of them was not downloaded yet."""
    name = parse_hub_name(source.name)
    splits = [name, replace(name, split=source.train)] if source.train else [name]
    found = [hub_file(split, cache) if cache else None for split in splits]
    shown = f"{name.shown.replace('/', ' ')}.parquet"
    files = [NamedFile(path, shown) for path in found if path]
    if len(files) < len(splits):
        return None
    return TaskFiles(name.shown, str(name), files[0], files[1] if source.train else None, _named(source.labels, cache))


def fetched_files(source: TaskSource, cache: Path) -> TaskFiles:
    """The files of a data set of the hub; what is not in the cache folder is downloaded.

    Raises:
        DataError: if it cannot be had, or the task is no data set of the hub by name.
    """
    if not is_hub(source.name):
        raise DataError(
            "its files are not on this machine; a run loads them from the hub.",
            where=source.name,
            do=f"To look at them, give `hub:{BANKING77_REPO}`, or let BLINDSPOT_DATA name a folder that holds them.",
        )
    source = replace(source, name=pinned(source.name))
    name = parse_hub_name(source.name)
    for split in [name.split, source.train] if source.train else [name.split]:
        download(replace(name, split=split), cache)
    files = _hub_files(source, cache)
    assert files is not None
    return files


def _load_from_hub(source: TaskSource, cache: Path | None) -> Task:
    """Download what is missing of a task, and read it; without a cache folder nothing is kept."""
    if cache is not None:
        return _load_files(source, fetched_files(source, cache))
    with tempfile.TemporaryDirectory() as folder:
        return _load_files(source, fetched_files(source, Path(folder)))


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
    test = labelled_file(files.test.read(), source)
    train = labelled_file(files.train.read(), source, test.columns).examples() if files.train else ()
    labels = label_list(files.labels) if files.labels else None
    task = make_task(files.name, test.examples(), train, labels, files.origin)
    return replace(task, columns=(test.columns.text, test.columns.label))


def label_list(file: NamedFile) -> LabelList:
    """The label list in a file; raises DataError as `parse_label_list` does."""
    read = file.read()
    assert isinstance(read.content, bytes)
    return parse_label_list(file.name, read.content)


def _named(name: str, cache: Path | None) -> NamedFile | None:
    """The file of training examples or labels that is named; None if none is."""
    if not name:
        return None
    if is_upload(name):
        return _uploaded(name, cache)[0]
    found = typed_path(name) or _workbook(name)
    if found is None:
        raise DataError("there is no such file.", where=name, do="Check the path.")
    return found if isinstance(found, NamedFile) else NamedFile(found, found.name)


def _uploaded(name: str, cache: Path | None) -> tuple[NamedFile, str]:
    """The file of an upload, perhaps with a sheet behind its name, and where it comes from."""
    reference, _, sheet = name.partition(SHEET_MARK)
    upload, path = find_upload(reference, cache)
    return NamedFile(path, upload.name, upload.digest, sheet), upload.origin


def _workbook(name: str) -> NamedFile | None:
    """A file whose name is followed by the name of a sheet; None if there is no such file."""
    file, mark, sheet = name.rpartition(SHEET_MARK)
    path = typed_path(file) if mark and sheet else None
    return NamedFile(path, path.name, sheet=sheet) if path and path.is_file() else None


def shown_name(name: str, cache: Path) -> str:
    """The name of a task as it is shown: of an upload that is there its file's, of a data set of the hub without all
    the digits of its commit, of others as it is."""
    try:
        if is_upload(name):
            return _uploaded(name, cache)[0].name
        return parse_hub_name(name).short if is_hub(name) else name
    except DataError:
        return name


def _split_file(folder: Path, split: str) -> NamedFile | None:
    return _first_in(folder, [f"{split}{suffix}" for suffix in SUFFIXES])


def _label_file(folder: Path) -> NamedFile | None:
    return _first_in(folder, LABEL_FILES)


def _first_in(folder: Path, names: Sequence[str]) -> NamedFile | None:
    """The first of these files that a folder holds."""
    return next((NamedFile(folder / name, name) for name in names if (folder / name).is_file()), None)


@dataclass(frozen=True)
class LabelledFile:
    """What is read of a file of examples.

    Attributes:
        columns: those of the texts and of the labels.
        table: these columns; one column may be both.
    """

    columns: Columns
    table: Table

    def examples(self) -> tuple[Example, ...]:
        """Its examples, in order.

        Raises:
            DataError: if a text is missing, a label is empty, or the first row repeats the header.
        """
        texts, labels = self.table.column(self.columns.text), self.table.column(self.columns.label)
        if headers := self.headers:
            raise DataError(
                "names of columns stand in a second line.",
                where=self.table.place(headers[0]),
                do="Keep one line with names, and delete the other.",
            )
        for position, label in enumerate(labels):
            if not label.strip():
                raise DataError("the label is empty.", where=self.table.place(position))
        return tuple(Example(text, label) for text, label in zip(texts, labels, strict=True))

    @property
    def headers(self) -> list[int]:
        """Positions of rows that are names of columns too: in a file with two headers, or of several files in a row."""
        text, label = (name.strip().casefold() for name in (self.columns.text, self.columns.label))
        found = []
        for position, row in enumerate(self.table.rows):
            if row[0] is None or row[-1] is None:
                continue
            its_text, its_label = row[0].strip().casefold(), row[-1].strip().casefold()
            usual = not position and its_text in TEXT_COLUMNS and its_label in LABEL_COLUMNS
            if usual or (its_text, its_label) == (text, label):
                found.append(position)
        return found


def labelled_file(
    file: DataFile, source: TaskSource, like: Columns | None = None, pass_over: PassOver | None = None
) -> LabelledFile:
    """Read the columns of the texts and of the labels.

    Args:
        source: names the columns, or leaves them to be found.
        like: those of the test file, if this is the train file: the same are taken where it has them.
        pass_over: see `table.PassOver`.

    Raises:
        DataError: if the file cannot be read exactly, or its columns are not to be told.
    """

    @cached
    def look() -> list[ColumnProfile]:
        try:
            return first_look(file).profiles()
        except DataError:  # it has no rows, say: then no column can be told by its values
            return []

    found: list[Columns] = []

    def choose(header: Header) -> list[str]:
        if like and {like.text, like.label} <= set(header.columns):
            found.append(like)
        else:
            found.append(choose_columns(header, source.text_column, source.label_column, look))
        return [found[-1].text, found[-1].label]

    table = file.readable(choose, pass_over) if pass_over else file.table(choose)
    return LabelledFile(found[-1], table)


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
