"""A scored run as text and as JSON-ready data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from evalcore.analysis import (
    CALIBRATION_KEYS,
    Calibration,
    Finding,
    Findings,
    LabelProbabilities,
    ScoredRun,
    calibration,
    find,
    label_probabilities,
    score_run,
    server_cost,
    server_cost_words,
)
from evalcore.metrics import (
    POPULATION,
    TITLES,
    WHY_UNDEFINED,
    Interval,
    absent,
    confusion_pairs,
    metric_values,
    never_predicted,
    over_predicted,
    zero_recall,
)
from evalcore.parse import PARSER_VERSION
from evalcore.store import Outcome, Store
from evalcore.store.planned import planned_seconds
from evalcore.wording import NOT_AVAILABLE, counted, figure, interval, lasting, percent

Sure = tuple[LabelProbabilities, Calibration]

_WITH_INTERVAL = ("accuracy", "macro_f1_present", "macro_f1_all", "micro_f1", "weighted_f1", "balanced_accuracy")
"""The metrics whose intervals a report holds, as fields of `metrics.Intervals`."""


def sure_of(scored: ScoredRun) -> Sure | None:
    """A run's probabilities, and what they are worth; None if it has none."""
    probabilities = label_probabilities(scored)
    return None if probabilities is None else (probabilities, calibration(probabilities))


def findings_of(store: Store, scored: ScoredRun, sure_of: Callable[[ScoredRun], Sure | None] = sure_of) -> Findings:
    """A run's findings, compared with the baselines that were run on the same sample.

    Args:
        sure_of: another way to the run's probabilities and what they are worth, such as to those that are kept.
    """
    sure = sure_of(scored)
    if scored.record.kind.is_baseline:
        return find(scored, sure=sure)
    return find(scored, baselines_of(store, scored), sure)


def baselines_of(store: Store, scored: ScoredRun) -> list[ScoredRun]:
    """The baselines that were run on a run's sample, under its scoring."""
    on_sample = store.runs_on_sample(scored.record.sample_id)
    # Of each baseline the run that was requested last: the train split may have changed between them.
    baselines = {r.spec.model: r for r in reversed(on_sample) if r.kind.is_baseline}
    return [score_run(store, baseline.run_id, scored.scoring) for baseline in baselines.values()]


def report_as_text(
    scored: ScoredRun, findings: list[Finding], outcome: Outcome | None = None, sure: Sure | None = None
) -> str:
    """A report for a terminal.

    Args:
        outcome: of the attempt just made, for the last line.
        sure: what `sure_of` returns; computed if it is not given.
    """
    r, s, i = scored.record, scored.scores, scored.intervals
    if not s.n:
        return f"run {r.run_id}: nothing is predicted yet."

    def line(name: str, value: str, between: str = "", note: str = "") -> str:
        return f"  {name:32}{value:>8}  {between:16}{note}".rstrip()

    def share(name: str, value: float, bounds: Interval, note: str = "") -> str:
        return line(name, percent(value), interval(bounds), note)

    ceiling = f"ceiling of this sample {percent(s.macro_f1_ceiling)}"
    lines = [
        f"run {r.run_id}: {r.task_name} · {r.spec.model} · {r.prompt.name} · {r.spec.sample} · {r.spec.decoding}",
        f"{s.n:,} of {counted(r.n, 'example')}, "
        f"{s.labels_present:,} of {counted(s.labels_total, 'label')} in the sample, {scored.scoring} scoring",
        "",
        line("", "value", "95 % interval"),
        share("accuracy", s.accuracy, i.accuracy),
        share("macro-F1, labels in the sample", s.macro_f1_present, i.macro_f1_present),
        share("macro-F1, all labels", s.macro_f1_all, i.macro_f1_all, ceiling),
        share("micro-F1", s.micro_f1, i.micro_f1, "" if s.unparsed else "= accuracy"),
        share("weighted F1", s.weighted_f1, i.weighted_f1),
        share("balanced accuracy", s.balanced_accuracy, i.balanced_accuracy),
        share("unparsed", s.unparsed_rate, i.unparsed_rate, counted(s.unparsed, "completion")),
        line("MCC", figure(s.mcc)),
        line("kappa", figure(s.kappa)),
        line("label variety", figure(s.effective_labels, 1), "", f"of at most {s.labels_total:,}"),
        line("share of the top 2 labels", percent(s.favourites_share)),
        *why_undefined({name: getattr(s, name) for name in WHY_UNDEFINED}),
        *_of_probabilities(sure or sure_of(scored)),
        "",
        i.withheld or f"Each interval is of {POPULATION}.",
        "",
        "What this run hides",
    ]
    for number, finding in enumerate(findings, start=1):
        lines += [f"{number:3}. {finding.sentence}", f"     {finding.meaning}"]
    if cost := server_cost(scored.answers.store, r):
        lines += ["", server_cost_words(cost)]
    if outcome is not None:
        made, kept = f"{outcome.predicted_now:,} predicted now", f"{outcome.from_cache:,} from the cache"
        planned = planned_seconds(r, outcome.predicted_now)
        expected = f" (planned: {lasting(planned)})" if planned is not None else ""
        lines += ["", f"{made} in {figure(outcome.seconds, 1)} s{expected}, {kept}."]
    return "\n".join(lines)


