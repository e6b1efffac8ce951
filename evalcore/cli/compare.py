"""`compare`: two stored runs, with a verdict; several as a sweep is printed."""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from evalcore.analysis import Comparison, compare, compared_probabilities, gather, score_run, verdict_as_json
from evalcore.cli.decide import add_field
from evalcore.cli.html_file import add_html, write_html
from evalcore.cli.markdown import add_markdown, write_markdown
from evalcore.cli.options import Commands, add_command, add_scoring, open_store, print_json
from evalcore.cli.sweep import print_sweep
from evalcore.deciding import TABLE_FIELDS, ComparedCosts, CostsAsked, compared_costs, read_table_file
from evalcore.errors import SpecError, printable
from evalcore.output import comparison_as_text, comparison_markdown, no_nan

if TYPE_CHECKING:
    from evalcore.output.html import Texts

_COSTS = ("actions", "costs", "unit")
"""The options that say what mistakes cost, by the names of their fields."""


def add(commands: Commands) -> None:
    """Add the command."""
    text = (
        "Compare a stored run, B (new), with another one, A (reference), example by example; or every two of several "
        "runs. No model is called."
    )
    command = add_command(commands, "compare", _compare, text)
    command.add_argument("a", help="A, the reference: a run's name, as `runs` lists it")
    command.add_argument("b", nargs="+", help="B, the new run that is compared with A; or several")
    group = command.add_argument_group("What do mistakes cost? (two runs)")
    for one in fields(CostsAsked):
        if one.name in _COSTS:
            add_field(group, one)
    add_markdown(command)
    add_scoring(command)
    add_html(command)


def _compare(options: argparse.Namespace) -> int:
    store = open_store(options)
    scored_runs = [score_run(store, run_id, options.scoring) for run_id in (options.a, *options.b)]
    asked = _costs_asked(options)
    if len(scored_runs) > 2:
        if asked is not None:
            raise SpecError("The costs of mistakes are compared of two runs.", do="Name two runs.")
        if options.markdown:
            raise SpecError("--markdown takes two runs.", do="Leave it out, or write several as one file with --html.")
        print_sweep(options, gather(scored_runs))
        return 0
    comparison = compare(*scored_runs)
    costs = None
    if asked is not None:
        costs = compared_costs(comparison.a, None, comparison.b, None, asked)

    def made(texts: Texts) -> bytes:
        from evalcore.output.html import comparison_report

        return comparison_report(comparison, texts=texts, costs=asked)

    write_html(options, made)
    if options.markdown and write_markdown(options, comparison_markdown(comparison, costs)):
        return 0
    print_comparison(options, comparison, costs)
    return 0


def _costs_asked(options: argparse.Namespace) -> CostsAsked | None:
    """What the options say of costs; None if they say nothing.

    Raises:
        DataError: if a file cannot be read. SpecError: if there is a unit of no costs.
    """
    given: dict[str, Any] = {name: getattr(options, name) for name in _COSTS if hasattr(options, name)}
    for name in given.keys() & set(TABLE_FIELDS):
        given[name] = read_table_file(given[name])
    asked = CostsAsked(**given)
    if given and not asked.has_tables:
        raise SpecError("--unit is that of the costs.", do="Give --costs FILE or --actions FILE as well.")
    return asked if given else None


def print_comparison(options: argparse.Namespace, comparison: Comparison, costs: ComparedCosts | None = None) -> None:
    """Print two runs compared, as text or JSON.

    Args:
        costs: of both runs' mistakes; None if nobody said what they cost.
    """
    probabilities = compared_probabilities(comparison)
    if options.json:
        of_costs = {"costs": {**costs.as_json(), "sentences": list(costs.sentences)}} if costs else {}
        print_json(no_nan({**verdict_as_json(comparison, probabilities), **of_costs}))
    else:
        print(printable(comparison_as_text(comparison, probabilities, costs)))
