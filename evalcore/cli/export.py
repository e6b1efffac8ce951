"""`export`: a stored run as files, several compared as tables, or several in one file to import elsewhere."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from evalcore.analysis import ScoredRun, compare, compared_probabilities, gather, score_run
from evalcore.cli.options import Commands, add_command, add_scoring, open_store, print_json
from evalcore.errors import SpecError
from evalcore.output import (
    RUN_FORMATS,
    WRITERS,
    comparison_tables,
    export_bundle,
    export_run,
    export_tables,
    sweep_tables,
)
from evalcore.paths import COMMAND
from evalcore.store import BUNDLE_ENDING, Store, damaged_runs
from evalcore.wording import counted, sized


def add(commands: Commands) -> None:
    """Add the command."""
    text = (
        "Write a stored run into a folder, in one or several formats (docs/formats.md); the tables of a comparison, for"
        " two runs, or of several side by side; or runs with all that is stored of them into one file, which `import`"
        " reads on another machine."
    )
    command = add_command(commands, "export", _export, text)
    command.add_argument("run", nargs="*", help="a run's name, as `runs` lists it; of two, the first is the reference")
    command.add_argument("--all", action="store_true", help="every run, with --bundle")
    where = command.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", type=Path, metavar="FOLDER", help="made if it is missing")
    where.add_argument("--bundle", type=Path, metavar="FILE", help=f"such as runs{BUNDLE_ENDING}")
    command.add_argument(
        "--format",
        nargs="+",
        choices=RUN_FORMATS,
        help="; ".join(f"{of.name}: {of.about}" for of in RUN_FORMATS.values())
        + " (default: own, of several runs csv)",
    )
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
    runs = list(dict.fromkeys(options.run))
    if options.all or not runs:
        raise SpecError("--out takes runs by name.", do="Name one, or write all into one file with --bundle.")
    scored = [score_run(store, run, options.scoring) for run in runs]
    written = _one(store, scored[0], options) if len(scored) == 1 else _several(scored, options)
    if options.json:
        print_json([str(path) for path in written])
    else:
        print(*written, sep="\n")
    return 0


def _one(store: Store, scored: ScoredRun, options: argparse.Namespace) -> list[Path]:
    formats = options.format or ["own"]
    return export_run(store, scored, options.out, formats=formats, all_labels=options.probabilities)


def _several(scored: list[ScoredRun], options: argparse.Namespace) -> list[Path]:
    formats = options.format or ["csv"]
    if options.probabilities or not set(formats) <= set(WRITERS):
        raise SpecError(
            "several runs are written as tables, without the probabilities of all labels.",
            do=f"Choose --format {', '.join(WRITERS)}, or export one run at a time.",
        )
    if len(scored) > 2:
        return export_tables(sweep_tables(gather(scored)), options.out, formats=formats)
    comparison = compare(*scored)
    return export_tables(
        comparison_tables(comparison, compared_probabilities(comparison)), options.out, formats=formats
    )


def _bundle(store: Store, options: argparse.Namespace) -> int:
    if options.format or options.probabilities:
        raise SpecError(
            "a bundle holds all that is stored of a run.",
            do="Leave out --format and --probabilities: they are of --out.",
        )
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
