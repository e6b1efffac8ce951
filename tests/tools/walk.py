"""The nine tasks of a new user, walked in a real Chromium: `python -m tests.tools.walk [--markdown] [TASK ...]`.

For each task the clicks, key presses, turns of the wheel and seconds that it takes in a window of 1440 x 900, beside
what it took before the pages were designed anew (docs/nine-tasks.json), in the table of docs/nine-tasks.md.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page

from evalcore.running.run import baseline_specs, execute
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import Example
from tests.conftest import ROOT, write_csv
from tests.tools.browser import browsing, serving
from tests.tools.generated import imported
from tests.tools.walker import Walk

BEFORE = ROOT / "docs" / "nine-tasks.json"
WINDOW = (1440, 900)
OWN_ROWS, MANY_ROWS = 60, 10_000

NAMES = {
    "first_visit": "First visit, to accuracy with its interval beside the best baseline",
    "demo_early": "Why is demo-early bad: from the first visit to the examples of a finding",
    "worst_77_mouse": "Worst confusion of 77 labels to its examples, by mouse",
    "worst_77_keys": "The same with the keyboard only",
    "worst_150_mouse": "Worst confusion of 150 labels to its examples, by mouse",
    "worst_150_keys": "The same with the keyboard only",
    "what_b_broke": "What did B break: an example with both completions",
    "three_prompts": "Three prompts on one sample to a conclusion",
    "own_file": "Own file by its path to a result",
    "stop_go_on": "Stop a run and go on",
    "missing_model": "A model that is not there to a message that says what to do",
    "share": "Share a link: a second person sees the same example",
}


def first_visit(walk: Walk, base: str) -> None:
    walk.go(base)
    walk.see(accuracy(walk))
    walk.page.get_by_role("heading", name="Baselines on the same examples").wait_for()
    walk.see(walk.page.locator("[data-testid=stMain] [data-testid=stVegaLiteChart]"))


def demo_early(walk: Walk, base: str) -> None:
    walk.go(base)
    accuracy(walk).wait_for()
    walk.click(button(walk, "Change"))
    walk.select("Model", re.compile("demo-early"))
    walk.click(button(walk, "Run"))
    finding = walk.page.get_by_role("link", name=re.compile("wrong answers with the top"))
    finding.wait_for()
    walk.click(finding)
    walk.page.get_by_role("heading", name="Examples").wait_for()
    walk.see(table(walk).first)


def worst_by_mouse(walk: Walk, address: str) -> None:
    walk.go(address)
    accuracy(walk).wait_for()
    walk.click(page_link(walk, "Confusions"))
    walk.click(worst(walk))
    walk.see(table(walk).last)


def worst_by_keys(walk: Walk, address: str) -> None:
    walk.go(address)
    accuracy(walk).wait_for()
    walk.wait()
    walk.tab_to(page_link(walk, "Confusions"))
    walk.press("Enter")
    walk.page.get_by_role("heading", name="Confusions").wait_for()
    walk.wait()
    walk.tab_to(worst(walk))
    walk.press("Enter")
    button(walk, "Worst confusions").wait_for()
    walk.wait()
    walk.see(table(walk).last)


def what_b_broke(walk: Walk, address: str) -> None:
    walk.go(address)
    accuracy(walk).wait_for()
    walk.click(page_link(walk, "Compare"))
    walk.click(walk.page.get_by_role("button", name=re.compile(r"^\d+ broken$")))
    walk.see(walk.page.get_by_text("True label").last)
    walk.see(walk.page.locator("[data-testid=stCode]").last)


def three_prompts(walk: Walk, address: str) -> None:
    walk.go(address)
    accuracy(walk).wait_for()
    walk.click(page_link(walk, "Side by side"))
    walk.click(walk.page.get_by_role("button", name="Run several prompts"))
    prompts = walk.page.locator("[data-testid=stPopoverBody] [data-testid=stMultiSelect]").first
    for _ in range(2):
        walk.click(prompts.get_by_label("Remove", exact=False).last)
    walk.click(button(walk, "Run all of them"))
    walk.see(walk.page.get_by_text("of 3 pairs can be told apart"))


def own_file(walk: Walk, base: str, path: Path) -> None:
    walk.go(base)
    accuracy(walk).wait_for()
    walk.click(button(walk, "Change"))
    walk.type_into("Task", str(path))
    walk.page.get_by_text(f"{OWN_ROWS} rows").first.wait_for()
    walk.click(button(walk, "Run"))
    walk.page.get_by_text(f"{OWN_ROWS} of {OWN_ROWS} examples").wait_for()
    walk.see(accuracy(walk))


def stop_go_on(walk: Walk, base: str, path: Path) -> None:
    walk.go(base)
    accuracy(walk).wait_for()
    walk.click(button(walk, "Change"))
    walk.type_into("Task", str(path))
    walk.click(walk.page.get_by_label("N exactly"))
    walk.press("Control+a")
    walk.type(str(MANY_ROWS))
    walk.press("Enter")
    walk.wait()
    walk.click(button(walk, "Run"))
    walk.see(walk.page.get_by_text("Accuracy so far"))
    walk.click(button(walk, "Stop"))
    walk.page.get_by_text("Stopped. What was predicted is kept").wait_for()
    walk.click(button(walk, "Go on"))
    walk.see(walk.page.get_by_text("Accuracy so far"))
    button(walk, "Stop").click()  # not of the task: the worker is for the next one
    walk.page.get_by_text("Stopped. What was predicted is kept").wait_for()


def missing_model(walk: Walk, base: str) -> None:
    walk.go(base)
    accuracy(walk).wait_for()
    walk.click(button(walk, "Change"))
    walk.type_into("Model", "/models/not-there")
    walk.see(walk.page.locator("[data-testid=stAlert]"))


def share(walk: Walk, address: str, second: Page) -> None:
    walk.go(address)
    walk.click(table(walk).first, 60, 55)
    walk.see(walk.page.get_by_text("Raw completion"))
    walk.click(walk.page.get_by_role("button", name="Copy link"))
    link = walk.see(walk.page.locator("[data-testid=stPopoverBody] [data-testid=stCode]")).inner_text()
    walk.clicks += 1  # the button that copies: what is copied lies in the clipboard, which a headless browser has not
    other = Walk(second)
    other.go(link.strip())
    other.see(second.get_by_text("Raw completion"))
    walk.scrolls += other.scrolls
    walk.seconds += other.seconds


def accuracy(walk: Walk) -> Locator:
    return walk.page.locator("[data-testid=stMetric]", has_text="Accuracy").first


def button(walk: Walk, name: str) -> Locator:
    return walk.page.locator("[data-testid=stMain], [data-testid=stPopoverBody]").get_by_role(
        "button", name=name, exact=True
    )


def page_link(walk: Walk, name: str) -> Locator:
    return walk.page.locator("[data-testid=stSidebar]").get_by_role("link", name=name, exact=True)


def table(walk: Walk) -> Locator:
    return walk.page.locator("[data-testid=stMain] [data-testid=stDataFrame]")


def worst(walk: Walk) -> Locator:
    return walk.page.locator(".st-key-confusion_0 button")


def walked(only: list[str]) -> dict[str, dict[str, float]]:
    """The figures of each task, or of those that are named."""
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder, browsing() as new_page:

        def do(name: str, task: Callable[..., None], *given: object) -> None:
            if only and name not in only:
                return
            walk = Walk(new_page(*WINDOW))
            task(walk, *given)
            found[name] = {
                "clicks": walk.clicks,
                "presses": walk.presses,
                "scrolls": walk.scrolls,
                "seconds": round(walk.seconds, 1),
            }
            print(name, found[name], flush=True)
            walk.page.context.close()

        home = Path(folder)
        with serving(home / "empty") as server:
            do("first_visit", first_visit, server.url)
            do("demo_early", demo_early, server.url)
            do("own_file", own_file, server.url, write_csv(home / "own" / "mine.csv", _rows(OWN_ROWS)))
            do("missing_model", missing_model, server.url)
            do("stop_go_on", stop_go_on, server.url, write_csv(home / "big" / "many.csv", _rows(MANY_ROWS)))
        store = Store(home / "filled")
        demo, *_ = [execute(spec, store).record.run_id for spec in _specs()]
        sizes = {77: 3080, 150: 20_000}
        runs = {labels: imported(store, labels, n).run_id for labels, n in sizes.items()}
        with serving(store.folder) as server:
            for labels, run_id in runs.items():
                do(f"worst_{labels}_mouse", worst_by_mouse, f"{server.url}/?run={run_id}")
                do(f"worst_{labels}_keys", worst_by_keys, f"{server.url}/?run={run_id}")
            do("what_b_broke", what_b_broke, f"{server.url}/?run={demo}")
            do("three_prompts", three_prompts, f"{server.url}/?run={demo}")
            do("share", share, f"{server.url}/examples?run={demo}&outcome=wrong", new_page(*WINDOW))
    return found


def markdown(before: dict[str, dict[str, float]], after: dict[str, dict[str, float]]) -> str:
    """The table of docs/nine-tasks.md."""
    lines = ["| task | clicks | key presses | scrolls | seconds |", "|---|---:|---:|---:|---:|"]
    for name, title in NAMES.items():
        cells = [
            f"{before[name][what]:g} → {after[name][what]:g}" if name in after else f"{before[name][what]:g}"
            for what in ("clicks", "presses", "scrolls", "seconds")
        ]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=f"one of {', '.join(NAMES)}; all of them by default")
    parser.add_argument("--markdown", action="store_true", help="print the table, before and after")
    arguments = parser.parse_args()
    found = walked(arguments.tasks)
    if arguments.markdown:
        print(markdown(json.loads(BEFORE.read_text()), found))


def _specs() -> list[RunSpec]:
    return [RunSpec(), RunSpec(model="demo-early"), *baseline_specs(RunSpec())]


def _rows(number: int) -> list[Example]:
    """The demo's texts, again and again under other texts, until there are so many."""
    with (ROOT / "evalcore" / "demo" / "data" / "test.csv").open(encoding="utf-8", newline="") as stream:
        rows = [Example(row["text"], row["label"]) for row in csv.DictReader(stream)]
    turns = -(-number // len(rows))
    return [Example(f"{row.text} ({turn})" if turn else row.text, row.label) for turn in range(turns) for row in rows][
        :number
    ]


if __name__ == "__main__":
    main()
