"""`run`: predict what is not stored yet, and report."""

from __future__ import annotations

import argparse

from evalcore.cli.options import (
    Commands,
    add_command,
    add_scoring,
    add_spec,
    add_task,
    open_store,
    positive,
    spec_of,
    task_of,
)
from evalcore.cli.progress import ProgressBar
from evalcore.cli.report import print_report
from evalcore.errors import SpecError
from evalcore.running import NotAnswered, execute, execute_with_baselines
from evalcore.running.executors import Executor
from evalcore.running.ray_cluster import Workers
from evalcore.running.ray_executor import RayExecutor
from evalcore.store import RunSpec
from evalcore.tasks import BUILT_IN

_MOST_GPUS = 1024
"""Of one worker."""


def add(commands: Commands) -> None:
    """Add the command."""
    command = add_command(commands, "run", _run, "Predict what is not stored yet, and report.")
    add_task(command)
    command.add_argument("--prompt", default=RunSpec().prompt, help=f"{', '.join(BUILT_IN)}, or a prompt of your own")
    add_spec(command)
    command.add_argument("--no-baselines", action="store_true", help="do not compare with majority and tfidf")
    add_scoring(command)
    _add_executor(command)


def _add_executor(command: argparse.ArgumentParser) -> None:
    where = command.add_argument_group("where it is computed", "Results and their keys are the same.")
    where.add_argument(
        "--executor",
        choices=("local", "ray"),
        default="local",
        help="local: in this process; ray: by workers on several GPUs or machines (default: %(default)s)",
    )
    where.add_argument(
        "--ray-address",
        default="",
        metavar="ADDRESS",
        help="of a Ray cluster: HOST:PORT, ray://HOST:PORT or auto (default: one on this machine, for this run)",
    )
    where.add_argument("--workers", type=positive, default=0, help="one to each GPU, or 2 without GPUs, if not given")
    where.add_argument(
        "--gpus-per-worker", type=_share, default=None, metavar="X", help="1 for a model on GPUs, else 0, if not given"
    )
    where.add_argument(
        "--cpus-per-worker", type=positive, default=1, metavar="N", help="cores, and so threads (default: %(default)s)"
    )


def _executor(options: argparse.Namespace) -> Executor | None:
    """What `_add_executor`'s options ask for; None for this process."""
    workers = Workers(options.ray_address, options.workers, options.gpus_per_worker, options.cpus_per_worker)
    if options.executor == "ray":
        return RayExecutor(workers)
    if workers != Workers():
        raise SpecError("these options are for a Ray cluster.", do="Add --executor ray, or leave them out.")
    return None


def _share(text: str) -> float:
    """The type of an option that is a number of GPUs: 0, a part of one, or several whole ones."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not (0 <= number < 1 or number.is_integer()) or number > _MOST_GPUS or number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number of GPUs nor a part of one")
    return number


def _run(options: argparse.Namespace) -> int:
    store = open_store(options)
    spec = spec_of(options, task_of(options))
    executor = _executor(options)
    predict = execute if options.no_baselines else execute_with_baselines
    outcome, unanswered = None, None
    with ProgressBar() as bar:
        try:
            outcome = predict(spec, store, on_progress=bar.on_progress, executor=executor)
            record = outcome.record
        except NotAnswered as error:
            if not error.answered:
                raise
            record, unanswered = error.record, error
    status = print_report(options, store, record.run_id, outcome)
    if unanswered is not None:
        raise unanswered  # after the figures of what was answered
    return status
