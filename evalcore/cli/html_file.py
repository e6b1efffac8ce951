"""`--html`: what a command prints, as one HTML file that can be sent to somebody."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from evalcore.errors import SpecError
from evalcore.output.export import write_file
from evalcore.wording import sized

if TYPE_CHECKING:
    from evalcore.output.html import Texts  # the charts take half a second to import, which other commands are spared

CHOICES: dict[str, Texts] = {"shown": "shown", "left-out": "left out", "hashed": "hashed"}


def add_html(command: argparse.ArgumentParser) -> None:
    """Where the file goes, and what it says of texts."""
    command.add_argument(
        "--html", dest="html_file", type=Path, metavar="FILE", help="also write it as one HTML file that opens offline"
    )
    command.add_argument(
        "--texts",
        choices=CHOICES,
        help="with --html: examples' texts and completions as they are, left out, or as hashes (default: shown)",
    )


def write_html(options: argparse.Namespace, make: Callable[[Texts], bytes]) -> None:
    """Write the file, if it was asked for, and say so on standard error.

    Args:
        make: the report, given what it says of texts.

    Raises:
        DataError: if the file cannot be written.
        SpecError: if `--texts` is given without `--html`.
    """
    if options.html_file is None:
        if options.texts is not None:
            raise SpecError("--texts is for the HTML file.", do="Give --html FILE as well.")
        return
    content = make(CHOICES[options.texts or "shown"])
    print(f"{write_file(options.html_file, content)} ({sized(len(content))})", file=sys.stderr)