def _of_probabilities(sure: Sure | None) -> list[str]:
    """What a run's probabilities are worth, in two lines; none if it has no probabilities."""
    if sure is None:
        return []
    _, found = sure
    temperature = figure(found.temperature.value, 2) if found.temperature else NOT_AVAILABLE
    return [
        f"  confidence {percent(found.mean_confidence)} on average, {percent(found.accuracy)} right, ECE"
        f" {percent(found.ece)} (a calibrated model: {percent(found.ece_if_calibrated.mean)}),"
        f" AUROC {figure(found.auroc)}, temperature {temperature}",
        f"  Brier score {figure(found.brier.value)} (class frequencies: {figure(found.brier.reference)}), log loss"
        f" {figure(found.log_loss.value)} ({figure(found.log_loss.reference)}), top-3 {percent(found.top[3].value)},"
        f" top-5 {percent(found.top[5].value)}",
    ]


def why_undefined(values: Mapping[str, float]) -> list[str]:
    """A line for each score that is undefined, with the reason.

    Args:
        values: by the names in `metrics.Scores`.
    """
    undefined = [name for name in values if name in WHY_UNDEFINED and math.isnan(values[name])]
    return [f"  {TITLES[name]} {NOT_AVAILABLE}: {WHY_UNDEFINED[name]}" for name in undefined]


def report_as_json(
    scored: ScoredRun, findings: list[Finding], outcome: Outcome | None = None, sure: Sure | None = None
) -> dict[str, Any]:
    """Everything that the pages show of a run, JSON-ready: NaN is null, labels are names.

    Args:
        outcome: of the attempt just made; None if nothing was predicted now.
        sure: what `sure_of` returns; computed if it is not given.
    """
    record, scores, intervals = scored.record, scored.scores, scored.intervals
    sure = sure or sure_of(scored)
    cost = server_cost(scored.answers.store, record)
    report: dict[str, Any] = no_nan(
        {
            "run_id": record.run_id,
            "task": record.task_name,
            "origin": record.origin,
            "model": record.spec.model,
            "prompt": record.prompt.name,
            "sample": record.spec.sample,
            "seed": record.spec.seed,
            "decoding": record.spec.decoding,
            "identity": record.identity,
            "facts": record.metadata or {},
            "scoring": scored.scoring,
            "parser_version": PARSER_VERSION,
            "n": scores.n,
            "n_asked": record.n,
            "correct": scores.correct,
            **metric_values(scores, scored.per_class),
            **{f"{name}_interval": list(getattr(intervals, name)) for name in _WITH_INTERVAL},
            **(sure[1].as_json() if sure else dict.fromkeys(CALIBRATION_KEYS)),
            "macro_f1_ceiling": scores.macro_f1_ceiling,
            "unparsed": scores.unparsed,
            "matches": scored.matches,
            "labels_total": scores.labels_total,
            "labels_present": scores.labels_present,
            "absent": scored.names(absent(scored.confusion)),
            # Their names; the number of them is what `compare` shows.
            "never_predicted": scored.names(never_predicted(scored.confusion)),
            "zero_recall": scored.names(zero_recall(scored.confusion)),
            "over_predicted": scored.names(over_predicted(scored.confusion)),
            "favourites": scored.names(list(scores.favourites)),
            "intervals_withheld": intervals.withheld,
            "per_class": _per_class(scored),
            "confusion_pairs": _pairs(scored),
            "findings": [finding.as_json() for finding in findings],
            "seconds": outcome.seconds if outcome else record.seconds,
            "planned_seconds": planned_seconds(record, outcome.predicted_now if outcome else record.predicted),
            "load_seconds": outcome.load_seconds if outcome else record.load_seconds,
            "predicted_now": outcome.predicted_now if outcome else 0,
            "from_cache": outcome.from_cache if outcome else scores.n,
            "complete": scores.n == record.n,
            "server_usage": cost.as_json() if cost else None,
        }
    )
    return report


def _per_class(scored: ScoredRun) -> list[dict[str, Any]]:
    each, intervals = scored.per_class, scored.intervals
    return [
        {
            "label": label,
            "support": int(each.support[i]),
            "predicted": int(each.predicted[i]),
            "true_positives": int(each.true_positives[i]),
            "precision": float(each.precision[i]),
            "recall": float(each.recall[i]),
            "f1": float(each.f1[i]),
            "f1_interval": [float(bound) for bound in intervals.f1[i]],
        }
        for i, label in enumerate(scored.labels)
    ]


def _pairs(scored: ScoredRun) -> list[dict[str, Any]]:
    return [
        {
            "true": scored.labels[pair.true],
            "predicted": scored.labels[pair.predicted],
            "count": pair.count,
            "share": pair.share,
            "reverse": pair.reverse,
        }
        for pair in confusion_pairs(scored.confusion)
    ]


def no_nan(value: Any) -> Any:
    """Plain data with None for NaN and infinities, which JSON cannot represent."""
    if isinstance(value, dict):
        return {key: no_nan(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [no_nan(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
