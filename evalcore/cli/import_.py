"""`import`: score predictions that were made elsewhere, or take in the runs of a bundle."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from evalcore.analysis import compare, score_run
from evalcore.cli.compare import print_comparison
from evalcore.cli.options import Commands, add_command, add_scoring, open_store, print_json
from evalcore.cli.report import print_report
from evalcore.errors import SpecError, printable
from evalcore.importing import FORMATS, IMPORTED, ROLE_WORDS, ROLES, Asked, import_export, import_files
from evalcore.store import RunRecord, Store, import_bundle, is_bundle
from evalcore.tasks import read_label_list

_AT_MOST = 2
"""Results that are compared."""


def add(commands: Commands) -> None:
    """Add the command."""
    text = (
        "Score a CSV, JSONL or Parquet file of finished predictions, with the probability of each label in a column"
        " `probability:LABEL` if it has them, or one of the predicted label in a column `confidence`; or what another"
        f" tool wrote: {', '.join(one.title for one in FORMATS[:-1])}. Two files are scored and compared. Of a file"
        " that `export --bundle` wrote on another machine, add its runs to those that are stored here; of a folder"
        " that `export --out` wrote, score its predictions again."
    )
    command = add_command(commands, "import", _import, text)
    command.add_argument("file", type=Path)
    command.add_argument("second", type=Path, nargs="?", help="B, which is compared with the first file as A")
    command.add_argument("--labels", type=Path, help="a file with the label list")
    command.add_argument("--format", default="", choices=[one.name for one in FORMATS], help="found when not given")
    for role in ROLES:
        command.add_argument(
            f"--{role}-column", default="", help=f"column or field of the {ROLE_WORDS[role]}; guessed when not given"
        )
    command.add_argument(
        "--part",
        action="append",
        default=[],
        help="of a file that holds several results, such as a filter, an epoch or a provider, the one to score; given"
        " twice for one file, both are scored and compared, and for two files it is one for each",
    )
    command.add_argument("--model", action="append", default=[], help="the model's name, as it is shown; one for each")
    add_scoring(command)


def _import(options: argparse.Namespace) -> int:
    store = open_store(options)
    if is_bundle(options.file):
        _takes_nothing_else(options, "a bundle")
        merged = import_bundle(store, options.file)
        if options.json:
            print_json(asdict(merged))
        else:
            print(merged.sentence)
        return 0
    records = [_exported(options, store)] if options.file.is_dir() else import_files(_asked(options), store)
    for record in records:
        if said := record.metadata.get(IMPORTED):
            print(printable(said), file=sys.stderr)
    if len({record.run_id for record in records}) < len(records):
        print("Both hold the same predictions, which are one run.", file=sys.stderr)
        records = records[:1]
    a, *b = [score_run(store, record.run_id, options.scoring) for record in records]
    if b:
        print_comparison(options, compare(a, *b))
    else:
        print_report(options, store, a)
    return 0


def _exported(options: argparse.Namespace, store: Store) -> RunRecord:
    _takes_nothing_else(options, "the folder of an exported run")
    return import_export(options.file, store)


def _takes_nothing_else(options: argparse.Namespace, what: str) -> None:
    """What this program wrote says all of itself: its labels, its model, where each thing stands."""
    columns = any(getattr(options, f"{role}_column") for role in ROLES)
    if columns or any((options.labels, options.second, options.format, options.part, options.model)):
        raise SpecError(
            f"{what} is imported alone, without other options.", do="Leave them out: it holds its labels and its model."
        )


def _asked(options: argparse.Namespace) -> list[tuple[Path, Asked]]:
    """The files, or parts of one, with what the options say of each."""
    paths = [options.file, options.second] if options.second else [options.file] * max(1, len(options.part))
    for name, given in (("--part", options.part), ("--model", options.model)):
        if len(given) > len(paths) or len(paths) > _AT_MOST:
            raise SpecError(f"{name} is given {len(given)} times.", do="Give it once for each of two results at most.")
    labels = read_label_list(options.labels) if options.labels else None
    fields = {role: getattr(options, f"{role}_column") for role in ROLES}
    return [
        (path, Asked(options.format, fields, _nth(options.part, at), _nth(options.model, at), labels))
        for at, path in enumerate(paths)
    ]


def _nth(given: Sequence[str], at: int) -> str:
    return given[at] if at < len(given) else ""
