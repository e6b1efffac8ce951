"""What a run would have answered had its labels been ranked by another score, and what it favours whatever it reads.

Nothing is predicted: a choosing run keeps the log-probability of every label for every example, the length of each
label in tokens, and what texts without content give the labels. The three scores differ in what they make of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.label_probabilities import LabelProbabilities, ranking_of, score_of
from evalcore.metrics import (
    PAIR_GROUPS,
    UNPARSED,
    Counts,
    Floats,
    Interval,
    PairCounts,
    effective_labels,
    group_codes,
    mcnemar_p,
    pair_counts,
    tango_interval,
    wilson_interval,
)
from evalcore.store import LabelScore, RunRecord
from evalcore.wording import counted, interval, percent, points

Rows = NDArray[np.intp]

_ROWS_AT_ONCE = 8192


@dataclass(frozen=True)
class Ranking:
    """What a run's labels ranked by one score answer.

    Attributes:
        score: what they are ranked by.
        is_own: whether the run itself ranks by it.
        y_true: shape (n_completed,), label codes.
        y_own: what the run answered; y_pred: what this ranking answers, -1 where nothing is known of an example.
        n_labels: of the task.
    """

    score: LabelScore
    is_own: bool
    y_true: Counts
    y_own: Counts
    y_pred: Counts
    n_labels: int

    @property
    def n(self) -> int:
        """Number of examples."""
        return len(self.y_true)

    @property
    def correct(self) -> int:
        """How many it gets right."""
        return int((self.y_pred == self.y_true).sum())

    @property
    def accuracy(self) -> float:
        """Share of right answers."""
        return self.correct / self.n

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval of the accuracy."""
        return wilson_interval(self.correct, self.n)

    @property
    def predicted(self) -> Counts:
        """How often each label is answered; shape (n_labels,)."""
        return np.bincount(self.y_pred[self.y_pred != UNPARSED], minlength=self.n_labels)

    @property
    def distinct(self) -> int:
        """How many labels are answered at all."""
        return int((self.predicted > 0).sum())

    @property
    def variety(self) -> float:
        """The effective number of labels answered."""
        return float(effective_labels(self.predicted))

    @property
    def favourites(self) -> Counts:
        """Codes of the two labels that are answered most, the most frequent first."""
        return np.argsort(-self.predicted, kind="stable")[:2]

    @property
    def favourites_share(self) -> float:
        """Share of all examples that get one of the two."""
        return float(self.predicted[self.favourites].sum()) / self.n

    @property
    def groups(self) -> Counts:
        """Each example's group of `PAIR_GROUPS`, the run's own answers being A."""
        return group_codes(self.y_true, self.y_own, self.y_pred).astype(np.int64)

    @property
    def counts(self) -> PairCounts:
        """How many examples it fixes and breaks against the run's own answers."""
        return pair_counts(group_codes(self.y_true, self.y_own, self.y_pred))

    @property
    def difference(self) -> tuple[float, Interval]:
        """Accuracy less that of the run's own answers, with Tango's 95 % interval."""
        counts = self.counts
        low, high = tango_interval(counts.fixed, counts.broken, counts.n)
        return counts.difference, (float(low), float(high))

    @property
    def p(self) -> float:
        """Exact McNemar against the run's own answers, two-sided."""
        return mcnemar_p(self.counts.broken, self.counts.fixed)

    def changed(self) -> Counts:
        """Rows whose answer is another one: first those that it fixes, then those that it breaks, then the others."""
        groups = self.groups
        order = [PAIR_GROUPS.index("fixed"), PAIR_GROUPS.index("broken")]
        rank = np.where(groups == order[0], 0, np.where(groups == order[1], 1, 2))
        rows = np.flatnonzero(self.y_pred != self.y_own)
        return rows[np.argsort(rank[rows], kind="stable")]


def rankings(probabilities: LabelProbabilities, rows: Rows | None = None) -> list[Ranking]:
    """What each score would answer, as far as it can be known.

    Args:
        rows: only these answers; all where it is not given.

    Returns:
        One for each `LabelScore`, the run's own included; fewer where the run has no label reference (another kind of
        model, an older version), or none of its texts without content could be scored.
    """
    scored = probabilities.scored
    reference, own = ranking_of(scored.record), score_of(scored.record)
    if reference is None:
        return []
    known = [score for score in get_args(LabelScore) if score != "calibrated" or reference.content_free]
    rows = np.arange(len(probabilities.logprobs)) if rows is None else rows
    answers = {score: np.full(len(rows), UNPARSED, dtype=np.int64) for score in known}
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        here = slice(start, start + _ROWS_AT_ONCE)
        logprobs, complete = probabilities.logprobs[rows[here]], probabilities.complete[rows[here]]
        for score, answer in answers.items():
            best = np.where(np.isnan(logprobs), -np.inf, reference.scores(logprobs, score)).argmax(axis=1)
            answer[here] = np.where(complete, best, UNPARSED)
    return [
        Ranking(score, score == own, scored.y_true[rows], scored.y_pred[rows], answer, len(scored.labels))
        for score, answer in answers.items()
    ]


RANKED_BY: dict[LabelScore, str] = {
    "summed": "probability of the whole label",
    "per-token": "probability per token",
    "calibrated": "gain over a text without content",
}
"""Each score in words."""


def ranking_line(ranking: Ranking) -> str:
    """One ranking in a line of text."""
    difference, bounds = ranking.difference
    against = "what the run answered" if ranking.is_own else f"{points(difference)} ({interval(bounds, signed=True)})"
    return (
        f"{RANKED_BY[ranking.score]:<34} {percent(ranking.accuracy):>7} ({interval(ranking.interval)}), "
        f"{counted(ranking.distinct, 'label')} answered, the top two for {percent(ranking.favourites_share)}; {against}"
    )


def ranking_as_json(ranking: Ranking) -> dict[str, Any]:
    """One ranking as JSON values; shares and differences in [-1, 1]."""
    difference, bounds = ranking.difference
    return {
        "score": ranking.score,
        "is_own": ranking.is_own,
        "n": ranking.n,
        "accuracy": ranking.accuracy,
        "accuracy_interval": list(ranking.interval),
        "difference": difference,
        "difference_interval": list(bounds),
        "p": ranking.p,
        "labels_answered": ranking.distinct,
        "effective_labels": ranking.variety,
        "favourites_share": ranking.favourites_share,
    }


def favoured_by_prior(record: RunRecord) -> tuple[tuple[str, ...], Floats]:
    """What a choosing run's model answers to a text without content: the labels that it favours whatever it reads.

    Returns:
        All labels and their probabilities (which sum to 1), the most probable first; both empty where that is not
        known: of a run that does not choose, or was stored before it was kept.
    """
    reference = ranking_of(record)
    if reference is None or not reference.content_free:
        return (), np.array([])
    prior = np.exp(reference.log_prior())
    order = np.argsort(-prior, kind="stable")
    return tuple(record.labels[at] for at in order), prior[order]
