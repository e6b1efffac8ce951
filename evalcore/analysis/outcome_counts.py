"""How many of some examples are right, wrong and unparsed, in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.scored_run import OUTCOMES, ScoredRun


def outcome_words(scored: ScoredRun, rows: NDArray[np.intp]) -> str:
    """`201 right, 60 wrong, 139 unparsed`.

    Args:
        rows: indices into the scored run's arrays.
    """
    counts = np.bincount(scored.outcomes[rows], minlength=len(OUTCOMES)).tolist()
    return ", ".join(f"{count:,} {outcome}" for outcome, count in zip(OUTCOMES, counts, strict=True))
