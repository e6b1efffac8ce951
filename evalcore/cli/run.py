"""`run`: predict what is not stored yet, and report."""

from __future__ import annotations

import argparse
from functools import partial

from evalcore.analysis import score_run
from evalcore.cli.executor import add_executor, executor_of
from evalcore.cli.limits import add_limits, loader_of
from evalcore.cli.options import (
    Commands,
    add_command,
    add_scoring,
    add_spec,
    add_task,
    open_store,
    say_labels,
    spec_of,
    task_of,
)
from evalcore.cli.plan import add_plan, noted_plan, print_plans
from evalcore.cli.progress import ProgressBar
from evalcore.cli.report import print_report
from evalcore.running import NotAnswered, execute, execute_with_baselines
from evalcore.running.run import nothing_planned
from evalcore.store import RunSpec
from evalcore.tasks import BUILT_IN


def add(commands: Commands) -> None:
    """Add the command."""
    command = add_command(commands, "run", _run, "Predict what is not stored yet, and report.")
    add_task(command)
    command.add_argument("--prompt", default=RunSpec().prompt, help=f"{', '.join(BUILT_IN)}, or a prompt of your own")
    add_spec(command)
    command.add_argument("--no-baselines", action="store_true", help="do not compare with majority and tfidf")
    add_plan(command)
    add_limits(command)
    add_scoring(command)
    add_executor(command)


def _run(options: argparse.Namespace) -> int:
    store = open_store(options)
    spec = spec_of(options, task_of(options))
    say_labels(spec, store)
    if options.plan:
        return print_plans(options, [spec], store)
    predict = execute if options.no_baselines else execute_with_baselines
    loader, executor = loader_of(options, spec), executor_of(options)
    # A plan is of this process alone: several workers would not take what it says.
    planned = partial(noted_plan, store) if executor is None else nothing_planned
    outcome, unanswered = None, None
    with ProgressBar() as bar:
        try:
            outcome = predict(
                spec, store, on_progress=bar.on_progress, loader=loader, executor=executor, planned=planned
            )
            record = outcome.record
        except NotAnswered as error:
            if not error.answered:
                raise
            record, unanswered = error.record, error
    print_report(options, store, score_run(store, record.run_id, options.scoring), outcome)
    if unanswered is not None:
        raise unanswered  # after the figures of what was answered
    return 0
