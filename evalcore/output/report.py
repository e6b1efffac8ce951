"""A scored run as text and as JSON-ready data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from evalcore.analysis import Finding, ScoredRun, find, score_run
from evalcore.metrics import (
    POPULATION,
    WHY_UNDEFINED,
    absent,
    confusion_pairs,
    never_predicted,
    over_predicted,
    zero_recall,
)
from evalcore.parse import PARSER_VERSION
from evalcore.store import Outcome, Store
from evalcore.wording import counted, figure, percent


def findings_of(store: Store, scored: ScoredRun) -> list[Finding]:
    """A run's findings, compared with the baselines that were run on the same sample."""
    on_sample = store.runs_on_sample(scored.record.sample_id)
    # Of each baseline the run that was requested last: the train split may have changed between them.
    baselines = {r.spec.model: r for r in reversed(on_sample) if r.kind.is_baseline}
    if scored.record.kind.is_baseline:
        return find(scored)
    return find(scored, [score_run(store, baseline.run_id, scored.scoring) for baseline in baselines.values()])


def report_as_text(scored: ScoredRun, findings: list[Finding], outcome: Outcome | None = None) -> str:
    """A report for a terminal.

    Args:
        outcome: of the attempt just made, for the last line.
    """
    r, s, i = scored.record, scored.scores, scored.intervals
    if not s.n:
        return f"run {r.run_id}: nothing is predicted yet."
    low, high = scored.intervals.accuracy

    def line(name: str, value: float, interval: Any = None, note: str = "") -> str:
        known = interval is not None and not math.isnan(interval[0])
        between = f"{100 * interval[0]:5.1f} – {100 * interval[1]:.1f}" if known else ""
        return f"  {name:28}{percent(value):>8}  {between:14}{note}".rstrip()

    lines = [
        f"run {r.run_id}: {r.task_name} · {r.spec.model} · {r.prompt.name} · {r.spec.sample} · {r.spec.decoding}",
        f"{s.n} of {r.n} examples, {s.labels_present} of {s.labels_total} labels present, {scored.scoring} scoring",
        "",
        "                               value  95 % interval",
        line("accuracy", s.accuracy, (low, high)),
        line("macro-F1, labels present", s.macro_f1_present, i.macro_f1_present),
        line(
            "macro-F1, all labels",
            s.macro_f1_all,
            i.macro_f1_all,
            f"ceiling of this sample {percent(s.macro_f1_ceiling)}",
        ),
        line("micro-F1", s.micro_f1, i.micro_f1, "" if s.unparsed else "= accuracy"),
        line("weighted F1", s.weighted_f1, i.weighted_f1),
        line("balanced accuracy", s.balanced_accuracy, i.balanced_accuracy),
        f"  {'MCC, kappa':28}{figure(s.mcc):>8}  {figure(s.kappa)}",
        line("unparsed", s.unparsed / s.n, None, counted(s.unparsed, "completion")),
        f"  {'effective predicted labels':28}{figure(s.effective_labels, 1):>8}",
        *why_undefined({name: getattr(s, name) for name in ("kappa", "effective_labels")}),
        "",
        i.withheld or f"Each interval is of {POPULATION}.",
        "",
        "What this run hides",
    ]
    for number, finding in enumerate(findings, start=1):
        lines += [f"{number:3}. {finding.sentence}", f"     {finding.meaning}"]
    if outcome is not None:
        lines += [
            "",
            f"{outcome.predicted_now} predicted now in {outcome.seconds:.1f} s, {outcome.from_cache} from the cache.",
        ]
    return "\n".join(lines)


def why_undefined(values: Mapping[str, float]) -> list[str]:
    """A line for each score that is undefined, with the reason.

    Args:
        values: by the names in `metrics.Scores`.
    """
    undefined = [name for name in values if name in WHY_UNDEFINED and math.isnan(values[name])]
    return [f"  {name.replace('_', ' ')} n/a: {WHY_UNDEFINED[name]}" for name in undefined]


def report_as_json(scored: ScoredRun, findings: list[Finding], outcome: Outcome | None = None) -> dict[str, Any]:
    """Everything that the pages show of a run, JSON-ready: NaN is null, labels are names.

    Args:
        outcome: of the attempt just made; None if nothing was predicted now.
    """
    record, scores, intervals = scored.record, scored.scores, scored.intervals
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
            "accuracy": scores.accuracy,
            "accuracy_interval": list(scored.intervals.accuracy),
            "macro_f1_present": scores.macro_f1_present,
            "macro_f1_present_interval": list(intervals.macro_f1_present),
            "macro_f1_all": scores.macro_f1_all,
            "macro_f1_all_interval": list(intervals.macro_f1_all),
            "macro_f1_ceiling": scores.macro_f1_ceiling,
            "micro_f1": scores.micro_f1,
            "micro_f1_interval": list(intervals.micro_f1),
            "weighted_f1": scores.weighted_f1,
            "weighted_f1_interval": list(intervals.weighted_f1),
            "balanced_accuracy": scores.balanced_accuracy,
            "balanced_accuracy_interval": list(intervals.balanced_accuracy),
            "mcc": scores.mcc,
            "kappa": scores.kappa,
            "unparsed": scores.unparsed,
            "matches": scored.matches,
            "labels_total": scores.labels_total,
            "labels_present": scores.labels_present,
            "absent": scored.names(absent(scored.confusion)),
            "never_predicted": scored.names(never_predicted(scored.confusion)),
            "zero_recall": scored.names(zero_recall(scored.confusion)),
            "over_predicted": scored.names(over_predicted(scored.confusion)),
            "effective_labels": scores.effective_labels,
            "favourites": scored.names(list(scores.favourites)),
            "favourites_share": scores.favourites_share,
            "intervals_withheld": intervals.withheld,
            "per_class": _per_class(scored),
            "confusion_pairs": _pairs(scored),
            "findings": [finding.as_json() for finding in findings],
            "seconds": outcome.seconds if outcome else record.seconds,
            "load_seconds": outcome.load_seconds if outcome else record.load_seconds,
            "predicted_now": outcome.predicted_now if outcome else 0,
            "from_cache": outcome.from_cache if outcome else scores.n,
            "complete": scores.n == record.n,
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
