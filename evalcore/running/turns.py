"""Processes that want the same model take turns, so that no example is predicted twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from evalcore.predictors import OnPhase
from evalcore.store import Identity, digest

_POLL_S = 0.1


@contextmanager
def turn(folder: Path, identity: Identity, on_phase: OnPhase) -> Iterator[None]:
    """Hold the lock of a model. The system releases it when its holder ends, even if it is killed.

    Args:
        folder: the cache folder; turns are taken among the processes and threads that share it.
        identity: says which model.
        on_phase: told, again and again while another holds the lock, which process that is; may raise to stop waiting.
    """
    locks = folder / "locks"
    locks.mkdir(mode=0o700, exist_ok=True)
    path = locks / f"{digest(dict(identity))[:16]}.lock"
    holder = path.with_suffix(".pid")
    lock = FileLock(path, thread_local=False, mode=0o600)
    while True:
        try:
            lock.acquire(timeout=_POLL_S, poll_interval=_POLL_S / 2)
            break
        except Timeout:
            on_phase(f"waiting for process {_holder(holder)}, which is predicting with this model")
    try:
        with suppress(OSError), open(os.open(holder, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(str(os.getpid()))  # for messages only: a full disk is reported when a batch is stored
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _holder(path: Path) -> str:
    """The number of the process that holds a lock, as it noted it; `?` if it has not noted it yet."""
    try:
        return path.read_text() or "?"
    except OSError:
        return "?"
