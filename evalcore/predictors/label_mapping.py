"""A classifier's labels -> the task's: by their names, or by their places where a person says that these agree.

Pure: labels in, places out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from evalcore.errors import ModelError, listed, quoted
from evalcore.parse import normal_form
from evalcore.store import LabelsBy
from evalcore.wording import counted


def places(own: Sequence[str], labels: Sequence[str], by: LabelsBy, model: str) -> tuple[int, ...]:
    """Where each of a classifier's labels stands among the task's.

    Args:
        own: the classifier's labels, by id.
        labels: the task's.
        by: `name`, or `id` where a person has confirmed that the labels are the same, in the same order.
        model: its name, for messages.

    Returns:
        Shape (n_labels,): of each id the place in `labels`; each place occurs once.

    Raises:
        ModelError: if they are not the same labels; it holds those that differ, of both lists.
    """
    matched = by_name(own, labels)
    if by == "id":
        _check_by_place(own, labels, matched, model)
        return tuple(range(len(own)))
    if len(matched) == len(own) == len(labels):
        return tuple(matched[at] for at in range(len(own)))
    raise ModelError(_difference(own, labels, matched), where=model, do=_remedy(own, labels))


def by_name(own: Sequence[str], labels: Sequence[str]) -> dict[int, int]:
    """The places of those labels of which the task has one of the same name, by id.

    Names are the same if they are equal, or else if they have one normal form (case, spaces, `_` and `-` are folded)
    that no other label of either list has.
    """
    place_of = {label: place for place, label in enumerate(labels)}
    of_own, of_labels = [normal_form(label) for label in own], [normal_form(label) for label in labels]
    n_own, n_labels = Counter(of_own), Counter(of_labels)
    place_of_form = {form: place for place, form in enumerate(of_labels) if form and n_labels[form] == 1}
    times = Counter(own)
    found = {}
    for at, (label, form) in enumerate(zip(own, of_own, strict=True)):
        if times[label] == 1 and label in place_of:
            found[at] = place_of[label]
        elif n_own[form] == 1 and form in place_of_form:
            found[at] = place_of_form[form]
    return found


def to_confirm(own: Sequence[str], labels: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """What a person would confirm: each of a classifier's labels with the task's in the same place.

    Empty if there is nothing to confirm: the names match, or the places cannot.
    """
    matched = by_name(own, labels)
    if len(own) != len(labels) or len(matched) == len(own) or _contradiction(matched) is not None:
        return ()
    return tuple(zip(own, labels, strict=True))


def _check_by_place(own: Sequence[str], labels: Sequence[str], matched: dict[int, int], model: str) -> None:
    if len(own) != len(labels):
        raise ModelError(
            f"it has {counted(len(own), 'label')} and the task {len(labels)}: they cannot be matched by their places.",
            where=model,
            do=_remedy(own, labels),
        )
    at = _contradiction(matched)
    if at is not None:
        raise ModelError(
            f"by its place, its label {quoted(own[at])} would be the task's {quoted(labels[at])}, but the task has"
            f" {quoted(labels[matched[at]])} in another place.",
            where=model,
            do="Match the labels by their names; where these are wrong, correct id2label in its config.json.",
        )


def _contradiction(matched: dict[int, int]) -> int | None:
    """The first id whose name says another place than its own."""
    return next((at for at, place in matched.items() if at != place), None)


def _difference(own: Sequence[str], labels: Sequence[str], matched: dict[int, int]) -> str:
    """Both lists, without what they have in common."""
    used = set(matched.values())
    only_own = [label for at, label in enumerate(own) if at not in matched]
    only_task = [label for place, label in enumerate(labels) if place not in used]
    said = [f"its {counted(len(own), 'label')} are not the task's {len(labels)}"]
    said += [f"it alone has {listed(only_own)}"] if only_own else []
    said += [f"the task alone has {listed(only_task)}"] if only_task else []
    return f"{': '.join([said[0], '; '.join(said[1:])])}."


def _remedy(own: Sequence[str], labels: Sequence[str]) -> str:
    if to_confirm(own, labels):
        return (
            "If they are the same labels in the same order, confirm it: in the table on the overview, or with"
            " --labels-by id."
        )
    if len(own) == len(labels):  # some have the name of a label in another place
        return "If only their names differ, correct id2label in its config.json. Otherwise choose another model."
    if len(own) > len(labels):
        return "If the data lacks some labels, give the label list (--labels, a file). Otherwise choose another model."
    return "Choose a classifier that was trained on this task's labels."
