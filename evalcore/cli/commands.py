"""The commands `compare` and `sweep`: two runs with a verdict, several prompts on one sample."""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import fields, replace
from typing import get_args

from evalcore.analysis import (
    FEWEST_RUNS,
    MOST_RUNS,
    SHARES,
    Comparison,
    MetricRow,
    ScoredRun,
    Sweep,
    changes,
    compare,
    decisions,
    gather,
    order_effect,
    prompt_diff,
    score_run,
    shared_note,
    sweep_as_json,
    verdict,
    verdict_as_json,
)
from evalcore.errors import SpecError
from evalcore.output import no_nan, why_undefined
from evalcore.running import NotAnswered, OnProgress, execute, find_prompt
from evalcore.store import BASELINES, Decoding, Dtype, Engine, RunSpec, Store
from evalcore.tasks import BUILT_IN, SAMPLES, TaskSource
from evalcore.wording import counted, figure, p_value, percent, points, signed


def add_sweep_options(command: argparse.ArgumentParser) -> None:
    """What `sweep` takes beside the task: the prompts, and the rest of a RunSpec."""
    default = RunSpec()
    command.add_argument(
        "--prompts",
        nargs="+",
        default=list(BUILT_IN),
        metavar="PROMPT",
        help=f"2 to 10 prompts (default: {' '.join(BUILT_IN)}); `shuffled-labels:1 shuffled-labels:2 …` asks for order",
    )
    command.add_argument("--model", default=default.model, help="a model that reads prompts (default: %(default)s)")
    for name in ("n", "seed", "batch_size", "max_new_tokens"):
        command.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(default, name))
    for name, choices in (
        ("sample", SAMPLES),
        ("decoding", get_args(Decoding)),
        ("engine", get_args(Engine)),
        ("dtype", get_args(Dtype)),
    ):
        command.add_argument(f"--{name}", choices=choices, default=getattr(default, name))


def sweep_specs(options: argparse.Namespace, store: Store, task: TaskSource) -> list[RunSpec]:
    """One spec a prompt, each once: `few-shot` and `few-shot:5` are one.

    Raises:
        SpecError: if there are too few or too many, or the model reads no prompt.
    """
    if options.model in BASELINES:
        raise SpecError(f"{options.model} reads no prompt: all would be one run.", do="Choose a language model.")
    names = [name for name in vars(options) if name in {field.name for field in fields(RunSpec)} - {"task", "prompt"}]
    spec = RunSpec(task=task, **{name: getattr(options, name) for name in names})
    prompts = {find_prompt(name, store).fingerprint: name for name in reversed(options.prompts)}
    if not FEWEST_RUNS <= len(prompts) <= MOST_RUNS:
        raise SpecError(f"{len(prompts)} prompts are given.", do=f"Give {FEWEST_RUNS} to {MOST_RUNS} different ones.")
    return [replace(spec, prompt=prompt) for prompt in reversed(prompts.values())]


def run_compare(options: argparse.Namespace, store: Store) -> int:
    """Print a comparison of two stored runs; no model is called."""
    a, b = (score_run(store, run_id, options.scoring) for run_id in (options.a, options.b))
    comparison = compare(a, b)
    if options.json:
        print(json.dumps(no_nan(verdict_as_json(comparison)), indent=1, ensure_ascii=False))
    else:
        print(comparison_as_text(comparison))
    return 0


def run_sweep(options: argparse.Namespace, store: Store, task: TaskSource, on_progress: OnProgress) -> int:
    """Predict what is missing of every prompt on one sample, then print the sweep."""
    scored_runs: list[ScoredRun] = []
    unanswered = None
    for spec in sweep_specs(options, store, task):
        try:
            record = execute(spec, store, on_progress=on_progress).record
        except NotAnswered as error:
            if not error.answered:
                raise
            record, unanswered = error.record, error
        scored_runs.append(score_run(store, record.run_id, options.scoring))
    sweep = gather(scored_runs)
    if options.json:
        print(json.dumps(no_nan(sweep_as_json(sweep)), indent=1, ensure_ascii=False))
    else:
        print(sweep_as_text(sweep))
    if unanswered is not None:
        raise unanswered  # after the figures of what was answered
    return 0


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
    parts = [record.spec.model, record.prompt.name, record.spec.decoding, f"{record.n} {record.spec.sample}"]
    return " · ".join(part for part in parts if part not in ("none", "plain"))


def _metric_line(row: MetricRow) -> str:
    share = row.name in SHARES
    scale, decimals = (100, 1) if share else (1, 0 if row.name == "never_predicted" else 3)
    a, b, difference = (figure(scale * value, decimals) for value in (row.a, row.b, row.difference))
    low, high = row.interval
    between = "" if math.isnan(low) else f"{scale * low:+.{decimals}f} to {scale * high:+.{decimals}f}"
    mark = f"  {row.better} better" if row.better and row.clear else ""
    return f"  {row.title:36}{a:>8}{b:>9}{difference:>9}  {between}{mark}".rstrip()
