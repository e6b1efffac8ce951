"""`data`: what a file of examples holds, and all that is wrong with it; `uploads`: the files that the app was given."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict

from evalcore.cli.options import Commands, add_command, open_store, print_json
from evalcore.errors import printable
from evalcore.running.own_data import audited
from evalcore.store import QUOTA, RunRecord, Uploads, runs_by_upload
from evalcore.tasks import TaskSource, Upload, task_files
from evalcore.tasks.audit import Audit
from evalcore.tasks.load import fetched_files
from evalcore.wording import counted, sized

_LABELS_SAID = 20


def add(commands: Commands) -> None:
    """Add the commands."""
    text = "Look at a file of examples: its columns, its labels, and all of its problems with their lines and cures."
    command = add_command(commands, "data", _data, f"{text} Exits with 1 if one of them keeps it from being run.")
    command.add_argument("file", help="a data file, a folder with test.csv, an upload, or hub:OWNER/NAME")
    command.add_argument("--text-column", default="", help="found by its name or values when not given")
    command.add_argument("--label-column", default="", help="found by its name or values when not given")
    command.add_argument("--train", default="", help="a data file with training examples")
    command.add_argument("--labels", default="", help="a file with the label list")
    command = add_command(commands, "uploads", _uploads, "List the files that were uploaded in the app, or delete one.")
    command.add_argument("--delete", default="", metavar="UPLOAD", help="one as the list names it: upload:...")


def _data(options: argparse.Namespace) -> int:
    store = open_store(options)
    source = TaskSource(options.file, options.text_column, options.label_column, options.train, options.labels)
    files = task_files(source, store.folder) or fetched_files(source, store.folder)
    _, found = audited(source, files)
    if options.json:
        print_json(asdict(found) | {"can_run": found.can_run})
    else:
        print(printable("\n".join(_lines(found))))
    return 0 if found.can_run else 1


def _lines(found: Audit) -> list[str]:
    """The audit for a terminal."""
    chosen = {found.text_column: f"text ({found.why_text})", found.label_column: f"label ({found.why_label})"}
    labels = [f"{label} {n:,}" for label, n in list(found.labels.items())[:_LABELS_SAID]]
    more = len(found.labels) - len(labels)
    blocking = sum(problem.blocks for problem in found.problems)
    return [
        f"{found.name}: {found.format}, {counted(found.n, 'row')}" if found.format else found.name,
        *(
            f"column {one.name}: {chosen.get(one.name, one.kind)}, {counted(one.distinct, 'different value')}"
            for one in found.columns
        ),
        f"{counted(len(found.labels), 'label')}: {', '.join(labels)}{f' and {more:,} more' if more else ''}",
        *(f"{'problem' if one.blocks else 'note'}: {one.sentence} {one.cure}" for one in found.problems),
        f"{counted(blocking, 'problem keeps', 'problems keep')} it from being run" if blocking else "it can be run",
    ]


def _uploads(options: argparse.Namespace) -> int:
    store = open_store(options)
    uploads, uses = Uploads(store), runs_by_upload(store.runs())
    if options.delete:
        found = next((one for one in uploads.all() if options.delete in (one.task_name, one.digest)), None)
        deleted = uploads.delete(found.digest if found else options.delete)
        used = len(uses.get(deleted.task_name, ()))
        kept = f"; {counted(used, 'run')} on it can be looked at as before" if used else ""
        if options.json:
            print_json({"deleted": deleted.task_name, "name": deleted.name, "runs": used})
        else:
            print(printable(f"deleted {deleted.name}{kept}"))
        return 0
    if options.json:
        print_json([_as_json(upload, uses.get(upload.task_name, ())) for upload in uploads.all()])
        return 0
    for upload in uploads.all():
        day = time.strftime("%Y-%m-%d %H:%M", time.localtime(upload.added))
        runs = counted(len(uses.get(upload.task_name, ())), "run")
        print(printable(f"{upload.task_name}  {sized(upload.size):>9}  {day}  {runs:>7}  {upload.name}"))
    print(f"{uploads.used() / 2**20:,.1f} MB of {QUOTA / 2**20:,.0f} MB used")
    return 0


def _as_json(upload: Upload, runs: Sequence[RunRecord]) -> dict[str, object]:
    return asdict(upload) | {"task_name": upload.task_name, "runs": [record.run_id for record in runs]}
