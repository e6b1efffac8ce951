"""Comparisons and sweeps for a terminal."""

from __future__ import annotations

import math

from evalcore.analysis import (
    SHARES,
    Comparison,
    MetricRow,
    ScoredRun,
    Sweep,
    changes,
    decisions,
    order_effect,
    prompt_diff,
    shared_note,
    verdict,
)
from evalcore.output.report import why_undefined
from evalcore.wording import counted, figure, p_value, percent, points, signed


def comparison_as_text(comparison: Comparison) -> str:
    """A comparison for a terminal."""
    a, b = comparison.a.record, comparison.b.record
    found = changes(a, b)
    lines = [verdict(comparison).sentence]
    if note := shared_note(comparison):
        lines.append(note)
    lines += ["", f"A  {a.run_id}  {_what(comparison.a)}", f"B  {b.run_id}  {_what(comparison.b)}", ""]
    things = decisions(found)
    lines.append(f"differ in: {', '.join(things)}" if things else "the two runs differ in nothing that was chosen")
    lines += [f"  {f'{c.what} {c.detail}'.strip():32}{c.a}  ->  {c.b}" for c in found]
    lines += [f"  {line}" for line in prompt_diff(a.prompt, b.prompt) if line[:1] in "+-"]
    lines += ["", f"  {'':36}{'A':>8}{'B':>9}{'B - A':>9}  95 % interval"]
    lines += [_metric_line(row) for row in comparison.metrics]
    lines += why_undefined({row.name: row.difference for row in comparison.metrics})
    c, alike = comparison.counts, comparison.agreement
    lines += [
        "",
        f"  fixed {c.fixed}, broken {c.broken}, both right {c.both_right}, both wrong alike {c.wrong_alike}, "
        f"both wrong differently {c.wrong_differently}, both unparsed {c.both_unparsed}",
        f"  identical answers {percent(alike.same)}, kappa {figure(alike.kappa)}; both wrong {alike.both_wrong}, "
        f"independent errors would give {alike.expected_both_wrong:.1f}",
        *why_undefined({"kappa": alike.kappa}),
    ]
    for title, codes in (
        ("became never predicted", comparison.became_never_predicted),
        ("predicted again", comparison.came_back),
    ):
        if len(codes):
            lines.append(f"  {title}: {', '.join(comparison.labels[code] for code in codes)}")
    return "\n".join(lines)


def sweep_as_text(sweep: Sweep) -> str:
    """A sweep for a terminal."""
    width = max(len(_what(scored)) for scored in sweep.scored_runs)
    lines = [f"{counted(sweep.n, 'example')} that all {len(sweep.scored_runs)} runs share", ""]
    lines.append(f"     {'':{width}}  accuracy (95 %)            macro-F1   unparsed")
    for number, scored in enumerate(sweep.scored_runs, start=1):
        s, (low, high) = scored.scores, scored.intervals.accuracy
        between = f"({100 * low:.1f} to {100 * high:.1f})"
        lines.append(
            f"  {number:2} {_what(scored):{width}}  {percent(s.accuracy):>8} {between:16}"
            f"{percent(s.macro_f1_present):>10}{percent(s.unparsed_rate):>11}"
        )
    spread = sweep.spread([scored.scores.accuracy for scored in sweep.scored_runs])
    lines += [
        "",
        f"  accuracy: min {percent(spread.low)}, median {percent(spread.middle)}, max {percent(spread.high)}",
        f"  wrong in every run {len(sweep.always_wrong)} ({len(sweep.wrong_alike)} with one and the same label, "
        f"{len(sweep.unparsed_in_all)} unparsed in all), "
        f"right in some {len(sweep.flips)}, right in all {len(sweep.rows_of('always_right'))}",
        "",
        f"  every two of them, exact McNemar with Holm's correction for {counted(len(sweep.pairs), 'comparison')}:",
    ]
    for pair in sweep.pairs:
        c = pair.comparison
        low, high = c.interval
        said = "different" if pair.clear else "not distinguishable"
        lines.append(
            f"  {pair.b + 1} - {pair.a + 1}: {points(c.counts.difference):>6} points "
            f"({signed(low)} to {signed(high)}), {c.counts.fixed} fixed, {c.counts.broken} broken, "
            f"{p_value(c.p)}, corrected {p_value(pair.p_holm)}: {said}"
        )
    effect = order_effect(sweep.scored_runs)
    if effect is not None:
        low, high = effect.interval
        lines += [
            "",
            f"  label order: from the first place of the list to the last, a label's predicted / occurring changes by "
            f"{effect.slope:+.2f} ({low:+.2f} to {high:+.2f}; {effect.orders} orders, {effect.labels} labels)",
        ]
    return "\n".join(lines)


def _what(scored: ScoredRun) -> str:
    record = scored.record
    prompt = record.prompt.name if record.kind.reads_prompt else ""
    decoding = record.spec.decoding if record.spec.decoding != "plain" else ""
    parts = [record.spec.model, prompt, decoding, f"{record.n} {record.spec.sample}"]
    return " · ".join(filter(None, parts))


def _metric_line(row: MetricRow) -> str:
    share = row.name in SHARES
    scale, decimals = (100, 1) if share else (1, 0 if row.name == "never_predicted" else 3)
    a, b, difference = (figure(scale * value, decimals) for value in (row.a, row.b, row.difference))
    low, high = row.interval
    between = "" if math.isnan(low) else f"{scale * low:+.{decimals}f} to {scale * high:+.{decimals}f}"
    mark = f"  {row.better} better" if row.better and row.clear else ""
    return f"  {row.title:36}{a:>8}{b:>9}{difference:>9}  {between}{mark}".rstrip()
