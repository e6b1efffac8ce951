"""`compare`: two stored runs, with a verdict; several as a sweep is printed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from evalcore.analysis import Comparison, compare, compared_probabilities, gather, score_run, verdict_as_json
from evalcore.cli.html_file import add_html, write_html
from evalcore.cli.markdown import add_markdown, write_markdown
from evalcore.cli.options import Commands, add_command, add_scoring, open_store, print_json
from evalcore.cli.sweep import print_sweep
from evalcore.errors import SpecError
from evalcore.output import comparison_as_text, comparison_markdown, no_nan

if TYPE_CHECKING:
    from evalcore.output.html import Texts


def add(commands: Commands) -> None:
    """Add the command."""
    text = (
        "Compare a stored run, B (new), with another one, A (reference), example by example; or every two of several "
        "runs. No model is called."
    )
    command = add_command(commands, "compare", _compare, text)
    command.add_argument("a", help="A, the reference: a run's name, as `runs` lists it")
    command.add_argument("b", nargs="+", help="B, the new run that is compared with A; or several")
    add_markdown(command)
    add_scoring(command)
    add_html(command)


def _compare(options: argparse.Namespace) -> int:
    store = open_store(options)
    scored_runs = [score_run(store, run_id, options.scoring) for run_id in (options.a, *options.b)]
    if len(scored_runs) > 2:
        if options.markdown:
            raise SpecError("--markdown takes two runs.", do="Leave it out, or write several as one file with --html.")
        print_sweep(options, gather(scored_runs))
        return 0
    comparison = compare(*scored_runs)

    def made(texts: Texts) -> bytes:
        from evalcore.output.html import comparison_report

        return comparison_report(comparison, texts=texts)

    write_html(options, made)
    if options.markdown and write_markdown(options, comparison_markdown(comparison)):
        return 0
    print_comparison(options, comparison)
    return 0


def print_comparison(options: argparse.Namespace, comparison: Comparison) -> None:
    """Print two runs compared, as text or JSON."""
    probabilities = compared_probabilities(comparison)
    if options.json:
        print_json(no_nan(verdict_as_json(comparison, probabilities)))
    else:
        print(comparison_as_text(comparison, probabilities))
