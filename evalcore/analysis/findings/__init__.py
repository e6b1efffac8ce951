"""A scored run -> sentences in plain English about what its accuracy hides, the most important first.

Each finding has the figures that it states and the positions of the examples that it is based on. A new one is a
function that yields `Finding`s, in the module of what it looks at, and an entry in `FINDERS`, or in
`CONFIDENCE_FINDERS` if it looks at probabilities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from evalcore.analysis.calibration import Calibration
from evalcore.analysis.findings import answers, confidence, labels, sample, scores
from evalcore.analysis.findings.baselines import baseline_does_as_well
from evalcore.analysis.findings.finding import Finding, Findings
from evalcore.analysis.label_probabilities import LabelProbabilities
from evalcore.analysis.scored_run import ScoredRun

__all__ = ["CONFIDENCE_FINDERS", "FINDERS", "Finding", "Findings", "find"]

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
    answers.batches_halved,
    sample.same_text_two_labels,
    sample.true_labels_respelt,
)
"""Every function that looks at one run. Of two findings with the same weight the earlier one here comes first."""


CONFIDENCE_FINDERS: tuple[Callable[[LabelProbabilities, Calibration], Iterator[Finding]], ...] = (
    confidence.not_as_right_as_it_says,
    confidence.does_not_rank,
    confidence.favoured_without_a_text,
    confidence.where_the_true_label_stands,
)
"""Every function that looks at the probabilities of one run, and at what they are worth."""


def find(
    run: ScoredRun,
    baselines: Sequence[ScoredRun] = (),
    sure: tuple[LabelProbabilities, Calibration] | None = None,
) -> Findings:
    """All findings about a run, the most important first; none before anything is predicted.

    Args:
        baselines: scored runs of baselines on the same sample, under the same scoring.
        sure: the run's probabilities and what they are worth; None if it has none.
    """
    if not run.answers:
        return Findings()
    found = [finding for finder in FINDERS for finding in finder(run)]
    if sure is not None:
        found += [finding for finder in CONFIDENCE_FINDERS for finding in finder(*sure)]
    for baseline in baselines:
        found += baseline_does_as_well(run, baseline)
    return Findings(sorted(found, key=lambda finding: -finding.weight))
