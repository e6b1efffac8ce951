"""`runs`: what is stored."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from evalcore.analysis import score_run
from evalcore.cli.options import Commands, add_command, open_store, print_json
from evalcore.errors import BlindspotError, printable
from evalcore.paths import COMMAND
from evalcore.store import RunRecord, Store
from evalcore.wording import UNDEFINED, percent


def add(commands: Commands) -> None:
    """Add the command."""
    add_command(commands, "runs", _runs, "List the stored runs.")


def _runs(options: argparse.Namespace) -> int:
    store = open_store(options)
    rows = []
    for record in store.runs():
        try:
            rows.append(_row(store, record))
        except BlindspotError as error:  # one damaged run does not hide the others
            print(error, file=sys.stderr)
    if options.json:
        print_json(rows)
    elif not rows:
        print(f"No runs yet. `{COMMAND} run` makes one of the bundled demo.")
    else:
        for row in rows:
            print(printable(_line(row)))
    return 0


def _row(store: Store, record: RunRecord) -> dict[str, Any]:
    scores = score_run(store, record.run_id).scores
    return {
        "run_id": record.run_id,
        "task": record.task_name,
        "model": record.spec.model,
        "prompt": record.prompt.name,
        "sample": record.spec.sample,
        "n": scores.n,
        "of": record.n,
        "accuracy": scores.accuracy if scores.n else None,
        "macro_f1_present": scores.macro_f1_present if scores.n else None,
        "created": time.strftime("%Y-%m-%d %H:%M", time.localtime(record.created)),
        "seconds": round(record.seconds, 2),
    }


def _line(row: dict[str, Any]) -> str:
    accuracy = UNDEFINED if row["accuracy"] is None else percent(row["accuracy"])
    return (
        f"{row['run_id']}  {row['created']}  {accuracy:>7}  n {row['n']:,} of {row['of']:,}  "
        f"{row['task']} · {row['model']} · {row['prompt']} · {row['sample']}"
    )
