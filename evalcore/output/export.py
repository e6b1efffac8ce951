"""A stored run -> files. Writes are atomic: to a temporary file in the same folder, which is synced and renamed.

At any time, even after a crash, the target is either the old file or the new one.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evalcore.analysis import ScoredExample, ScoredRun
from evalcore.errors import DataError
from evalcore.output.report import findings_of, report_as_json
from evalcore.store import Store

COLUMNS = (
    "position", "text", "label", "completion", "predicted", "match", "outcome", "stop", "prompt_tokens",
    "generated_tokens",
)  # fmt: skip
"""Of the exported rows; without times, so that the same run gives the same bytes."""

_CONTROLS = ("\t", "\r", "\n")
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\u2212")
"""Also after invisible characters, and as full-width characters: spreadsheets read `＝` as `=`."""
_PART = re.compile(r"\.(?P<name>.+)\.(?P<pid>\d+)\.part")


def export_run(store: Store, scored: ScoredRun, folder: Path) -> list[Path]:
    """Write a run's predictions and its report into a folder.

    Args:
        folder: created if it is missing. Files of these names in it are replaced, each atomically.

    Returns:
        paths of `predictions.csv` and `predictions.jsonl` (lossless), `predictions-for-spreadsheets.csv`, `run.json`.

    Raises:
        DataError: if the folder cannot be written.
    """
    contents = {
        "predictions.csv": predictions_csv(scored),
        "predictions.jsonl": predictions_jsonl(scored),
        "predictions-for-spreadsheets.csv": predictions_for_spreadsheets(scored),
        "run.json": run_json(store, scored),
    }
    return [write_file(folder / name, content) for name, content in contents.items()]


def predictions_csv(scored: ScoredRun) -> bytes:
    """One row per answered example, in UTF-8, every field quoted: reading it back gives the same strings."""
    return _csv(scored.answers).encode()


def predictions_for_spreadsheets(scored: ScoredRun) -> bytes:
    """The same for Excel and other spreadsheets: a cell that they would execute as a formula gets a leading apostrophe.

    It begins with a byte order mark, by which they recognise UTF-8. Not lossless.
    """
    return ("\ufeff" + _csv(scored.answers, _no_formula)).encode()


def predictions_jsonl(scored: ScoredRun) -> bytes:
    """One JSON object per answered example, with token ids and latency; `predicted` is null where unparsed."""
    lines = []
    for answer in scored.answers:
        row: dict[str, Any] = dict(zip(COLUMNS, _row(answer), strict=True))
        row["predicted"] = answer.predicted
        row["token_ids"] = list(answer.completion.token_ids)
        row["latency_ms"] = _finite(answer.completion.latency_ms)
        lines.append(json.dumps(row, ensure_ascii=True))
    return ("\n".join(lines) + "\n" if lines else "").encode()


def run_json(store: Store, scored: ScoredRun) -> bytes:
    """The run's spec, identity, prompt and metadata, and everything that the pages show of it."""
    record = scored.record
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
            "facts": record.metadata or {},
        },
        "report": report_as_json(scored, findings_of(store, scored)),
    }
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def write_file(path: Path, content: bytes) -> Path:
    """Write a file atomically: temporary file in the same folder, fsync, rename, fsync of the folder.

    Raises:
        DataError: if it cannot be written. The previous file is then unchanged.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path)
        try:
            with open(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as stream:
                stream.write(content)
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


def _csv(answers: Iterable[ScoredExample], cell: Any = str) -> str:
    stream = io.StringIO(newline="")
    # All fields are quoted: a lone carriage return, for example, would otherwise end the row.
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell(value) for value in _row(answer)] for answer in answers)
    return stream.getvalue()


def _row(answer: ScoredExample) -> list[str | int]:
    completion = answer.completion
    return [
        answer.position, answer.example.text, answer.example.label, completion.text, answer.predicted or "",
        answer.parsed.match, answer.outcome, completion.stop, completion.prompt_tokens, len(completion.token_ids),
    ]  # fmt: skip


def _no_formula(value: str | int) -> str:
    text = str(value)
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
