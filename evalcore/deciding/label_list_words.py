"""The question “Label list”, in sentences."""

from __future__ import annotations

from evalcore.deciding.label_list_found import FoundLabelList, HierarchyScores
from evalcore.metrics import Interval
from evalcore.metrics.decisions.merging_intervals import LEAST_PICKED
from evalcore.wording import counted, interval, percent, points

GIVEN_TO_THE_OLD = (
    "The answers were given to the old list: a model that is asked with the new list may answer otherwise."
)
NEVER_LOWERS = "Merging never lowers accuracy: what counts is what the distinction is worth."


def sentences(answer: FoundLabelList) -> list[str]:
    """The answer for one run; the first one is the answer."""
    if not answer.before.scores.n:
        return ["There are no answers yet."]
    said = [_changed(answer), *_behind(answer)] if answer.merge else [_suggested(answer)]
    if answer.in_hierarchy is not None:
        said += _hierarchy(answer.in_hierarchy)
    return said


def _changed(answer: FoundLabelList) -> str:
    old, new = answer.before, answer.after
    if not new.scores.n:
        return f"All examples are of dropped labels: of the {counted(len(new.labels), 'label')} left none occurs."
    change = new.scores.accuracy - old.scores.accuracy
    said = (
        f"{len(new.labels):,} instead of {counted(len(old.labels), 'label')}: {percent(new.scores.accuracy)} instead of"
    )
    said += f" {percent(old.scores.accuracy)} of the same answers are right, {points(change)} points"
    if answer.not_counted:
        return f"{said}; {counted(answer.not_counted, 'example counts', 'examples count')} no more."
    return f"{said} (95 % interval {interval(answer.gain_interval)})."


def _behind(answer: FoundLabelList) -> list[str]:
    old, new = answer.before, answer.after
    said = [GIVEN_TO_THE_OLD]
    if not new.scores.n:
        return said
    if answer.not_counted and answer.gained:
        said.append(
            f"Merging makes {counted(answer.gained, 'answer')} right, {percent(answer.gain)} of the examples left"
            f" (95 % interval {interval(answer.gain_interval)})."
        )
    if answer.outside:
        said.append(f"{counted(answer.outside, 'answer names', 'answers name')} a dropped label and count as wrong.")
    if answer.gained:
        gain, bounds = answer.held_out_gain
        said += [
            "If these labels were put together because of the confusions seen here, part of that is luck: on the half"
            f" of the examples that suggested nothing the gain is {points(gain)} points"
            f" ({_held_out_interval(bounds)}).",
            NEVER_LOWERS,
        ]
    said.append(
        f"To compare: guessing is right in {percent(new.chance)} instead of {percent(old.chance)}, always answering"
        f" “{new.majority}” in {percent(new.majority_share)} instead of {percent(old.majority_share)}"
        f" (“{old.majority}”)."
    )
    said.append(
        f"Macro-F1 is {percent(new.scores.macro_f1_present)} instead of {percent(old.scores.macro_f1_present)}; it is"
        " a mean over other labels now, so their difference has no interval."
    )
    if answer.summed is not None:
        of = answer.summed
        said.append(
            f"If the probabilities of merged labels are added up, {counted(of.changed, 'answer')} change"
            f"{'s' if of.changed == 1 else ''}: {percent(of.accuracy)} right"
            f" ({points((of.gained - of.lost) / new.scores.n)} points, 95 % interval"
            f" {interval(of.difference_interval, signed=True)})."
        )
    return said


def _held_out_interval(bounds: Interval) -> str:
    if bounds[0] == bounds[0]:
        return f"95 % interval {interval(bounds)}"
    return f"interval not estimable at this n: fewer than {LEAST_PICKED} such confusions on the other half"


def _suggested(answer: FoundLabelList) -> str:
    pairs = answer.suggestions.pairs
    if not pairs:
        return "No two labels are confused with each other here: nothing suggests that any should be merged."
    best = pairs[0]
    first, second = (answer.before.labels[code] for code in (best.first, best.second))
    if best.picked < LEAST_PICKED:
        return (
            f"No merge suggests itself: no two labels are confused more than {LEAST_PICKED - 1} times among the"
            f" {int(answer.suggestions.picking.sum()):,} examples that merges are picked on."
        )
    return (
        f"The merge that suggests itself: “{first}” with “{second}”, which would make {percent(best.gain)} more of the"
        f" answers right (95 % interval {interval(best.interval)})."
    )


def _hierarchy(of: HierarchyScores) -> list[str]:
    inside, top = of.inside, of.levels[0]
    said = []
    if inside.wrong:
        said.append(
            f"{percent(inside.share)} of the wrong answers ({inside.inside:,} of {inside.wrong:,}, 95 % interval"
            f" {interval(inside.interval)}) stay inside the right group; if they named any other label alike it would"
            f" be {percent(inside.by_chance)}."
        )
    said.append(
        f"The right one of {counted(top.nodes, 'group')} is named in {percent(top.accuracy)}"
        f" (95 % interval {interval(top.interval)}); hierarchical F1 is {percent(of.scores.f1)}"
        f" (95 % interval {interval(of.scores.f1_interval)})."
    )
    return said
