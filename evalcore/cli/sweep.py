"""`sweep`: several prompts on one sample."""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from evalcore.analysis import FEWEST_RUNS, MOST_RUNS, ScoredRun, Sweep, gather, score_run, sweep_as_json
from evalcore.cli.html_file import add_html, write_html
from evalcore.cli.options import (
    Commands,
    add_command,
    add_scoring,
    add_spec,
    add_task,
    open_store,
    print_json,
    spec_of,
    task_of,
)
from evalcore.cli.plan import add_plan, noted_plan, print_plans
from evalcore.cli.progress import ProgressBar
from evalcore.errors import SpecError
from evalcore.output import no_nan, sweep_as_text
from evalcore.running import NotAnswered, execute, find_prompt
from evalcore.store import RunSpec, Store, kind_of
from evalcore.tasks import BUILT_IN
from evalcore.wording import counted

if TYPE_CHECKING:
    from evalcore.output.html import Texts


def add(commands: Commands) -> None:
    """Add the command."""
    command = add_command(commands, "sweep", _sweep, "Predict several prompts on one sample, and compare them.")
    add_task(command)
    command.add_argument(
        "--prompts",
        nargs="+",
        default=list(BUILT_IN),
        metavar="PROMPT",
        help=f"2 to 10 prompts (default: {' '.join(BUILT_IN)}); `shuffled-labels:1 shuffled-labels:2 …` asks for order",
    )
    add_spec(command)
    add_plan(command)
    add_scoring(command)
    add_html(command)


def sweep_specs(options: argparse.Namespace, store: Store) -> list[RunSpec]:
    """One spec a prompt, each once: `few-shot` and `few-shot:5` are one.

    Raises:
        SpecError: if there are too few or too many, or the model reads no prompt.
    """
    if not kind_of(options.model).reads_prompt:
        raise SpecError(f"{options.model} reads no prompt: all would be one run.", do="Choose a language model.")
    spec = spec_of(options, task_of(options))
    prompts = {find_prompt(name, store).fingerprint: name for name in reversed(options.prompts)}
    if not FEWEST_RUNS <= len(prompts) <= MOST_RUNS:
        raise SpecError(
            f"{counted(len(prompts), 'prompt is', 'prompts are')} given.",
            do=f"Give {FEWEST_RUNS} to {MOST_RUNS} different ones.",
        )
    return [replace(spec, prompt=prompt) for prompt in reversed(prompts.values())]


def _sweep(options: argparse.Namespace) -> int:
    store = open_store(options)
    if options.plan:
        return print_plans(options, sweep_specs(options, store), store)
    scored_runs: list[ScoredRun] = []
    unanswered = None
    with ProgressBar() as bar:
        for spec in sweep_specs(options, store):
            try:
                record = execute(spec, store, on_progress=bar.on_progress, planned=partial(noted_plan, store)).record
            except NotAnswered as error:
                if not error.answered:
                    raise
                record, unanswered = error.record, error
            scored_runs.append(score_run(store, record.run_id, options.scoring))
    print_sweep(options, gather(scored_runs))
    if unanswered is not None:
        raise unanswered  # after the figures of what was answered
    return 0


def print_sweep(options: argparse.Namespace, sweep: Sweep) -> None:
    """Print several runs side by side, as text or JSON, and write them as HTML if that was asked for."""

    def made(texts: Texts) -> bytes:
        from evalcore.output.html import sweep_report

        return sweep_report(sweep, texts=texts)

    write_html(options, made)
    if options.json:
        print_json(no_nan(sweep_as_json(sweep)))
    else:
        print(sweep_as_text(sweep))
