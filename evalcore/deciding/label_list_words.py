"""The question “Label list” in words, as plain data and as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalcore.deciding.answer import Rows, plain, plain_pair
from evalcore.metrics import Interval
from evalcore.metrics.decisions.merging_intervals import LEAST_PICKED
from evalcore.wording import counted, interval, percent, points

if TYPE_CHECKING:
    from evalcore.deciding.label_list_answer import HierarchyScores, LabelListAnswer, ListScores
    from evalcore.deciding.label_list_compared import ComparedLabelList, ComparedScores

GIVEN_TO_THE_OLD = (
    "The answers were given to the old list: a model that is asked with the new list may answer otherwise."
)
NEVER_LOWERS = "Merging never lowers accuracy: what counts is what the distinction is worth."


def sentences(answer: LabelListAnswer) -> list[str]:
    """The answer for one run; the first one is the answer."""
    if not answer.before.scores.n:
        return ["There are no answers yet."]
    said = [_changed(answer), *_behind(answer)] if answer.merge else [_suggested(answer)]
    if answer.in_hierarchy is not None:
        said += _hierarchy(answer.in_hierarchy)
    return said


def _changed(answer: LabelListAnswer) -> str:
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


def _behind(answer: LabelListAnswer) -> list[str]:
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


def _suggested(answer: LabelListAnswer) -> str:
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


def compared_sentences(of: ComparedLabelList) -> list[str]:
    """The answer for two runs."""
    if not of.merge:
        return [
            f"Under the list as it is, {_verdict(of.before)}. Change the list to see whether that depends on it.",
        ]
    if not of.after.n:
        return ["All shared examples are of dropped labels.", GIVEN_TO_THE_OLD]
    before, after = of.before.winner, of.after.winner
    if before == after:
        first = "The same run is better under both lists" if before else "Under neither list one of them is better"
    elif before and after:
        first = f"The winner changes from {before} to {after}"
    else:
        first = f"{before} is no longer better" if before else f"{after} becomes better"
    return [
        f"{first}: with {counted(of.after.labels, 'label')}, {_verdict(of.after)};"
        f" with {of.before.labels:,}, {_verdict(of.before)}.",
        GIVEN_TO_THE_OLD,
    ]


def _verdict(of: ComparedScores) -> str:
    bounds = f"{points(of.difference)} points, 95 % interval {interval(of.accuracy_interval, signed=True)}"
    said = f"{of.winner} is better" if of.winner else "A and B cannot be told apart"
    return f"{said} ({percent(of.accuracy_a)} and {percent(of.accuracy_b)}; {bounds})"


def as_json(answer: LabelListAnswer) -> dict[str, Any]:
    """Plain data: shares in [0, 1], NaN as None."""
    gain, bounds = answer.held_out_gain
    summed, of = answer.summed, answer.in_hierarchy
    return {
        "merge": {name: list(olds) for name, olds in answer.merge.groups if name},
        "dropped": [old for name, olds in answer.merge.groups if not name for old in olds],
        "before": _list_json(answer.before),
        "after": _list_json(answer.after),
        "gained": answer.gained,
        "gain": plain(answer.gain),
        "gain_interval": plain_pair(answer.gain_interval),
        "held_out_gain": plain(gain),
        "held_out_gain_interval": plain_pair(bounds),
        "not_counted": answer.not_counted,
        "outside": answer.outside,
        "summed": None
        if summed is None
        else {
            "known": summed.known,
            "changed": summed.changed,
            "gained": summed.gained,
            "lost": summed.lost,
            "accuracy": plain(summed.accuracy),
            "difference_interval": plain_pair(summed.difference_interval),
        },
        "hierarchy": None
        if of is None
        else {
            "levels": [dict(row) for row in _level_rows(of)],
            "precision": plain(of.scores.precision),
            "precision_interval": plain_pair(of.scores.precision_interval),
            "recall": plain(of.scores.recall),
            "recall_interval": plain_pair(of.scores.recall_interval),
            "f1": plain(of.scores.f1),
            "f1_interval": plain_pair(of.scores.f1_interval),
            "wrong": of.inside.wrong,
            "inside": of.inside.inside,
            "inside_share": plain(of.inside.share),
            "inside_interval": plain_pair(of.inside.interval),
            "inside_by_chance": plain(of.inside.by_chance),
        },
        "suggested_merges": [dict(row) for row in _pair_rows(answer)],
        "merge_path": [dict(row) for row in _path_rows(answer)],
    }


def tables(answer: LabelListAnswer) -> dict[str, Rows]:
    """What can be exported, by file name."""
    found: dict[str, Rows] = {
        "label_list": [_list_row("old", answer.before), _list_row("new", answer.after)],
        "suggested_merges": _pair_rows(answer),
        "merge_path": _path_rows(answer),
    }
    if answer.in_hierarchy is not None:
        found["hierarchy"] = _level_rows(answer.in_hierarchy)
    return found


def compared_json(of: ComparedLabelList) -> dict[str, Any]:
    """Plain data of two runs."""
    return {
        "merge": {name: list(olds) for name, olds in of.merge.groups if name},
        "dropped": [old for name, olds in of.merge.groups if not name for old in olds],
        "lists": [dict(row) for row in compared_rows(of)],
    }


def compared_rows(of: ComparedLabelList) -> Rows:
    """Both lists, a row each."""
    return [
        {
            "list": name,
            "labels": one.labels,
            "n": one.n,
            "accuracy_a": plain(one.accuracy_a),
            "accuracy_b": plain(one.accuracy_b),
            "difference": plain(one.difference),
            "low": plain(one.accuracy_interval[0]),
            "high": plain(one.accuracy_interval[1]),
            "p": one.p,
            "macro_f1_a": plain(one.macro_f1_a),
            "macro_f1_b": plain(one.macro_f1_b),
            "macro_f1_low": plain(one.macro_f1_interval[0]),
            "macro_f1_high": plain(one.macro_f1_interval[1]),
            "better": one.winner,
        }
        for name, one in (("old", of.before), ("new", of.after))
    ]


def _list_json(of: ListScores) -> dict[str, Any]:
    return {
        "labels": list(of.labels),
        "n": of.scores.n,
        "accuracy": plain(of.scores.accuracy),
        "accuracy_interval": plain_pair(of.intervals.accuracy),
        "macro_f1": plain(of.scores.macro_f1_present),
        "macro_f1_interval": plain_pair(of.intervals.macro_f1_present),
        "chance": of.chance,
        "majority": of.majority,
        "majority_share": plain(of.majority_share),
    }


def _list_row(name: str, of: ListScores) -> dict[str, Any]:
    return {
        "list": name,
        "labels": len(of.labels),
        "n": of.scores.n,
        "accuracy": plain(of.scores.accuracy),
        "accuracy_low": plain(of.intervals.accuracy[0]),
        "accuracy_high": plain(of.intervals.accuracy[1]),
        "macro_f1": plain(of.scores.macro_f1_present),
        "macro_f1_low": plain(of.intervals.macro_f1_present[0]),
        "macro_f1_high": plain(of.intervals.macro_f1_present[1]),
        "chance": of.chance,
        "majority_share": plain(of.majority_share),
    }


def _pair_rows(answer: LabelListAnswer) -> list[dict[str, Any]]:
    labels = answer.before.labels
    return [
        {
            "first": labels[pair.first],
            "second": labels[pair.second],
            "first_as_second": pair.there,
            "first_examples": pair.support_first,
            "second_as_first": pair.back,
            "second_examples": pair.support_second,
            "picked_on": pair.picked,
            "gain": plain(pair.gain),
            "low": plain(pair.interval[0]),
            "high": plain(pair.interval[1]),
        }
        for pair in answer.suggestions.pairs
    ]


def _path_rows(answer: LabelListAnswer) -> list[dict[str, Any]]:
    labels = answer.before.labels
    return [
        {
            "merges": at,
            "labels": step.labels,
            "joined": " + ".join(labels[code] for code in step.joined.codes),
            "gain": plain(step.gain),
            "low": plain(step.interval[0]),
            "high": plain(step.interval[1]),
            "accuracy": plain(step.accuracy),
        }
        for at, step in enumerate(answer.suggestions.path[: answer.best], 1)
    ]


def _level_rows(of: HierarchyScores) -> list[dict[str, Any]]:
    return [
        {
            "level": level.name,
            "nodes": level.nodes,
            "right": level.right,
            "accuracy": plain(level.accuracy),
            "low": plain(level.interval[0]),
            "high": plain(level.interval[1]),
        }
        for level in of.levels
    ]
