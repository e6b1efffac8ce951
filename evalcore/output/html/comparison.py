"""The report of two runs, compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evalcore.analysis import (
    PAIR_GROUP_MEANINGS,
    Comparison,
    MetricRow,
    better_words,
    changed_words,
    changes,
    compared_probabilities,
    decisions,
    label_note,
    labels_by_change,
    metric_interval_words,
    metric_words,
    prompt_diff,
    shared_note,
    verdict,
    verdict_as_json,
    why_not_compared,
)
from evalcore.charts import DARK, LIGHT
from evalcore.charts.zoomable_map import map_colours, zoomable_difference, zoomable_map
from evalcore.deciding import ComparedCosts, CostsAsked, Decision, DecisionAsked, decide
from evalcore.metrics import (
    BLOCK_FROM,
    LEVEL,
    PAIR_GROUPS,
    POPULATION,
    POWER,
    WHY_UNDEFINED,
    Order,
    examples_needed,
    view,
)
from evalcore.output.command import compare_command
from evalcore.output.decision import decision_as_json
from evalcore.output.html.decisions import ASKED_WITHOUT_INPUT, decided_parts
from evalcore.output.html.examples import ExampleColumn, Kept, cut_texts, examples_data, kept_rows
from evalcore.output.html.page import render
from evalcore.output.html.run_card import run_card
from evalcore.output.html.tables import Cell, Column, Table, between, number, share, words
from evalcore.output.html.texts import TextRule, Texts
from evalcore.store import model_name
from evalcore.wording import MINUS, UNDEFINED, counted, figure, interval, percent, points

GROUP_NAMES = {
    "fixed": "fixed",
    "broken": "broken",
    "both_right": "both right",
    "wrong_alike": "both wrong, alike",
    "wrong_differently": "both wrong, differently",
    "both_unparsed": "both unparsed",
}
WANTED_POINTS = (1, 2, 5, 10)
"""Differences, in points, of which it is said how many examples they take."""
CONFUSIONS_LISTED = 500
_NAV = (
    ("groups", "Examples by outcome"), ("metrics-section", "Metrics"), ("per-label", "Labels"),
    ("confusions", "Confusions"), ("decisions", "Decisions"), ("enough", "Sample size"), ("changed", "What changed"),
    ("examples", "Examples"),
)  # fmt: skip


@dataclass(frozen=True)
class Group:
    """A group of examples: how many there are, what it means, and which examples it opens."""

    name: str
    meaning: str
    count: int
    opens: str


@dataclass(frozen=True)
class Side:
    """One of the two runs."""

    letter: str
    name: str
    run_id: str
    accuracy: str
    around: str
    at: float
    span: tuple[float, float]


def comparison_report(
    comparison: Comparison,
    *,
    texts: Texts = "shown",
    costs: CostsAsked | None = None,
    decision: Decision | None = None,
) -> bytes:
    """A comparison as one HTML file.

    Args:
        texts: whether texts, completions and a person's own prompts are in it as they are, left out, or as hashes.
        costs: what a person said of mistakes; None if nobody did.
        decision: what was asked of both and answered; without it the questions that nothing has to be given for, and
            that of the costs, if there are any.

    Raises:
        StoreError: if a completion of one of the runs is gone or damaged. DataError: if a table of costs cannot be
            used.
    """
    rule = TextRule(texts)
    decision = decision or _decided(comparison, costs or CostsAsked())
    probabilities = compared_probabilities(comparison)
    said = verdict(comparison)
    a, b = comparison.a.record, comparison.b.record
    kept = kept_rows(comparison.groups != PAIR_GROUPS.index("both_right"), ("that one run has wrong", "both right"))
    examples, cut = _examples(comparison, kept, rule)
    notes = [
        kept.sentence,
        rule.sentence,
        f"Texts and completions of more than {cut:,} characters are cut." if cut else "",
    ]
    counts, alike = comparison.counts, comparison.agreement
    found = changes(a, b)
    show_diff = a.kind.reads_prompt and b.kind.reads_prompt and rule.shows_prompt(a) and rule.shows_prompt(b)
    context: dict[str, Any] = {
        "title": f"{model_name(b)} compared with {model_name(a)}",
        "about": f"{a.task_name} · {counted(comparison.n, 'shared example')} · {comparison.a.scoring} scoring",
        "nav": _NAV,
        "verdict": said.sentence,
        "hidden": " ".join(part for part in (said.note, shared_note(comparison)) if part),
        "costs": _said_of_costs(decision),
        "sides": _sides(comparison),
        "difference": {"words": points(counts.difference), "around": interval(comparison.interval, signed=True)},
        "changed": changed_words(a, b),
        "groups": _groups(comparison),
        "metrics": metrics_table("metrics", "Every metric of A and B", comparison.metrics),
        "metrics_note": f"{comparison.intervals.withheld} Each interval is of the difference in {POPULATION}. Where "
        "there is none, no interval is known that holds.".strip(),
        "probabilities": metrics_table("sure", "How sure A and B are", probabilities.rows) if probabilities else None,
        "probability_notes": probabilities.notes if probabilities else [why_not_compared(comparison)],
        "agreement": [
            ("Identical answers", percent(alike.same), "of the examples, right or wrong"),
            (
                "Cohen's kappa",
                figure(alike.kappa),
                f"undefined: {WHY_UNDEFINED['kappa']}" if math.isnan(alike.kappa) else "0 is chance, 1 is identical",
            ),
            (
                "Both wrong or unparsed",
                f"{alike.both_wrong:,}",
                f"{figure(alike.expected_both_wrong, 1)} if their errors were independent",
            ),
        ],
        "labels": labels_table(comparison),
        "moved": [
            (title, [comparison.labels[code] for code in codes])
            for title, codes in (
                ("No longer predicted by B", comparison.became_never_predicted),
                ("Newly predicted by B", comparison.came_back),
            )
            if len(codes)
        ],
        "confusions": confusions_table(comparison),
        "decisions": decided_parts(decision, rule),
        "sample_size": sample_size(comparison),
        "changes": [(f"{one.what} {one.detail}".strip(), one.a, one.b) for one in found],
        "together": len(decisions(found)) > 1,
        "diff": prompt_diff(a.prompt, b.prompt) if show_diff else [],
        "notes": [note for note in notes if note],
        "cards": [("A", run_card(comparison.a, rule)), ("B", run_card(comparison.b, rule))],
        "command": compare_command([comparison.a, comparison.b], decision.asked.costs),
    }
    report = verdict_as_json(comparison, probabilities)
    data = {"examples": examples, "maps": maps(comparison), "decisions": decision_as_json(decision)}
    return render("comparison.html", context, {"report": report, **data})


def _decided(comparison: Comparison, costs: CostsAsked) -> Decision:
    only = [*ASKED_WITHOUT_INPUT, *(["costs"] if costs.has_tables else [])]
    return decide(comparison.a.answers.store, comparison.a, comparison.b, DecisionAsked(costs=costs), only=only)


def _said_of_costs(decision: Decision) -> Sequence[str]:
    """What the two runs' mistakes cost, and the figures; empty if nobody said what costs what, or asked for it."""
    answers = [one.answer for one in decision.questions if isinstance(one.answer, ComparedCosts)]
    return answers[0].sentences[:2] if answers and decision.asked.costs.has_tables else ()


