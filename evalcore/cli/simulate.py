"""`interval-coverage` and `bench-scores`: whether the intervals hold, and how fast they are."""

from __future__ import annotations

import argparse

from evalcore.bench.interval_coverage import coverage, coverage_as_text
from evalcore.bench.interval_speed import speed, speed_as_text
from evalcore.cli.options import Commands, add_command, print_json


def add(commands: Commands) -> None:
    """Add both commands. `coverage` is what the first was called before."""
    text = "Simulate how often the intervals contain the truth."
    command = add_command(commands, "interval-coverage", _interval_coverage, text, aliases=("coverage",))
    command.add_argument("--datasets", type=int, default=1000, help="simulated data sets (default: %(default)s)")
    text = "Time the intervals of a comparison against a loop over scikit-learn."
    add_command(commands, "bench-scores", _bench_scores, text)


def _interval_coverage(options: argparse.Namespace) -> int:
    found = coverage(options.datasets)
    if options.json:
        print_json([one.as_json() for one in found], ascii_only=True)
    else:
        print(coverage_as_text(found))
    return 0


def _bench_scores(options: argparse.Namespace) -> int:
    found = speed()
    if options.json:
        print_json(vars(found), ascii_only=True)
    else:
        print(speed_as_text(found))
    return 0
