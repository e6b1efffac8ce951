"""A stored run -> files. Writes are atomic: to a temporary file in the same folder, which is synced and renamed.

At any time, even after a crash, the target is either the old file or the new one.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evalcore.analysis import LabelProbabilities, ScoredExample, ScoredRun, why_no_probabilities
from evalcore.errors import DataError
from evalcore.importing import PROBABILITY_OF
from evalcore.output.report import Sure, findings_of, report_as_json, sure_of
from evalcore.store import Store, bundle_pieces

COLUMNS = (
    "position", "text", "label", "completion", "predicted", "match", "outcome", "stop", "prompt_tokens",
    "generated_tokens",
)  # fmt: skip
"""Of the exported rows; without times, so that the same run gives the same bytes."""
PROBABILITY_COLUMNS = ("confidence", "runner_up", "margin", "entropy", "true_rank")
"""What follows where the run has probabilities; then, where it is asked for, `probability:LABEL` for each label. Read
back by `import`, these columns give the same figures."""

_ROWS_AT_ONCE = 500

Cell = str | int | float

_CONTROLS = ("\t", "\r", "\n")
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\u2212")
"""Also after invisible characters, and as full-width characters: spreadsheets read `＝` as `=`."""
_PART = re.compile(r"\.(?P<name>.+)\.(?P<pid>\d+)\.part")


def export_run(store: Store, scored: ScoredRun, folder: Path, *, all_labels: bool = False) -> list[Path]:
    """Write a run's predictions and its report into a folder, in pieces: a run of any size takes little memory.

    Args:
        folder: created if it is missing. Files of these names in it are replaced, each atomically.
        all_labels: write the probability of every label as well.

    Returns:
        paths of `predictions.csv` and `predictions.jsonl` (lossless), `predictions-for-spreadsheets.csv`, `run.json`.

    Raises:
        DataError: if the folder cannot be written, or probabilities are asked for and the run has none.
    """
    sure = sure_of(scored)
    probabilities = sure[0] if sure else None
    if all_labels and probabilities is None:
        raise DataError(why_no_probabilities(scored), where=f"run {scored.record.run_id}")
    rows = _Rows(scored, probabilities, all_labels)
    contents: dict[str, Iterable[bytes]] = {
        "predictions.csv": rows.as_csv(_text),
        "predictions.jsonl": rows.as_json_lines(),
        "predictions-for-spreadsheets.csv": rows.for_spreadsheets(),
        "run.json": [run_json(store, scored, sure)],
    }
    return [write_file(folder / name, content) for name, content in contents.items()]


def export_bundle(store: Store, run_ids: Sequence[str], file: Path) -> Path:
    """Write runs into one file to import elsewhere (docs/bundle.md), piece by piece; a file of that name is replaced.

    Raises:
        StoreError: if there is no such run, or it is damaged.
        DataError: if the file cannot be written.
    """
    return write_file(file, bundle_pieces(store, run_ids))


def predictions_csv(
    scored: ScoredRun, probabilities: LabelProbabilities | None = None, *, all_labels: bool = False
) -> bytes:
    """One row per answered example, in UTF-8, every field quoted: reading it back gives the same strings.

    Args:
        probabilities: of the run, if it has some: adds `PROBABILITY_COLUMNS`.
        all_labels: add the probability of every label as well.
    """
    return b"".join(_Rows(scored, probabilities, all_labels).as_csv(_text))


def predictions_for_spreadsheets(
    scored: ScoredRun, probabilities: LabelProbabilities | None = None, *, all_labels: bool = False
) -> bytes:
    """The same for Excel and other spreadsheets: a cell that they would execute as a formula gets a leading apostrophe.

    It begins with a byte order mark, by which they recognise UTF-8. Not lossless.
    """
    return b"".join(_Rows(scored, probabilities, all_labels).for_spreadsheets())


def predictions_jsonl(
    scored: ScoredRun, probabilities: LabelProbabilities | None = None, *, all_labels: bool = False
) -> bytes:
    """One JSON object per answered example, with token ids and latency; null where unparsed or not known.

    The probabilities of all labels are an object `probabilities`, without those that are not known.
    """
    return b"".join(_Rows(scored, probabilities, all_labels).as_json_lines())


def run_json(store: Store, scored: ScoredRun, sure: Sure | None = None) -> bytes:
    """The run's spec, identity, prompt and metadata, and everything that the pages show of it.

    Args:
        sure: what `sure_of` returns; computed if it is not given.
    """
    record, sure = scored.record, sure or sure_of(scored)
    content = {
        "run": {
            "run_id": record.run_id,
            "spec": asdict(record.spec),
            "identity": record.identity,
            "prompt": asdict(record.prompt),
            "label_order": record.label_order,
            "sample_id": record.sample_id,
            "created": record.created,
            "finished": record.finished,
            "seconds": record.seconds,
            "load_seconds": record.load_seconds,
            "predicted": record.predicted,
            "server_usage": asdict(record.usage) if record.usage else None,
            "facts": record.metadata or {},
        },
        "report": report_as_json(scored, findings_of(store, scored, lambda _: sure), sure=sure),
    }
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def write_file(path: Path, content: bytes | Iterable[bytes]) -> Path:
    """Write a file atomically: temporary file in the same folder, fsync, rename, fsync of the folder.

    Args:
        content: its bytes, or pieces of them, each made when the one before is written.

    Raises:
        DataError: if it cannot be written. The previous file is then unchanged.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path)
        try:
            with open(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as stream:
                stream.writelines([content] if isinstance(content, bytes) else content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(part, path)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise DataError(
            f"the file cannot be written ({error.strerror or error}).",
            where=str(path),
            do="Free some space, or choose another folder.",
        ) from error
    return path


@dataclass(frozen=True)
class _Rows:
    """The rows of a run's answers, each made when it is asked for.

    Attributes:
        probabilities: of the run; None if it has none.
        all_labels: whether the probability of every label is a part of a row.
    """

    scored: ScoredRun
    probabilities: LabelProbabilities | None
    all_labels: bool

    def as_csv(self, cell: Callable[[Cell], str]) -> Iterator[bytes]:
        """Pieces of a CSV file; `cell` writes a value."""
        # All fields are quoted: a lone carriage return, for example, would otherwise end the row.
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
        labels = self.scored.labels if self.probabilities and self.all_labels else ()
        writer.writerow([*COLUMNS, *self._more_columns, *(PROBABILITY_OF + label for label in labels)])
        for answers, figures, shares in self._blocks():
            for answer, more, of_labels in zip(answers, figures, shares, strict=True):
                writer.writerow(map(cell, [*_row(answer), *more, *of_labels]))
            yield stream.getvalue().encode()
            stream.seek(0)
            stream.truncate()
        yield stream.getvalue().encode()

    def for_spreadsheets(self) -> Iterator[bytes]:
        """Pieces of a CSV file for spreadsheets."""
        yield "\ufeff".encode()
        yield from self.as_csv(_no_formula)

    def as_json_lines(self) -> Iterator[bytes]:
        """Pieces of a file of JSON lines."""
        for answers, figures, shares in self._blocks():
            lines = []
            for answer, more, of_labels in zip(answers, figures, shares, strict=True):
                row: dict[str, Any] = dict(zip(COLUMNS, _row(answer), strict=True))
                row["predicted"] = answer.predicted
                row["token_ids"] = list(answer.completion.token_ids)
                row["latency_ms"] = _finite(answer.completion.latency_ms)
                row |= {name: _or_null(value) for name, value in zip(self._more_columns, more, strict=True)}
                if self.probabilities and self.all_labels:
                    known = zip(self.scored.labels, of_labels, strict=True)
                    row["probabilities"] = {label: float(_text(share)) for label, share in known if share == share}
                lines.append(json.dumps(row, ensure_ascii=True) + "\n")
            yield "".join(lines).encode()

    @property
    def _more_columns(self) -> tuple[str, ...]:
        return PROBABILITY_COLUMNS if self.probabilities else ()

    def _blocks(self) -> Iterator[tuple[list[ScoredExample], list[tuple[Cell, ...]], list[list[float]]]]:
        """Some answers at a time, with their figures and the probabilities of all labels, as far as they are wanted."""
        found = self.probabilities
        for start in range(0, len(self.scored.answers), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            answers = self.scored.answers[rows]
            figures: list[tuple[Cell, ...]] = [()] * len(answers)
            shares: list[list[float]] = [[]] * len(answers)
            if found is not None:
                figures = [
                    (confidence, self.scored.labels[second] if second >= 0 else "", margin, entropy, rank or math.nan)
                    for confidence, second, margin, entropy, rank in zip(
                        found.confidence[rows].tolist(), found.runner_up[rows].tolist(), found.margin[rows].tolist(),
                        found.entropy[rows].tolist(), found.true_rank[rows].tolist(), strict=True,
                    )
                ]  # fmt: skip
            if found is not None and self.all_labels:
                shares = found.of_rows(rows).tolist()
            yield answers, figures, shares


def _row(answer: ScoredExample) -> list[Cell]:
    completion = answer.completion
    return [
        answer.position, answer.example.text, answer.example.label, completion.text, answer.predicted or "",
        answer.parsed.match, answer.outcome, completion.stop, completion.prompt_tokens, len(completion.token_ids),
    ]  # fmt: skip


def _text(value: Cell) -> str:
    """A value as it is written: seven digits of a number (float32 holds no more), nothing for one that is not known."""
    if isinstance(value, float):
        return f"{value:.7g}" if value == value else ""
    return str(value)


def _or_null(value: Cell) -> Cell | None:
    if isinstance(value, float):
        return float(_text(value)) if value == value else None
    return value or None


def _no_formula(value: Cell) -> str:
    text = _text(value)
    if isinstance(value, float):
        return text  # a number may begin with a minus
    seen = next((character for character in text if unicodedata.category(character)[0] not in "ZC"), "")
    runs = text.startswith(_CONTROLS) or unicodedata.normalize("NFKC", seen).startswith(_STARTS_A_FORMULA)
    return f"'{text}" if runs else text


def _finite(value: float) -> float | None:
    return value if value - value == 0 else None


def _remove_leftovers(path: Path) -> None:
    """Temporary files of this file, left by processes that were killed while writing."""
    for part in path.parent.glob(".*.part"):
        found = _PART.fullmatch(part.name)
        if found and found["name"] == path.name and not _alive(int(found["pid"])):
            part.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    if os.name == "nt":
        return True  # os.kill would end the process there
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it belongs to another user
    return True


def _sync_folder(folder: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        return  # Windows: a folder cannot be opened, and need not be synced
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
