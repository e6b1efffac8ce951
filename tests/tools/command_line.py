"""The command line inside the test process, where torch and scikit-learn are imported once."""

from __future__ import annotations

import contextlib
import io
import signal
from subprocess import CompletedProcess

from evalcore.cli.main import main


def evalcore(*words: object, cache: object, check: bool = True) -> CompletedProcess[str]:
    """What `python -m evalcore WORDS --cache CACHE` returns and prints.

    Raises:
        AssertionError: if something was printed of a traceback, or `check` is asked for and the status is not 0.
    """
    printed, errors = io.StringIO(), io.StringIO()
    at_sigterm = signal.getsignal(signal.SIGTERM)
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(errors):
            status = main([*map(str, words), "--cache", str(cache)])
    finally:
        signal.signal(signal.SIGTERM, at_sigterm)
    assert not check or status == 0, errors.getvalue()
    assert "Traceback" not in errors.getvalue(), errors.getvalue()
    return CompletedProcess(list(words), status, printed.getvalue(), errors.getvalue())
