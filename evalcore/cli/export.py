"""`export`: a stored run as files."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from evalcore.analysis import score_run
from evalcore.cli.options import Commands, add_command, add_scoring, open_store
from evalcore.output import export_run


def add(commands: Commands) -> None:
    """Add the command."""
    text = "Write a stored run's predictions and report into a folder."
    command = add_command(commands, "export", _export, text)
    command.add_argument("run", help="a run's name, as `runs` lists it")
    command.add_argument("--out", type=Path, required=True, help="the folder; made if it is missing")
    command.add_argument(
        "--probabilities",
        action="store_true",
        help="also the probability of every label, in columns `probability:LABEL` that `import` reads",
    )
    add_scoring(command)


def _export(options: argparse.Namespace) -> int:
    store = open_store(options)
    scored = score_run(store, options.run, options.scoring)
    written = export_run(store, scored, options.out, all_labels=options.probabilities)
    print(json.dumps([str(path) for path in written]) if options.json else "\n".join(map(str, written)))
    return 0
