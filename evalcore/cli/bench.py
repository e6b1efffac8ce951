"""`bench`: the engines against the loop."""

from __future__ import annotations

import argparse

from evalcore import bench
from evalcore.cli.options import Commands, add_command, open_store


def add(commands: Commands) -> None:
    """Add the command."""
    bench.add_arguments(
        add_command(commands, "bench", _bench, "Measure the engines against the loop, on this machine.")
    )


def _bench(options: argparse.Namespace) -> int:
    return bench.main(options, open_store(options))
