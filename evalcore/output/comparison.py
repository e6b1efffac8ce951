"""Comparisons and sweeps for a terminal."""

from __future__ import annotations

from evalcore.analysis import (
    ComparedCalibration,
    Comparison,
    MetricRow,
    ScoredRun,
    Sweep,
    better_words,
    changed_words,
    changes,
    metric_interval_words,
    metric_words,
    order_effect,
    order_effect_words,
    pair_verdict_words,
    prompt_diff,
    shared_note,
    spread_words,
    sweep_conclusion,
    verdict,
)
from evalcore.deciding import ComparedCosts
from evalcore.metrics import TITLES, WHY_UNDEFINED
from evalcore.wording import MINUS, NOT_AVAILABLE, counted, figure, interval, p_value, percent, points

_WIDTH = max(map(len, TITLES.values())) + 2


def comparison_as_text(
    comparison: Comparison, probabilities: ComparedCalibration | None = None, costs: ComparedCosts | None = None
) -> str:
    """A comparison for a terminal.

    Args:
        probabilities: of both runs, compared; None if one of them has none.
        costs: of both runs' mistakes; None if nobody said what they cost.
    """
    a, b = comparison.a.record, comparison.b.record
    found = changes(a, b)
    said = verdict(comparison)
    lines = ["B (new) compared with A (reference)", said.sentence]
    lines += [note for note in (said.note, shared_note(comparison)) if note]
    lines += costs.sentences[:2] if costs else ()
    lines += ["", f"A  {a.run_id}  {_what(comparison.a)}", f"B  {b.run_id}  {_what(comparison.b)}", ""]
    lines.append(changed_words(a, b))
    lines += [f"  {f'{c.what} {c.detail}'.strip():32}{c.a}  ->  {c.b}" for c in found]
    lines += [f"  {line}" for line in prompt_diff(a.prompt, b.prompt) if line[:1] in "+-"]
    lines += ["", f"  {'':{_WIDTH}}{'A':>8}{'B':>9}{f'B {MINUS} A':>9}  {'95 % interval':18}better"]
    lines += [_metric_line(row) for row in comparison.metrics]
    if probabilities is not None:
        lines += ["", *map(_metric_line, probabilities.rows), *(f"  {note}" for note in probabilities.notes)]
    c, alike = comparison.counts, comparison.agreement
    kappa = figure(alike.kappa, undefined=f"{NOT_AVAILABLE} ({WHY_UNDEFINED['kappa']})")
    lines += [
        "",
        f"  fixed {c.fixed:,}, broken {c.broken:,}, both right {c.both_right:,}, both wrong with the same label "
        f"{c.wrong_alike:,}, both wrong with different answers {c.wrong_differently:,}, both unparsed "
        f"{c.both_unparsed:,}",
        f"  identical answers {percent(alike.same)}, kappa of A with B {kappa}; both wrong or unparsed "
        f"{alike.both_wrong:,}, independent errors would give {figure(alike.expected_both_wrong, 1)}",
    ]
    for title, codes in (
        ("no longer predicted by B", comparison.became_never_predicted),
        ("newly predicted by B", comparison.came_back),
    ):
        if len(codes):
            lines.append(f"  {title}: {', '.join(comparison.labels[code] for code in codes)}")
    if costs:
        lines += ["", *(f"  {sentence}" for sentence in costs.sentences[2:])]
    return "\n".join(lines)


def sweep_as_text(sweep: Sweep) -> str:
    """A sweep for a terminal."""
    width = max(len(_what(scored)) for scored in sweep.scored_runs)
    n_runs = len(sweep.scored_runs)
    share = f"both runs share {counted(sweep.n, 'example')}" if n_runs == 2 else ""
    share = share or f"all {n_runs} runs share {counted(sweep.n, 'example')}"
    lines = [f"{sweep_conclusion(sweep)}; {share}", ""]
    lines.append(f"     {'':{width}}  accuracy (95 %)            macro-F1   unparsed")
    for number, scored in enumerate(sweep.scored_runs, start=1):
        s, between = scored.scores, f"({interval(scored.intervals.accuracy)})"
        lines.append(
            f"  {number:2} {_what(scored):{width}}  {percent(s.accuracy):>8} {between:16}"
            f"{percent(s.macro_f1_present):>10}{percent(s.unparsed_rate):>11}"
        )
    numbers = [f"run {number}" for number in range(1, n_runs + 1)]
    lines += [
        "",
        f"  {spread_words(sweep, numbers)}",
        f"  Wrong or unparsed in every run {len(sweep.always_wrong):,} ({len(sweep.wrong_alike):,} with the same label "
        f"in all, {len(sweep.unparsed_in_all):,} unparsed in all), "
        f"right in some {len(sweep.flips):,}, right in all {len(sweep.rows_of('always_right')):,}",
        "",
        f"  Every pair, exact McNemar with Holm's correction for {counted(len(sweep.pairs), 'comparison')}:",
    ]
    for pair in sweep.pairs:
        c = pair.comparison
        lines.append(
            f"  B {pair.b + 1}, A {pair.a + 1}: {points(c.counts.difference):>6} points ({interval(c.interval)}), "
            f"{c.counts.fixed:,} fixed, {c.counts.broken:,} broken, {p_value(c.p)}, corrected {p_value(pair.p_holm)}: "
            f"{pair_verdict_words(pair)}"
        )
    effect = order_effect(sweep.scored_runs)
    if effect is not None:
        lines += ["", f"  Label order. {order_effect_words(effect)}"]
    return "\n".join(lines)


def _what(scored: ScoredRun) -> str:
    record = scored.record
    prompt = record.prompt.name if record.kind.reads_prompt else ""
    decoding = record.spec.decoding if record.spec.decoding != "plain" else ""
    parts = [record.spec.model, prompt, decoding, f"{record.n:,} {record.spec.sample}"]
    return " · ".join(filter(None, parts))


def _metric_line(row: MetricRow) -> str:
    a, b, change = metric_words(row, row.a), metric_words(row, row.b), metric_words(row, row.difference, signed=True)
    return f"  {row.title:{_WIDTH}}{a:>8}{b:>9}{change:>9}  {metric_interval_words(row):18}{better_words(row)}"
