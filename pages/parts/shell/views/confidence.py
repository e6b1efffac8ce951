"""What a session looks at on the Confidence page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from evalcore.analysis import Filter, LabelView
from evalcore.metrics import Grouping
from pages.parts.shell.views.figure_state import FigureState

WhichSets = Literal["", "held", "missed"]
"""All sets, those that hold the true label, or those that lack it."""


@dataclass
class LabelSetsView:
    """What the Confidence page's tab “Label sets” shows.

    Attributes:
        percent: of the texts whose set is to hold the true label.
        grouping: which labels share a threshold.
        of_labels: whether it shows the labels instead of the sizes of the sets.
        size: fewest labels of the sets that are open; 0 if none are.
        label: the label that is open; empty if none is.
        which: which of the open sets; empty for all.
    """

    percent: int = 90
    grouping: Grouping = "all"
    of_labels: bool = False
    size: int = 0
    label: str = ""
    which: WhichSets = ""


@dataclass
class ConfidenceView:
    """What the Confidence page shows.

    Attributes:
        tab: the tab that is open; empty for the first.
        opened: what was picked in it: a bin of the confidence, a label, ...; an empty filter if nothing is.
        side: what stands beside the figures of the calibration while nothing is picked.
        label_view: what of each label is looked at.
        mistakes: which list of mistakes.
        sets: of the tab “Label sets”.
        door: which examples are open in the tab “Ladder”; empty for the most telling ones.
        figures: by name.
    """

    tab: str = ""
    opened: Filter = field(default_factory=Filter)
    side: str = "Bins"
    label_view: LabelView = "predictions"
    mistakes: str = "Confident mistakes"
    sets: LabelSetsView = field(default_factory=LabelSetsView)
    door: str = ""
    figures: dict[str, FigureState] = field(default_factory=dict)
