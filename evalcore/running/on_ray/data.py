"""Tables of one row each -> what a pool of workers makes of them, by Ray Data."""

from __future__ import annotations

import queue
import threading
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import pyarrow as pa

from evalcore.errors import ModelError, first_line
from evalcore.running.on_ray.cluster import Workers

RETRIES = 1
"""So often a task whose worker died is given out again."""
MOST_LOST = 8
"""Tasks that are lost with their workers. After more of them the cause is hardly in the tasks, and the run ends."""

_POLL_S = 0.2
_TO_STOP_S = 20.0


def stream(
    tables: Sequence[pa.Table],
    workers: Workers,
    worker: type,
    assignment: Mapping[str, Any],
    *,
    waiting: bool,
    on_wait: Callable[[], None],
) -> Generator[dict[str, Any], None, None]:
    """The rows that workers make of the tables, as they are made. That of a table whose workers died is left out.

    They are taken in a thread of its own, so that the caller can stop at any moment: closing this generator ends the
    workers.

    Args:
        tables: one task each.
        workers: how many, and what each of them gets.
        worker: made once by each of them, and called with each table that it is given; returns a table.
        assignment: the arguments it is made with.
        waiting: whether a worker has a second task waiting while it is at work on one; it is lost with the first.
        on_wait: called again and again until there is a first row; may raise to stop.

    Raises:
        ModelError: if workers die again and again.
    """
    arrived: queue.SimpleQueue[dict[str, Any] | BaseException | None] = queue.SimpleQueue()

    def take() -> None:
        try:
            for row in _rows(tables, workers, worker, assignment, waiting):
                arrived.put(row)
            arrived.put(None)
        except BaseException as error:  # for the thread that iterates
            arrived.put(error)

    _StopsWhenTold.told.clear()
    taking = threading.Thread(target=take, daemon=True)
    taking.start()
    begun = False
    try:
        while True:
            try:
                row = arrived.get(timeout=_POLL_S)
            except queue.Empty:
                if not begun:
                    on_wait()
                continue
            if row is None:
                return
            if isinstance(row, BaseException):
                raise row
            begun = True
            yield row
    finally:
        # Before the connection is closed: what goes on without one would start a cluster of its own.
        _StopsWhenTold.told.set()
        taking.join(_TO_STOP_S)


class _StopsWhenTold:
    """Ends what Ray Data is executing. Ray Data makes one itself, so what it is told is of the class.

    There is one execution at a time: `cluster.connected` holds that.
    """

    told: ClassVar[threading.Event] = threading.Event()

    def on_execution_step(self, executor: object) -> None:
        """Called by Ray Data, many times a second."""
        if self.told.is_set():
            raise InterruptedError

    def before_execution_starts(self, executor: object) -> None:
        """Nothing is done then, nor by the next two."""

    def after_execution_succeeds(self, executor: object) -> None:
        """See above."""

    def after_execution_fails(self, executor: object, error: Exception) -> None:
        """See above."""


def _rows(
    tables: Sequence[pa.Table], workers: Workers, worker: type, assignment: Mapping[str, Any], waiting: bool
) -> Iterator[dict[str, Any]]:
    from ray.data import ActorPoolStrategy, DataContext, from_arrow
    from ray.exceptions import RayError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that retries have no parameter of their own beside the older way yet
        context = DataContext.get_current().copy()
        context.enable_progress_bars = context.print_on_execution_start = False
        context.execution_no_progress_timeout_s = -1  # a task takes as long as it takes
        context.max_errored_blocks = MOST_LOST if waiting else -1
        context.custom_execution_callback_classes = [_StopsWhenTold]  # type: ignore[list-item]  # it has all methods
        with DataContext.current(context):
            answers = from_arrow(list(tables)).map_batches(
                worker,
                batch_size=1,
                batch_format="pyarrow",
                compute=ActorPoolStrategy(
                    size=min(workers.number, len(tables)), max_tasks_in_flight_per_actor=2 if waiting else 1
                ),
                fn_constructor_kwargs=dict(assignment),
                num_cpus=workers.cpus,
                num_gpus=workers.gpus,
                max_task_retries=RETRIES,
            )
        try:
            for table in answers.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
                yield from pa.table(table).to_pylist()
        except RayError as error:
            raise ModelError(
                f"the workers die again and again ({first_line(error)}).",
                do="Perhaps there is too little memory for the model: give fewer --workers or a smaller --batch-size."
                " What was predicted is kept.",
            ) from error
