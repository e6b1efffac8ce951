"""The report of one run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evalcore.analysis import (
    Finding,
    LabelProbabilities,
    ScoredExample,
    ScoredRun,
    find,
    name_of,
    why_no_probabilities,
)
from evalcore.analysis.scored_run import OUTCOMES, RIGHT
from evalcore.deciding import Decision, decide
from evalcore.output.decision import decision_as_json
from evalcore.output.html.baselines import baselines, compared_with
from evalcore.output.html.confidence import confidence
from evalcore.output.html.confusions import confusions_note, confusions_table, maps, worst
from evalcore.output.html.decisions import ASKED_WITHOUT_INPUT, decided_parts
from evalcore.output.html.examples import ExampleColumn, Kept, cut_texts, examples_data, kept_rows
from evalcore.output.html.head import cards, hidden_words, intervals_note, scores_table, verdict_words
from evalcore.output.html.labels import FEW_NOTE, count_bars, labels_table
from evalcore.output.html.page import render
from evalcore.output.html.run_card import limits, run_card
from evalcore.output.html.texts import TextRule, Texts
from evalcore.output.report import baselines_of, report_as_json, sure_of
from evalcore.paths import COMMAND
from evalcore.store import Store
from evalcore.wording import counted, percent

QUOTED = 2
"""Examples that are quoted below a finding; its link opens all of them."""
QUOTED_CHARS = 160
_NAV = (
    ("hides", "What it hides"), ("baselines", "Baselines"), ("scores", "Scores"), ("confusions", "Confusions"),
    ("per-label", "Labels"), ("counts", "Counts"), ("confidence", "Confidence"),
    ("decisions", "Decisions"), ("examples", "Examples"), ("card", "Run card"),
)  # fmt: skip


def run_report(store: Store, scored: ScoredRun, *, texts: Texts = "shown", decision: Decision | None = None) -> bytes:
    """A run as one HTML file.

    The same run gives the same bytes: nothing in it tells when it was made.

    Args:
        store: where the run and the baselines on its sample are kept.
        texts: whether texts, completions and a person's own prompts are in it as they are, left out, or as hashes.
        decision: what was asked and answered; without it the questions that nothing has to be given for.

    Raises:
        StoreError: if a completion of the run is gone or damaged.
    """
    rule = TextRule(texts)
    record = scored.record
    sure = sure_of(scored)
    found = sure[1] if sure else None
    others = [] if record.kind.is_baseline else baselines_of(store, scored)
    findings = find(scored, others, sure)
    compared = compared_with(scored, others)
    kept = kept_rows(scored.outcomes != RIGHT, ("wrong or unparsed", "right"))
    answers = scored.answers.at(kept.rows)
    examples, cut = _examples(scored, kept, answers, sure[0] if sure else None, rule)
    notes = [
        kept.sentence,
        rule.sentence,
        f"Texts and completions of more than {cut:,} characters are cut." if cut else "",
        "" if any(answer.example.text for answer in answers) else "This run was imported without texts.",
    ]
    answered = bool(scored.scores.n)
    context: dict[str, Any] = {
        "title": name_of(record),
        "about": _about(scored),
        "answered": answered,
        "nav": _NAV if answered else _NAV[-1:],
        "command": COMMAND,
        "is_baseline": record.kind.is_baseline,
        "report_n": len(scored.answers),
        "verdict": verdict_words(scored, compared) if answered else "Nothing of this run is predicted yet.",
        "hidden": hidden_words(findings),
        "findings": [(finding, _quoted(scored, finding, rule)) for finding in findings],
        "notes": [note for note in notes if note],
        "card": run_card(scored, rule),
        "limits": limits(scored, compared) if answered else [],
    }
    data: dict[str, Any] = {"examples": examples, "maps": maps(scored)}
    if answered:
        decision = decision or decide(store, scored, only=ASKED_WITHOUT_INPUT)
        data["decisions"] = decision_as_json(decision)
        context |= {
            "cards": cards(scored, found),
            "scores": scores_table(scored),
            "intervals_note": intervals_note(scored, found),
            "worst": worst(scored),
            "confusions": confusions_table(scored),
            "confusions_note": confusions_note(scored),
            "labels": labels_table(scored),
            "few_note": FEW_NOTE,
            "bars": count_bars(scored),
            "confidence": confidence(found) if found else None,
            "decisions": decided_parts(decision, rule),
            "why_no_confidence": why_no_probabilities(scored),
            "baselines": baselines(scored, compared),
        }
    report = report_as_json(scored, findings, sure=sure)
    held = set(examples["ids"])
    for finding in report["findings"]:
        finding["positions"] = [position for position in finding["positions"] if position in held]
    return render("run.html", context, {"report": report, **data})


def _about(scored: ScoredRun) -> str:
    record, s = scored.record, scored.scores
    drawn = f", {record.spec.sample}" if record.kind.can_run else ""
    return " · ".join(
        [
            name_of(record),
            f"n = {s.n:,} of {counted(record.split_size, 'example')}{drawn}",
            f"{s.labels_present:,} of {counted(s.labels_total, 'label')} in the sample",
            f"{scored.scoring} scoring",
        ]
    )


def _quoted(scored: ScoredRun, finding: Finding, rule: TextRule) -> list[tuple[str, str, str]]:
    """Some of a finding's examples: text, true label and what was predicted; none if it rests on all of them."""
    if not rule.are_shown or not 0 < len(finding.positions) < len(scored.answers):
        return []
    rows = np.searchsorted(scored.positions, finding.positions[:QUOTED])
    quoted = [(answer.example.text, answer.example.label, answer.predicted or "") for answer in scored.answers.at(rows)]
    return [(_short(text), label, predicted) for text, label, predicted in quoted if text]


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= QUOTED_CHARS else f"{text[:QUOTED_CHARS]}…"