def metrics_table(key: str, caption: str, rows: Sequence[MetricRow]) -> Table:
    """Metrics of both runs, with the difference, its interval and the better side."""
    columns = [Column("metric"), Column("A", "number"), Column("B", "number"), Column(f"B {MINUS} A", "number"),
               Column("95 % interval", "number"), Column("better")]  # fmt: skip
    return Table(
        key,
        caption,
        columns,
        [
            [
                words(row.title),
                Cell(metric_words(row, row.a), _known(row.a)),
                Cell(metric_words(row, row.b), _known(row.b)),
                Cell(metric_words(row, row.difference, signed=True), _known(row.difference)),
                Cell(metric_interval_words(row), _known(row.interval[0]), tone="muted"),
                words(better_words(row)),
            ]
            for row in rows
        ],
    )


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _sides(comparison: Comparison) -> list[Side]:
    return [
        Side(
            letter,
            " · ".join(
                part
                for part in (
                    model_name(scored.record),
                    scored.record.prompt.name if scored.record.kind.reads_prompt else "",
                    scored.record.spec.decoding if scored.record.spec.decoding != "plain" else "",
                )
                if part
            ),
            scored.record.run_id,
            percent(accuracy),
            interval(around),
            accuracy,
            around,
        )
        for letter, scored, (accuracy, around) in zip(
            ("A (reference)", "B (new)"), (comparison.a, comparison.b), comparison.accuracies, strict=True
        )
    ]


