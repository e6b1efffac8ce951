"""What a session looks at on the Data page."""

from __future__ import annotations

from dataclasses import dataclass, field

from evalcore.store import RunSpec
from evalcore.tasks.hub_data import HubChoices


@dataclass
class DataView:
    """What the Data page shows.

    Attributes:
        tab: the tab that is open; empty for the first.
        chosen: the run that is offered, of the file or the data set of the hub that is looked at; None: the list of
            files.
        index: what of it is listed, its problems or its labels; empty for what is most urgent.
        problem: number of the problem whose rows are open, from 1; 0 if none is.
        label: the label whose rows are open; empty if none is.
        side: what stands at the right: rows or prompts; empty for the rows.
        sample: which of the sample prompts.
        uploaded: how many files were given to each field, by the field's key: part of a field's key, so that it is
            empty again after each.
        refused: why the last file was not taken, a sentence, by the field's key.
        hub: what can be chosen of the data set of the hub that was looked up last; None if none was.
        done: what was done, a sentence; shown once.
    """

    tab: str = ""
    chosen: RunSpec | None = None
    index: str = ""
    problem: int = 0
    label: str = ""
    side: str = ""
    sample: int = 1
    uploaded: dict[str, int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    hub: HubChoices | None = None
    done: str = ""

    def look_at(self, chosen: RunSpec | None) -> None:
        """Look at another file, from its first rows, or at none."""
        self.chosen, self.refused = chosen, {}
        self.index, self.problem, self.label, self.side, self.sample = "", 0, "", "", 1

    def open(self, *, problem: int = 0, label: str = "") -> None:
        """Open the rows of a problem or of a label; without either, the first rows."""
        self.problem, self.label, self.side = problem, label, ""
