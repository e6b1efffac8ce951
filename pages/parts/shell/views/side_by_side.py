"""What a session looks at on the Side by side page."""

from __future__ import annotations

from dataclasses import dataclass, field

from evalcore.store import RunSpec
from pages.parts.shell.views.opened_examples import SharedExamples


@dataclass
class SideView:
    """What the Side by side page shows.

    Attributes:
        runs: ids of the runs; None: those that it begins with.
        tab: the tab that is open; empty for the first.
        pair: ids of the two runs whose comparison is open.
        group: which examples.
    """

    runs: list[str] | None = None
    tab: str = ""
    pair: tuple[str, str] | None = None
    group: str = "all"
    examples: SharedExamples = field(default_factory=SharedExamples)

    def show(self, runs: list[str]) -> None:
        """Show other runs, from the first of their examples."""
        self.runs = runs
        self.examples.open(None)


@dataclass
class PromptSweep:
    """What was started on the Side by side page.

    Attributes:
        asked: the model, the sample and N that are chosen for it; None before the page was opened.
        asked_of: id of the run that they were taken from.
        specs: what was asked for.
        started: for each of them the id of its stored run, or the number of the job that makes it.
        shown: whether the page has been turned to these runs.
        error: why it could not be started; shown once.
    """

    asked: RunSpec | None = None
    asked_of: str = ""
    specs: list[RunSpec] = field(default_factory=list)
    started: list[str | int] = field(default_factory=list)
    shown: bool = False
    error: str = ""