def _groups(comparison: Comparison) -> list[Group]:
    return [
        Group(name, PAIR_GROUP_MEANINGS[key], len(comparison.rows_of(key)), f"group={PAIR_GROUPS.index(key)}")
        for key, name in GROUP_NAMES.items()
    ]


def labels_table(comparison: Comparison) -> Table:
    """F1 and recall of each label under both runs, those that changed most first."""
    rows = comparison.classes
    made = []
    for code in labels_by_change(rows).tolist():
        cells = [words(comparison.labels[code], opens=f"true={code}"), number(int(rows.support[code]))]
        for a, b, around in (
            (rows.f1_a, rows.f1_b, rows.f1_difference_interval),
            (rows.recall_a, rows.recall_b, rows.recall_difference_interval),
        ):
            difference = float(b[code] - a[code])
            cells += [
                share(float(a[code])),
                share(float(b[code])),
                Cell(UNDEFINED if math.isnan(difference) else points(difference), _known(difference)),
                between(around[code], signed=True),
            ]
        made.append([*cells, words(label_note(rows, code), tone="muted")])
    scores = [
        column
        for name in ("F1", "Recall")
        for column in (
            Column(f"{name} A", "number"), Column(f"{name} B", "number"), Column(f"{name} B {MINUS} A", "number"),
            Column("95 %", "number"),
        )
    ]  # fmt: skip
    columns = [Column("label"), Column("examples", "number"), *scores, Column("note")]
    return Table("labels", "Each label under A and B", columns, made, "labels")


def confusions_table(comparison: Comparison) -> Table:
    """Confusions of either run, the most changed first."""
    labels = comparison.labels
    columns = [Column("actual"), Column("predicted"), Column("A", "number"), Column("B", "number"),
               Column(f"B {MINUS} A", "number"), Column("of", "number"), Column("fixed", "number"),
               Column("introduced", "number"), Column("unchanged", "number")]  # fmt: skip
    rows = [
        [
            words(labels[one.true]),
            words(labels[one.predicted]),
            number(one.a, opens=f"true={one.true}&a={one.predicted}"),
            number(one.b, opens=f"true={one.true}&b={one.predicted}"),
            Cell(figure(one.b - one.a, 0, signed=True), float(one.b - one.a)),
            *(
                number(count)
                for count in (int(comparison.classes.support[one.true]), one.fixed, one.introduced, one.unchanged)
            ),
        ]
        for one in comparison.confusions[:CONFUSIONS_LISTED]
    ]
    return Table("confusions-table", "Confusions, the most changed first", columns, rows, "labels")


@dataclass(frozen=True)
class SampleSize:
    """How many examples are enough, in words.

    Attributes:
        seen: what this many could show.
        rate: how often the two runs differ, on which it rests.
        takes: how many examples a difference takes, for some differences.
    """

    seen: str
    rate: str
    takes: list[str]


