"""A stored run -> files. Writes are atomic: to a temporary file in the same folder, which is synced and renamed.

At any time, even after a crash, the target is either the old file or the new one.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from evalcore.analysis import ScoredRun, why_no_probabilities
from evalcore.errors import DataError
from evalcore.output.formats import RUN_FORMATS, table_files
from evalcore.output.report import sure_of
from evalcore.output.table_writers import Files
from evalcore.output.tables import ResultTable
from evalcore.store import Store, bundle_pieces

_PART = re.compile(r"\.(?P<name>.+)\.(?P<pid>\d+)\.part")


def export_run(
    store: Store, scored: ScoredRun, folder: Path, *, formats: Sequence[str] = ("own",), all_labels: bool = False
) -> list[Path]:
    """Write a run into a folder, in pieces: a run of any size takes little memory.

    Args:
        folder: created if it is missing. Files of these names in it are replaced, each atomically.
        formats: of `formats.RUN_FORMATS`. `own` is `predictions.csv` and `predictions.jsonl` (lossless),
            `predictions-for-spreadsheets.csv` and `run.json`; docs/formats.md names the others.
        all_labels: write the probability of every label as well.

    Returns:
        the paths of the files.

    Raises:
        DataError: if the folder cannot be written, probabilities are asked for and the run has none, or a format cannot
            hold this run. Nothing is written then but for a folder that cannot be written to its end.
    """
    sure = sure_of(scored)
    if all_labels and sure is None:
        raise DataError(why_no_probabilities(scored), where=f"run {scored.record.run_id}")
    # A table of the predictions is called like a file of `own`, which has a schema and is read by `import`: it stands.
    in_order = sorted(formats, key=lambda name: name == "own")
    files = [RUN_FORMATS[name].files(store, scored, sure, all_labels) for name in in_order]
    return write_files(folder, {name: pieces for some in files for name, pieces in some.items()})


def export_tables(tables: Sequence[ResultTable], folder: Path, *, formats: Sequence[str] = ("csv",)) -> list[Path]:
    """Write the tables of a comparison or a sweep into a folder.

    Args:
        tables: as `comparison_tables` and `sweep_tables` make them.
        folder: see `export_run`.
        formats: of `table_writers.WRITERS`.

    Returns:
        the paths of the files.
    """
    return write_files(folder, {k: pieces for name in formats for k, pieces in table_files(tables, name).items()})


def zipped(files: Files) -> bytes:
    """Files in one ZIP archive, for a download; the same files give the same bytes."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as written:
        for name, pieces in files.items():
            with written.open(name, "w", force_zip64=True) as stream:  # with a fixed date
                stream.writelines(pieces)
    return archive.getvalue()


def write_files(folder: Path, files: Files) -> list[Path]:
    """Write files into a folder, which is created if it is missing; each is replaced atomically.

    Args:
        files: the pieces of each, by its path in the folder.

    Raises:
        DataError: if one cannot be written. Those before it are written, and what stood there is unchanged.
    """
    return [write_file(folder / name, pieces) for name, pieces in files.items()]


def export_bundle(store: Store, run_ids: Sequence[str], file: Path) -> Path:
    """Write runs into one file to import elsewhere (docs/bundle.md), piece by piece; a file of that name is replaced.

    Raises:
        StoreError: if there is no such run, or it is damaged.
        DataError: if the file cannot be written.
    """
    return write_file(file, bundle_pieces(store, run_ids))


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
