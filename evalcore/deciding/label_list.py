"""Is the label list right? Labels merged, dropped and grouped, and what that does to the scores."""

from __future__ import annotations

from dataclasses import dataclass

from evalcore.deciding.asked import whole


@dataclass(frozen=True)
class LabelListAsked:
    """What is asked.

    Attributes:
        merge: the changed label list, `LabelMerge.to_text`; empty for the list as it is.
        hierarchy: CSV with the columns `label` and `group`; empty for none.
        best: how many merges of the suggested path are looked at.
    """

    merge: str = ""
    hierarchy: str = ""
    best: int = whole(5, 1, 100)
