"""Options that several commands share, and what they mean."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeAlias, get_args

from evalcore.errors import printable
from evalcore.parse import Scoring
from evalcore.running import understand
from evalcore.store import DEFAULT_CACHE, MEANINGS, RunSpec, Store
from evalcore.tasks import TaskSource, load_task, parse_merge

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""What `add_subparsers` returns."""

Command = Callable[[argparse.Namespace], int]
"""Runs a command with its options and returns the exit status."""

_HELP = {
    "model": "demo, demo-early, majority, tfidf, a hub id or a folder of a model or of a LoRA adapter, `encoder:` and"
    " one of these, or a server's address (default: %(default)s)",
    "n": "number of examples (default: %(default)s)",
    "seed": "of the sample and the few-shot examples (default: %(default)s)",
    "max_new_tokens": "a completion is cut there (default: %(default)s)",
    "batch_size": "prompts at a time; 0: what suits the device (default: %(default)s)",
}


def add_command(
    commands: Commands, name: str, command: Command, text: str, aliases: tuple[str, ...] = ()
) -> argparse.ArgumentParser:
    """Add a command with the two options that all of them take."""
    added = commands.add_parser(name, help=text, description=text, aliases=aliases)
    added.set_defaults(command=command)
    added.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="cache folder (default: %(default)s)")
    added.add_argument("--json", action="store_true", help="print JSON")
    return added


def add_task(command: argparse.ArgumentParser) -> None:
    """Where examples and labels come from: the fields of a `TaskSource`."""
    command.add_argument(
        "--task",
        default="demo",
        help="demo, banking77, a data file, a folder with test.csv, upload:DIGEST, or hub:OWNER/NAME",
    )
    command.add_argument("--text-column", default="", help="guessed when not given")
    command.add_argument("--label-column", default="", help="guessed when not given")
    command.add_argument("--train", default="", help="a data file with training examples")
    command.add_argument("--labels", default="", help="a file with the label list")
    command.add_argument(
        "--merge",
        action="append",
        default=[],
        metavar="LABEL,LABEL=NEW",
        help="change the label list: these labels become NEW, and LABEL= drops one with its examples; may be given"
        " several times; a name with a comma or = in it goes into double quotes",
    )


def task_of(options: argparse.Namespace) -> TaskSource:
    """The task that `add_task`'s options name; it is read if its label list is to be changed.

    Raises:
        BlindspotError: if it then cannot be read, or its list cannot be changed so.
    """
    source = TaskSource(options.task, options.text_column, options.label_column, options.train, options.labels)
    if not options.merge:
        return source
    labels = load_task(source, options.cache).labels
    return replace(source, merge=parse_merge(options.merge, labels).to_text())


def add_spec(command: argparse.ArgumentParser, names: tuple[str, ...] = ()) -> None:
    """The fields of a `RunSpec` but for its task and prompt, each under its own name and with its own default.

    Args:
        names: only these fields; all of them when empty.
    """
    default = RunSpec()
    for name in names or [field.name for field in fields(RunSpec) if field.name not in ("task", "prompt")]:
        value = getattr(default, name)
        command.add_argument(
            f"--{name.replace('_', '-')}",
            default=value,
            type=type(value),
            choices=MEANINGS.get(name),
            help=_meanings(name) or _HELP.get(name, "(default: %(default)s)"),
        )


def _meanings(name: str) -> str:
    """`plain: greedy; choose: the likeliest label (default: plain)`; empty for a field that is no choice."""
    said = "; ".join(f"{choice}: {meaning}" for choice, meaning in MEANINGS.get(name, {}).items())
    return said and f"{said} (default: %(default)s)"


def spec_of(options: argparse.Namespace, task: TaskSource, **given: Any) -> RunSpec:
    """The spec that `add_spec`'s options ask for; fields that a command has no option for keep their default.

    Args:
        given: fields that come from elsewhere, such as `prompt`.
    """
    asked = {field.name: getattr(options, field.name) for field in fields(RunSpec) if hasattr(options, field.name)}
    return RunSpec(**{**asked, "task": task, **given})


def say_labels(spec: RunSpec, store: Store) -> None:
    """On standard error, which of a classifier's labels is taken for which of the task's, where they go by place."""
    if spec.labels_by == "id":
        for own, label in understand(spec, store).labels_by_place:
            print(printable(f"label by place: {own} = {label}"), file=sys.stderr)


def positive(text: str) -> int:
    """The type of an option that is a number of things, 1 or more."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def add_scoring(command: argparse.ArgumentParser) -> None:
    """Which completions count as a label."""
    text = "strict: the label character for character; lenient: also inside a longer answer (default: %(default)s)"
    command.add_argument("--scoring", choices=get_args(Scoring), default="lenient", help=text)


def open_store(options: argparse.Namespace) -> Store:
    """The cache folder that was named; what the user should know of it is said on standard error."""
    store = Store(options.cache)
    if store.notice:
        print(store.notice, file=sys.stderr)
    return store


def print_json(value: object, *, ascii_only: bool = False) -> None:
    """Print JSON, indented."""
    print(json.dumps(value, indent=1, ensure_ascii=ascii_only))
