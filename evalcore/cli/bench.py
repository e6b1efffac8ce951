"""`bench`: the engines against the loop."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from evalcore.bench import HowMeasured, as_table, measure
from evalcore.cli.options import Commands, add_command, add_spec, open_store, print_json, spec_of
from evalcore.store import RunSpec
from evalcore.tasks import TaskSource


def add(commands: Commands) -> None:
    """Add the command."""
    usual = HowMeasured()
    command = add_command(
        commands,
        "bench",
        _bench,
        "Measure the engines against the loop, or a classifier's batches against one text at a time, on this machine.",
    )
    command.add_argument("--task", default="demo", help="demo, banking77, a data file or folder (default: %(default)s)")
    command.add_argument("--prompt", default=RunSpec().prompt)
    add_spec(command, ("model", "n", "decoding", "dtype", "batch_size", "device", "labels_by"))
    command.add_argument(
        "--tokenizer", default="", help="its folder, for models random:qwen2.5-0.5b, random:qwen2.5-1.5b"
    )
    command.add_argument("--engines", nargs="+", default=list(usual.engines), choices=usual.engines)
    command.add_argument("--loop-n", type=int, default=usual.loop_n, help="queries the loop is timed on (%(default)s)")
    command.add_argument(
        "--rounds", type=int, default=usual.rounds, help="of all engines in turn (default: %(default)s)"
    )
    command.add_argument("--peer", choices=("lm-eval", "vllm"), help="also measure another tool, where it is installed")


def _bench(options: argparse.Namespace) -> int:
    how = HowMeasured(options.engines, options.loop_n, options.rounds, options.peer or "", options.tokenizer)
    what, rows = measure(spec_of(options, TaskSource(options.task)), how, open_store(options))
    if options.json:
        print_json({**what, "rows": [asdict(row) for row in rows]}, ascii_only=True)
    else:
        print(" · ".join(f"{name} {value}" for name, value in what.items()))
        print("\n".join(as_table(rows)))
    return 0
