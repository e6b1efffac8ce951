"""A scored run -> sentences in plain English about what its accuracy hides, the most important first.

Each finding has the figures that it states and the positions of the examples that it is based on. A new one is a
function that yields `Finding`s, in the module of what it looks at, and an entry in `FINDERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from evalcore.analysis.findings import answers, labels, sample, scores
from evalcore.analysis.findings.baselines import baseline_does_as_well
from evalcore.analysis.findings.finding import Finding
from evalcore.analysis.scored_run import ScoredRun

__all__ = ["FINDERS", "Finding", "find"]

FINDERS: tuple[Callable[[ScoredRun], Iterator[Finding]], ...] = (
    sample.not_finished,
    sample.sample_misses_labels,
    labels.collapse,
    scores.carried_by_frequent_labels,
    labels.labels_never_predicted,
    labels.labels_with_zero_recall,
    labels.labels_over_predicted,
    answers.unparsed,
    answers.depends_on_the_parser,
    answers.cut_short,
    scores.too_uncertain_to_rank,
    scores.micro_f1_says_nothing_new,
    answers.penalty_on_prompt_labels,
    sample.same_text_two_labels,
    sample.true_labels_respelt,
)
"""Every function that looks at one run. Of two findings with the same weight the earlier one here comes first."""


def find(run: ScoredRun, baselines: Sequence[ScoredRun] = ()) -> list[Finding]:
    """All findings about a run, the most important first; none before anything is predicted.

    Args:
        baselines: scored runs of baselines on the same sample, under the same scoring.
    """
    if not run.answers:
        return []
    found = [finding for finder in FINDERS for finding in finder(run)]
    for baseline in baselines:
        found += baseline_does_as_well(run, baseline)
    return sorted(found, key=lambda finding: -finding.weight)
