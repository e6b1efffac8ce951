"""`decide`: from the score of a stored run, or of two, to what to do with it."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import Field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalcore.analysis import ScoredRun, compare, score_run
from evalcore.cli.html_file import add_html, write_html
from evalcore.cli.markdown import add_markdown, write_markdown
from evalcore.cli.options import Commands, add_command, add_scoring, open_store, print_json
from evalcore.deciding import (
    LOOKED_AT,
    QUESTIONS,
    TABLE_FIELDS,
    Decision,
    DecisionAsked,
    decide,
    percent_of,
    read_table_file,
)
from evalcore.errors import SpecError, printable
from evalcore.output import (
    WRITERS,
    decision_as_json,
    decision_as_text,
    decision_markdown,
    decision_tables,
    export_tables,
)
from evalcore.output.command import decide_option
from evalcore.tasks import parse_merge

if TYPE_CHECKING:
    from evalcore.output.html import Texts

_HELP = {
    "target": "percent of the automatic answers that are to be right: 0.95, 95 or 95%% (default: 95%%)",
    "signal": "what tells sure answers from unsure ones (default: confidence)",
    "agreeing": "for the signal `agreement`: other runs on the same examples, by name, separated by commas",
    "per_label": "a threshold for each predicted label",
    "minutes": "of one review (default: 1)",
    "price": "of one review (default: none)",
    "actions": "CSV: label,action",
    "costs": "CSV: true,predicted,cost; each a label, an action or *",
    "review_cost": "of one text that a person answers (default: nobody does)",
    "unit": "of the costs, such as EUR",
    "mix": "CSV: label,share or label,count",
    "predicted_counts": "CSV: label,count; how often each label was predicted for texts whose labels nobody knows",
    "mix_from": "which mix, where both are given (default: the typed one)",
    "scale_shares": "scale shares that do not add up to 1",
    "more_examples": "how many are to be labelled next (default: 100)",
    "merge": "LABEL,LABEL=NEW merges labels, LABEL= drops one; a name with a comma or = in it in double quotes",
    "hierarchy": "CSV: label,group",
    "best": "merges of the suggested path (default: 5)",
    "score": "what is to be good (default: accuracy)",
    "effort": "what is to be little, per 1,000 texts (default: seconds)",
    "price_per_hour": "of the machine that local models were predicted on (default: not known)",
}
"""Of each field of what is asked."""


def add(commands: Commands) -> None:
    """Add the command."""
    text = (
        "How much a person must check, what mistakes cost, how it does on other traffic, whether the label list is"
        " right, and which run to take (docs/deciding.md). No model is called."
    )
    command = add_command(commands, "decide", _decide, text)
    command.add_argument("run", help="a run's name, as `runs` lists it")
    command.add_argument("--beside", metavar="RUN", help="another run, B, compared with it on the same examples")
    command.add_argument(
        "--only",
        nargs="+",
        choices=[_spoken(name) for name in QUESTIONS],
        help="just these questions (default: all)",
    )
    usual = DecisionAsked()
    for question, title in QUESTIONS.items():
        group = command.add_argument_group(title)
        for one in fields(usual.of(question)):
            if one.name not in LOOKED_AT:
                add_field(group, one)
        if question == "review":
            group.add_argument(
                "--require-target", action="store_true", help="exit with 1 where the target cannot be promised"
            )
    command.add_argument("--tables", type=Path, metavar="FOLDER", help="also write every table into a folder")
    command.add_argument("--format", nargs="+", choices=WRITERS, help="of --tables (default: csv)")
    add_markdown(command)
    add_scoring(command)
    add_html(command)


def percentage(text: str) -> float:
    """The type of `--target`: a share up to 1, or percent.

    Example:
        >>> percentage("0.95"), percentage("95"), percentage("95 %"), percentage("0.5%")
        (95.0, 95.0, 95.0, 0.5)
    """
    number = text.strip().removesuffix("%")
    return _number(number) if number != text.strip() else percent_of(_number(number))


def add_field(group: Any, one: Field[Any]) -> None:
    """Add the option of a field of what is asked."""
    option, help_ = decide_option(one.name), _HELP.get(one.name)
    given: dict[str, Any] = {"dest": one.name, "help": help_, "default": argparse.SUPPRESS}
    if isinstance(one.default, bool):
        group.add_argument(option, action="store_true", **given)
    elif one.name == "merge":
        group.add_argument(option, nargs="+", action="extend", metavar="LABEL,LABEL=NEW", **given)
    elif one.name in TABLE_FIELDS:
        group.add_argument(option, type=Path, metavar="FILE", **given)
    elif "choices" in one.metadata:
        group.add_argument(option, choices=[*filter(None, one.metadata["choices"])], **given)
    else:
        group.add_argument(option, type=_type_of(one), metavar=_metavar(one), **given)


def _type_of(one: Field[Any]) -> Callable[[str], Any]:
    """What reads the value of a field: a text as it is, or a number in the field's range."""
    if isinstance(one.default, str):
        return str
    low, high = one.metadata["low"], one.metadata["high"]

    def read(text: str) -> Any:
        value = percentage(text) if one.name == "target" else _number(text)
        whole = isinstance(one.default, int)
        if not low <= value <= high or (whole and value != int(value)):
            kind = "whole number" if whole else "number"
            raise argparse.ArgumentTypeError(f"{text!r} is no {kind} from {low:,} to {high:,.12g}")
        return int(value) if whole else value

    return read


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is no number")
    return value


