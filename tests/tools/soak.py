"""Everybody at once on one store: `python -m tests.tools.soak` (`make soak`), a short one in the suite.

Processes run, are stopped and are killed; browser sessions click through the app and let its worker run; runs are
deleted while they are worked on. Afterwards the database is whole, nothing was asked for twice but the batches
that were in flight when somebody was killed, every score is the one that a fresh count gives, and nobody was told of a
lock.
"""

from __future__ import annotations

import argparse
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import sync_playwright
from sklearn.metrics import f1_score

from evalcore.analysis.scored_run import score_run
from evalcore.errors import BlindspotError
from evalcore.parse.matching import LabelParser
from evalcore.store.database import Store
from pages.parts.shell.frame import PAGES
from tests.faults.victim import BATCH, asked, start, write_task
from tests.tools.browser import CHROMIUM, QUIET, serving
from tests.tools.processes import PATIENCE_S

MODELS = ("tfidf", "majority")
WRONG_WORDS = ("Traceback", "is locked", "kept the cache locked", "malformed", "disk image", "no such table")


class Soak:
    """One store, those who use it, and what went wrong."""

    def __init__(self, folder: Path, seconds: float, seed: int = 0) -> None:
        self.cache, self.folder = folder / "cache", folder
        self.task = write_task(folder / "messages")
        self.until = time.monotonic() + seconds
        self.seed = seed
        self.did: Counter[str] = Counter()
        self.wrong: list[str] = []

    @property
    def going(self) -> bool:
        return time.monotonic() < self.until

    def actor(self, number: int) -> None:
        """Start a run, and let it end, stop it, or kill it; now and then delete one that is stored."""
        chance = random.Random(f"{self.seed} {number}")
        while self.going:
            model, n = chance.choice(MODELS), chance.choice((80, 160, 400))
            log = self.folder / f"{model}.log"
            process = start(
                self.cache, self.task, log, "--model", model, "--n", n, "--delay", chance.choice((0, 0.01, 0.05)),
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
            end = chance.choice(("ended", "ended", "stopped", "killed"))
            if end != "ended":
                time.sleep(chance.uniform(0.1, 1.5))
                process.send_signal(signal.SIGINT if end == "stopped" else signal.SIGKILL)
            try:
                _, errors = process.communicate(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                self.wrong.append("a process that never ends")
                continue
            self.did[end] += 1
            # One that is stopped while Python still imports has no program yet that could say it nicely.
            if any(word in errors for word in WRONG_WORDS if (end, word) != ("stopped", "Traceback")):
                self.wrong.append(errors[-500:])
            elif (
                end == "ended" and process.returncode and "deleted while" not in errors and "no such run" not in errors
            ):
                self.wrong.append(f"status {process.returncode}: {errors[-500:]}")
            if chance.random() < 0.2:
                self.delete(chance)

    def delete(self, chance: random.Random) -> None:
        store = Store(self.cache)
        runs = store.runs()
        if runs:
            with store.connect(write=True) as db:
                db.execute("DELETE FROM runs WHERE run_id = ?", (chance.choice(runs).run_id,))
            self.did["deleted"] += 1

    def sessions(self, count: int) -> None:
        """Browser sessions that go from page to page and click what is there."""
        chance = random.Random(self.seed)
        with serving(self.cache) as server, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
            pages = [chromium.new_context().new_page() for _ in range(count)]
            while self.going:
                page = chance.choice(pages)
                runs = [run.run_id for run in Store(self.cache).runs()] or [""]
                path = chance.choice(PAGES)[0].removeprefix("app.py").removeprefix("pages/").removesuffix(".py")
                try:
                    page.goto(f"{server.url}/{path}?run={chance.choice(runs)}", timeout=60_000)
                    page.wait_for_timeout(chance.uniform(100, 900))
                    name = chance.choice(("strict", "lenient", "Run", "Go on", "Stop", "Verify again"))
                    button = page.get_by_role("button", name=name, exact=True)
                    if button.count() and button.first.is_enabled():
                        button.first.click(timeout=3000)
                        page.wait_for_timeout(chance.uniform(50, 400))
                    shown = page.locator("[data-testid=stApp]").inner_text(timeout=20_000)
                    if page.locator("[data-testid=stException]").count() or any(word in shown for word in WRONG_WORDS):
                        self.wrong.append(f"{page.url}: {shown[-500:]}")
                    self.did["looked at a page"] += 1
                except BrowserError as error:
                    self.did[f"browser: {type(error).__name__}"] += 1  # a click that came when the page had moved on
            chromium.close()

    def check(self) -> list[str]:
        """What is wrong with the store afterwards."""
        with sqlite3.connect(self.cache / "blindspot.db") as db:
            if db.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                self.wrong.append("the database is not whole")
        for model in MODELS:
            texts = asked(self.folder / f"{model}.log")
            twice = len(texts) - len(set(texts))
            if twice > BATCH * (self.did["killed"] + self.did["stopped"]):
                self.wrong.append(f"{model}: {twice} asked for twice after {self.did['killed']} kills")
        store = Store(self.cache)
        if store.notice:
            self.wrong.append(store.notice)
        for record in store.runs():
            try:
                scored = score_run(store, record.run_id)
            except BlindspotError as error:
                self.wrong.append(str(error))
                continue
            parser = LabelParser(record.label_order)
            rows = [(a.example.label, parser.parse(a.completion.text)) for a in scored.answers]
            true = [label for label, _ in rows]
            answered = [p.label if p.match in ("exact", "normalized", "extracted") else "?" for _, p in rows]
            if not rows:
                continue
            right = sum(a == b for a, b in zip(true, answered, strict=True))
            macro = f1_score(true, answered, labels=sorted(set(true)), average="macro", zero_division=0)
            if (scored.scores.correct, len(rows)) != (right, scored.scores.n):
                self.wrong.append(f"{record.run_id}: {scored.scores.correct} right, counted anew {right}")
            if abs(scored.scores.macro_f1_present - macro) > 1e-12:
                self.wrong.append(f"{record.run_id}: macro-F1 {scored.scores.macro_f1_present}, counted anew {macro}")
            self.did["runs counted anew"] += 1
        return self.wrong


def soak(folder: Path, seconds: float, processes: int, sessions: int, seed: int = 0) -> Soak:
    """Let them loose on one store, and look at what is left."""
    everybody = Soak(folder, seconds, seed)
    Store(everybody.cache)
    actors = [threading.Thread(target=everybody.actor, args=(number,)) for number in range(processes)]
    for actor in actors:
        actor.start()
    if sessions and CHROMIUM:
        everybody.sessions(sessions)
    for actor in actors:
        actor.join(PATIENCE_S + seconds)
    everybody.check()
    return everybody


def main() -> int:
    parser = argparse.ArgumentParser(description="Everybody at once on one store.")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--sessions", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        done = soak(Path(folder), options.seconds, options.processes, options.sessions, options.seed)
    print(", ".join(f"{what} {count}" for what, count in done.did.most_common()))
    for said in done.wrong:
        print(f"wrong: {said}")
    print(f"{len(done.wrong)} wrong")
    return min(len(done.wrong), 1)


if __name__ == "__main__":
    sys.exit(main())
