"""Results -> the command, or the Python, that gives them again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from evalcore.analysis import ScoredRun
from evalcore.parse import Scoring
from evalcore.paths import COMMAND
from evalcore.store import RunSpec
from evalcore.tasks import LabelMerge


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


def compare_command(scored_runs: Sequence[ScoredRun]) -> str:
    """The command that compares runs, or puts several side by side, under their scoring."""
    names, scoring = " ".join(scored.record.run_id for scored in scored_runs), scored_runs[0].scoring
    return f"{COMMAND} compare {names}" + ("" if scoring == "lenient" else f" --scoring {scoring}")


def _asked(spec: RunSpec) -> dict[str, Any]:
    """What differs from the defaults: fields of the task, then of the spec."""
    usual = RunSpec()
    default = {**asdict(usual), **asdict(usual.task)}
    asked = {**asdict(spec.task), **{name: value for name, value in asdict(spec).items() if name != "task"}}
    return {name: value for name, value in asked.items() if value != default[name]}