def _metavar(one: Field[Any]) -> str:
    return "TEXT" if isinstance(one.default, str) else "N"


def _spoken(question: str) -> str:
    return question.replace("_", "-")


def _decide(options: argparse.Namespace) -> int:
    if options.format and options.tables is None:
        raise SpecError("--format is for the tables.", do="Give --tables FOLDER as well.")
    only = [name for name in QUESTIONS if not options.only or _spoken(name) in options.only]
    if options.require_target and "review" not in only:
        raise SpecError(
            "--require-target is about the question `review`.", do="Name it in --only, or leave --only out."
        )
    _refuse_idle(options, only)
    store = open_store(options)
    scored = score_run(store, options.run, options.scoring)
    beside = score_run(store, options.beside, options.scoring) if options.beside else None
    decision = decide(store, scored, beside, _asked(options, scored), only=only)

    def made(texts: Texts) -> bytes:
        from evalcore.output.html import comparison_report, run_report

        if beside is None:
            return run_report(store, scored, texts=texts, decision=decision)
        return comparison_report(compare(scored, beside), texts=texts, decision=decision)

    write_html(options, made)
    if options.tables:
        for path in export_tables(decision_tables(decision), options.tables, formats=options.format or ["csv"]):
            print(path, file=sys.stderr)
    if not (options.markdown and write_markdown(options, decision_markdown(decision))):
        _print(options, decision)
    return 1 if options.require_target and not decision.promises_target else 0


def _refuse_idle(options: argparse.Namespace, only: Sequence[str]) -> None:
    """Refuse an option of a question that is not asked.

    Raises:
        SpecError: if there is one.
    """
    for question in QUESTIONS:
        if question in only or (question == "costs" and "frontier" in only):
            continue
        for one in fields(DecisionAsked().of(question)):
            if hasattr(options, one.name):
                raise SpecError(
                    f"{decide_option(one.name)} is about the question `{_spoken(question)}`.",
                    do="Name it in --only, or leave --only out.",
                )


def _asked(options: argparse.Namespace, scored: ScoredRun) -> DecisionAsked:
    """What the options ask; the tables are read from their files."""
    usual = DecisionAsked()
    names = [one.name for question in QUESTIONS for one in fields(usual.of(question))]
    given = {name: getattr(options, name) for name in names if hasattr(options, name)}
    for name in given.keys() & set(TABLE_FIELDS):
        given[name] = read_table_file(given[name])
    if "merge" in given:
        given["merge"] = parse_merge(given["merge"], scored.labels).to_text()
    return DecisionAsked.of_fields(given)


def _print(options: argparse.Namespace, decision: Decision) -> None:
    if options.json:
        print_json(decision_as_json(decision))
    else:
        print(printable(decision_as_text(decision)))
