"""A bundle -> a temporary database of the store's own format, checked: nothing of it is believed before its last line.

The database is a file without a name, which is gone with its connection, so that a process that is killed leaves
nothing behind. Whoever wrote a bundle can say in it what they like: the checks make sure that it is whole, that its
parts belong together, and that no value in it is one that a store could not have written.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import math
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from typing import Any, BinaryIO, get_args

from evalcore.errors import BlindspotError, DataError, StoreError, first_line, quoted
from evalcore.store import completion_rows, migrations, run_rows
from evalcore.store.bundle import FORMAT, KEY_BYTES, MAX_BYTES, MAX_LINE_BYTES, VERSION, Row, refuse_another_id
from evalcore.store.catalog import NAME_LENGTH
from evalcore.store.completion import Completion, Stop
from evalcore.store.label_reference import LabelReference
from evalcore.store.run_record import RunRecord, record_of
from evalcore.store.spec import RunSpec, SampleHash, checked, from_fields
from evalcore.store.usage import Usage
from evalcore.tasks import Prompt, custom_prompt
from evalcore.tasks.prompt import MAX_SHOTS
from evalcore.wording import sized

_PIECE_BYTES = 2**16
_UNPACKED_AT_ONCE = 2**20
_GZIP = 31
_COPY_AGAIN = "Copy it again: nothing of it was stored."
_UPDATE = "Update Blindspot to read it."

_LARGEST = 2**31 - 1
_LATEST = 9_000_000_000
"""Seconds since 1970, the year 2255: what is shown with a date can be shown."""
_NOTE_CHARS = 100_000
"""Of a note; merging adds to notes, so that it is more than one may write."""

Check = Callable[[Any], bool]


@contextmanager
def unpacked(stream: BinaryIO, name: str, *, max_bytes: int = MAX_BYTES) -> Iterator[sqlite3.Connection]:
    """The database that a bundle holds, for as long as the context lasts.

    Args:
        stream: read once, from where it stands to its end.
        name: of the file, for messages.
        max_bytes: of all lines together.

    Raises:
        DataError: if it is no bundle, is damaged, cut short or too large, a newer version wrote it, or its parts do not
            belong together.
        StoreError: if there is no room for the temporary database.
    """
    db = sqlite3.connect("", isolation_level=None)
    try:
        try:
            db.execute("PRAGMA journal_mode = OFF")
            db.execute("PRAGMA synchronous = OFF")
            db.execute("BEGIN")
            migrations.migrate(db)
            _fill(db, _Lines(stream, name, max_bytes))
            _check(db, name)
            db.execute("COMMIT")
        except sqlite3.IntegrityError:
            raise DataError("one of its rows is there twice.", where=name, do=_COPY_AGAIN) from None
        except sqlite3.Error as error:
            raise StoreError(
                f"the bundle cannot be unpacked into a temporary file ({error}).",
                where=name,
                do="Free some disk space, or name another folder in TMPDIR. Nothing of it was stored.",
            ) from error
        yield db
    finally:
        db.close()


class _Lines:
    """The lines of a bundle, each checked in itself.

    Args:
        stream, name, max_bytes: as `unpacked` takes them.

    Attributes:
        counts: how many rows of each kind there were so far.
    """

    def __init__(self, stream: BinaryIO, name: str, max_bytes: int) -> None:
        self._stream, self._name, self._max_bytes = stream, name, max_bytes
        self._number = 0
        self.counts = Counter[str]()

    def rows(self) -> Iterator[Row]:
        """All rows between the header and the last line, which are checked as well.

        Raises:
            DataError: as `unpacked` does.
        """
        lines = self._contents()
        hashed = hashlib.sha256()
        header = self._header(next(lines, b""), hashed)
        for line in lines:
            row = self._parsed(line)
            kind = row.get("kind")
            if kind == "end":
                self._check_end(row, header, hashed.hexdigest())
                if next(lines, None) is not None:
                    raise self._wrong("lines follow after its last one")
                return
            if not isinstance(kind, str) or kind not in _FIELDS:
                raise self._newer(f"a line of the kind {quoted(str(kind))}")
            self._check_fields(row, _FIELDS[kind])
            hashed.update(line + b"\n")
            self.counts[kind] += 1
            yield row
        raise self._cut_short()

    def wrong_row(self, why: BlindspotError | str) -> DataError:
        """The error of the row that was yielded last."""
        if isinstance(why, BlindspotError):
            return DataError(why.what, where=self._where, do=why.do)
        return self._wrong(why)

    def _header(self, line: bytes, hashed: Any) -> Row:
        no_bundle = DataError("this is no bundle of Blindspot.", where=self._name, do="`export --bundle` writes one.")
        try:
            header = self._parsed(line)
        except DataError:
            raise no_bundle from None
        if header.get("format") != FORMAT:
            raise no_bundle
        version = header.get("version")
        if type(version) is not int or version < 1:
            raise self._wrong("it does not say its version")
        if version > VERSION:
            raise DataError(
                f"this bundle has version {version}, newer than this program's {VERSION}.", where=self._name, do=_UPDATE
            )
        hashed.update(line + b"\n")
        return header

    def _check_end(self, end: Row, header: Row, digest: str) -> None:
        if end.get("counts") != dict(self.counts) or header.get("runs") != self.counts["run"]:
            raise self._wrong("it has not as many rows as it says")
        if end.get("sha256") != digest:
            raise self._wrong("its content is not what was written (SHA-256)")

    def _check_fields(self, row: Row, checks: Mapping[str, Check]) -> None:
        named = f"a line of the kind {row['kind']!r}"
        if more := sorted(row.keys() - checks.keys()):
            raise self._newer(f"{named} with {quoted(more[0])}")
        if lacking := sorted(checks.keys() - row.keys()):
            raise self._wrong(f"{named} lacks {lacking[0]!r}")
        for name, is_right in checks.items():
            if not is_right(row[name]):
                raise self._wrong(f"in {named} {name!r} cannot be {row[name]!r:.60}")

    def _parsed(self, line: bytes) -> Row:
        try:
            row = json.loads(line.decode())
        except (ValueError, RecursionError) as error:  # ValueError: also what is no UTF-8, and numbers without end
            raise self._wrong(f"it is not valid JSON ({first_line(error)})") from None
        if not isinstance(row, dict):
            raise self._wrong("it is no object of JSON")
        return row

    def _contents(self) -> Iterator[bytes]:
        """The lines without their ends; what is larger than may be is not unpacked."""
        unpack = zlib.decompressobj(wbits=_GZIP)
        rest, size = b"", 0
        try:
            while not unpack.eof:
                packed = unpack.unconsumed_tail or self._stream.read(_PIECE_BYTES)
                piece = unpack.decompress(packed, _UNPACKED_AT_ONCE)
                if not packed and not piece:
                    raise self._cut_short()
                size += len(piece)
                *lines, rest = (rest + piece).split(b"\n")
                if size > self._max_bytes or max(map(len, (*lines, rest))) > MAX_LINE_BYTES:
                    raise DataError(
                        f"it unfolds to more than {sized(self._max_bytes)}, or to a line of more than"
                        f" {sized(MAX_LINE_BYTES)}.",
                        where=self._name,
                        do="Write fewer runs into one bundle.",
                    )
                for line in lines:
                    self._number += 1
                    yield line
            if rest or unpack.unused_data or self._stream.read(1):
                raise self._wrong("something follows after its last line")
        except zlib.error as error:
            if not self._number:
                raise DataError(
                    "this is no bundle of Blindspot, which is a gzip file, or it is damaged.",
                    where=self._name,
                    do="`export --bundle` writes one.",
                ) from None
            raise self._wrong(f"it cannot be unpacked ({first_line(error)})") from None
        except OSError as error:
            raise DataError(f"the file cannot be read ({error.strerror}).", where=self._name) from None

    @property
    def _where(self) -> str:
        return f"{self._name}, line {self._number}"

    def _wrong(self, why: str) -> DataError:
        return DataError(f"this bundle is damaged: {why}.", where=self._where, do=_COPY_AGAIN)

    def _cut_short(self) -> DataError:
        return DataError(
            "this bundle ends before its last line: it was cut short, or is being written.",
            where=self._name,
            do=_COPY_AGAIN,
        )

    def _newer(self, what: str) -> DataError:
        return DataError(
            f"this bundle has {what}, which this version does not know: a newer one wrote it.",
            where=self._where,
            do=_UPDATE,
        )


def _fill(db: sqlite3.Connection, lines: _Lines) -> None:
    """Insert all rows; whether they belong together is seen when all are there."""
    for kind, rows in itertools.groupby(lines.rows(), key=lambda row: row["kind"]):
        try:
            _INSERT[kind](db, rows)
        except DataError:
            raise
        except BlindspotError as error:
            raise lines.wrong_row(error) from None
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise lines.wrong_row(f"a line of the kind {kind!r} cannot be read ({first_line(error)})") from None
    if lines.counts["completion"] != db.execute("SELECT count(*) FROM completions").fetchone()[0]:
        raise sqlite3.IntegrityError


def _insert_runs(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    for row in rows:
        if db.execute("SELECT 1 FROM runs WHERE run_id = ?", (row["run_id"],)).fetchone():
            raise sqlite3.IntegrityError
        run_rows.write_run(db, _record(row))
        run_rows.note_resolutions(db, row["run_id"], row["resolutions"])
        mark = row["annotation"]
        db.execute(
            "INSERT INTO run_marks (run_id, name, note, pinned) VALUES (?, ?, ?, ?)",
            (row["run_id"], mark["name"], mark["note"], mark["pinned"]),
        )


def _insert_prompts(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    prompts = (custom_prompt(row["name"], row["system"], row["user"]) for row in rows)
    db.executemany(
        "INSERT INTO prompts (name, system, user, changed) VALUES (?, ?, ?, 0)",
        ((one.name, one.system, one.user) for one in prompts),
    )


def _insert_examples(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    db.executemany(
        "INSERT INTO sample_items (sample_id, position, text, label) VALUES (:sample_id, :position, :text, :label)",
        rows,
    )


def _insert_items(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    db.executemany(
        "INSERT INTO run_items (run_id, position, key) VALUES (?, ?, ?)",
        ((row["run_id"], row["position"], bytes.fromhex(row["key"])) for row in rows),
    )


def _insert_completions(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    completion_rows.insert_completions(db, ((bytes.fromhex(row["key"]), _completion(row)) for row in rows))


_INSERT: dict[str, Callable[[sqlite3.Connection, Iterable[Row]], None]] = {
    "prompt": _insert_prompts,
    "run": _insert_runs,
    "example": _insert_examples,
    "item": _insert_items,
    "completion": _insert_completions,
}


def _completion(row: Row) -> Completion:
    return Completion(
        text=row["text"],
        token_ids=tuple(row["token_ids"]),
        prompt_tokens=row["prompt_tokens"],
        stop=row["stop"],
        latency_ms=math.nan if row["latency_ms"] is None else row["latency_ms"],
        label_logprobs=base64.b64decode(row["label_logprobs"], validate=True),
    )


def _record(row: Row) -> RunRecord:
    """The run that a line describes.

    Raises:
        StoreError: if it is not one, or a newer version wrote it.
        LookupError, TypeError, ValueError: likewise.
    """
    reference = row["label_reference"]
    record = RunRecord(
        **{one.name: row[one.name] for one in fields(RunRecord) if one.name not in _CONVERTED},
        spec=RunSpec.from_json(json.dumps(row["spec"])),
        labels=tuple(row["labels"]),
        label_order=tuple(row["label_order"]),
        prompt=from_fields(Prompt, row["prompt"], "its prompt"),
        label_reference=None if reference is None else LabelReference.from_json(json.dumps(reference)),
        usage=None if row["usage"] is None else Usage(**row["usage"]),
    )
    if not (_is_like(record.spec, RunSpec()) and _is_like(record.spec.task, RunSpec().task)):
        raise ValueError("a field of its spec is of another type")
    checked(record.spec)
    if not _is_prompt(record.prompt):
        raise ValueError("a field of its prompt is of another type")
    if sorted(record.label_order) != sorted(record.labels) or len(set(record.labels)) < len(record.labels):
        raise ValueError("its labels are not those that its prompt lists, or one is there twice")
    known = record.label_reference
    if known and (len(known.tokens) != len(record.labels) or min(known.tokens) < 1):
        raise ValueError("what it knows of its labels is not of its labels")
    refuse_another_id(record)
    return record


_CONVERTED = ("spec", "labels", "label_order", "prompt", "label_reference", "usage")


def _is_like(one: Any, usual: Any) -> bool:
    """Whether each field of a dataclass has the type that it has in another of its kind."""
    return all(type(getattr(one, field.name)) is type(getattr(usual, field.name)) for field in fields(usual))


def _is_prompt(prompt: Prompt) -> bool:
    seed = prompt.shuffle_seed
    return (
        all(type(text) is str for text in (prompt.name, prompt.system, prompt.user))
        and prompt.listing in ("comma", "numbered")
        and type(prompt.shots) is int
        and 0 <= prompt.shots <= MAX_SHOTS
        and (seed is None or (type(seed) is int and 0 <= seed <= _LARGEST))
    )


def _check(db: sqlite3.Connection, name: str) -> None:
    """That the rows belong together: each run has its examples and keys, and nothing is there that no run needs.

    Raises:
        DataError: if they do not.
    """
    for what, query in {
        "examples": "SELECT 1 FROM sample_items WHERE sample_id NOT IN (SELECT sample_id FROM runs) LIMIT 1",
        "keys": "SELECT 1 FROM run_items WHERE run_id NOT IN (SELECT run_id FROM runs) LIMIT 1",
        "completions": "SELECT 1 FROM completions WHERE key NOT IN (SELECT key FROM run_items) LIMIT 1",
    }.items():
        if db.execute(query).fetchone():
            raise DataError(f"this bundle is damaged: it has {what} of no run in it.", where=name, do=_COPY_AGAIN)
    sound: set[str] = set()
    for record in map(record_of, run_rows.all_runs(db)):
        count, last = db.execute(
            "SELECT count(*), max(position) FROM run_items WHERE run_id = ?", (record.run_id,)
        ).fetchone()
        if record.sample_id not in sound and _is_sound(db, record):
            sound.add(record.sample_id)
        if count != record.n or last != record.n - 1 or record.sample_id not in sound:
            raise DataError(
                "this bundle is damaged: the examples of a run are not those that it was made of.",
                where=f"{name}, run {record.run_id}",
                do=_COPY_AGAIN,
            )


def _is_sound(db: sqlite3.Connection, record: RunRecord) -> bool:
    """Whether the examples of a run's sample are those that its name is the hash of."""
    sample, labels, count = SampleHash(record.labels), set(record.labels), 0
    rows = "SELECT position, text, label FROM sample_items WHERE sample_id = ? ORDER BY position"
    for position, text, label in db.execute(rows, (record.sample_id,)):
        if position != count or label not in labels:
            return False
        sample.add(text, label)
        count += 1
    return count == record.n and sample.hexdigest() == record.sample_id


