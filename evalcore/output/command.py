"""Results -> the command, or the Python, that gives them again."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from typing import Any

from evalcore.analysis import ScoredRun
from evalcore.deciding import LOOKED_AT, QUESTIONS, TABLE_FIELDS, CostsAsked, Decision, query_of_asked
from evalcore.parse import Scoring
from evalcore.paths import COMMAND
from evalcore.store import RunSpec
from evalcore.tasks import LabelMerge

_DECIDE_OPTIONS = {"predicted_counts": "predicted"}
"""Options of `decide` that are not called as the field of what is asked."""


def command_of(spec: RunSpec) -> str:
    """The command that runs a spec: the options that differ from their defaults."""
    asked = _asked(spec)
    merge = LabelMerge.from_text(asked.pop("merge", ""))
    options = [_option("task" if name == "name" else name, str(value)) for name, value in asked.items()]
    return " ".join([f"{COMMAND} run", *options, *(_option("merge", value) for value in merge.to_options())])


def _option(name: str, value: str) -> str:
    """An option with its value, for a shell; what begins with a dash would else be taken for another option."""
    return f"--{name.replace('_', '-')}{'=' if value.startswith('-') else ' '}{shlex.quote(value)}"


def python_of(spec: RunSpec, scoring: Scoring = "lenient") -> str:
    """The same as Python, with the score."""
    asked = _asked(spec)
    model = asked.pop("model", RunSpec.model)
    columns = {name: asked.pop(name) for name in asdict(spec.task) if name in asked}
    lines = ["import evalcore"]
    task = columns.pop("name", None)
    if columns:
        lines.append("from evalcore.tasks import TaskSource")
        named = {"name": task or spec.task.name, **columns}
        arguments = [f"task=TaskSource({', '.join(f'{key}={value!r}' for key, value in named.items())})"]
    else:
        arguments = [f"task={task!r}"] if task else []
    arguments += [f"{name}={value!r}" for name, value in asked.items()]
    lines += ["", f"run = evalcore.run({', '.join([repr(model), *arguments])})"]
    how = "" if scoring == "lenient" else f", scoring={scoring!r}"
    return "\n".join([*lines, f"print(evalcore.report(evalcore.score(run{how})))"])


def compare_command(scored_runs: Sequence[ScoredRun], costs: CostsAsked | None = None) -> str:
    """The command that compares runs, or puts several side by side, under their scoring.

    Args:
        costs: what was said of two runs' mistakes; their tables are read from the files that `decide_file` names.
    """
    words = [f"{COMMAND} compare", *(scored.record.run_id for scored in scored_runs)]
    if costs is not None and costs.has_tables:
        for name, value in query_of_asked(replace(costs, review_cost=0.0)).items():
            words.append(_option(name, decide_file(name) if name in TABLE_FIELDS else value))
    if scored_runs[0].scoring != "lenient":
        words.append(f"--scoring {scored_runs[0].scoring}")
    return " ".join(words)


def decide_option(field: str) -> str:
    """The option of `decide` that a field of what is asked has."""
    return f"--{_DECIDE_OPTIONS.get(field, field).replace('_', '-')}"


def decide_file(field: str) -> str:
    """What the file of a table that is asked with is called in the command, and in an archive beside it."""
    return f"{_DECIDE_OPTIONS.get(field, field)}.csv"


def decide_command(decision: Decision, only: Collection[str] = ()) -> str:
    """The command that gives the same answers; tables are read from the files that `decide_file` names.

    Args:
        only: names of the questions; all of them when empty.
    """
    asked, scoring = decision.asked, decision.scored.scoring
    words = [decision.scored.record.run_id]
    if decision.beside is not None:
        words.append(f"--beside {decision.beside.record.run_id}")
    for question in QUESTIONS:
        for name, value in query_of_asked(asked.of(question)).items():
            if name in LOOKED_AT:
                continue
            option = decide_option(name).removeprefix("--")
            if name == "merge":
                words += [_option(option, group) for group in LabelMerge.from_text(value).to_options()]
            elif isinstance(getattr(asked.of(question), name), bool):
                words.append(f"--{option}")
            else:
                words.append(_option(option, decide_file(name) if name in TABLE_FIELDS else value))
    if only:
        words.append(f"--only {' '.join(name.replace('_', '-') for name in QUESTIONS if name in only)}")
    if scoring != "lenient":
        words.append(f"--scoring {scoring}")
    return " ".join([f"{COMMAND} decide", *words])


def _asked(spec: RunSpec) -> dict[str, Any]:
    """What differs from the defaults: fields of the task, then of the spec."""
    usual = RunSpec()
    default = {**asdict(usual), **asdict(usual.task)}
    asked = {**asdict(spec.task), **{name: value for name, value in asdict(spec).items() if name != "task"}}
    return {name: value for name, value in asked.items() if value != default[name]}
