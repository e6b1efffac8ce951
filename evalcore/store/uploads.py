"""Uploaded files in the cache folder: kept byte by byte under the SHA-256 of their content, with a quota, and deleted.

What makes it safe: the bytes are written to a file of another name, which is renamed once it is complete, and the note
that makes them an upload comes last. A process that dies in between leaves a file without a note, which the next upload
clears away. Two processes take turns.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from filelock import FileLock

from evalcore.errors import DataError, StoreError, listed
from evalcore.paths import COMMAND
from evalcore.store.database import Store
from evalcore.store.run_record import RunRecord
from evalcore.store.small_file import replace_file
from evalcore.tasks.uploaded import NOTE_ENDING, SHEET_MARK, UPLOADS_FOLDER, Upload, is_upload, uploads_in

QUOTA = 500 * 2**20
"""Bytes of all uploads of a cache folder together."""
MAX_UPLOAD_BYTES = 50 * 2**20
"""Of one: the limit of the app's server as well (`maxUploadSize`)."""

_LOCK = "uploads.lock"


class Uploads:
    """The uploads of a cache folder.

    Args:
        store: of that folder; knows which runs used an upload.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = store.folder / UPLOADS_FOLDER

    def add(self, name: str, content: bytes) -> Upload:
        """Keep a file. Bytes that are there already are kept once, and get this name.

        Args:
            name: what the person's file is called; it decides the format, and is never part of a path.
            content: its bytes.

        Raises:
            DataError: if it is empty, or larger than one upload may be, or than the quota leaves room for.
            StoreError: if it cannot be written.
        """
        name = _last_part(name)
        if not content:
            raise DataError("the file is empty: it holds 0 bytes.", where=name, do="Check what was saved in it.")
        if len(content) > MAX_UPLOAD_BYTES:
            raise DataError(
                f"holds {_mb(len(content))}; an upload may hold {_mb(MAX_UPLOAD_BYTES)}.",
                where=name,
                do="Take a part of it, or put it on the disk and name its path as the task.",
            )
        digest = hashlib.sha256(content).hexdigest()
        with self._changing():
            there = next((upload for upload in self.all() if upload.digest == digest), None)
            if there is None:
                self._clear_remains()
                self._check_quota(name, len(content))
                _write(self._folder / digest, content)
                upload = Upload(digest, name, len(content), time.time())
            else:
                if (self._folder / digest).read_bytes() != content:  # changed since: uploading it again is the cure
                    _write(self._folder / digest, content)
                others = tuple(other for other in (there.name, *there.other_names) if other != name)
                upload = replace(there, name=name, size=len(content), other_names=others)
            note = {"name": upload.name, "added": upload.added, "other_names": upload.other_names}
            replace_file(self._folder / f"{digest}{NOTE_ENDING}", json.dumps(note))
        return upload

    def all(self) -> list[Upload]:
        """All of them, the newest first."""
        return uploads_in(self._store.folder)

    def used(self) -> int:
        """Bytes of all of them together."""
        return sum(upload.size for upload in self.all())

    def content(self, digest: str) -> bytes:
        """The bytes of an upload.

        Raises:
            DataError: if it is not there, or its bytes are not those that were uploaded.
        """
        upload = self._upload(digest)
        try:
            content = (self._folder / upload.digest).read_bytes()
        except OSError as error:
            raise StoreError(f"the upload cannot be read ({error.strerror}).", where=upload.name) from error
        if hashlib.sha256(content).hexdigest() != upload.digest:
            raise DataError(
                "the bytes on the disk are not those that were uploaded.", where=upload.name, do="Upload it again."
            )
        return content

    def delete(self, digest: str) -> Upload:
        """Delete an upload: its note first, so that whatever happens it is there as a whole or not at all.

        Raises:
            DataError: if it is not there.
            StoreError: if it cannot be deleted.
        """
        upload = self._upload(digest)
        with self._changing():
            (self._folder / f"{upload.digest}{NOTE_ENDING}").unlink(missing_ok=True)
            (self._folder / upload.digest).unlink(missing_ok=True)
        return upload

    def _upload(self, digest: str) -> Upload:
        found = next((upload for upload in self.all() if upload.digest == digest), None)
        if found is None:
            raise DataError("there is no such upload.", where=digest, do=f"`{COMMAND} uploads` lists them.")
        return found

    def _check_quota(self, name: str, size: int) -> None:
        uploads = self.all()
        used = sum(upload.size for upload in uploads)
        if used + size <= QUOTA:
            return
        in_use = runs_by_upload(self._store.runs())
        unused = [upload.name for upload in uploads if upload.task_name not in in_use]
        raise DataError(
            f"there is no room for its {_mb(size)}: uploads hold {_mb(used)} of the {_mb(QUOTA)} that they may.",
            where=name,
            do=f"Delete some: no run uses {listed(unused)}." if unused else "Delete some: each is used by a run.",
        )

    def _clear_remains(self) -> None:
        """Remove what a process left that died while it wrote: every file that is neither an upload nor its note."""
        kept = {upload.digest for upload in self.all()}
        for path in self._folder.iterdir():
            if path.name != _LOCK and path.name.removesuffix(NOTE_ENDING) not in kept:
                path.unlink(missing_ok=True)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """The folder, for one process at a time.

        Raises:
            StoreError: if something cannot be written.
        """
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            with FileLock(self._folder / _LOCK, mode=0o600):
                yield
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            raise StoreError(
                "the disk is full." if full else f"uploads cannot be kept there ({error.strerror}).",
                where=str(self._folder),
                do="Free some space and upload it again: what was kept before is there."
                if full
                else "Make the folder writable, or choose another with BLINDSPOT_CACHE.",
            ) from error


def runs_by_upload(records: Iterable[RunRecord]) -> dict[str, list[RunRecord]]:
    """The runs whose examples, training examples or labels came from each upload, by its name as tasks have it.

    They keep their examples when it is deleted; they can then only not be run again.
    """
    found: dict[str, list[RunRecord]] = defaultdict(list)
    for record in records:
        task = record.spec.task
        for name in {name.partition(SHEET_MARK)[0] for name in (task.name, task.train, task.labels)}:
            if is_upload(name):
                found[name].append(record)
    return dict(found)


def _write(path: Path, content: bytes) -> None:
    """Write a file in one step, readable by this user alone."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _last_part(name: str) -> str:
    """A file's name without its folders, and without what could not be stored as text."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(character if character.isprintable() else "\ufffd" for character in last)[:200] or "unnamed"


def _mb(size: int) -> str:
    return f"{size / 2**20:,.1f} MB"
