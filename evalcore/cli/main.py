"""The commands together: `python -m evalcore --help`, and `blindspot --help` where it is installed."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from evalcore import __version__
from evalcore.errors import BlindspotError

COMMANDS = {
    "app": "app",
    "run": "run",
    "runs": "runs",
    "report": "report",
    "export": "export",
    "charts": "charts",
    "import": "import_",
    "compare": "compare",
    "check": "check",
    "decide": "decide",
    "ladder": "ladder",
    "sweep": "sweep",
    "interval-coverage": "simulate",
    "coverage": "simulate",
    "bench-scores": "simulate",
    "prompt": "prompt",
    "predict": "predict",
    "servers": "servers",
    "bench": "bench",
    "bench-live": "bench_live",
    "work": "work",
    "data": "data",
    "uploads": "data",
}
"""Each command and the module of `evalcore.cli` that adds it, with its options and the function that runs it.

Only the module of the command that was given is imported: all of them take half as long again."""
INTERRUPTED = 130
_CHATTY = ("torchao", "torch.utils._pytree")
"""Loggers that warn at every start, once torchao is installed, of its parts for other devices: nobody can act on it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after `python -m evalcore`; those of the process when None.

    Returns:
        The exit status: 0; 1 for an error that the user can mend; 130 when interrupted.
    """
    words = sys.argv[1:] if arguments is None else arguments
    options = _parser(words[0] if words else "").parse_args(words)
    signal.signal(signal.SIGTERM, _interrupt)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        return int(options.command(options))
    except BlindspotError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; what was predicted is kept", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe, `head` for example, has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def blindspot() -> int:
    """The installed command: the same commands, and the app where none is given, only options of `app` perhaps."""
    words = sys.argv[1:]
    asks = bool(words) and (not words[0].startswith("-") or words[0] in ("-h", "--help", "--version"))
    return main(words if asks else ["app", *words])


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _parser(given: str) -> argparse.ArgumentParser:
    """The parser of one command; of all of them where `given` is none."""
    text = "See what an accuracy number hides."
    if Path(sys.argv[0]).stem == "blindspot":
        parser = argparse.ArgumentParser(prog="blindspot", description=f"{text} Without a command, open the app.")
    else:
        parser = argparse.ArgumentParser(prog="python -m evalcore", description=text)
    parser.add_argument("--version", action="version", version=f"Blindspot {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in [COMMANDS[given]] if given in COMMANDS else dict.fromkeys(COMMANDS.values()):
        import_module(f"evalcore.cli.{module}").add(commands)
    return parser
