"""Free text read strictly -> free text read leniently -> choosing among the labels, on the same examples.

What a model loses before the last step it loses to the format of its answers: it knew the label and did not write it
as asked. What it lacks at the last step is classification: no reading of its answers can win that back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.comparison import Comparison
from evalcore.analysis.pairing import shared_examples
from evalcore.analysis.scored_run import ScoredRun
from evalcore.metrics import Counts, Interval, wilson_interval
from evalcore.store import CHOOSING, RunRecord, RunSpec, checked
from evalcore.wording import counted, interval, percent, points

StepName = Literal["strict", "lenient", "choose"]
STEPS: dict[StepName, str] = {
    "strict": "Free text, strict",
    "lenient": "Free text, lenient",
    "choose": "Choosing a label",
}
ClimbName = Literal["read leniently", "choose"]
CLIMBS: dict[ClimbName, str] = {"read leniently": "read leniently", "choose": "choose instead of write"}
"""What is done from one step to the next."""
ALWAYS = ("always right", "never right")
"""Examples that every step gets right, that none does."""

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Step:
    """One way to have the examples answered.

    Attributes:
        scored: the run, under the scoring of this step.
        at: shape (n,), the rows of that run.
    """

    name: StepName
    scored: ScoredRun
    at: NDArray[np.int64]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Shape (n,): whether each example is answered rightly."""
        right: NDArray[np.bool_] = (self.scored.y_pred == self.scored.y_true)[self.at]
        return right

    @property
    def accuracy(self) -> float:
        """Share of right answers."""
        return float(self.right.mean())

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval of it."""
        return wilson_interval(int(self.right.sum()), len(self.at))

    @property
    def unparsed(self) -> int:
        """How many answers name no label."""
        return int((self.scored.y_pred[self.at] == -1).sum())


@dataclass(frozen=True)
class Ladder:
    """The steps for which there is a run: the first two, all three, or the last alone.

    Attributes:
        steps: on the same examples, in order.
        n: how many these are.
    """

    steps: tuple[Step, ...]

    @property
    def n(self) -> int:
        """Number of examples."""
        return len(self.steps[0].at)

    @cached_property
    def climbs(self) -> dict[ClimbName, Comparison]:
        """Each step compared with the one before: gains are its `fixed`, losses its `broken`."""
        pairs = zip(self.steps, self.steps[1:], strict=False)
        return {_climb_to(after): _compared(before, after) for before, after in pairs}

    @cached_property
    def whole(self) -> Comparison | None:
        """The last step compared with the first; None if there is only one."""
        return _compared(self.steps[0], self.steps[-1]) if len(self.steps) > 1 else None

    @property
    def doors(self) -> tuple[str, ...]:
        """What `rows_of` knows."""
        return (*(f"{name}:{group}" for name in self.climbs for group in ("fixed", "broken")), *ALWAYS)

    def rows_of(self, door: str) -> tuple[Step, Rows]:
        """The examples behind a count, and the step at which to look at them.

        Args:
            door: `CLIMB:fixed`, `CLIMB:broken`, or one of `ALWAYS`.

        Returns:
            A step, and rows of its run; none for what does not exist.
        """
        climb, _, group = door.partition(":")
        step = next((step for step in self.steps[1:] if _climb_to(step) == climb), self.steps[-1])
        right = np.array([each.right for each in self.steps])
        rows = np.array([], dtype=np.intp)
        if door == ALWAYS[0]:
            rows = np.flatnonzero(right.all(axis=0))
        elif door == ALWAYS[1]:
            rows = np.flatnonzero(~right.any(axis=0))
        elif door in self.doors:
            rows = self.climbs[_climb_to(step)].rows_of(group)
        return step, step.at[rows].astype(np.intp)


def build_ladder(free: tuple[ScoredRun, ScoredRun] | None, choosing: ScoredRun | None) -> Ladder:
    """The ladder of a model.

    Args:
        free: the run that answers freely, scored strictly and leniently; None if there is none.
        choosing: the run that chooses, on the same sample; None if there is none. Not both are.

    Raises:
        SpecError: if no example has been answered by both yet.
    """
    if free is None:
        if choosing is None:
            raise ValueError("a ladder of no run")
        return Ladder((Step("choose", choosing, np.arange(len(choosing.y_true))),))
    strict, lenient = free
    if choosing is None:
        every = np.arange(len(strict.y_true))
        return Ladder((Step("strict", strict, every), Step("lenient", lenient, every)))
    # A choosing run answers with labels, which both scorings read alike.
    same_scoring = strict if choosing.scoring == "strict" else lenient
    at_free, at_choosing = shared_examples(same_scoring, choosing)
    return Ladder(
        (Step("strict", strict, at_free), Step("lenient", lenient, at_free), Step("choose", choosing, at_choosing))
    )


def chooses(record: RunRecord) -> bool:
    """Whether a run's answers are chosen among the labels."""
    return record.kind.reads_prompt and record.spec.decoding in CHOOSING


