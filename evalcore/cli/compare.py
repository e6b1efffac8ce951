"""`compare`: two stored runs, with a verdict."""

from __future__ import annotations

import argparse

from evalcore.analysis import compare, compared_probabilities, score_run, verdict_as_json
from evalcore.cli.markdown import add_markdown, write_markdown
from evalcore.cli.options import Commands, add_command, add_scoring, open_store, print_json
from evalcore.output import comparison_as_text, comparison_markdown, no_nan


def add(commands: Commands) -> None:
    """Add the command."""
    text = "Compare a stored run, B (new), with another one, A (reference), example by example; no model is called."
    command = add_command(commands, "compare", _compare, text)
    command.add_argument("a", help="A, the reference: a run's name, as `runs` lists it")
    command.add_argument("b", help="B, the new run that is compared with A")
    add_markdown(command)
    add_scoring(command)


def _compare(options: argparse.Namespace) -> int:
    store = open_store(options)
    a, b = (score_run(store, run_id, options.scoring) for run_id in (options.a, options.b))
    comparison = compare(a, b)
    if options.markdown and write_markdown(options, comparison_markdown(comparison)):
        return 0
    probabilities = compared_probabilities(comparison)
    if options.json:
        print_json(no_nan(verdict_as_json(comparison, probabilities)))
    else:
        print(comparison_as_text(comparison, probabilities))
    return 0
