"""A part of a run's examples, by the name that it has on the command line: `label=refund_status`, `length>200`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalcore.analysis.between import Mask
from evalcore.analysis.scored_run import ScoredRun
from evalcore.errors import SpecError, first_line, listed, quoted
from evalcore.store import stream_texts

Field = Literal["all", "label", "predicted", "text", "length"]
ALL = "all"
"""The slice that holds every example."""
FORMS = "label=LABEL, predicted=LABEL, text~WORDS, length>N, length<N, all"
_FORM = re.compile(r"(\w+)\s*(=|~|>=|<=|>|<)\s*(.+)", re.DOTALL)
_SIGNS: dict[Field, tuple[str, ...]] = {
    "label": ("=",), "predicted": ("=",), "text": ("~",), "length": (">", "<", ">=", "<="),
}  # fmt: skip


@dataclass(frozen=True)
class Slice:
    """A condition on an example.

    Attributes:
        name: as it was given.
        field: what it is about.
        sign: `=`, `~` (the text holds what the regular expression finds, ignoring case), or a comparison of the text's
            length in characters.
        value: a label, a regular expression or a number.
    """

    name: str
    field: Field
    sign: str = ""
    value: str = ""

    @property
    def by_true_label(self) -> bool:
        """Whether the true label alone decides, so that a stratified sample stays one."""
        return self.field in ("all", "label")

    def mask(self, scored: ScoredRun) -> Mask:
        """Shape (n_completed,): which of a run's answers are in it."""
        if self.field == "all":
            return np.ones(len(scored.y_true), dtype=bool)
        if self.field == "length":
            n, chars = int(self.value), scored.columns.chars
            found = {">": chars > n, "<": chars < n, ">=": chars >= n, "<=": chars <= n}[self.sign]
            return np.asarray(found)
        if self.field == "text":
            pattern = re.compile(self.value, re.IGNORECASE)
            holds = np.zeros(scored.record.n, dtype=bool)
            for position, text in stream_texts(scored.answers.store, scored.record):
                holds[position] = pattern.search(text) is not None
            return np.asarray(holds[scored.positions])
        codes = scored.y_true if self.field == "label" else scored.y_pred
        return np.asarray(codes == scored.labels.index(self.value))


def slice_of(name: str, scored: ScoredRun) -> Slice:
    """Read a slice's name.

    Raises:
        SpecError: if it is no slice, or names a label or needs texts that the run does not have.
    """
    if name == ALL:
        return Slice(name, "all")
    form = _FORM.fullmatch(name)
    field = next((field for field, signs in _SIGNS.items() if form and form[1] == field and form[2] in signs), None)
    if form is None or field is None:
        raise SpecError(f"{quoted(name)} names no part of a run's examples.", where="slice", do=f"Use {FORMS}.")
    sign, value = form[2], form[3]
    if field in ("label", "predicted") and value not in scored.labels:
        raise SpecError(
            f"there is no label {quoted(value)}.", where=f"slice {quoted(name)}", do=f"Labels: {listed(scored.labels)}."
        )
    if field in ("text", "length") and not scored.columns.chars.any():
        raise SpecError(
            "this run has no texts.", where=f"slice {quoted(name)}", do="Choose the examples by their label."
        )
    if field == "length" and not (value.isascii() and value.isdigit() and len(value) < 10):
        raise SpecError(
            f"{quoted(value)} is no number of characters.", where=f"slice {quoted(name)}", do="Use length>200."
        )
    if field == "text":
        try:
            re.compile(value)
        except (re.error, OverflowError, RecursionError) as error:
            what = f"this is no regular expression: {first_line(error)}."
            raise SpecError(
                what, where=f"slice {quoted(name)}", do="A backslash before a sign takes it as typed."
            ) from None
    return Slice(name, field, sign, value)
