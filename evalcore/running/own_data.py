"""A person's own data, looked at once: what was found in them, and the few rows that a page shows."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

from evalcore.errors import BlindspotError, DataError, shortened
from evalcore.paths import DEMO_MODELS
from evalcore.predictors import model_folder
from evalcore.running import task_cache
from evalcore.store import RunSpec, Store, Uploads
from evalcore.tasks import DataFile, TaskSource, Upload, task_files
from evalcore.tasks.audit import Audit, Problem, audit
from evalcore.tasks.content_kind import format_of
from evalcore.tasks.data_file import NamedFile, parse_label_list
from evalcore.tasks.load import TaskFiles, label_list
from evalcore.tasks.text_file import text_file
from evalcore.wording import counted

ROWS_SHOWN = 50
"""Rows that are kept of the beginning and of each label."""
COLUMNS_SHOWN = 20
CELL_CHARS = 300
RAW_LINE = "line as it stands"
"""The column of a file that cannot be read as a table."""

_SHOWN_AS = {"\n": "⏎", "\r": "␍", "\t": "⇥", "\u00a0": "⍽"}
_UNSEEN = ("Cc", "Cf", "Zl", "Zp", "Zs")

T = TypeVar("T")


@dataclass(frozen=True)
class RowShown:
    """A row as a page shows it.

    Attributes:
        line: its number in the file, from 1 with the header; of a Parquet file or a sheet that of the row.
        cells: as long as the columns, shortened, and with what cannot be seen made visible.
    """

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class OwnData:
    """What is known of a file or a data set of the hub. All names and texts come from data.

    Attributes:
        audit: what was found.
        columns: names of the columns of the rows below, label and text first.
        first: the first rows.
        by_line: the rows that problems name, by line.
        by_label: the first rows of each label.
    """

    audit: Audit
    columns: tuple[str, ...] = ()
    first: tuple[RowShown, ...] = ()
    by_line: Mapping[int, RowShown] = field(default_factory=dict)
    by_label: Mapping[str, tuple[RowShown, ...]] = field(default_factory=dict)

    def rows_at(self, lines: Iterable[int]) -> list[RowShown]:
        """The rows on these lines, as far as they could be read."""
        return [self.by_line[line] for line in lines if line in self.by_line]

    @property
    def sentence(self) -> str:
        """Whether it can be run, and as what; what stands before the colon is the answer."""
        found = self.audit
        blocking = sum(problem.blocks for problem in found.problems)
        if blocking:
            return f"{counted(blocking, 'problem')} must be mended first: {found.problems[0].sentence}"
        rows, labels = counted(found.n, "row"), counted(len(found.labels), "label")
        return f"{rows}, {labels}, ready: text = {found.text_column}, label = {found.label_column}"

    @property
    def reasons(self) -> str:
        """Why these columns were taken, and what the file was read as."""
        found = self.audit
        said = [("text", found.text_column, found.why_text), ("label", found.label_column, found.why_label)]
        parts = [f"{what} = {column}: {why}" for what, column, why in said if column and why]
        return " · ".join([*parts, *([f"read as {found.format}"] if found.format else [])])


def keep(name: str, content: bytes, store: Store) -> Upload:
    """Keep an uploaded data file, unless it is none: what can never be read is not kept.

    Args:
        name: what the person's file is called.
        content: its bytes.

    Raises:
        DataError: if it is empty, too large, or no kind of file or text that can be read.
        StoreError: if it cannot be kept.
    """
    if content and format_of(name, content) in ("csv", "tsv", "jsonl"):
        text_file(name, content)
    return Uploads(store).add(name, content)


def keep_label_list(name: str, content: bytes, store: Store) -> Upload:
    """The same for a list of labels: a text with one a line, or a JSON array."""
    if content:
        parse_label_list(name, content)
    return Uploads(store).add(name, content)


def look_at(source: TaskSource, store: Store) -> OwnData:
    """Read a person's data, and find out what is in them and what is wrong with them.

    Args:
        source: the data, and which of their columns are meant; guessed where it names none.
        store: of the cache folder that holds uploads.

    Raises:
        BlindspotError: if they are not there.
    """
    files = task_files(source, store.folder)
    if files is None:
        raise DataError("it is not on this machine yet.", where=source.name, do="Download it first.")
    file, found = audited(source, files)
    return _rows(OwnData(found), file)


def audited(source: TaskSource, files: TaskFiles) -> tuple[DataFile, Audit]:
    """The examples of a task, and all that is wrong with its files.

    Args:
        source: which of the columns are meant; guessed where it names none.

    Raises:
        BlindspotError: if the examples are not there.
    """
    file = files.test.read()
    refused: list[Problem] = []

    def beside(what: str, named: NamedFile | None, read: Callable[[NamedFile], T]) -> T | None:
        """A file beside the examples; one that cannot be read is a problem like others."""
        try:
            return read(named) if named else None
        except BlindspotError as error:
            refused.append(Problem(what, str(error), f"Choose another {what.replace('_', ' ')}, or none.", blocks=True))
            return None

    train = beside("train_file", files.train, NamedFile.read)
    labels = beside("label_list", files.labels, label_list)
    found = audit(file, source.text_column, source.label_column, train=train, labels=labels)
    return file, replace(found, problems=(*refused, *found.problems))


def knows_other_labels(spec: RunSpec, labels: Collection[str], store: Store) -> bool:
    """Whether the model is one of the two that come with this program, and the labels are not those of its demo: then
    hardly an answer is one of the labels."""
    return is_of_the_demo(spec) and not set(labels) <= set(task_cache.labels(TaskSource(), store))


def is_of_the_demo(spec: RunSpec) -> bool:
    """Whether the model is one of the two that come with this program: they know the labels of its demo by heart."""
    folder = model_folder(spec.model) if spec.kind.reads_prompt and not spec.kind.is_remote else None
    return folder is not None and folder.parent == DEMO_MODELS


def visible(text: str) -> str:
    """A value in one line, with its unseen characters made visible, shortened."""
    if text.isascii() and text.isprintable():
        return shortened(text, CELL_CHARS)
    return "".join(_visible_character(character) for character in shortened(text, CELL_CHARS))


def _visible_character(character: str) -> str:
    if character == " " or unicodedata.category(character) not in _UNSEEN:
        return character
    return _SHOWN_AS.get(character) or f"[U+{ord(character):04X}]"


def _rows(data: OwnData, file: DataFile) -> OwnData:
    """With the rows that a page shows: of the beginning, of each problem and of each label."""
    found = data.audit
    wanted = {line for problem in found.problems for line in problem.rows}
    chosen = [column for column in (found.label_column, found.text_column) if column]
    columns = tuple(dict.fromkeys([*chosen, *(profile.name for profile in found.columns)]))[:COLUMNS_SHOWN]
    passed_over: dict[int, DataError] = {}
    try:
        table = file.readable(lambda header: columns or header.columns, passed_over.__setitem__)
    except DataError:
        first, by_line = _raw_lines(file, wanted)
        return replace(data, columns=(RAW_LINE,), first=first, by_line=by_line)
    at_label = table.columns.index(found.label_column) if found.label_column in table.columns else None

    def shown(position: int) -> RowShown:
        return RowShown(table.lines[position], tuple(visible(value or "") for value in table.rows[position]))

    _, by_line = _raw_lines(file, passed_over.keys() & wanted, before=("",) * (len(table.columns) > 1))
    by_label: dict[str, list[RowShown]] = {}
    for position, (line, row) in enumerate(zip(table.lines, table.rows, strict=True)):
        if line in wanted:
            by_line[line] = shown(position)
        label = None if at_label is None else row[at_label]
        if label is not None and label in found.labels:
            rows = by_label.setdefault(label, [])
            if len(rows) < ROWS_SHOWN:
                rows.append(shown(position))
    first = tuple(shown(position) for position in range(min(ROWS_SHOWN, len(table.rows))))
    kept = {label: tuple(rows) for label, rows in by_label.items()}
    return replace(data, columns=tuple(table.columns), first=first, by_line=by_line, by_label=kept)


def _raw_lines(
    file: DataFile, wanted: Collection[int], before: tuple[str, ...] = ()
) -> tuple[tuple[RowShown, ...], dict[int, RowShown]]:
    """The beginning and the wanted lines of a file that is text, as they stand; none of any other file.

    Args:
        before: cells in front of the line's own.
    """
    first: list[RowShown] = []
    by_line: dict[int, RowShown] = {}
    last = max([ROWS_SHOWN, *wanted])
    with suppress(DataError):  # it is no text, or not to its end
        for number, line in enumerate(text_file(file.name, file.content).lines(newline=""), start=1):
            if number > last:
                break
            row = RowShown(number, (*before, visible(line.rstrip("\r\n"))))
            if number <= ROWS_SHOWN:
                first.append(row)
            if number in wanted:
                by_line[number] = row
    return tuple(first), by_line
