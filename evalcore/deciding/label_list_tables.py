"""The question “Label list”, as plain data and as tables."""

from __future__ import annotations

from typing import Any

from evalcore.deciding.answer import Rows, plain, plain_pair
from evalcore.deciding.label_list_found import FoundLabelList, HierarchyScores, ListScores


def as_json(answer: FoundLabelList) -> dict[str, Any]:
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


def tables(answer: FoundLabelList) -> dict[str, Rows]:
    """What can be exported, by file name."""
    found: dict[str, Rows] = {
        "label_list": [_list_row("old", answer.before), _list_row("new", answer.after)],
        "suggested_merges": _pair_rows(answer),
        "merge_path": _path_rows(answer),
    }
    if answer.in_hierarchy is not None:
        found["hierarchy"] = _level_rows(answer.in_hierarchy)
    return found


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


def _pair_rows(answer: FoundLabelList) -> list[dict[str, Any]]:
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


def _path_rows(answer: FoundLabelList) -> list[dict[str, Any]]:
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
