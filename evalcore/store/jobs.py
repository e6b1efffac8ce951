"""The job queue between the pages and the worker: jobs, their progress and their results."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Literal

from evalcore.store.database import Store
from evalcore.store.spec import RunSpec

REPORTS_KEPT = 32
"""Progress reports of a job from which its rate is computed: those of the last seconds, or of the last batches where
these take longer."""

JobKind = Literal["run", "preview", "live", "plan", "baseline"]
ASKED_FOR: tuple[JobKind, ...] = ("live", "preview", "plan", "run")
"""What a person asked for and waits for; baselines follow by themselves, and are worked on beside these."""
State = Literal["queued", "running", "done", "stopped", "failed", "died", "dismissed"]
LIVE_KEPT_S, PLAN_KEPT_S = 600.0, 86_400.0
"""A question that was answered and a plan are deleted after so long. A run keeps what it needs of its plan."""
_KEPT_S: dict[JobKind, float] = {"live": LIVE_KEPT_S, "plan": PLAN_KEPT_S}
ACTIVE: tuple[State, ...] = ("queued", "running")


@dataclass(frozen=True)
class Job:
    """One piece of work for the worker.

    Attributes:
        job_id: rising number; the queue's order.
        kind: `run` predicts what a RunSpec asks for; `baseline` does so for one that a run is compared with; `preview`
            renders one prompt; `live` answers one text; `plan` says what a run will take.
        payload: the RunSpec as JSON; for a preview, a live question and a plan, JSON of their own.
        state: `failed` ended with a message for people; `died` ended together with its worker; `dismissed` ended in
            one of these ways or was stopped, and a person has seen it.
        phase: the step that it is at, in a few words.
        run_id: known once the job has resolved its spec.
        done, cached, total: examples with a completion; those that had one before; all of them.
        predicting_since: when the first batch began (seconds since 1970).
        result: a message (failed, died), or a preview, a live answer or a plan as JSON.
        stop: 1 if it was asked to stop (SQLite has no booleans).
        worker_pid: process id of the worker that claimed it.
        created, started, finished: seconds since 1970.
    """

    job_id: int
    kind: JobKind
    payload: str
    state: State
    phase: str
    run_id: str | None
    done: int
    cached: int
    total: int
    predicting_since: float | None
    result: str
    stop: int
    worker_pid: int | None
    created: float
    started: float | None
    finished: float | None

    @property
    def spec(self) -> RunSpec:
        """What a `run` or a `baseline` predicts.

        Raises:
            StoreError: if a newer version asked for something that this one does not know.
            ValueError, TypeError: if it is not the JSON of a spec.
        """
        return RunSpec.from_json(self.payload)

    @property
    def active(self) -> bool:
        """Whether it is queued or running."""
        return self.state in ACTIVE


@dataclass(frozen=True)
class Pace:
    """How fast a job is, from its last progress reports.

    Attributes:
        heard: time of the last report (seconds since 1970).
        rate: examples a second over these reports; None before there are two.
        longest_wait_s: the longest time between two of them.
    """

    heard: float
    rate: float | None = None
    longest_wait_s: float = 0.0

    @classmethod
    def of(cls, reports: Sequence[tuple[float, int]], since: float) -> Pace:
        """The pace of some reports.

        Args:
            reports: time and number of examples done of each, in order.
            since: what `heard` is where there are none.
        """
        if not reports:
            return cls(since)
        (began, had), (heard, done) = reports[0], reports[-1]
        waits = [later - earlier for (earlier, _), (later, _) in pairwise(reports)]
        rate = (done - had) / (heard - began) if done > had and heard > began else None
        return cls(heard, rate, max(waits, default=0.0))


_COLUMNS = ", ".join(field.name for field in fields(Job))


class Jobs:
    """The job queue of a store. Every method is one short transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def enqueue(self, kind: JobKind, payload: str) -> int:
        """Add a job, unless one that does the same is active and not asked to stop.

        Returns:
            the number of the job that was added or is active.
        """
        with self._store.connect(write=True) as db:
            same = db.execute(
                "SELECT job_id FROM jobs WHERE kind = ? AND payload = ? AND stop = 0"
                " AND state IN ('queued', 'running')",
                (kind, payload),
            ).fetchone()
            if same:
                return int(same[0])
            if kind in _KEPT_S:
                db.execute("DELETE FROM jobs WHERE kind = ? AND finished < ?", (kind, time.time() - _KEPT_S[kind]))
            cursor = db.execute(
                "INSERT INTO jobs (kind, payload, state, created) VALUES (?, ?, 'queued', ?)",
                (kind, payload, time.time()),
            )
            return int(cursor.lastrowid or 0)

    def claim(self, worker_pid: int, kinds: Sequence[JobKind] = ASKED_FOR, job_id: int | None = None) -> Job | None:
        """Take the next job of these kinds, if there is one: plans and then runs go last, the others take a moment.

        Args:
            worker_pid: process id of who takes it.
            kinds: of jobs that may be taken.
            job_id: take this one and no other.
        """
        with self._store.connect(write=True) as db:
            row = db.execute(
                f"SELECT {_COLUMNS} FROM jobs WHERE state = 'queued' AND kind IN ({_marks(kinds)})"
                " AND job_id = coalesce(?, job_id) ORDER BY kind = 'run', kind = 'plan', job_id LIMIT 1",
                (*kinds, job_id),
            ).fetchone()
            if row is None:
                return None
            db.execute(
                "UPDATE jobs SET state = 'running', worker_pid = ?, started = ? WHERE job_id = ?",
                (worker_pid, time.time(), row[0]),
            )
        return Job(*row)

    def report(
        self,
        job_id: int,
        *,
        phase: str,
        run_id: str | None,
        done: int,
        cached: int,
        total: int,
        predicting: bool,
    ) -> bool:
        """Store how far a job is.

        Returns:
            False if it was asked to stop.
        """
        with self._store.connect(write=True) as db:
            db.execute(
                "UPDATE jobs SET phase = ?, run_id = coalesce(?, run_id), done = ?, cached = ?, total = ?,"
                " predicting_since = CASE WHEN ? THEN coalesce(predicting_since, ?) END WHERE job_id = ?",
                (phase, run_id, done, cached, total, predicting, time.time(), job_id),
            )
            db.execute("INSERT INTO job_reports (job_id, at, done) VALUES (?, ?, ?)", (job_id, time.time(), done))
            # Of reports within one batch the first and the last say all: how fast it is, and that it is at work.
            within = "FROM job_reports WHERE job_id = ? AND done = ?"
            db.execute(
                f"DELETE {within} AND report_id > (SELECT min(report_id) {within})"
                f" AND report_id < (SELECT max(report_id) {within})",
                (job_id, done) * 3,
            )
            db.execute(
                "DELETE FROM job_reports WHERE job_id = ? AND report_id NOT IN"
                " (SELECT report_id FROM job_reports WHERE job_id = ? ORDER BY report_id DESC LIMIT ?)",
                (job_id, job_id, REPORTS_KEPT),
            )
            row = db.execute("SELECT stop FROM jobs WHERE job_id = ?", (job_id,)).fetchone()
            return row is not None and not row[0]

    def finish(self, job_id: int, state: State, result: str = "") -> None:
        """Store how a job ended, and delete its reports."""
        with self._store.connect(write=True) as db:
            db.execute(
                "UPDATE jobs SET state = ?, result = ?, finished = ?, phase = '' WHERE job_id = ?",
                (state, result, time.time(), job_id),
            )
            db.execute("DELETE FROM job_reports WHERE job_id = ?", (job_id,))

    def pace(self, job: Job) -> Pace:
        """How fast a job is, and when it last reported."""
        with self._store.connect() as db:
            reports = db.execute(
                "SELECT at, done FROM job_reports WHERE job_id = ? ORDER BY report_id", (job.job_id,)
            ).fetchall()
        if job.predicting_since is not None:  # before it the model was loaded, say
            reports = [report for report in reports if report[0] >= job.predicting_since]
        return Pace.of(reports, job.predicting_since or job.started or job.created)

    def fail_orphaned(self, reason: str, kinds: Sequence[JobKind] = ASKED_FOR) -> int:
        """Mark jobs that are `running` without a worker as `died`, or as `stopped` if they were asked to.

        Only the holder of the lock of the worker that takes these kinds may call it.

        Returns:
            the number of such jobs.
        """
        orphaned = f"state = 'running' AND kind IN ({_marks(kinds)})"
        with self._store.connect(write=True) as db:
            db.execute(f"DELETE FROM job_reports WHERE job_id IN (SELECT job_id FROM jobs WHERE {orphaned})", kinds)
            return db.execute(
                "UPDATE jobs SET state = CASE stop WHEN 1 THEN 'stopped' ELSE 'died' END, result = ?, finished = ?,"
                f" phase = '' WHERE {orphaned}",
                (reason, time.time(), *kinds),
            ).rowcount

    def put_back(self, job_id: int) -> None:
        """Let a job that was taken wait again, without its reports; one that was asked to stop is stopped."""
        with self._store.connect(write=True) as db:
            db.execute(
                "UPDATE jobs SET state = CASE stop WHEN 1 THEN 'stopped' ELSE 'queued' END, phase = '',"
                " worker_pid = NULL, started = NULL, finished = CASE stop WHEN 1 THEN ? END"
                " WHERE job_id = ? AND state = 'running'",
                (time.time(), job_id),
            )
            db.execute("DELETE FROM job_reports WHERE job_id = ?", (job_id,))

    def stop(self, job_id: int) -> None:
        """Ask a job to stop after its current batch; a queued one is stopped at once."""
        with self._store.connect(write=True) as db:
            db.execute("UPDATE jobs SET stop = 1 WHERE job_id = ? AND state = 'running'", (job_id,))
            db.execute(
                "UPDATE jobs SET stop = 1, state = 'stopped', finished = ? WHERE job_id = ? AND state = 'queued'",
                (time.time(), job_id),
            )

    def dismiss(self, job_id: int) -> None:
        """Note that a person has seen how a job ended: it is not shown among those that ended badly any more."""
        with self._store.connect(write=True) as db:
            db.execute(
                "UPDATE jobs SET state = 'dismissed' WHERE job_id = ? AND state IN ('failed', 'died', 'stopped')",
                (job_id,),
            )

    def get(self, job_id: int) -> Job | None:
        """A job; None if there is no such job."""
        rows = self._select("WHERE job_id = ?", (job_id,))
        return rows[0] if rows else None

    def active(self, kinds: Sequence[JobKind] = ASKED_FOR) -> list[Job]:
        """Queued and running jobs of these kinds, in the order of the queue."""
        return self._select(
            f"WHERE state IN ('queued', 'running') AND kind IN ({_marks(kinds)}) ORDER BY job_id", kinds
        )

    def ahead_of(self, job: Job) -> int:
        """How many jobs are done before this one."""
        same_worker = ASKED_FOR if job.kind in ASKED_FOR else (job.kind,)
        return sum(other.job_id < job.job_id for other in self.active(same_worker))

    def recent(self, limit: int = 20) -> list[Job]:
        """The last runs and baselines, the newest first."""
        return self._select("WHERE kind IN ('run', 'baseline') ORDER BY job_id DESC LIMIT ?", (limit,))

    def last_for(self, spec: RunSpec) -> Job | None:
        """The newest job whose spec equals `spec`; None if there is none."""
        rows = self._select(
            "WHERE kind IN ('run', 'baseline') AND payload = ? ORDER BY job_id DESC LIMIT 1", (spec.to_json(),)
        )
        return rows[0] if rows else None

    def result_of(self, kind: JobKind, payload: str) -> str | None:
        """The result of the newest job that did this; None if there is none."""
        rows = self._select(
            "WHERE kind = ? AND payload = ? AND state = 'done' ORDER BY job_id DESC LIMIT 1", (kind, payload)
        )
        return rows[0].result if rows else None

    def _select(self, where: str, parameters: Sequence[object] = ()) -> list[Job]:
        with self._store.connect() as db:
            return [Job(*row) for row in db.execute(f"SELECT {_COLUMNS} FROM jobs {where}", parameters)]


def _marks(values: Sequence[object]) -> str:
    """`?, ?`: as many as there are values."""
    return ", ".join("?" * len(values))
