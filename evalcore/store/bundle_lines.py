"""A bundle's file -> its lines: all of them, as they were written, and no value that a store could not have written."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any, BinaryIO, get_args

from evalcore.errors import BlindspotError, DataError, first_line, quoted
from evalcore.store.bundle import FORMAT, GZIP, KEY_BYTES, MAX_LINE_BYTES, VERSION, Row
from evalcore.store.catalog import NAME_LENGTH
from evalcore.store.completion import Stop
from evalcore.store.usage import Usage
from evalcore.wording import sized

COPY_AGAIN = "Copy it again: nothing of it was stored."
LARGEST = 2**31 - 1
"""Of a count."""

_PIECE_BYTES = 2**16
_UNPACKED_AT_ONCE = 2**20
_UPDATE = "Update Blindspot to read it."
_LATEST = 9_000_000_000
"""Seconds since 1970, the year 2255: what is shown with a date can be shown."""
_NOTE_CHARS = 100_000
"""Of a note; merging adds to notes, so that it is more than one may write."""

Check = Callable[[Any], bool]


class Lines:
    """The lines of a bundle, each checked in itself.

    Args:
        stream, name, max_bytes: as `bundle_reading.unpacked` takes them.

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
            DataError: as `bundle_reading.unpacked` does.
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
        unpack = zlib.decompressobj(wbits=GZIP)
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
        return DataError(f"this bundle is damaged: {why}.", where=self._where, do=COPY_AGAIN)

    def _cut_short(self) -> DataError:
        return DataError(
            "this bundle ends before its last line: it was cut short, or is being written.",
            where=self._name,
            do=COPY_AGAIN,
        )

    def _newer(self, what: str) -> DataError:
        return DataError(
            f"this bundle has {what}, which this version does not know: a newer one wrote it.",
            where=self._where,
            do=_UPDATE,
        )


def _is_text(value: Any) -> bool:
    try:
        return type(value) is str and value.encode() is not None
    except UnicodeEncodeError:  # half a surrogate pair
        return False


def _is_hex(digits: int) -> Check:
    return lambda value: type(value) is str and len(value) == digits and not value.strip("0123456789abcdef")


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LARGEST


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
