"""`interval-coverage` and `bench-scores`: whether intervals and label sets hold what they say, how fast they are."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from evalcore.bench import (
    calibration_coverage,
    costs_coverage,
    frontier_coverage,
    interval_coverage,
    label_list_coverage,
    label_set_coverage,
    noninferiority_coverage,
    review_coverage,
    traffic_coverage,
)
from evalcore.bench.interval_speed import speed, speed_as_text
from evalcore.cli.options import Commands, add_command, positive, print_json


def add(commands: Commands) -> None:
    """Add both commands. `coverage` is what the first was called before."""
    text = "Simulate how often the intervals contain the truth, and label sets the true label."
    command = add_command(commands, "interval-coverage", _interval_coverage, text, aliases=("coverage",))
    command.add_argument("--datasets", type=positive, default=1000, help="simulated data sets (default: %(default)s)")
    command.add_argument("--only", choices=SIMULATIONS, help="just these; all where it is not given")
    text = "Time the intervals of a comparison against a loop over scikit-learn."
    add_command(commands, "bench-scores", _bench_scores, text)


def _of_scores(datasets: int) -> tuple[Any, str]:
    found = interval_coverage.coverage(datasets)
    return [one.as_json() for one in found], interval_coverage.coverage_as_text(found)


def _of_probabilities(datasets: int) -> tuple[Any, str]:
    covered, biases = calibration_coverage.coverage(datasets)
    data = {"intervals": [one.as_json() for one in covered], "ece": [one.as_json() for one in biases]}
    return data, calibration_coverage.coverage_as_text(covered, biases)


def _of_label_sets(datasets: int) -> tuple[Any, str]:
    found = label_set_coverage.coverage(datasets)
    return [one.as_json() for one in found], label_set_coverage.as_text(found)


def _of_checks(datasets: int) -> tuple[Any, str]:
    found, enough = noninferiority_coverage.coverage(datasets)
    data = {"wrongly_shown": [one.as_json() for one in found], "enough": [one.as_json() for one in enough]}
    return data, noninferiority_coverage.as_text(found, enough)


def _of_review(datasets: int) -> tuple[Any, str]:
    found = review_coverage.coverage(datasets)
    return [one.as_json() for one in found], review_coverage.as_text(found)


def _of_costs(datasets: int) -> tuple[Any, str]:
    found = costs_coverage.coverage(datasets)
    return [one.as_json() for one in found], costs_coverage.as_text(found)


def _of_traffic(datasets: int) -> tuple[Any, str]:
    found = traffic_coverage.coverage(datasets)
    return [one.as_json() for one in found], traffic_coverage.as_text(found)


def _of_label_list(datasets: int) -> tuple[Any, str]:
    found = label_list_coverage.coverage(datasets)
    return [one.as_json() for one in found], label_list_coverage.as_text(found)


def _of_frontier(datasets: int) -> tuple[Any, str]:
    found = frontier_coverage.coverage(datasets)
    return [one.as_json() for one in found], frontier_coverage.as_text(found)


SIMULATIONS: dict[str, Callable[[int], tuple[Any, str]]] = {
    "scores": _of_scores,
    "probabilities": _of_probabilities,
    "label-sets": _of_label_sets,
    "checks": _of_checks,
    "review": _of_review,
    "costs": _of_costs,
    "traffic": _of_traffic,
    "label-list": _of_label_list,
    "frontier": _of_frontier,
}
"""What is simulated: each returns plain data and a text."""


def _interval_coverage(options: argparse.Namespace) -> int:
    names = [options.only] if options.only else list(SIMULATIONS)
    found = {name: SIMULATIONS[name](options.datasets) for name in names}
    if options.json:
        print_json({name: data for name, (data, _) in found.items()}, ascii_only=True)
    else:
        print("\n\n\n".join(text for _, text in found.values()))
    return 0


def _bench_scores(options: argparse.Namespace) -> int:
    found = speed()
    if options.json:
        print_json(vars(found), ascii_only=True)
    else:
        print(speed_as_text(found))
    return 0
