"""What was run, how to run it again, and what its numbers cannot mean."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from evalcore.analysis import ScoredRun, labels_with, server_cost, server_cost_words
from evalcore.metrics import FEW_EXAMPLES, absent
from evalcore.output.command import command_of, python_of
from evalcore.output.html.texts import TextRule
from evalcore.parse import PARSER_VERSION
from evalcore.paths import COMMAND
from evalcore.store import MEANINGS, RunRecord
from evalcore.store.planned import planned_seconds
from evalcore.wording import counted, lasting

_SETTINGS = {
    "decoding": "Decoding",
    "max_new_tokens": "Most new tokens",
    "engine": "Engine",
    "batch_size": "Batch size asked for (0: what suits the device)",
    "dtype": "Number format asked for",
    "device": "Device asked for",
    "labels_by": "Labels matched by",
}


@dataclass(frozen=True)
class PromptText:
    """A prompt in full.

    Attributes:
        parts: role and text of each message, before the text that is classified; empty where it is not shown.
        note: what else there is to know of it.
    """

    parts: list[tuple[str, str]]
    note: str


@dataclass(frozen=True)
class RunCard:
    """What decides a run.

    Attributes:
        facts: name and value.
        prompt: None for a model that reads none.
        commands: that run it again; empty for finished predictions from a file.
        python: the same as Python.
        reproduce: in a sentence, what else that takes.
    """

    facts: list[tuple[str, str]]
    prompt: PromptText | None
    commands: str
    python: str
    reproduce: str


def run_card(scored: ScoredRun, rule: TextRule) -> RunCard:
    """All that is stored of what decided the run, and what it took."""
    record = scored.record
    prompt = _prompt(record, rule) if record.kind.reads_prompt else None
    commands, python, said = _reproduce(scored, rule)
    return RunCard(_facts(scored), prompt, commands, python, said)


def _facts(scored: ScoredRun) -> list[tuple[str, str]]:
    record, spec = scored.record, scored.record.spec
    drawn = f"{spec.sample}: {MEANINGS['sample'][spec.sample]}"
    facts = [
        ("Run", record.run_id),
        ("Task", record.task_name),
        ("Read from", record.origin),
        ("Model", spec.model),
        ("Examples", f"{scored.scores.n:,} of {counted(record.split_size, 'example')} of the split"),
        ("Sample", drawn if record.kind.can_run else "all rows of the file"),
        ("Seed", str(spec.seed)),
        ("Labels", f"{scored.scores.labels_present:,} of {scored.scores.labels_total:,} in the sample"),
        ("Scoring", f"{scored.scoring}, parser version {PARSER_VERSION}"),
    ]
    heeded = record.kind.settings
    for name, title in _SETTINGS.items():
        if name in heeded:
            value = str(getattr(spec, name))
            meaning = MEANINGS.get(name, {}).get(value, "")
            facts.append((title, f"{value}: {meaning}" if meaning else value))
    facts += [(f"Identity: {key}", str(value)) for key, value in sorted(record.identity.items())]
    facts += [(key.replace("_", " ").capitalize(), str(value)) for key, value in (record.metadata or {}).items()]
    facts.append(("Sample hash", record.sample_id))
    if record.kind.reads_prompt:
        facts.append(("Prompt hash", record.prompt.fingerprint))
    facts.append(("Time predicting", lasting(record.seconds) if record.seconds else "not measured"))
    planned = planned_seconds(record, record.predicted)
    if planned is not None:
        facts.append(("Time planned", lasting(planned)))
    if cost := server_cost(scored.answers.store, record):
        # Without the age of the price: the same run gives the same file on every day.
        facts.append(("Cost", server_cost_words(cost, cost.price.as_of if cost.price else None)))
    return facts


def _prompt(record: RunRecord, rule: TextRule) -> PromptText:
    prompt = record.prompt
    solved = (
        f" Before the text stand {counted(prompt.shots, 'solved example')} of the train split, drawn with seed "
        f"{record.spec.seed}; their texts are not in this file."
        if prompt.shots
        else ""
    )
    if not rule.shows_prompt(record):
        return PromptText([], f"“{prompt.name}” is a person's own prompt, whose text is left out here.{solved}")
    if prompt.listing == "numbered":
        labels = "\n".join(f"{number}. {label}" for number, label in enumerate(record.label_order, start=1))
    else:
        labels = ", ".join(record.label_order)
    # One pass: a label that contains {text} stays as it is.
    parts = [
        (role, labels.join(text.split("{labels}"))) for role, text in (("system", prompt.system), ("user", prompt.user))
    ]
    return PromptText(parts, f"“{prompt.name}”. {{text}} stands for the text that is classified.{solved}")


def _reproduce(scored: ScoredRun, rule: TextRule) -> tuple[str, str, str]:
    record = scored.record
    spec, prompt = record.spec, record.prompt
    if not record.kind.can_run:
        return (
            "",
            "",
            (
                f"These are finished predictions from a file ({record.origin}); how they were made is not recorded. "
                f"SHA-256 of texts, labels and answers: {record.identity.get('content', 'not known')}. "
                f"`{COMMAND} import FILE` of the same file gives this run again, and "
                f"`{COMMAND} report {record.run_id}` its figures."
            ),
        )
    said = (
        "With the same data and weights and, beside float32 on one device, the same versions, this gives the same "
        "answers; completions that are stored already are not predicted again."
    )
    commands = []
    if record.kind.reads_prompt and not TextRule("left out").shows_prompt(record):  # a person's own
        if rule.shows_prompt(record):
            keep = ["--system", prompt.system, "--user", prompt.user]
            commands.append(f"{COMMAND} prompt {shlex.quote(prompt.name)} {shlex.join(keep)}")
        else:
            said += " The prompt's own text is left out of this file: store it under the same name first."
    commands.append(command_of(spec))
    if scored.scoring != "lenient":
        commands.append(f"{COMMAND} report {record.run_id} --scoring {scored.scoring}")
    return "\n".join(commands), python_of(spec, scored.scoring), said


def limits(scored: ScoredRun, baselines: Sequence[object]) -> list[str]:
    """What the figures of a run cannot mean, in sentences."""
    s, record = scored.scores, scored.record
    said = [
        f"The intervals say how far chance in drawing {counted(s.n, 'example')} reaches, and nothing of texts that are "
        "unlike these.",
    ]
    missing = len(absent(scored.confusion))
    if missing:
        said.append(
            f"{counted(missing, 'label')} of {s.labels_total:,} absent from the sample: nothing is known of them."
        )
    few = len(labels_with(scored, "few examples"))
    if few:
        said.append(
            f"{counted(few, 'label has', 'labels have')} fewer than {FEW_EXAMPLES} examples: read their scores by "
            "their intervals, and do not rank them."
        )
    said.append(
        "The true labels are taken as right: an example that is labelled wrongly counts against a model that is right."
    )
    if s.unparsed:
        said.append("An unparsed answer counts as wrong, also where a person would have understood it.")
    if record.kind.reads_prompt:
        said.append("It is the score of this prompt: another wording of it may score otherwise.")
    if not record.kind.is_baseline:
        said.append("Whether the model saw these examples when it was trained is not known.")
    if not record.kind.can_run:
        said.append("The predictions were made elsewhere: model, prompt and settings are not on record.")
    if not baselines and not record.kind.is_baseline:
        said.append("Without a baseline on the same examples it is open whether a simple classifier does as well.")
    if s.n < record.n:
        said.append(f"The run is not finished: {s.n:,} of {counted(record.n, 'example')}.")
    return said
