"""`report`: score a stored run and say what its accuracy hides."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from evalcore.analysis import ScoredRun, score_run
from evalcore.cli.html_file import add_html, write_html
from evalcore.cli.markdown import add_markdown, write_markdown
from evalcore.cli.options import Commands, add_command, add_scoring, open_store, print_json
from evalcore.errors import printable
from evalcore.output import findings_of, report_as_json, report_as_text, run_markdown, sure_of
from evalcore.store import Outcome, Store

if TYPE_CHECKING:
    from evalcore.output.html import Texts


def add(commands: Commands) -> None:
    """Add the command."""
    command = add_command(commands, "report", _report, "Report a stored run; no model is called.")
    command.add_argument("run", help="a run's name, as `runs` lists it")
    add_markdown(command)
    add_scoring(command)
    add_html(command)


def _report(options: argparse.Namespace) -> int:
    def made(texts: Texts) -> bytes:
        from evalcore.output.html import run_report

        return run_report(store, scored, texts=texts)

    store = open_store(options)
    scored = score_run(store, options.run, options.scoring)
    write_html(options, made)
    if options.markdown and write_markdown(options, run_markdown(store, scored)):
        return 0
    print_report(options, store, scored)
    return 0


def print_report(options: argparse.Namespace, store: Store, scored: ScoredRun, outcome: Outcome | None = None) -> None:
    """Print the report of a stored run, as text or JSON.

    Args:
        outcome: of the attempt that was just made; None if nothing was predicted now.
    """
    sure = sure_of(scored)
    findings = findings_of(store, scored, lambda _: sure)
    if options.json:
        print_json(report_as_json(scored, findings, outcome, sure))
    else:
        print(printable(report_as_text(scored, findings, outcome, sure)))
