"""The report of several runs on the same examples."""

from __future__ import annotations

from typing import Any

import numpy as np

from evalcore.analysis import (
    SWEEP_GROUPS,
    Sweep,
    order_effect,
    order_effect_words,
    pair_verdict_words,
    shared_by_all_words,
    spread_words,
    sweep_as_json,
    sweep_conclusion,
)
from evalcore.output.command import compare_command
from evalcore.output.html.examples import ExampleColumn, Kept, cut_texts, examples_data, kept_rows
from evalcore.output.html.page import render
from evalcore.output.html.run_card import run_card
from evalcore.output.html.tables import Column, Table, between, number, share, words
from evalcore.output.html.texts import TextRule, Texts
from evalcore.store import distinguishing_titles
from evalcore.wording import MINUS, counted, p_value, points

GROUPS = ("always_wrong", "wrong_alike", "unparsed_in_all", "flips", "always_right")
"""Of the examples; of two that hold an example, the later one is the narrower."""

_NAV = (
    ("runs-section", "Runs"),
    ("pairs-section", "Pairs"),
    ("groups", "Examples by outcome"),
    ("examples", "Examples"),
)


def sweep_report(sweep: Sweep, *, texts: Texts = "shown") -> bytes:
    """A sweep as one HTML file.

    Args:
        texts: whether texts, completions and a person's own prompts are in it as they are, left out, or as hashes.

    Raises:
        StoreError: if a completion of one of the runs is gone or damaged.
    """
    rule = TextRule(texts)
    scored_runs = sweep.scored_runs
    records = [scored.record for scored in scored_runs]
    names = distinguishing_titles(records)
    kept = kept_rows(sweep.times_right < len(scored_runs), ("that a run has wrong", "right in all"))
    examples, cut = _examples(sweep, names, kept, rule)
    notes = [kept.sentence, rule.sentence, f"Texts of more than {cut:,} characters are cut." if cut else ""]
    notes.append(shared_by_all_words(sweep))
    effect = order_effect(scored_runs)
    scoring = scored_runs[0].scoring
    context: dict[str, Any] = {
        "title": f"{counted(len(records), 'run')} on {records[0].task_name}",
        "about": f"{records[0].task_name} · {counted(sweep.n, 'shared example')} · {scoring} scoring",
        "nav": _NAV,
        "verdict": f"{sweep_conclusion(sweep)}.",
        "hidden": f"{spread_words(sweep, names)}.",
        "runs": runs_table(sweep, names),
        "pairs": pairs_table(sweep, names),
        "groups": _groups(sweep),
        "effect": order_effect_words(effect) if effect else "",
        "notes": [note for note in notes if note],
        "cards": [(name, run_card(scored, rule)) for name, scored in zip(names, scored_runs, strict=True)],
        "command": compare_command(scored_runs),
    }
    return render("sweep.html", context, {"report": sweep_as_json(sweep), "examples": examples})


def runs_table(sweep: Sweep, names: list[str]) -> Table:
    """Each run's accuracy, macro-F1 and unparsed rate, with their intervals."""
    rows = [
        [
            words(name),
            *(
                cell
                for value, around in (
                    (scored.scores.accuracy, scored.intervals.accuracy),
                    (scored.scores.macro_f1_present, scored.intervals.macro_f1_present),
                    (scored.scores.unparsed_rate, scored.intervals.unparsed_rate),
                )
                for cell in (share(value, around), between(around))
            ),
            number(scored.scores.n),
        ]
        for name, scored in zip(names, sweep.scored_runs, strict=True)
    ]
    columns = [Column("run"), *(column for name in ("accuracy", "macro-F1", "unparsed") for column in
               (Column(name, "number"), Column("95 %", "number"))), Column("N", "number")]  # fmt: skip
    return Table("runs", "Scores of each run", columns, rows)


def pairs_table(sweep: Sweep, names: list[str]) -> Table:
    """Every two of the runs, the clearest first, with Holm's correction."""
    rows = [
        [
            words(names[pair.a]),
            words(names[pair.b]),
            words(points(pair.comparison.counts.difference), sort=pair.comparison.counts.difference),
            between(pair.comparison.interval, signed=True),
            words(pair_verdict_words(pair)),
            words(p_value(pair.p_holm), sort=pair.p_holm),
            words(p_value(pair.comparison.p), sort=pair.comparison.p),
            number(pair.comparison.counts.fixed),
            number(pair.comparison.counts.broken),
        ]
        for pair in sweep.pairs
    ]
    columns = [Column("A"), Column("B"), Column(f"B {MINUS} A, points", "number"), Column("95 % interval", "number"),
               Column("verdict"), Column("corrected p", "number"), Column("exact McNemar", "number"),
               Column("fixed", "number"), Column("broken", "number")]  # fmt: skip
    return Table("pairs", "Every two of the runs, compared", columns, rows)


def _group_codes(sweep: Sweep) -> np.ndarray[Any, np.dtype[np.int8]]:
    """Each shared example's group, as a position in `GROUPS`; the narrower of two groups."""
    codes = np.zeros(sweep.n, dtype=np.int8)
    for code, group in enumerate(GROUPS):
        codes[sweep.rows_of(group)] = code
    return codes


def _groups(sweep: Sweep) -> list[tuple[str, str, int, str]]:
    """Name, meaning, count, and which examples are opened: of those that no run gets right, the parts as well."""
    opens = {group: f"group={code}" for code, group in enumerate(GROUPS)}
    opens["always_wrong"] = "group=0,1,2"
    return [(*SWEEP_GROUPS[group], len(sweep.rows_of(group)), opens[group]) for group in GROUPS]


def _examples(sweep: Sweep, names: list[str], kept: Kept, rule: TextRule) -> tuple[dict[str, Any], int]:
    rows = kept.rows
    first = sweep.scored_runs[0]
    answers = first.answers.at(sweep.at[0][rows])
    (texts,), cut = cut_texts([[rule.of(answer.example.text) for answer in answers]])
    groups = tuple(SWEEP_GROUPS[group][0] for group in GROUPS)
    columns = [
        ExampleColumn("number", "no.", "number", [answer.position + 1 for answer in answers]),
        ExampleColumn("group", "group", "word", _group_codes(sweep)[rows].tolist(), groups),
        ExampleColumn("times", f"right in, of {len(names)}", "number", sweep.times_right[rows].tolist()),
    ]
    if any(texts):
        columns.append(ExampleColumn("text", "text" if rule.are_shown else "hash of the text", "text", texts))
    columns.append(ExampleColumn("true", "actual", "label", sweep.y_true[rows].tolist()))
    columns += [
        ExampleColumn(f"run{at}", name, "label", sweep.answers[at][rows].tolist()) for at, name in enumerate(names)
    ]
    return examples_data([answer.position for answer in answers], columns, first.labels), cut
