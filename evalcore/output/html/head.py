"""What a run's report says first: the verdict in two sentences, cards, and every score on one scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evalcore.analysis import (
    Calibration,
    Comparison,
    Finding,
    ScoredRun,
    ece_bias_words,
    verdict,
)
from evalcore.analysis.comparison_words import NONE_KNOWN
from evalcore.analysis.run_metrics import MAY_HAVE_INTERVAL
from evalcore.metrics import METRICS, POPULATION, WHY_UNDEFINED, Interval, Metric, absent, never_predicted
from evalcore.output.html.tables import Cell, Column, Table, between, words
from evalcore.wording import NOT_ESTIMABLE, UNDEFINED, counted, figure, in_percent, interval, percent


@dataclass(frozen=True)
class Card:
    """One number in large digits.

    Attributes:
        around: its interval, or what stands in its place.
        note: what the number means.
        link: the words that open its examples; empty if there are none. `opens`: which.
        span, at: the picture of its interval; None without one.
    """

    title: str
    value: str
    around: str
    note: str
    link: str = ""
    opens: str = ""
    span: Interval | None = None
    at: float = math.nan


def verdict_words(scored: ScoredRun, compared: Sequence[Comparison]) -> str:
    """The accuracy with its interval, beside the best baseline on the same examples.

    Args:
        compared: each baseline (A) with the run (B).
    """
    s = scored.scores
    around = interval(scored.intervals.accuracy, undefined="")
    accuracy = f"Accuracy {percent(s.accuracy)}" + (f" ({around})" if around else "")
    if scored.record.kind.is_baseline:
        return f"{accuracy}, of a baseline."
    if not compared:
        return f"{accuracy}; no baseline was run on the same examples."
    best = max(compared, key=lambda one: one.accuracies[0][0])
    name, theirs = best.a.record.spec.model, percent(best.accuracies[0][0])
    said = verdict(best).kind
    if said in ("better", "worse"):
        apart = figure(100 * abs(best.counts.difference), 1)
        more = "more" if said == "better" else "less"
        return f"{accuracy}: {apart} points {more} than the baseline {name} ({theirs}) on the same examples."
    return f"{accuracy}: not to be told apart from the baseline {name} ({theirs}) on the same examples."


def hidden_words(findings: Sequence[Finding]) -> str:
    """The one thing that the accuracy hides most; what a baseline does is in the verdict already."""
    return next((finding.sentence for finding in findings if finding.kind != "baseline_does_as_well"), "")


def cards(scored: ScoredRun, found: Calibration | None) -> list[Card]:
    """The figures of the overview."""
    s, i = scored.scores, scored.intervals
    never, missing = len(never_predicted(scored.confusion)), len(absent(scored.confusion))
    wrong = s.n - s.correct
    undefined = math.isnan(s.effective_labels)
    top = "top label" if len(s.favourites) == 1 else f"top {len(s.favourites)} labels"
    made = [
        Card(
            "Accuracy",
            percent(s.accuracy),
            interval(i.accuracy),
            f"{s.correct:,} right of {counted(s.n, 'example')}, {scored.scoring} scoring",
            f"{wrong:,} wrong or unparsed" if wrong else "",
            "outcome=1,2",
            i.accuracy,
            s.accuracy,
        ),
        Card(
            "Macro-F1, labels in the sample",
            percent(s.macro_f1_present),
            "too few examples for an interval" if i.withheld else interval(i.macro_f1_present),
            f"each of {counted(s.labels_present, 'label')} with equal weight"
            + (
                f"; over all {s.labels_total:,} labels {percent(s.macro_f1_all)}, at most "
                f"{percent(s.macro_f1_ceiling)} here"
                if missing
                else ""
            ),
            span=i.macro_f1_present,
            at=s.macro_f1_present,
        ),
        Card(
            "Unparsed",
            percent(s.unparsed_rate),
            interval(i.unparsed_rate),
            "answers without a label, or with more than one: they count as wrong",
            counted(s.unparsed, "unparsed answer") if s.unparsed else "",
            "outcome=2",
            i.unparsed_rate,
            s.unparsed_rate,
        ),
        Card(
            "Never predicted",
            f"{never:,} of {s.labels_present:,}",
            f"{counted(missing, 'label')} absent",
            "labels that occur in this sample and are never the answer; absent ones say nothing about the model",
        ),
        Card(
            "Label variety",
            UNDEFINED if undefined else figure(s.effective_labels, 1),
            f"not defined: {WHY_UNDEFINED['effective_labels']}" if undefined else f"of {s.labels_total:,}",
            "" if undefined else f"as varied as so many labels in equal shares; {percent(s.favourites_share)} of the "
            f"answers are the {top}",
        ),
    ]  # fmt: skip
    if found is not None and found.n_confident:
        made.append(
            Card(
                "Calibration error",
                percent(found.ece),
                interval(found.ece_interval),
                f"{percent(found.ece_if_calibrated.mean)} if the model were calibrated",
                span=found.ece_interval,
                at=found.ece,
            )
        )
    return made


def scores_table(scored: ScoredRun) -> Table:
    """Every score of the same predictions, with its interval where one is known that holds."""
    rows = [_score(metric, scored) for metric in METRICS]
    columns = [Column("score"), Column("value", "number"), Column("95 % interval", "number"), Column("what it is")]
    return Table("scores", "Every score of the same predictions", columns, rows)


def _score(metric: Metric, scored: ScoredRun) -> list[Cell]:
    s = scored.scores
    value = metric.of(s, scored.per_class)
    around = getattr(scored.intervals, metric.name) if metric.name in MAY_HAVE_INTERVAL else None
    undefined = math.isnan(value)
    shown = UNDEFINED if undefined else percent(value) if metric.is_share else figure(value, metric.decimals)
    sort = None if undefined else in_percent(value) if metric.is_share else value
    if around is None:
        bounds = words(NONE_KNOWN, tone="muted")
    else:
        bounds = between(around) if around[0] < around[1] else words(NOT_ESTIMABLE, tone="muted")
    return [
        words(metric.title),
        Cell(shown, sort, around, value),
        bounds,
        words(WHY_UNDEFINED.get(metric.name, "") if undefined else _meaning(metric.name, scored), tone="muted"),
    ]


def _meaning(name: str, scored: ScoredRun) -> str:
    s = scored.scores
    if name == "micro_f1" and not s.unparsed:
        return "equals accuracy, since every answer is one of the labels: it says nothing new"
    return {
        "accuracy": "share of right answers",
        "macro_f1_present": "F1 of each label that occurs, averaged with equal weight",
        "macro_f1_all": f"absent labels as 0: here even a perfect model gets {percent(s.macro_f1_ceiling)}",
        "weighted_f1": "F1 of each label, weighted by its examples",
        "micro_precision": "right among the answers that are labels",
        "unparsed_rate": "no label, or more than one; counted as wrong",
        "never_predicted": f"of {counted(s.labels_present, 'label')} in the sample",
        "effective_labels": f"of at most {s.labels_total:,}: exp of the entropy of the answers",
        "mcc": "correlation of answers and true labels: 0 is chance",
        "kappa": "agreement beyond chance: 0 is chance",
    }.get(name, "")


def intervals_note(scored: ScoredRun, found: Calibration | None) -> str:
    """What the intervals are of."""
    said = scored.intervals.withheld or f"Each interval is of {POPULATION}."
    return f"{said} {ece_bias_words(found)}" if found else said
