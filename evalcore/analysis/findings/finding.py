"""What one finding is, and what all of them are made with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from numpy.typing import NDArray

from evalcore.analysis.scored_run import ScoredRun
from evalcore.notebook import card
from evalcore.wording import counted

Figure = float | int | str

NAMED = 4
"""Labels named in a sentence before "and k more"."""
_ALL = slice(None)


@dataclass(frozen=True)
class Finding:
    """One thing that the accuracy does not say.

    Attributes:
        kind: short name, stable, for tests and links.
        sentence: the finding itself.
        meaning: what it means, or what to do about it.
        weight: rank, 0 to 100; from 50 on, a main figure of the run is misleading.
        figures: the numbers in the sentence.
        positions: the examples it is based on, as positions in the sample.
        labels: the labels it is about.
        opens: the examples at `positions`, as the text of a link to them: `93 examples of labels never predicted`.
            Contains no data, so that it needs no escaping. Empty if there are no positions of its own.
        opens_labels: the labels it is about, likewise: `13 labels never predicted`; empty if it is about none.
    """

    kind: str
    sentence: str
    meaning: str
    weight: float
    figures: dict[str, Figure]
    positions: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    opens: str = ""
    opens_labels: str = ""

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    def __repr__(self) -> str:
        return f"<Finding {self.kind}: {self.sentence}>"


class Findings(list[Finding]):
    """Findings about one run, the most important first."""

    def __repr__(self) -> str:
        return "\n".join(f"{number}. {one.sentence}" for number, one in enumerate(self, start=1)) or "no findings"

    def _repr_html_(self) -> str:
        return card(counted(len(self), "finding"), sentences=[f"{one.sentence} {one.meaning}" for one in self])


def positions_of(run: ScoredRun, rows: NDArray[Any] | slice = _ALL) -> tuple[int, ...]:
    """Positions in the sample.

    Args:
        rows: a mask of shape (n_completed,), or indices; all rows where it is not given.
    """
    return tuple(run.positions[rows].tolist())


def quoted_labels(labels: Sequence[str]) -> str:
    """`“a”, “b” and “c”`; of many labels the first `NAMED` and how many more there are."""
    quoted = [f"“{label}”" for label in labels[:NAMED]]
    if len(labels) > NAMED:
        return f"{', '.join(quoted)} and {len(labels) - NAMED} more"
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else quoted[0]
