"""`--plan` of `run` and `sweep`: what a run will take, of which nothing is done."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from evalcore.cli.options import print_json
from evalcore.cli.progress import ProgressBar
from evalcore.errors import BlindspotError, printable
from evalcore.running import Estimate, estimate_in_lines, estimate_in_total, plan_run
from evalcore.running.estimate import estimate
from evalcore.running.plan import RunPlan
from evalcore.store import RunSpec, Store


def add_plan(command: argparse.ArgumentParser) -> None:
    """The option."""
    command.add_argument("--plan", action="store_true", help="say what it will take, and predict nothing")


def print_plans(options: argparse.Namespace, specs: Sequence[RunSpec], store: Store) -> int:
    """Print what some runs will take.

    Returns:
        The exit status.
    """
    found = []
    with ProgressBar() as bar:
        for spec in specs:

            def on_phase(phase: str) -> None:
                bar.show(phase, 0, 0)

            plan = plan_run(spec, store, on_phase)
            found.append((plan, estimate(plan, store, on_phase)))
    if options.json:
        printed = [asdict(each) for _, each in found]
        print_json(printed[0] if len(printed) == 1 else printed)
        return 0
    parts = [_as_text(plan, each) for plan, each in found]
    if getattr(options, "executor", "local") != "local":
        parts.append("Each time is that of this process alone: workers share it, once each has loaded the model.")
    if len(found) > 1:
        parts.append(f"together: {estimate_in_total([each for _, each in found])}")
    print(printable("\n\n".join(parts)))
    return 0


def noted_plan(store: Store, plan: RunPlan, done: int) -> Mapping[str, str]:
    """What a run keeps of its plan; nothing if there can be none: that is no reason not to run."""
    try:
        return estimate(plan, store).as_metadata
    except BlindspotError:
        return {}


def _as_text(plan: RunPlan, found: Estimate) -> str:
    spec = plan.record.spec
    head = f"plan of run {found.run_id}: {plan.record.task_name} · {spec.model} · {plan.record.prompt.name}"
    lines = [f"  {title:16}{said}" for title, said in estimate_in_lines(found).items()]
    return "\n".join([head, *lines])
