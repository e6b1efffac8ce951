"""The commands together: `python -m evalcore --help`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from evalcore.cli import bench, compare, export, import_, prompt, report, run, runs, simulate, sweep, work
from evalcore.errors import BlindspotError

COMMANDS = (run, runs, report, export, import_, compare, sweep, simulate, prompt, bench, work)
"""Each module has `add(commands)`, which adds its command with its options and the function that runs it."""
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after `python -m evalcore`; those of the process when None.

    Returns:
        The exit status: 0; 1 for an error that the user can mend; 130 when interrupted.
    """
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
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


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evalcore", description="See what an accuracy number hides.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add(commands)
    return parser
