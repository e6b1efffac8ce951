"""`export`: a stored run as files, or several in one file to import elsewhere."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from evalcore.analysis import score_run
from evalcore.cli.options import Commands, add_command, add_scoring, open_store, print_json
from evalcore.errors import SpecError
from evalcore.output import export_bundle, export_run
from evalcore.paths import COMMAND
from evalcore.store import BUNDLE_ENDING, Store, damaged_runs
from evalcore.wording import counted, sized


def add(commands: Commands) -> None:
    """Add the command."""
    text = (
        "Write a stored run's predictions and report into a folder, or runs with all that is stored of them into one"
        " file, which `import` reads on another machine."
    )
    command = add_command(commands, "export", _export, text)
    command.add_argument("run", nargs="*", help="a run's name, as `runs` lists it; several with --bundle")
    command.add_argument("--all", action="store_true", help="every run, with --bundle")
    where = command.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", type=Path, metavar="FOLDER", help="made if it is missing")
    where.add_argument("--bundle", type=Path, metavar="FILE", help=f"such as runs{BUNDLE_ENDING}")
    command.add_argument(
        "--probabilities",
        action="store_true",
        help="with --out: also the probability of every label, in columns `probability:LABEL` that `import` reads",
    )
    add_scoring(command)


def _export(options: argparse.Namespace) -> int:
    store = open_store(options)
    if options.bundle:
        return _bundle(store, options)
    if options.all or len(options.run) != 1:
        raise SpecError("--out takes one run.", do="Name one, or write several into one file with --bundle.")
    scored = score_run(store, options.run[0], options.scoring)
    written = export_run(store, scored, options.out, all_labels=options.probabilities)
    if options.json:
        print_json([str(path) for path in written])
    else:
        print(*written, sep="\n")
    return 0


def _bundle(store: Store, options: argparse.Namespace) -> int:
    if options.all == bool(options.run):
        raise SpecError("--bundle takes runs or --all.", do=f"`{COMMAND} runs` lists the runs.")
    runs = _all_sound(store) if options.all else list(dict.fromkeys(options.run))
    if not runs:
        raise SpecError("no run is stored yet that could be written.", where=str(store.folder))
    file = export_bundle(store, runs, options.bundle)
    if options.json:
        print_json([str(file)])
    else:
        print(f"{file}: {counted(len(runs), 'run')}, {sized(file.stat().st_size)}")
    return 0


def _all_sound(store: Store) -> list[str]:
    """All runs but for damaged ones, which are named on standard error."""
    records = store.runs()
    damaged = damaged_runs(store, records)
    for error in damaged.values():
        print(f"left out: {error}", file=sys.stderr)
    return [record.run_id for record in records if record.run_id not in damaged]
