"""The report of one run."""

from __future__ import annotations

from typing import Any

from evalcore.analysis import ScoredRun
from evalcore.output.html.page import render
from evalcore.output.html.texts import TextRule, Texts
from evalcore.output.report import findings_of, report_as_json, sure_of
from evalcore.store import Store
from evalcore.wording import interval, percent


def run_report(store: Store, scored: ScoredRun, *, texts: Texts = "shown") -> bytes:
    """A run as one HTML file.

    Args:
        store: where the run and the baselines on its sample are kept.
        texts: whether texts, completions and a person's own prompts are in it as they are, left out, or as hashes.
    """
    rule = TextRule(texts)
    sure = sure_of(scored)
    findings = findings_of(store, scored, lambda _: sure)
    context: dict[str, Any] = {
        "title": f"{scored.record.spec.model} · {scored.record.task_name}",
        "verdict": f"Accuracy {percent(scored.scores.accuracy)} ({interval(scored.intervals.accuracy)})",
        "findings": findings,
        "texts": rule,
    }
    return render("run.html", context, {"kind": "run", "report": report_as_json(scored, findings, sure=sure)})
