"""The option `--markdown FILE`, for a comment on a pull request."""

from __future__ import annotations

import argparse
from pathlib import Path

from evalcore.errors import printable
from evalcore.output.export import write_file

STANDARD_OUTPUT = "-"


def add_markdown(command: argparse.ArgumentParser) -> None:
    """Add the option."""
    text = "also write it as Markdown for a pull request; `-` prints the Markdown, and nothing else"
    command.add_argument("--markdown", metavar="FILE", help=text)


def write_markdown(options: argparse.Namespace, markdown: str) -> bool:
    """Write it where the option says.

    Args:
        markdown: as `output.markdown` makes it.

    Returns:
        Whether it was printed, so that nothing else is to be.

    Raises:
        DataError: if the file cannot be written.
    """
    if options.markdown == STANDARD_OUTPUT:
        print(printable(markdown), end="")
        return True
    write_file(Path(options.markdown), markdown.encode("utf-8", "replace"))
    return False