def sample_size(comparison: Comparison) -> SampleSize:
    """What this many examples could show, and how many a difference takes."""
    smallest, rate = comparison.smallest, comparison.counts.discordant_rate
    seen = (
        "So few examples show no difference, however large."
        if math.isnan(smallest)
        else f"With N = {comparison.n:,} a difference of {figure(100 * smallest, 1)} points or more is seen in "
        f"{100 * POWER:.0f} of 100 such comparisons (exact McNemar test at {LEVEL:.2f})."
    )
    takes = []
    for wanted in WANTED_POINTS:
        needed = examples_needed(wanted / 100, rate)
        about = "more than a million examples" if needed is None else f"about {counted(needed, 'example')}"
        takes.append(f"{counted(wanted, 'point')}: {about}")
    return SampleSize(seen, f"{percent(rate)} of the examples are right in only one of the two.", takes)


def maps(comparison: Comparison) -> dict[str, Any]:
    """The matrices of A, of B, and their difference, all labels in one order."""
    both = comparison.confusion_a + comparison.confusion_b
    unparsed = bool(both[:, -1].any())
    order: Order = "clustered" if len(comparison.labels) > BLOCK_FROM else "data set"
    codes = view(both, comparison.labels, order=order, unparsed=unparsed, diagonal=True).codes
    names = [comparison.labels[code] for code in codes]
    a, b = (
        view(
            confusion[np.ix_(codes, np.append(codes, len(codes)))],
            names,
            order="data set",
            unparsed=unparsed,
            diagonal=True,
        )
        for confusion in (comparison.confusion_a, comparison.confusion_b)
    )
    shown = {f"B {MINUS} A": zoomable_difference(a, b, names)}
    shown |= {"A": zoomable_map(a, names), "B": zoomable_map(b, names)}
    by_place = [[int(code)] for code in codes]
    for one, opens in zip(shown.values(), ("either", "a", "b"), strict=True):
        one["opens"] = opens  # the column of the examples that a click on a cell filters
        one["row_codes"] = by_place
        one["column_codes"] = [*by_place, *([[-1]] if unparsed else [])]
    return {"views": shown, "themes": {"light": map_colours(LIGHT), "dark": map_colours(DARK)}}


def _examples(comparison: Comparison, kept: Kept, rule: TextRule) -> tuple[dict[str, Any], int]:
    """The shared examples as data, and to how many characters long ones were cut."""
    rows = kept.rows
    of_a, of_b = comparison.a.answers.at(comparison.at_a[rows]), comparison.b.answers.at(comparison.at_b[rows])
    held = [[rule.of(answer.example.text) for answer in of_a]]
    held += [[rule.of(answer.completion.text) for answer in answers] for answers in (of_a, of_b)]
    (texts, made_a, made_b), cut = cut_texts(held)
    names = tuple(GROUP_NAMES[key] for key in PAIR_GROUPS)
    columns = [
        ExampleColumn("number", "no.", "number", [answer.position + 1 for answer in of_a]),
        ExampleColumn("group", "group", "word", comparison.groups[rows].tolist(), names),
    ]
    if any(texts):
        columns.append(ExampleColumn("text", "text" if rule.are_shown else "hash of the text", "text", texts))
    columns += [
        ExampleColumn("true", "actual", "label", comparison.y_true[rows].tolist()),
        ExampleColumn("a", "A predicted", "label", comparison.y_a[rows].tolist()),
        ExampleColumn("b", "B predicted", "label", comparison.y_b[rows].tolist()),
    ]
    for key, made, answers in (("a_completion", made_a, of_a), ("b_completion", made_b, of_b)):
        if any(one != (answer.predicted or "") for one, answer in zip(made, answers, strict=True) if one):
            title = f"{key[0].upper()}'s completion"
            columns.append(ExampleColumn(key, title if rule.are_shown else f"hash of {title}", "text", made))
    return examples_data([answer.position for answer in of_a], columns, comparison.labels), cut
