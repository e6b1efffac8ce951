"""`bench-live`: how soon one text is answered through the worker."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import asdict
from pathlib import Path

from evalcore.bench.round_trip import measure_round_trip
from evalcore.cli.options import Commands, add_command, add_spec, add_task, positive, print_json, spec_of, task_of
from evalcore.running import stop_worker
from evalcore.store import RunSpec, Store
from evalcore.wording import NOT_AVAILABLE


def add(commands: Commands) -> None:
    """Add the command."""
    text = "Measure how soon one text is answered through the worker, on this machine; `make live` adds the browser."
    command = add_command(commands, "bench-live", _bench, text)
    add_task(command)
    command.add_argument("--prompt", default=RunSpec().prompt)
    add_spec(command, ("model", "decoding", "dtype"))
    command.add_argument("--asked", type=positive, default=20, help="number of questions (default: %(default)s)")


def _bench(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "cache")  # with a worker of its own
        try:
            found = measure_round_trip(spec_of(options, task_of(options)), store, options.asked)
        finally:
            stop_worker(store)
    if options.json:
        print_json(asdict(found))
        return 0
    idle = NOT_AVAILABLE if found.idle_share is None else f"{100 * found.idle_share:.2f} % of a core"
    for name, value in (
        ("label and probabilities", f"{1000 * found.to_answer:.0f} ms (slowest {1000 * found.slowest:.0f})"),
        ("  of these, the model", f"{1000 * found.answering:.0f} ms"),
        ("with words, orders, neighbours", f"{1000 * found.to_everything:.0f} ms"),
        ("starting and loading, once", f"{found.load:.1f} s"),
        ("the worker while it waits", idle),
    ):
        print(f"{name:32}{value}")
    print(f"medians over {found.asked} questions")
    return 0
