"""How long a click takes, in the browser: `python -m tests.tools.clicks` (`make clicks`).

Prints the median over 20 clicks at 77 labels and 3,080 examples (Banking77 with the tfidf baseline where its files are
beside the project, made-up predictions otherwise) and at 150 labels and 100,000 examples, beside the same figure for a
page that draws one line of text; what the browser was sent; and the server's memory. Then the same for the Decide page,
tab by tab, of made-up runs with probabilities: what is asked for the first time is computed within the click
(`--decide` for that alone). With `--million`, also what a million imported predictions take to import, to open and to
page through.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import TaskSource
from tests.conftest import BANKING77
from tests.tools.browser import PATIENCE_MS, Server, browsing, free_port, serving, settled, wait_for_port
from tests.tools.generated import imported
from tests.tools.probabilities import on_the_same, over_confident
from tests.tools.processes import PATIENCE_S, started

CLICKS = 20
A_CONFUSION = "→"
"""Part of the name of each button that opens a confusion: `a → b`."""
ONE_LINE = 'import streamlit as st\nst.button("Again")\nst.text("one line of text")\n'

BLANK_TIMES, BEYOND_MS, AT_MOST_MS = 2, 200, 1500
"""A click on Decide: at most so many times a page of one line and so much beyond, or, of the larger run, so long."""
DECIDE = {
    "review": ("ArrowRight",),
    "costs": ("Review", "Lowest expected cost", "Confusions", "row"),
    "traffic": ("row",),
    "label-list": ("Best merges", "Tree", "Groups", "Pairs", "row"),
    "frontier": ("Cost of mistakes", "Accuracy", "row"),
}
"""What is clicked in each tab: a segment, a row of its first table, or a key in its first slider."""

_LISTEN = """
    const Plain = window.WebSocket;
    window.painted = 0;
    window.WebSocket = class extends Plain {
        constructor(...all) {
            super(...all);
            this.addEventListener('message', () => requestAnimationFrame(
                () => requestAnimationFrame(() => { window.painted = performance.now(); })));
        }
    };
    for (const kind of ['click', 'keydown'])
        document.addEventListener(kind, () => { window.began ??= performance.now(); }, {capture: true});
"""
"""Notes when the page has painted what the server last sent."""
_QUIET_MS = 300
_ANSWERED = f"""() => window.began && window.painted > window.began
    && performance.now() - window.painted > {_QUIET_MS}
    && document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"""


def click_ms(page: Page, click: Callable[[], None]) -> float:
    """From the click until the last of the server's answer is painted."""
    page.evaluate("() => { window.began = undefined; }")
    click()
    page.wait_for_function(_ANSWERED, timeout=PATIENCE_MS)
    return float(page.evaluate("() => window.painted - window.began"))


def listening(page: Page) -> Page:
    """The page, noting when it paints."""
    page.add_init_script(_LISTEN)
    return page


class Sent:
    """Bytes that the server has sent to a page over its socket."""

    def __init__(self, page: Page) -> None:
        self.size_bytes = 0
        page.on("websocket", lambda socket: socket.on("framereceived", self._add))

    def _add(self, frame: str | bytes) -> None:
        self.size_bytes += len(frame)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--million", action="store_true", help="also a million imported predictions")
    parser.add_argument("--decide", action="store_true", help="the Decide page alone")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, browsing() as new_page:
        store = Store(Path(folder) / "cache")
        runs = (
            {}
            if arguments.decide
            else {"77 labels, 3,080 examples": _banking77(store), "150 labels, 100,000": imported(store, 150, 100_000)}
        )
        with one_line(Path(folder)) as url:
            page = listening(new_page())
            page.goto(url)
            settled(page)
            again = page.get_by_role("button", name="Again")
            blank = [click_ms(page, again.click) for _ in range(CLICKS)]
            print(f"{'one line of text':34}{median(blank)}")
        if not arguments.decide:
            with serving(store.folder) as server:
                for name, record in runs.items():
                    _clicks(server, listening(new_page()), name, record.run_id)
                print(f"{'server memory afterwards':34}{_memory_mb(server)}")
        _decide(Store(Path(folder) / "decide"), new_page, statistics.median(blank))
        if arguments.million:
            _million(Store(Path(folder) / "million"), listening(new_page()))


