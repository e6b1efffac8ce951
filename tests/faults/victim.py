"""A run in a process of its own that tests kill: `python -m tests.faults.victim CACHE TASK LOG [options]`.

Its predictor is a toy that logs every text it is asked for, before it answers. It starts in a fifth of a second, for
nothing here imports torch. With `--dies-at POINT` it kills itself, by SIGKILL, at a point that no signal from outside
could be timed to hit.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import sqlite3
import sys
import time
from pathlib import Path

from evalcore.store.completion import Completion
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import Example, TaskSource
from tests.conftest import write_csv
from tests.tools.processes import started

N, BATCH = 400, 16
KILLS = 20
LABELS = ("bill", "late_bill", "slow_line", "no_line", "move", "cancel", "sim_card", "tv")
POINTS = {
    "in the first migration": ("CREATE TABLE runs", "before"),
    "before the first commit": ("INSERT OR REPLACE INTO completions", "before"),
    "inside a transaction": ("INSERT OR REPLACE INTO completions", "after"),
    "after a commit": ("COMMIT after completions", "after"),
    "while finishing": ("UPDATE runs SET finished", "after"),
    "in an export": ("os.replace", "before"),
}


class Logged:
    """Logs every text it is asked for. Answers from it alone: right, wrong, in a sentence, two labels, nothing."""

    def __init__(self, identity, log, batch_size=BATCH, delay_s=0.0):
        self.metadata = {}
        self.identity, self.log, self.batch_size, self.delay_s = identity, Path(log), batch_size, delay_s

    def predict(self, prompts):
        texts = [messages[-1]["content"] for messages in prompts]
        with self.log.open("ab") as stream:  # one write: a kill leaves a whole batch in the log or none of it
            stream.write("".join(f"{text}\n" for text in texts).encode())
        time.sleep(self.delay_s)
        return [answer(text) for text in texts]


def answer(text):
    number = int(hashlib.sha256(text.encode()).hexdigest()[:6], 16)
    gold = text.split()[0]
    other = LABELS[number % len(LABELS)]
    forms = (gold, gold, gold, other, f"Label: {gold}.", f"{gold} or {other}", "", "I cannot say,\r\nsorry")
    return Completion(forms[number % len(forms)], (number % 97, 2), 7, "eos", 1.5)


def write_task(folder, n=N):
    """A task folder of `n` different test texts, and a train split."""
    rows = [Example(f"{LABELS[i % len(LABELS)]} message number {i}", LABELS[i % len(LABELS)]) for i in range(n)]
    write_csv(folder / "test.csv", rows)
    write_csv(folder / "train.csv", [Example(f"{label} example", label) for label in LABELS])
    return folder


def spec(task, model="tfidf", **options):
    return RunSpec(TaskSource(str(task)), model, **{"n": N, **options})


def asked(log):
    """Every text that any process asked for, in order."""
    return log.read_text().splitlines() if log.exists() else []


def start(cache, task, log, *options, **process):
    """Begin the run in a process of its own."""
    return started("-m", "tests.faults.victim", cache, task, log, *options, **process)


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(point):
    what, when = POINTS[point]
    if what == "os.replace":
        os.replace = lambda *_: die()
        return

    class Dying(sqlite3.Connection):
        put = False

        def execute(self, sql, *rest):
            named = "COMMIT after completions" if sql == "COMMIT" and self.put else sql
            return self._maybe(named, super().execute, sql, *rest)

        def executemany(self, sql, *rest):
            self.put = self.put or "INTO completions" in sql
            return self._maybe(sql, super().executemany, sql, *rest)

        def _maybe(self, named, call, *arguments):
            hit = what in named
            if hit and when == "before":
                die()
            result = call(*arguments)
            if hit:
                die()
            return result

    connect = sqlite3.connect
    sqlite3.connect = lambda *arguments, **options: connect(*arguments, factory=Dying, **options)


def main(arguments=None):
    parser = argparse.ArgumentParser()
    for name in ("cache", "task", "log"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--model", default="tfidf")
    parser.add_argument("--n", type=int, default=N)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--dies-at", choices=POINTS)
    parser.add_argument("--export", type=Path)
    options = parser.parse_args(arguments)
    if options.dies_at:
        die_at(options.dies_at)
    # The command line itself, but for the model: what it prints and returns is what a person gets.
    from evalcore.cli import main as command
    from evalcore.cli import run

    original = run.execute

    def execute(spec, store, **more):
        more["loader"] = lambda handle, on_phase: Logged(handle.identity, options.log, BATCH, options.delay)
        return original(spec, store, **more)

    run.execute = execute
    words = ["run", "--task", options.task, "--model", options.model, "--n", options.n, "--cache", options.cache]
    status = command.main([*map(str, words), "--no-baselines"])
    if status == 0 and options.export:
        run_id = Store(options.cache).runs()[0].run_id
        status = command.main(["export", run_id, "--out", str(options.export), "--cache", str(options.cache)])
    return status


if __name__ == "__main__":
    sys.exit(main())
