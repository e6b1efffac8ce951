"""What is classified: examples with their labels, and the sample of them that a run looks at."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from evalcore.errors import BlindspotError, DataError, SpecError, listed, quoted
from evalcore.parse import matching as parse
from evalcore.paths import DEMO_DATA
from evalcore.tasks.data_file import SUFFIXES, Header, LabelList, read_label_list, read_table, typed_path

Sample = Literal["stratified", "random", "first"]
SAMPLES: tuple[Sample, ...] = ("stratified", "random", "first")

BANKING77_REPO = "legacy-datasets/banking77"
BANKING77_REVISION = "f54121560de48f2852f90be299010d1d6dc612ec"
BANKING77_TEXT, BANKING77_LABEL = "text", "label"


TEXT_COLUMNS = ("text", "utterance", "sentence", "query", "question", "message", "input", "content")
LABEL_COLUMNS = ("label", "category", "intent", "class", "label_text", "gold", "target", "answer")
LABEL_FILES = ("labels.json", "labels.txt", "categories.json")


@dataclass(frozen=True, slots=True)
class Example:
    """One text and the label that people gave it."""

    text: str
    label: str


@dataclass(frozen=True)
class TaskSource:
    """Where a task comes from, as a person says it.

    Attributes:
        name: `demo`, `banking77`, a data file, or a folder with `test.*` and perhaps `train.*` and a label list.
        text_column, label_column: column names; guessed from common ones when empty.
        train: a data file with training examples; when empty, `train.*` beside the test file in a folder.
        labels: a file with the label list; when empty, the labels that occur, in alphabetical order.
    """

    name: str = "demo"
    text_column: str = ""
    label_column: str = ""
    train: str = ""
    labels: str = ""


@dataclass(frozen=True)
class Task:
    """A closed set of labels and the examples to be given one of them.

    Attributes:
        name: for people.
        labels: all labels a model may answer, in order; distinct also in their normal form.
        test: the examples a run samples from, in file order.
        train: examples that baselines are fitted on and few-shot prompts draw from; may be empty.
        origin: where it was read from, with its revision if it has one.
    """

    name: str
    labels: tuple[str, ...]
    test: tuple[Example, ...]
    train: tuple[Example, ...]
    origin: str


def load_task(source: TaskSource) -> Task:
    """Read a task.

    Raises:
        DataError: if a file is missing or cannot be read exactly, or the labels cannot be told apart. Nothing else:
            whatever a file does to what reads it is said in a sentence.
    """
    try:
        files = task_files(source)
        return _load_files(source, files) if files else _load_banking77_from_hub()
    except BlindspotError:
        raise
    except MemoryError as error:
        raise DataError("there is not enough memory to read it.", where=source.name, do="Take a part of it.") from error
    except Exception as error:
        raise DataError(
            f"it cannot be read ({type(error).__name__}: {_first_line(error):.200}).",
            where=source.name,
            do="Look whether the file is what its name says, or save it as CSV.",
        ) from error


@dataclass(frozen=True)
class TaskFiles:
    """What a task is read from.

    Attributes:
        origin: the file or folder that was named.
        train, labels: None where there is none.
    """

    origin: Path
    test: Path
    train: Path | None
    labels: Path | None


def task_files(source: TaskSource) -> TaskFiles | None:
    """The files of a task; None if it comes from the hub. Nothing is read.

    Raises:
        DataError: if one that is named is missing.
    """
    if source.name == "demo":
        return _files_in(TaskSource("demo"), DEMO_DATA)
    if source.name == "banking77":
        local = _local_banking77()
        return _files_in(source, local) if local else None
    path = typed_path(source.name)
    if path is None:
        raise DataError(
            "there is no such task, file or folder.",
            where=source.name,
            do="Give `demo`, `banking77`, a CSV, JSONL or Parquet file, or a folder that holds `test.csv`.",
        )
    return _files_in(source, path)


def draw_sample(task: Task, n: int, sample: Sample, seed: int = 0) -> tuple[Example, ...]:
    """The first `n` examples of the task in the order of a sampling rule; all of them if there are fewer.

    Every rule is nested: the sample of a larger N begins with the sample of a smaller one. `stratified` and
    `random` do not depend on the order of the file.

    - `stratified`: each label's share in the sample is its share in the split, to within one example; no
      label has a second example before every label has its first.
    - `random`: every example equally likely.
    - `first`: the file's own order. Where the file is sorted by label it holds only a few of them.

    Raises:
        SpecError: if n < 1 or the rule is unknown.
    """
    if n < 1:
        raise SpecError(f"N is {n}.", do="Choose at least 1 example.")
    if sample not in SAMPLES:
        raise SpecError(f"there is no sample {sample!r}.", do=f"Choose one of {', '.join(SAMPLES)}.")
    if sample == "first":
        return task.test[:n]
    # Sorting by (rank, text, label) and numbering repeats makes the order independent of the file's.
    ranked = sorted(task.test, key=lambda e: (_rank(seed, e), e.text, e.label))
    if sample == "random":
        return tuple(ranked[:n])
    support = Counter(example.label for example in task.test)
    taken: Counter[str] = Counter()
    positions = []
    for order, example in enumerate(ranked):
        # The j-th example of a label stands at j / support: a common scale on which labels interleave.
        positions.append((taken[example.label] / support[example.label], order, example))
        taken[example.label] += 1
    positions.sort(key=lambda position: position[:2])
    return tuple(example for _, _, example in positions[:n])


def shots(task: Task, k: int, seed: int = 0) -> tuple[Example, ...]:
    """`k` training examples for a few-shot prompt, of as many different labels as possible.

    Raises:
        SpecError: if the task has fewer training examples than `k`.
    """
    if len(task.train) < k:
        raise SpecError(
            f"a few-shot prompt with {k} examples needs a train split of at least {k}; this has {len(task.train)}.",
            where=task.name,
            do="Give a train file, or choose another prompt.",
        )
    train = Task(task.name, task.labels, task.train, (), task.origin)
    return draw_sample(train, k, "stratified", seed)


def fingerprint(examples: Iterable[Example]) -> str:
    """SHA-256 over the examples, whatever their order."""
    digests = sorted(hashlib.sha256(json.dumps([e.text, e.label]).encode()).hexdigest() for e in examples)
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def _rank(seed: int, example: Example) -> bytes:
    return hashlib.sha256(json.dumps([seed, example.text, example.label]).encode()).digest()


def _local_banking77() -> Path | None:
    root = os.environ.get("BLINDSPOT_DATA")
    if not root:
        return None
    for folder in (Path(root) / "banking77", Path(root)):
        if (folder / "test.csv").is_file():
            return folder
    raise DataError(
        "BLINDSPOT_DATA names a folder without Banking77's test.csv.",
        where=root,
        do="Point it at the folder that holds test.csv and train.csv, or unset it to load from the hub.",
    )


def _files_in(source: TaskSource, path: Path) -> TaskFiles:
    if path.is_dir():
        test_file = _split_file(path, "test")
        if test_file is None:
            raise DataError("the folder holds no test file.", where=str(path), do="Name it `test.csv`.")
        train_file = _named(source.train) if source.train else _split_file(path, "train")
        label_file = _named(source.labels) if source.labels else _label_file(path)
    else:
        test_file = path
        train_file = _named(source.train) if source.train else None
        label_file = _named(source.labels) if source.labels else None
    return TaskFiles(path, test_file, train_file, label_file)


def _load_files(source: TaskSource, files: TaskFiles) -> Task:
    if source.name == "demo":
        source = TaskSource("demo")  # what was said about the files of another task does not apply
    test = _examples(files.test, source)
    train = _examples(files.train, source) if files.train else ()
    labels = read_label_list(files.labels) if files.labels else None
    name = source.name if source.name in ("demo", "banking77") else files.origin.name
    return make_task(name, test, train, labels, str(files.origin))


def _named(name: str) -> Path:
    path = typed_path(name)
    if path is None:
        raise DataError("there is no such file.", where=name, do="Check the path.")
    return path


def make_task(
    name: str,
    test: Sequence[Example],
    train: Sequence[Example],
    labels: Sequence[str] | LabelList | None,
    origin: str,
) -> Task:
    """A task from its parts, checked.

    Args:
        labels: in order; None takes those that occur, in alphabetical order.

    Raises:
        DataError: no labels, two labels with one normal form, or an example with an unlisted label.
    """
    occurring = {example.label for example in (*test, *train)}
    if labels is None:
        labels = sorted(occurring, key=lambda s: (s.casefold(), s))
    if not isinstance(labels, LabelList):
        labels = LabelList(name, list(labels), [])
    _check_labels(labels)
    unlisted = sorted(occurring - set(labels.labels))
    if unlisted:
        raise DataError(
            f"{len(unlisted):,} label(s) occur that the label list does not have, such as {quoted(unlisted[0])}.",
            where=name,
            do="Add them to the label list." if labels.name == name else f"Add them to {labels.name}.",
        )
    return Task(name, tuple(labels.labels), tuple(test), tuple(train), origin)


def _check_labels(labels: LabelList) -> None:
    if not labels.labels:
        raise DataError("there are no labels.", where=labels.name)
    for at, label in enumerate(labels.labels):
        if not parse.normal_form(label):
            raise DataError(
                f"the label {quoted(label)} has no letter or digit to be recognised by.", where=labels.where(at)
            )
    clashes = parse.collisions(labels.labels)
    if clashes:
        first, second = clashes[0]
        where = labels.where(labels.labels.index(second, labels.labels.index(first) + 1))
        if first == second:
            raise DataError(f"the label {quoted(first)} stands there twice.", where=where, do="Take one of them out.")
        raise DataError(
            f"the labels {quoted(first)} and {quoted(second)} read the same once case, spacing and punctuation are "
            "folded.",
            where=where,
            do="Rename one of them: an answer could not be told apart.",
        )


def _split_file(folder: Path, split: str) -> Path | None:
    candidates = [folder / f"{split}{suffix}" for suffix in SUFFIXES]
    return next((path for path in candidates if path.is_file()), None)


def _label_file(folder: Path) -> Path | None:
    return next((folder / name for name in LABEL_FILES if (folder / name).is_file()), None)


def _examples(path: Path, source: TaskSource) -> tuple[Example, ...]:
    table = read_table(path, lambda header: _text_and_label(header, source))
    text_column, label_column = table.columns[0], table.columns[-1]  # one column may be both
    texts, labels = table.column(text_column), table.column(label_column)
    for position, label in enumerate(labels):
        if not label.strip():
            raise DataError("the label is empty.", where=table.place(position))
    return tuple(Example(text, label) for text, label in zip(texts, labels, strict=True))


def _text_and_label(header: Header, source: TaskSource) -> tuple[str, str]:
    return (
        header.require(source.text_column) if source.text_column else guess_column(header, TEXT_COLUMNS, "text"),
        header.require(source.label_column) if source.label_column else guess_column(header, LABEL_COLUMNS, "label"),
    )


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


@lru_cache(maxsize=1)
def _load_banking77_from_hub() -> Task:
    """Banking77 from the hub, at a pinned revision; from the local cache when the hub cannot be reached."""
    import datasets
    from huggingface_hub.errors import HfHubHTTPError

    datasets.disable_progress_bars()
    try:
        splits = datasets.load_dataset(BANKING77_REPO, revision=BANKING77_REVISION)
    except (OSError, HfHubHTTPError, datasets.exceptions.DatasetsError, ValueError) as error:
        # datasets has no error of its own for "unreachable": connection, missing repository and broken
        # download arrive as these.
        raise DataError(
            f"Banking77 could not be loaded from the hub ({_first_line(error)}).",
            where=f"{BANKING77_REPO}@{BANKING77_REVISION[:8]}",
            do="Check the connection, or put its test.csv and train.csv into a folder and name it in BLINDSPOT_DATA.",
        ) from error
    names = splits["test"].features[BANKING77_LABEL].names

    def examples(split: str) -> tuple[Example, ...]:
        columns = splits[split].with_format(None)
        return tuple(
            Example(text, names[code])
            for text, code in zip(columns[BANKING77_TEXT], columns[BANKING77_LABEL], strict=True)
        )

    origin = f"{BANKING77_REPO}@{BANKING77_REVISION}"
    return make_task("banking77", examples("test"), examples("train"), names, origin)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
