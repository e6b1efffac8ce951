"""`import`: score predictions that were made elsewhere, or take in the runs of a bundle."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from evalcore.cli.options import Commands, add_command, add_scoring, open_store, print_json
from evalcore.cli.report import print_report
from evalcore.errors import SpecError
from evalcore.importing import import_export, import_file
from evalcore.store import import_bundle, is_bundle


def add(commands: Commands) -> None:
    """Add the command."""
    text = (
        "Score a CSV, JSONL or Parquet file of finished predictions, with the probability of each label in a column"
        " `probability:LABEL` if it has them, or one of the predicted label in a column `confidence`. Of a file that"
        " `export --bundle` wrote on another machine, add its runs to those that are stored here; of a folder that"
        " `export --out` wrote, score its predictions again."
    )
    command = add_command(commands, "import", _import, text)
    command.add_argument("file", type=Path)
    command.add_argument("--labels", type=Path, help="a file with the label list")
    add_scoring(command)


def _import(options: argparse.Namespace) -> int:
    store = open_store(options)
    if is_bundle(options.file):
        if options.labels:
            raise SpecError("a bundle takes no --labels.", do="Leave it out: the runs in it have their labels.")
        merged = import_bundle(store, options.file)
        if options.json:
            print_json(asdict(merged))
        else:
            print(merged.sentence)
        return 0
    if options.file.is_dir():
        if options.labels:
            raise SpecError("an exported run takes no --labels.", do="Leave it out: run.json holds its labels.")
        record = import_export(options.file, store)
    else:
        record = import_file(options.file, store, labels=options.labels)
    return print_report(options, store, record.run_id)
