"""`import`: score predictions that were made elsewhere."""

from __future__ import annotations

import argparse
from pathlib import Path

from evalcore.cli.options import Commands, add_command, add_scoring, open_store
from evalcore.cli.report import print_report
from evalcore.store import import_file


def add(commands: Commands) -> None:
    """Add the command."""
    text = (
        "Score a CSV, JSONL or Parquet file of finished predictions, with the probability of each label in a column"
        " `probability:LABEL` if it has them, or one of the predicted label in a column `confidence`."
    )
    command = add_command(commands, "import", _import, text)
    command.add_argument("file", type=Path)
    command.add_argument("--labels", type=Path, help="a file with the label list")
    add_scoring(command)


def _import(options: argparse.Namespace) -> int:
    store = open_store(options)
    record = import_file(options.file, store, labels=options.labels)
    return print_report(options, store, record.run_id)
