"""Options for where a run's completions are computed."""

from __future__ import annotations

import argparse

from evalcore.cli.options import positive
from evalcore.errors import SpecError
from evalcore.running import Executor, Workers

_MOST_GPUS = 1024
"""Of one worker."""


def add_executor(command: argparse.ArgumentParser) -> None:
    """In this process, or on a Ray cluster."""
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


def executor_of(options: argparse.Namespace) -> Executor | None:
    """What `add_executor`'s options ask for; None for this process.

    Raises:
        SpecError: if options of a Ray cluster are given for this process.
    """
    workers = Workers(options.ray_address, options.workers, options.gpus_per_worker, options.cpus_per_worker)
    if options.executor == "ray":
        from evalcore.running.on_ray.executor import RayExecutor  # it imports pyarrow, which takes half a second

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
