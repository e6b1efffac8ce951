"""Processes that tests start, and waiting for what they do: for a condition, never for a length of time."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

from tests.conftest import ROOT

PATIENCE_S = 120.0
"""How long anything is waited for. Far beyond what it takes: a busy machine is no failure of the program."""

T = TypeVar("T")


def started(*words: object, before: Callable[[], None] | None = None, **options: Any) -> subprocess.Popen[Any]:
    """Start `python WORDS` in the project's folder, with the default action for SIGINT.

    A shell without job control starts `make test &` with SIGINT ignored, which every process below inherits: a test of
    Ctrl-C would wait in vain.

    Args:
        words: what follows `python` on the command line.
        before: called in the new process before Python starts, to set a limit for example.
        options: of `subprocess.Popen`.
    """

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if before is not None:
            before()

    # `preexec_fn` is unsafe only where the child takes a lock; this one makes two system calls.
    return subprocess.Popen([sys.executable, *map(str, words)], **{"cwd": ROOT, **options}, preexec_fn=prepare)


def finished(*words: object, **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run `python WORDS` to its end, and return its status with what it printed, as text."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = started(*words, **{**pipes, **options})
    try:
        printed, errors = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
    return subprocess.CompletedProcess(process.args, process.returncode, printed, errors)


def wait_until(condition: Callable[[], T], pause_s: float = 0.005) -> T:
    """Wait until a condition holds, and return what it gave.

    Raises:
        AssertionError: if it does not hold after `PATIENCE_S`.
    """
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(pause_s)
    raise AssertionError(f"waited {PATIENCE_S:.0f} s in vain")