def partner_of(record: RunRecord, others: Iterable[RunRecord]) -> RunRecord | None:
    """The run that a ladder needs beside this one: the same model, prompt and examples, but free where this chooses.

    Args:
        others: runs on the same sample, the one that is preferred first. Of those, plain and summed go before others.
    """

    def same(other: RunRecord) -> bool:
        decided = ("predictor", "model", "adapter", "dtype", "revision", "url")
        return (
            other.sample_id == record.sample_id
            and other.prompt.fingerprint == record.prompt.fingerprint
            and other.label_order == record.label_order
            and all(other.identity.get(name) == record.identity.get(name) for name in decided)
            and chooses(other) != chooses(record)
        )

    found = [other for other in others if same(other)] if record.kind.reads_prompt else []
    return min(found, key=lambda other: other.spec.decoding not in ("plain", "choose"), default=None)


def lacking_spec(record: RunRecord) -> RunSpec | None:
    """What to run for the step that is missing beside a run; None where its model cannot be asked for it."""
    if chooses(record):
        return checked(replace(record.spec, decoding="plain"))
    if record.kind.can_run and record.kind.gives_label_scores:
        return checked(replace(record.spec, decoding="choose"))
    return None


def ladder_words(ladder: Ladder) -> list[str]:
    """What the ladder shows, in sentences: classification skill and format skill, told apart."""
    steps = {step.name: step for step in ladder.steps}
    said = []
    if "choose" in steps:
        best = steps["choose"]
        said.append(
            f"Classification skill: choosing among the {counted(len(best.scored.labels), 'label')} is right on"
            f" {percent(best.accuracy)} ({interval(best.interval)}) of {counted(ladder.n, 'example')}."
        )
    if "strict" in steps:
        said.append(_format_words(ladder, steps))
    return said


def _format_words(ladder: Ladder, steps: dict[StepName, Step]) -> str:
    whole, lenient = ladder.whole, ladder.climbs.get("read leniently")
    if whole is None or lenient is None:
        return ""
    strict = f"free text, read strictly, is right on {percent(steps['strict'].accuracy)}"
    won = f"reading it leniently gains {_change(lenient)}"
    if "choose" not in steps:
        return f"Format skill: {strict}; {won}. How much choosing would gain is not known yet."
    low, high = whole.interval
    if low > 0:
        return f"Format skill: {strict}; {won}, and choosing gains {_change(ladder.climbs['choose'])} more."
    if high < 0:
        lost = f"choosing changes that by {_change(whole)}: what it writes is better than what it ranks first"
        return f"Format skill: {strict}; {lost}."
    return f"Format skill: {strict}. No loss to the format can be seen: choosing changes that by {_change(whole)}."


def _change(comparison: Comparison) -> str:
    return f"{points(comparison.counts.difference)} points ({interval(comparison.interval, signed=True)})"


def ladder_as_json(ladder: Ladder) -> dict[str, Any]:
    """The ladder as JSON values; shares and differences in [-1, 1]."""
    return {
        "n": ladder.n,
        "steps": [
            {
                "step": step.name,
                "run": step.scored.record.run_id,
                "decoding": step.scored.record.spec.decoding,
                "accuracy": step.accuracy,
                "accuracy_interval": list(step.interval),
                "unparsed": step.unparsed,
            }
            for step in ladder.steps
        ],
        "climbs": [
            {
                "climb": name,
                "gained": climb.counts.fixed,
                "lost": climb.counts.broken,
                "difference": climb.counts.difference,
                "difference_interval": list(climb.interval),
                "p": climb.p,
            }
            for name, climb in [*ladder.climbs.items(), *([("whole", ladder.whole)] if ladder.whole else [])]
        ],
        "always_right": len(ladder.rows_of(ALWAYS[0])[1]),
        "never_right": len(ladder.rows_of(ALWAYS[1])[1]),
        "words": ladder_words(ladder),
    }


def _climb_to(step: Step) -> ClimbName:
    names: dict[StepName, ClimbName] = dict(zip(("lenient", "choose"), get_args(ClimbName), strict=True))
    return names[step.name]


def _compared(before: Step, after: Step) -> Comparison:
    """Two steps paired by example. They may be two scorings of one run, which `compare` would refuse."""
    a, b = before.scored, after.scored
    place = {label: at for at, label in enumerate(a.labels)}
    to_a: Counts = np.array([*(place[label] for label in b.labels), -1], dtype=np.int64)
    y_true, y_a, y_b = a.y_true[before.at], a.y_pred[before.at], to_a[b.y_pred[after.at]]
    return Comparison(y_true, y_a, y_b, a=a, b=b, at_a=before.at, at_b=after.at, same_sample=True)
