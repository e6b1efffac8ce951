"""The pictures of README and docs, made anew: `python -m tests.tools.screenshots [NAME ...]` (`make screenshots`).

The runs that they show are computed first, in a cache folder of their own. The pictures of Banking77 need its files, in
the folder that `BLINDSPOT_DATA` names; without them they stay as they are.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page

from evalcore.analysis import score_run
from evalcore.output.html import run_report
from evalcore.running.run import execute_with_baselines
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from evalcore.tasks.load import load_task
from evalcore.tasks.task import TaskSource
from tests.conftest import BANKING77, ROOT
from tests.tools.browser import PATIENCE_MS, browsing, serving, settled

WINDOW = (1440, 900)
PROMPTS = ("article", "bare", "numbered", "few-shot:5", "shuffled-labels:1")
TYPED = "I still have not got my refund for the cancelled contract"


@dataclass(frozen=True)
class Runs:
    """The runs that the pictures show, by their ids; those of Banking77 are empty where its files are missing."""

    demo: str
    demo_early: str
    choose: str
    prompts: tuple[str, ...]
    banking77: str
    banking77_all: str


@dataclass(frozen=True)
class Picture:
    """A page as it is shown.

    Attributes:
        name: of the file, `docs/NAME.png`; its end is the colour scheme.
        path: of the page, with what the address asks for.
        shows: a text that the page must show before the picture is taken; empty if it is enough that it has settled.
        times: how often it must show that.
        act: what is done on the page before.
    """

    name: str
    path: str
    shows: str = ""
    times: int = 1
    act: Callable[[Page], None] | None = None

    @property
    def scheme(self) -> str:
        return self.name.rpartition("-")[2]


def compute(store: Store) -> Runs:
    """Make the runs."""

    def run(**fields: object) -> str:
        return execute_with_baselines(RunSpec(**fields), store).record.run_id  # type: ignore[arg-type]

    has_banking77 = (BANKING77 / "test.csv").is_file()
    return Runs(
        demo=run(model="demo"),
        demo_early=run(model="demo-early"),
        choose=run(model="demo", decoding="choose"),
        prompts=tuple(run(model="demo", prompt=prompt, n=200) for prompt in PROMPTS),
        banking77=run(task=TaskSource(str(BANKING77)), model="tfidf", sample="first") if has_banking77 else "",
        banking77_all=run(task=TaskSource(str(BANKING77)), model="tfidf", n=3080) if has_banking77 else "",
    )


def pictures(runs: Runs) -> list[Picture]:
    """Every picture of README's tour."""

    def at(page: str, **asks: str) -> str:
        return f"{page}?{urlencode(asks)}"

    of_banking77 = [
        Picture("trap-light", at("", run=runs.banking77), "perfect model"),
        Picture("decide-light", at("decide", run=runs.banking77_all), "to a person"),
    ]
    return [
        *(of_banking77 if runs.banking77 else []),
        Picture("overview-light", at("", run=runs.demo_early), "Baselines on the same examples"),
        Picture("confusions-dark", at("confusions", run=runs.demo_early)),
        Picture("confidence-light", at("confidence", run=runs.choose), "over-confident"),
        Picture("compare-light", at("compare", a=runs.demo_early, b=runs.demo, door="broken")),
        Picture("side-by-side-dark", at("side_by_side", runs=",".join(runs.prompts))),
        Picture(
            "try-it-dark",
            at("try_it", run=runs.demo, beside_model="demo-early", text=TYPED),
            "Which words matter",
            times=2,
            act=_open_again,
        ),
        Picture("data-light", "data", act=_bring_a_file),
    ]


def _open_again(page: Page) -> None:
    """When both models are loaded: what takes them long is not computed unasked."""
    page.get_by_text("runner-up").nth(1).wait_for(timeout=PATIENCE_MS)
    page.reload()
    settled(page)


def _bring_a_file(page: Page) -> None:
    """Drop 60 of the demo's messages, as a spreadsheet would write them."""
    examples = load_task(TaskSource("demo")).test[::7][:60]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "support-messages.csv"
        with file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, delimiter=";")
            writer.writerow(["Received message", "Team"])
            writer.writerows((example.text, example.label) for example in examples)
        page.locator("input[type=file]").first.set_input_files(file)
        settled(page)


def report_picture(store: Store, runs: Runs, new_page: Callable[..., Page], out: Path) -> None:
    """The head of the report of a run, opened as a file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        file.write_bytes(run_report(store, score_run(store, runs.demo_early)))
        page = new_page(*WINDOW, "light")
        page.goto(file.as_uri())
        page.wait_for_timeout(2000)
        page.screenshot(path=str(out / "report-light.png"))
        page.context.close()


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="of the pictures, such as overview-light; all without any")
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, browsing() as new_page:
        store = Store(Path(folder))
        runs = compute(store)
        with serving(store.folder) as server:
            for picture in pictures(runs):
                if options.names and picture.name not in options.names:
                    continue
                page = new_page(*WINDOW, picture.scheme)
                settled_at(page, f"{server.url}/{picture.path}", picture)
                page.screenshot(path=str(options.out / f"{picture.name}.png"))
                page.context.close()
                print(picture.name)
        if not options.names or "report-light" in options.names:
            report_picture(store, runs, new_page, options.out)
            print("report-light")


def settled_at(page: Page, address: str, picture: Picture) -> None:
    """Open a page, do what the picture wants, and wait until all of it is drawn."""
    page.goto(address)
    settled(page)
    if picture.act:
        picture.act(page)
    if picture.shows:
        page.get_by_text(picture.shows).nth(picture.times - 1).wait_for(timeout=PATIENCE_MS)
    settled(page)
    page.wait_for_timeout(1000)  # charts are drawn after the page says that it has settled


if __name__ == "__main__":
    main()
