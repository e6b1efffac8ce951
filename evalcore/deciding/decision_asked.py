"""What is asked over all questions: their names, and which of their fields hold tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

from evalcore.deciding.asked import Asked
from evalcore.deciding.cost_table import CostsAsked
from evalcore.deciding.frontier_found import FrontierAsked
from evalcore.deciding.label_list import LabelListAsked
from evalcore.deciding.review_found import ReviewAsked
from evalcore.deciding.traffic_mix import TrafficAsked
from evalcore.errors import SpecError, quoted

QUESTIONS = {
    "review": "How much must a person check?",
    "costs": "What do mistakes cost?",
    "traffic": "How will it do on my traffic?",
    "label_list": "Is the label list right?",
    "frontier": "Which run?",
}
"""Each question by its name, which is also that of its field in `DecisionAsked`."""

TABLE_FIELDS = ("actions", "costs", "mix", "predicted_counts", "hierarchy")
"""The fields, over all questions, that hold a table as CSV."""

LOOKED_AT = ("way", "cut", "anew")
"""The fields that only say which part of an answer the page shows."""


@dataclass(frozen=True)
class DecisionAsked:
    """What is asked, by question."""

    review: ReviewAsked = field(default_factory=ReviewAsked)
    costs: CostsAsked = field(default_factory=CostsAsked)
    traffic: TrafficAsked = field(default_factory=TrafficAsked)
    label_list: LabelListAsked = field(default_factory=LabelListAsked)
    frontier: FrontierAsked = field(default_factory=FrontierAsked)

    def of(self, question: str) -> Asked:
        """What is asked in one question."""
        asked: Asked = getattr(self, question)
        return asked

    @classmethod
    def of_fields(cls, given: Mapping[str, Any]) -> DecisionAsked:
        """From the fields of all questions together: no two of them have the same name.

        Raises:
            SpecError: if there is no such field.
        """
        questions: Mapping[str, type[Any]] = {
            "review": ReviewAsked, "costs": CostsAsked, "traffic": TrafficAsked, "label_list": LabelListAsked,
            "frontier": FrontierAsked,
        }  # fmt: skip
        known = {one.name: one for cls_ in questions.values() for one in fields(cls_)}
        names = {one.name: question for question, cls_ in questions.items() for one in fields(cls_)}
        if unknown := sorted(given.keys() - names.keys()):
            raise SpecError(f"nothing called {unknown[0]!r} can be asked.", do=f"Choose among {', '.join(names)}.")
        for name, value in given.items():
            _check(known[name], value)
        return cls(
            **{
                question: cls_(**{name: value for name, value in given.items() if names[name] == question})
                for question, cls_ in questions.items()
            }
        )

    def about(self, questions: Collection[str]) -> DecisionAsked:
        """What some of the questions rest on; the fields of the others are as if nothing was asked."""
        needed = {*questions, *(["costs"] if "frontier" in questions else [])}
        kept: dict[str, Any] = {name: self.of(name) for name in QUESTIONS if name in needed}
        return DecisionAsked(**kept)

    @property
    def tables(self) -> dict[str, str]:
        """The tables that were given, by the names of their fields."""
        given = {one.name: getattr(self.of(name), one.name) for name in QUESTIONS for one in fields(self.of(name))}
        return {name: given[name] for name in TABLE_FIELDS if given[name]}


def _check(one: Field[Any], value: Any) -> None:
    """Refuse a value that is not what a field holds.

    Raises:
        SpecError: if it is of another kind, out of the field's range, or none of its choices.
    """
    if isinstance(one.default, bool | str):
        fits, what = (
            isinstance(value, type(one.default)),
            "True or False" if isinstance(one.default, bool) else "a text",
        )
        if choices := one.metadata.get("choices"):
            fits, what = value in choices, f"one of {', '.join(map(repr, choices))}"
    else:
        low, high = one.metadata["low"], one.metadata["high"]
        whole = isinstance(one.default, int)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = is_number and low <= value <= high and (not whole or value == int(value))
        what = f"a {'whole ' if whole else ''}number from {low:,} to {high:,.12g}"
    if not fits:
        raise SpecError(f"{one.name} cannot be {quoted(repr(value))}.", do=f"It is {what}.")
