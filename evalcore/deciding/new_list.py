"""A run with a changed label list: what would make it, which stored run it is, and whether asking anew was worth it.

A changed list can be tried on what is stored: the old answers are merged. They were given to the old list, though. The
run with the new list asks the same model for the same texts, and is compared with the merged answers text by text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis import BOTH_WRONG, PairedAnswers, ScoredRun
from evalcore.analysis.pairing import paired_by_content
from evalcore.deciding.answer import Rows
from evalcore.errors import SpecError
from evalcore.metrics import (
    LEVEL,
    PAIR_GROUPS,
    UNPARSED,
)
from evalcore.parse import LabelParser
from evalcore.store import Identity, RunRecord, RunSpec, checked
from evalcore.tasks import DROPPED, LabelMerge
from evalcore.wording import counted, figure, interval, p_value, percent, points

Indices = NDArray[np.int64]
Kind = Literal["better", "worse", "undecided", "same"]

DOORS = ("fixed", "broken", BOTH_WRONG)
"""Groups of examples that a page opens."""
_OF_THE_LABELS = ("labels", "choices", "train")
"""Parts of a model's identity that are another with another label list."""


def spec_with_new_list(scored: ScoredRun, merge: LabelMerge) -> RunSpec:
    """What asks the same model in the same way for the same texts, less those of labels that are dropped.

    Args:
        scored: the run; its own list may have been changed already.
        merge: the change of the run's labels.

    Raises:
        SpecError: if there is no such run; it says why.
    """
    record = scored.record
    if not record.kind.can_run:
        raise SpecError(
            "these predictions were imported, so that no model can be asked again.", do="Import its answers to the new"
            " list, or run the model here."
        )  # fmt: skip
    if record.kind.has_own_labels:
        raise SpecError(
            "an encoder classifier has the labels that it was trained on, and gives the same answers with any list.",
            do="Its merged answers are what it can do with the new one.",
        )
    if len(scored.y_true) < record.n:
        raise SpecError("the run is not complete.", do="Go on with it first: both are to be on the same texts.")
    codes = merge.codes(record.labels)
    n = int((codes[scored.y_true] != DROPPED).sum())
    if not n:
        raise SpecError("all examples of this run are of labels that are dropped.", do="Drop fewer.")
    changed = LabelMerge.from_text(record.spec.task.merge).then(merge)
    return checked(replace(record.spec, n=n, task=replace(record.spec.task, merge=changed.to_text())))


def run_with_new_list(scored: ScoredRun, merge: LabelMerge, records: Iterable[RunRecord]) -> RunRecord | None:
    """The stored run of just that: of the same model with the same prompt. None if there is none, or cannot be one.

    Args:
        scored, merge: as `spec_with_new_list` takes them.
        records: of the stored runs, the newest first.
    """
    try:
        wanted = spec_with_new_list(scored, merge)
    except SpecError:
        return None
    prompt, model = scored.record.prompt.fingerprint, _model(scored.record.identity)
    return next(
        (r for r in records if r.spec == wanted and r.prompt.fingerprint == prompt and _model(r.identity) == model),
        None,
    )


def _model(identity: Identity) -> Identity:
    return {name: value for name, value in identity.items() if name not in _OF_THE_LABELS}