def _examples(
    scored: ScoredRun, kept: Kept, answers: Sequence[ScoredExample], sure: LabelProbabilities | None, rule: TextRule
) -> tuple[dict[str, Any], int]:
    """The examples as data, and to how many characters long ones were cut."""
    rows = kept.rows
    columns = [
        ExampleColumn("number", "no.", "number", [answer.position + 1 for answer in answers]),
        ExampleColumn("outcome", "outcome", "word", scored.outcomes[rows].tolist(), OUTCOMES),
    ]
    if sure is not None and sure.known.any():
        shown = [percent(value, undefined="") for value in sure.confidence[rows].tolist()]
        columns.append(ExampleColumn("confidence", "confidence", "figure", shown))
    texts, completions = [rule.of(a.example.text) for a in answers], [rule.of(a.completion.text) for a in answers]
    (texts, completions), cut = cut_texts([texts, completions])
    if any(texts):
        columns.append(ExampleColumn("text", "text" if rule.are_shown else "hash of the text", "text", texts))
    columns += [
        ExampleColumn("true", "actual", "label", scored.y_true[rows].tolist()),
        ExampleColumn("predicted", "predicted", "label", scored.y_pred[rows].tolist()),
        _matches(answers),
    ]
    # What says no more than the predicted label is not held twice.
    if any(made != (answer.predicted or "") for made, answer in zip(completions, answers, strict=True) if made):
        title = "completion" if rule.are_shown else "hash of the completion"
        columns.append(ExampleColumn("completion", title, "text", completions))
    return examples_data([answer.position for answer in answers], columns, scored.labels), cut


def _matches(answers: Sequence[ScoredExample]) -> ExampleColumn:
    """How each completion was taken for a label."""
    words = tuple(dict.fromkeys(answer.parsed.match for answer in answers))
    codes = {word: code for code, word in enumerate(words)}
    return ExampleColumn("match", "match", "word", [codes[answer.parsed.match] for answer in answers], words)