def _is_text(value: Any) -> bool:
    try:
        return type(value) is str and value.encode() is not None
    except UnicodeEncodeError:  # half a surrogate pair
        return False


def _is_hex(digits: int) -> Check:
    return lambda value: type(value) is str and len(value) == digits and not value.strip("0123456789abcdef")


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST


def _is_time(value: Any) -> bool:
    """Seconds: since 1970, or that something took."""
    return type(value) in (int, float) and 0 <= value <= _LATEST  # not NaN


def _is_strings(value: Any) -> bool:
    return type(value) is list and len(value) > 0 and all(map(_is_text, value))


def _is_dict(of: Check) -> Check:
    return lambda value: type(value) is dict and all(map(_is_text, value)) and all(map(of, value.values()))


def _is_annotation(value: Any) -> bool:
    return (
        type(value) is dict
        and value.keys() == {"name", "note", "pinned"}
        and _is_text(value["name"])
        and len(value["name"]) <= NAME_LENGTH
        and _is_text(value["note"])
        and len(value["note"]) <= _NOTE_CHARS
        and type(value["pinned"]) is bool
    )


def _is_usage(value: Any) -> bool:
    counts = {one.name for one in fields(Usage)}
    # A long run has more tokens than a count of anything else may be.
    whole = type(value) is dict and all(type(count) is int and 0 <= count < 2**63 for count in value.values())
    return whole and value.keys() == counts