@dataclass(frozen=True)
class NewListVerdict(PairedAnswers):
    """The answers to the new list (B) against the old ones, merged (A).

    Attributes:
        y_true, y_a, y_b: codes into the new run's labels; of A, -1 is also an answer that names a label which was
            dropped.
        old, new: the runs, under the same scoring.
        at_old, at_new: shape (n,), indices into the answers of both of each shared example, in the old run's order.
        old_names: how many of the new answers that are unparsed name a label of the old list.
    """

    old: ScoredRun
    new: ScoredRun
    at_old: Indices
    at_new: Indices
    old_names: int

    @property
    def labels(self) -> tuple[str, ...]:
        """The new list."""
        return self.new.labels

    @property
    def kind(self) -> Kind:
        """Of the new list against the old one; `better` and `worse` only where p is below 0.05."""
        if not self.counts.fixed + self.counts.broken:
            return "same"
        if self.p >= LEVEL:
            return "undecided"
        return "better" if self.counts.difference > 0 else "worse"

    @property
    def sentences(self) -> list[str]:
        """The verdict, and what it rests on. Without labels, but of them."""
        counts = self.counts
        old, new = (f"{percent(share)} ({interval(bounds)})" for share, bounds in self.accuracies)
        said = [
            self._verdict(),
            f"Accuracy: {new} asked with the new list, {old} of the old answers merged.",
            f"Fixed: {counted(counts.fixed, 'example')}. Broken: {counted(counts.broken, 'example')}.",
        ]
        if self.kind in ("undecided", "same") and self.smallest == self.smallest:
            least = figure(100 * self.smallest, 1)
            said.append(f"So many examples could show a difference of {least} points or more.")
        if self.old_names:
            unparsed = int((self.y_b == UNPARSED).sum())
            said.append(
                f"Of its {counted(unparsed, 'answer')} that name no label of the new list, {self.old_names:,} "
                f"{'names' if self.old_names == 1 else 'name'} a label of the old one."
            )
        left_out = len(self.new.y_true) - self.n
        if left_out:
            they_are = "is" if left_out == 1 else "are"
            said.append(
                f"{counted(left_out, 'example')} of the new run {they_are} left out: the old one does not have it so."
            )
        said.append(
            "If the change was chosen for what it does to the old answers, it flatters these, not the new ones."
        )
        return said

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        counts = self.counts
        return {
            "old": self.old.record.run_id,
            "new": self.new.record.run_id,
            "scoring": self.new.scoring,
            "shared": self.n,
            "accuracy_old_merged": self.accuracies[0][0],
            "accuracy_new": self.accuracies[1][0],
            "difference": counts.difference,
            "interval": list(self.interval),
            "fixed": counts.fixed,
            "broken": counts.broken,
            "mcnemar_p": self.p,
            "verdict": self.kind,
            "old_names": self.old_names,
            "sentences": self.sentences,
        }

    def tables(self) -> dict[str, Rows]:
        """Every example that only one of the two gets right, with both answers."""
        rows = np.flatnonzero(np.isin(self.groups, [PAIR_GROUPS.index(door) for door in ("fixed", "broken")]))
        return {"new_list": self.examples(rows)}

    def examples(self, rows: Sequence[int] | NDArray[np.intp]) -> list[dict[str, Any]]:
        """Some of the shared examples with both answers; an answer that is no label of the new list is None."""
        rows = np.asarray(rows, dtype=np.intp)
        shown = zip(rows, self.old.answers.at(self.at_old[rows]), strict=True)
        return [
            {
                "position": answer.position,
                "group": PAIR_GROUPS[self.groups[row]],
                "text": answer.example.text,
                "true_label": self.labels[self.y_true[row]],
                "old_answer": answer.predicted,
                "old_answer_merged": self._name(self.y_a[row]),
                "new_answer": self._name(self.y_b[row]),
            }
            for row, answer in shown
        ]

    def _name(self, code: int) -> str | None:
        return None if code == UNPARSED else self.labels[code]

    def _verdict(self) -> str:
        asked, test = "Asked with the new list, the model is right", f"exact McNemar {p_value(self.p)}"
        bounds, of = interval(self.interval, signed=True), f"at N = {self.n:,}"
        if self.kind == "same":
            return f"{asked} on the same examples as its old answers, merged: 95 % interval {bounds} points {of}."
        if self.kind == "undecided":
            by = f"{points(self.counts.difference)} points ({bounds}) {of}"
            return f"{asked} as often as its old answers, merged, as far as can be told: {by}, {test}."
        more = "more" if self.kind == "better" else "less"
        by = figure(100 * abs(self.counts.difference), 1)
        return f"{asked} {by} points {more} often than its old answers, merged: 95 % interval {bounds} {of}, {test}."


def verdict(old: ScoredRun, new: ScoredRun, merge: LabelMerge) -> NewListVerdict:
    """Compare a run with the new list to the old one, whose answers are merged; paired by text.

    Args:
        old: with its own list.
        new: with the list that `merge` makes of it.
        merge: the change.

    Raises:
        SpecError: if the lists or the scorings do not go together, or no example is in both.
    """
    if old.scoring != new.scoring:
        raise SpecError(f"one is scored {old.scoring}, the other {new.scoring}.", do="Score both in the same way.")
    names = merge.new_labels(old.labels)
    if set(names) != set(new.labels):
        raise SpecError(
            "the new run has another label list than the change makes.", do="Choose the run of this change."
        )
    place = np.array([new.labels.index(name) for name in names])
    codes = merge.codes(old.labels)
    codes[codes != DROPPED] = place[codes[codes != DROPPED]]
    of_answers = np.array([*np.where(codes == DROPPED, UNPARSED, codes), UNPARSED])  # the last one is that of unparsed
    at_old, at_new = paired_by_content(old.columns.text_hash, codes[old.y_true], new.columns.text_hash, new.y_true)
    if not len(at_old):
        raise SpecError("no example is in both runs.", do="Run it again with the new list.")
    y_b = new.y_pred[at_new]
    return NewListVerdict(
        new.y_true[at_new],
        of_answers[old.y_pred[at_old]],
        y_b,
        old=old,
        new=new,
        at_old=at_old,
        at_new=at_new,
        old_names=_old_names(old, new, at_new[y_b == UNPARSED]),
    )


def _old_names(old: ScoredRun, new: ScoredRun, unparsed: Indices) -> int:
    """How many of these answers name a label of the old list that the new one does not have."""
    parser = LabelParser(old.labels)
    named = (parser.parse(answer.completion.text).under(new.scoring) for answer in new.answers.at(unparsed))
    return sum(label is not None and label not in new.labels for label in named)