def _clicks(server: Server, page: Page, name: str, run_id: str) -> None:
    sent = Sent(page)
    times: list[float] = []
    print(name)
    for path, buttons in (
        ("confusions", [A_CONFUSION, "Log colours", "Show diagonal"]),
        ("examples", ["wrong", "unparsed", "right"]),
        ("per_class", ["few examples", "never predicted"]),
    ):
        before, started = sent.size_bytes, time.perf_counter()
        page.goto(f"{server.url}/{path}?run={run_id}")
        page.wait_for_selector("h1", timeout=PATIENCE_MS)
        settled(page)
        opened = time.perf_counter() - started - 0.5  # `settled` itself waits half a second
        to_open, largest, here = sent.size_bytes - before, 0, []
        for number in range(CLICKS // 3 + (path != "per_class")):
            target = _target(page, buttons[number % len(buttons)], number // len(buttons))
            before = sent.size_bytes
            here.append(click_ms(page, target))
            page.wait_for_timeout(150)
            largest = max(largest, sent.size_bytes - before)
        times += here
        print(f"  {path:32}{median(here)}   opened in {opened:.1f} s with {to_open / 1e6:.2f} MB,"
              f" a click at most {largest / 1e6:.2f} MB")  # fmt: skip
    print(f"  {'all':32}{median(times)}   over {len(times)} clicks, {sent.size_bytes / 1e6:.2f} MB in all")


def _target(page: Page, name: str, turn: int) -> Callable[[], None]:
    if name == A_CONFUSION:
        back = page.get_by_role("button", name="Worst confusions")
        if back.count():  # not timed: the list is where the confusion opened before is
            back.click()
            settled(page)
        return page.locator("[data-testid=stMain]").get_by_role("button", name=A_CONFUSION).nth(turn % 5).click
    if name in ("Log colours", "Show diagonal"):
        return page.locator("label", has_text=name).first.click
    return page.get_by_text(re.compile(rf"(^|\W){name} [\d,]+$")).first.click  # a pill with its count


def _decide(store: Store, new_page: Callable[[], Page], blank_ms: float) -> None:
    a = over_confident(store, 77, 3080)
    b = on_the_same(store, a)
    larger = over_confident(store, 150, 100_000).run_id
    small_ms = BLANK_TIMES * blank_ms + BEYOND_MS
    with serving(store.folder) as server:
        for name, query, at_most in (
            ("Decide, 77 labels, 3,080 examples", f"run={a.run_id}", small_ms),
            ("Decide, the same and another run beside it", f"run={a.run_id}&beside={b.run_id}", small_ms),
            ("Decide, 150 labels, 100,000 examples", f"run={larger}", AT_MOST_MS),
        ):
            print(f"{name}: at most {at_most:.0f} ms are allowed")
            page = listening(new_page())
            for tab, clicks in DECIDE.items():
                started = time.perf_counter()
                page.goto(f"{server.url}/decide?{query}&tab={tab}")
                page.wait_for_selector("h1", timeout=PATIENCE_MS)
                settled(page)
                print(f"  {tab:32}opened in {time.perf_counter() - started - 0.5:.1f} s")
                for what in clicks:
                    targets = [
                        _in_tab(page, what, number) for number in range(3 if what in ("row", "ArrowRight") else 1)
                    ]
                    here = [click_ms(page, target) for target in targets if target is not None]
                    late = "" if not here or max(here) <= at_most else "   TOO LATE"
                    print(f"    {what:30}{median(here) if here else 'not there'}{late}")
        print(f"{'server memory afterwards':34}{_memory_mb(server)}")


def _in_tab(page: Page, what: str, number: int) -> Callable[[], None] | None:
    """What is done for a click; None where the tab has no such thing."""
    main = page.locator("[data-testid=stMain]")
    if what == "ArrowRight":
        thumb = main.get_by_role("slider")
        return (lambda: thumb.first.press(what)) if thumb.count() else None
    if what == "row":
        table = main.locator("[data-testid=stDataFrame]:visible")
        down = 35 + 28 * (number + 1) + 10
        box = table.first.bounding_box() if table.count() else None
        if box is None or down > box["height"]:  # such a row is not in sight
            return None

        def click() -> None:
            table.first.scroll_into_view_if_needed()
            box = table.first.bounding_box()
            assert box is not None
            page.mouse.click(box["x"] + 60, box["y"] + down)

        return click
    segment = main.locator("[data-testid=stButtonGroup]").get_by_role("radio", name=what, exact=True)
    return segment.first.click if segment.count() else None


def _million(store: Store, page: Page) -> None:
    started = time.perf_counter()
    record = imported(store, 150, 1_000_000)
    print(f"1,000,000 predictions\n  {'made up and imported':32}{time.perf_counter() - started:.0f} s,"
          f" {store.path.stat().st_size / 1e6:.0f} MB stored")  # fmt: skip
    with serving(store.folder) as server:
        sent = Sent(page)
        started = time.perf_counter()
        page.goto(f"{server.url}/examples?run={record.run_id}")
        page.locator("[data-testid=stDataFrame]").first.wait_for(timeout=10 * PATIENCE_MS)
        settled(page)
        print(
            f"  {'opened for the first time':32}{time.perf_counter() - started:.1f} s, {sent.size_bytes / 1e6:.2f} MB"
        )
        turn = page.get_by_role("button", name="Next page")
        print(f"  {'next page':32}{median([click_ms(page, turn.click) for _ in range(CLICKS)])}")
        for name, wait in (("overview", ""), ("confusions", "confusions"), ("per class", "per_class")):
            started = time.perf_counter()
            page.goto(f"{server.url}/{wait}?run={record.run_id}")
            page.wait_for_selector("h1, [data-testid=stMetric]", timeout=10 * PATIENCE_MS)
            settled(page)
            print(f"  {name:32}{time.perf_counter() - started:.1f} s")
        print(f"  {'server memory afterwards':32}{_memory_mb(server)}; {sent.size_bytes / 1e6:.2f} MB sent in all")


def _banking77(store: Store):  # type: ignore[no-untyped-def]
    if (BANKING77 / "test.csv").is_file():
        return execute(RunSpec(TaskSource(str(BANKING77)), "tfidf", n=3080), store).record
    return imported(store, 77, 3080)


@contextmanager
def one_line(folder: Path, source: str = ONE_LINE) -> Iterator[str]:
    """A server whose page draws one line of text."""
    script, port = folder / "one_line.py", free_port()
    script.write_text(source)
    process = started(
        "-m", "streamlit", "run", script, f"--server.port={port}", "--server.headless=true",
        "--server.address=127.0.0.1", "--browser.gatherUsageStats=false", "--server.fileWatcherType=none",
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def median(times_ms: list[float]) -> str:
    """The median of some times, and the longest of them, in words."""
    return f"{statistics.median(times_ms):6.0f} ms (slowest {max(times_ms):.0f})"


def _memory_mb(server: Server) -> str:
    status = Path(f"/proc/{server.process.pid}/status")
    if not status.exists():
        return "unknown on this system"
    values = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    now, most = (int(values[name].split()[0]) // 1024 for name in ("VmRSS", "VmHWM"))
    return f"{now} MB, {most} MB at most"


if __name__ == "__main__":
    main()