def _is_object(value: Any) -> bool:
    return type(value) is dict


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


_KEY, _RUN, _HASH = _is_hex(2 * KEY_BYTES), _is_hex(12), _is_hex(64)
_FIELDS: dict[str, dict[str, Check]] = {
    "prompt": {"kind": _is_text, "name": _is_text, "system": _is_text, "user": _is_text},
    "run": {
        "kind": _is_text,
        "run_id": _RUN,
        "spec": _is_object,
        "task_name": _is_text,
        "origin": _is_text,
        "labels": _is_strings,
        "label_order": _is_strings,
        "prompt": _is_object,
        "identity": _is_dict(lambda value: _is_text(value) or (type(value) is int and abs(value) <= 2**63)),
        "sample_id": _HASH,
        "n": lambda value: _is_count(value) and value > 0,
        "split_size": _is_count,
        "created": _is_time,
        "finished": _or_none(_is_time),
        "seconds": _is_time,
        "load_seconds": _is_time,
        "predicted": _is_count,
        "metadata": _is_dict(_is_text),
        "label_reference": _or_none(_is_object),
        "usage": _or_none(_is_usage),
        "annotation": _is_annotation,
        "resolutions": _is_dict(_is_time),
    },
    "example": {"kind": _is_text, "sample_id": _HASH, "position": _is_count, "text": _is_text, "label": _is_text},
    "item": {"kind": _is_text, "run_id": _RUN, "position": _is_count, "key": _KEY},
    "completion": {
        "kind": _is_text,
        "key": _KEY,
        "text": _is_text,
        "token_ids": lambda value: type(value) is list and all(map(_is_count, value)),
        "prompt_tokens": _is_count,
        "stop": lambda value: type(value) is str and value in get_args(Stop),
        "latency_ms": _or_none(lambda value: type(value) in (int, float) and abs(value) <= 1e15),
        "label_logprobs": _is_text,
    },
}
"""The fields of each kind of line, and what each must be."""
