"""`work`: predict what the app asks for. The app starts it; nobody types it."""

from __future__ import annotations

import argparse

from evalcore.cli.options import Commands, add_command
from evalcore.running.worker import BASELINES, RUNS
from evalcore.running.worker import main as work


def add(commands: Commands) -> None:
    """Add the command."""
    command = add_command(commands, "work", _work, "Serve the app: take jobs from the cache one after another.")
    command.add_argument("--baselines", action="store_true", help="take the baselines of finished runs, nothing else")


def _work(options: argparse.Namespace) -> int:
    return work(options.cache, BASELINES if options.baselines else RUNS)
