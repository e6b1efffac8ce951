"""A filter of a run's examples: its way into a URL and back, the rows that pass, and the counts of each choice."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.between import BANDS, Between, Mask
from evalcore.analysis.label_probabilities import LabelProbabilities
from evalcore.analysis.scored_run import OUTCOMES, WRONG, ScoredRun
from evalcore.metrics import FEW_EXAMPLES, Counts, absent, most_confused, never_predicted, over_predicted, zero_recall
from evalcore.parse import MATCHES, LabelParser
from evalcore.store import Store, stream_completions, stream_texts

MENTIONS = ("its true label", "another label", "no label")
LENGTHS = ((0, 20), (21, 50), (51, 100), (101, 200), (201, 500), (501, 1000), (1001, 10**9))
"""Ranges of text length in characters."""
CONFIDENT = 0.9
"""Confidence from which on a wrong answer is a confident mistake: where a model is that sure, it pays to look whether
the true label is the wrong one."""
OUTCOME_GROUPS: dict[str, str] = {
    "absent": "predicted as a label that is absent from the sample",
    "never_predicted": "their true label was never predicted",
    "zero_recall": "their true label has zero recall",
    "over_predicted": "predicted as an over-predicted label",
    "few": f"their true label has fewer than {FEW_EXAMPLES} examples",
    "confident_mistakes": f"wrong, with a confidence of {100 * CONFIDENT:.0f} % or more",
    "near_misses": "wrong, with the true label the second most probable one",
}

EXAMPLE_ORDERS: dict[str, tuple[str, bool]] = {
    "highest confidence": ("confidence", True),
    "lowest confidence": ("confidence", False),
    "smallest margin": ("margin", False),
    "highest entropy": ("entropy", True),
    "true label furthest down": ("true_rank", True),
}
"""Orders of examples other than that of the sample: by which field of `LabelProbabilities`, and whether the largest go
first."""
OF_PROBABILITIES = (*BANDS, "runner_up")
"""Fields of a filter that need a run's probabilities, beside two of its groups."""
_GROUPS_OF_PROBABILITIES = {"confident_mistakes": "confidence", "near_misses": "true_rank"}
"""These groups, and the field that has to be known for each."""


@dataclass(frozen=True)
class Filter:
    """Conditions on an example, all of which it must meet; an empty field is no condition.

    Attributes:
        outcomes: one of these `OUTCOMES`; matches: one of these `MATCHES`.
        true, predicted: the true label, the label that was predicted.
        true_outside, predicted_outside: the label is not among that many most confused ones ("other" in the matrix).
        group: a key of `OUTCOME_GROUPS`.
        text: is contained in the text or the completion, ignoring case.
        mentions: one of `MENTIONS`: which label the text itself names.
        length: index into `LENGTHS`, as a string.
        finding: the kind of a finding that is based on the example.
        confidence, margin, entropy: what `LabelProbabilities` says of the answer lies in this range.
        true_rank: so does the rank of the true label, a whole number: `Between(2, 4)` is second or third.
        runner_up: the label that is the most probable one beside the predicted one.
    """

    outcomes: tuple[str, ...] = ()
    true: str = ""
    predicted: str = ""
    true_outside: int = 0
    predicted_outside: int = 0
    matches: tuple[str, ...] = ()
    group: str = ""
    text: str = ""
    mentions: str = ""
    length: str = ""
    finding: str = ""
    confidence: Between | None = None
    margin: Between | None = None
    entropy: Between | None = None
    true_rank: Between | None = None
    runner_up: str = ""

    def to_query(self) -> dict[str, str]:
        """As query parameters; only what is asked for."""
        query = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value:
                query[field.name] = ",".join(value) if isinstance(value, tuple) else str(value)
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, str], labels: Sequence[str], findings: Sequence[str] = ()) -> Filter:
        """The inverse of `to_query`. Unknown values are dropped, since a URL can contain anything.

        Args:
            labels: all labels of the run; findings: kinds of its findings.
        """
        known: dict[str, Sequence[str]] = {
            "true": labels,
            "predicted": labels,
            "runner_up": labels,
            "group": list(OUTCOME_GROUPS),
            "mentions": MENTIONS,
            "length": [str(at) for at in range(len(LENGTHS))],
            "finding": findings,
        }
        values: dict[str, Any] = {name: query[name] for name in known if query.get(name) in known[name]}
        for name, choices in (("outcomes", OUTCOMES), ("matches", MATCHES)):
            values[name] = tuple(choice for choice in choices if choice in query.get(name, "").split(","))
        for name in ("true_outside", "predicted_outside"):
            number = query.get(name, "")
            if number.isascii() and number.isdigit() and 0 < int(number[:6]) < len(labels):
                values[name] = int(number[:6])
        for name in BANDS:
            values[name] = Between.of_text(query.get(name, ""))
        values["text"] = query.get("text", "")
        return cls(**values)

    def without_unknown(self, probabilities: LabelProbabilities | None) -> Filter:
        """The same without the conditions on probabilities that the run does not have.

        Args:
            probabilities: of the run; None if it has none. An imported one may have confidences alone.
        """
        known = known_fields(probabilities)
        unknown = {name: getattr(Filter(), name) for name in OF_PROBABILITIES if name not in known}
        if _GROUPS_OF_PROBABILITIES.get(self.group, "") not in ("", *known):
            unknown["group"] = ""
        return replace(self, **unknown)

    @property
    def needs_probabilities(self) -> bool:
        """Whether it has a condition on probabilities."""
        return self != self.without_unknown(None)

    def without_group(self) -> Filter:
        """The part that the matrix can show: labels, the folded ones, and outcomes."""
        return Filter(self.outcomes, self.true, self.predicted, self.true_outside, self.predicted_outside)


@dataclass(frozen=True)
class Selected:
    """What passes a filter.

    Attributes:
        rows: indices into the run's arrays, in the order of the sample.
        counts: for each field with choices, how many rows each choice would leave, the other fields unchanged: shape
            (n_choices,). `true`, `predicted` and `runner_up` by label code, `outcomes`, `matches`, `mentions`,
            `length`, and those of `BANDS`. Those of probabilities only where they are known.
        wrong: for `true` and `predicted`, how many of these rows are wrong or unparsed.
    """

    rows: NDArray[np.intp]
    counts: dict[str, Counts]
    wrong: dict[str, Counts]


def select(
    scored: ScoredRun,
    asked: Filter,
    *,
    found: Mask | None = None,
    mentioned: NDArray[np.int8] | None = None,
    positions: Sequence[int] | None = None,
    probabilities: LabelProbabilities | None = None,
) -> Selected:
    """The rows that pass a filter, and the counts of each choice.

    Args:
        found: what `search` returns for `asked.text`; required where that is set.
        mentioned: what `mentions` returns; required where `asked.mentions` is set, and for its counts.
        positions: of the finding that `asked.finding` names.
        probabilities: of the run. Conditions on what it does not have are none (`Filter.without_unknown`).
    """
    asked = asked.without_unknown(probabilities)
    n, n_labels = len(scored.y_true), len(scored.labels)
    lengths = np.searchsorted([high for _, high in LENGTHS], scored.columns.chars)
    by_choice: dict[str, tuple[NDArray[Any], int]] = {
        "outcomes": (scored.outcomes, len(OUTCOMES)),
        "true": (scored.y_true, n_labels),
        "predicted": (scored.y_pred, n_labels),
        "matches": (scored.columns.match, len(MATCHES)),
        "length": (lengths, len(LENGTHS)),
    }
    if mentioned is not None:
        by_choice["mentions"] = (mentioned, len(MENTIONS))
    wanted = _wanted(scored, asked)
    masks = {name: np.isin(by_choice[name][0], codes) for name, codes in wanted.items() if name in by_choice}
    if probabilities is not None:
        by_choice |= _choices_of_probabilities(probabilities)
        masks |= _masks_of_probabilities(probabilities, asked)
    others = np.ones(n, dtype=bool) if found is None or not asked.text else found.copy()
    for mask in _masks_without_choices(scored, asked, positions, probabilities):
        others &= mask
    counts, wrong = {}, {}
    for name, (codes, size) in by_choice.items():
        left = others.copy()
        for other, mask in masks.items():
            if other != name:
                left &= mask
        left &= codes >= 0
        counts[name] = np.bincount(codes[left], minlength=size)
        if name in ("true", "predicted"):
            wrong[name] = np.bincount(codes[left & (scored.outcomes != 0)], minlength=size)
    for mask in masks.values():
        others &= mask
    return Selected(np.flatnonzero(others), counts, wrong)


def ordered(rows: NDArray[np.intp], probabilities: LabelProbabilities, order: str) -> NDArray[np.intp]:
    """Rows in one of `EXAMPLE_ORDERS`; those of which it is not known last.

    Args:
        rows: indices into the run's arrays. Of equal ones the first here goes first.
    """
    name, largest_first = EXAMPLE_ORDERS[order]
    values = getattr(probabilities, name)[rows]
    return rows[np.argsort(-values if largest_first else values, kind="stable")]


def search(store: Store, scored: ScoredRun, needle: str) -> Mask:
    """Rows whose text or completion contains `needle`, ignoring case; read block by block.

    Returns:
        A mask of shape (n_completed,).
    """
    folded = needle.casefold()
    in_completion = np.zeros(len(scored.columns.keys), dtype=bool)
    for code, completion in stream_completions(store, scored.columns.keys):
        in_completion[code] = folded in completion.text.casefold()
    in_text = np.zeros(scored.record.n, dtype=bool)
    for position, text in stream_texts(store, scored.record):
        in_text[position] = folded in text.casefold()
    found: Mask = in_text[scored.positions] | in_completion[scored.columns.key]
    return found


def mentions(store: Store, scored: ScoredRun) -> NDArray[np.int8]:
    """Whether each row's text itself names a label, as whole words.

    A label inside a longer one does not count. A text that names its true label and another one counts as naming
    another, since that may mislead a model.

    Returns:
        Shape (n_completed,), codes into `MENTIONS`.
    """
    parser = LabelParser(scored.labels)
    codes = np.full(scored.record.n, MENTIONS.index("no label"), dtype=np.int8)
    true_label = dict(zip(scored.positions.tolist(), scored.names(scored.y_true), strict=True))
    for position, text in stream_texts(store, scored.record):
        named = parser.named_in(text)
        if named - {true_label.get(position)}:
            codes[position] = MENTIONS.index("another label")
        elif named:
            codes[position] = MENTIONS.index("its true label")
    return codes[scored.positions]


def _wanted(scored: ScoredRun, asked: Filter) -> dict[str, list[int]]:
    """The codes of the choices that are set, by field."""
    wanted: dict[str, list[int]] = {}
    if asked.outcomes:
        wanted["outcomes"] = [OUTCOMES.index(outcome) for outcome in asked.outcomes]
    if asked.matches:
        wanted["matches"] = [MATCHES.index(match) for match in asked.matches if match in MATCHES]
    for name in ("true", "predicted"):
        if getattr(asked, name):
            wanted[name] = [scored.labels.index(getattr(asked, name))]
    if asked.mentions:
        wanted["mentions"] = [MENTIONS.index(asked.mentions)]
    if asked.length:
        wanted["length"] = [int(asked.length)]
    return wanted


def _choices_of_probabilities(probabilities: LabelProbabilities) -> dict[str, tuple[NDArray[Any], int]]:
    """Each row's choice of the fields that are known, -1 where it has none, and how many choices there are."""
    choices: dict[str, tuple[NDArray[Any], int]] = {}
    for name in known_fields(probabilities):
        values = getattr(probabilities, name)
        if name == "runner_up":
            choices[name] = values, len(probabilities.scored.labels)
        else:
            lows = [band.low for band in BANDS[name]]
            codes = np.searchsorted(lows, values, side="right") - 1
            choices[name] = np.where(np.isnan(values), -1, codes), len(lows)
    return choices


def _masks_of_probabilities(probabilities: LabelProbabilities, asked: Filter) -> dict[str, Mask]:
    """Masks of the conditions on probabilities, by field."""
    masks: dict[str, Mask] = {}
    for name in BANDS:
        between: Between | None = getattr(asked, name)
        if between is not None:
            largest = 1.0 if name in ("confidence", "margin") else math.inf
            masks[name] = between.mask(getattr(probabilities, name), largest=largest, whole=name == "true_rank")
            if name == "true_rank":
                masks[name] &= probabilities.complete  # of the others it is 0, which a URL may ask for
    if asked.runner_up:
        masks["runner_up"] = probabilities.runner_up == probabilities.scored.labels.index(asked.runner_up)
    return masks


def known_fields(probabilities: LabelProbabilities | None) -> list[str]:
    """Those of `OF_PROBABILITIES` that are known of an answer or more."""
    if probabilities is None:
        return []
    every_label, predicted = bool(probabilities.complete.any()), bool(probabilities.known.any())
    known = {"confidence": predicted, "margin": predicted and every_label, "runner_up": predicted and every_label}
    return [name for name in OF_PROBABILITIES if known.get(name, every_label)]


def confident_mistakes(probabilities: LabelProbabilities) -> Mask:
    """Answers that are wrong with a confidence of `CONFIDENT` or more."""
    return np.asarray((probabilities.scored.outcomes == WRONG) & (probabilities.confidence >= CONFIDENT))


def near_misses(probabilities: LabelProbabilities) -> Mask:
    """Answers that are wrong, and whose true label is the second most probable one."""
    return np.asarray((probabilities.scored.outcomes == WRONG) & (probabilities.true_rank == 2))


def _masks_without_choices(
    scored: ScoredRun, asked: Filter, positions: Sequence[int] | None, probabilities: LabelProbabilities | None
) -> list[Mask]:
    """Masks of the fields that have no choices."""
    masks: list[Mask] = []
    if asked.true_outside:
        masks.append(~np.isin(scored.y_true, most_confused(scored.confusion, asked.true_outside)))
    if asked.predicted_outside:
        inside = most_confused(scored.confusion, asked.predicted_outside)
        masks.append((scored.y_pred >= 0) & ~np.isin(scored.y_pred, inside))
    if asked.group in _GROUPS_OF_PROBABILITIES and probabilities is not None:
        masks.append((confident_mistakes if asked.group == "confident_mistakes" else near_misses)(probabilities))
    elif asked.group:
        masks.append(_in_group(scored, asked.group))
    if asked.finding:
        masks.append(np.isin(scored.positions, np.array(positions or (), dtype=np.int64)))
    return masks


def _in_group(scored: ScoredRun, group: str) -> Mask:
    confusion = scored.confusion
    if group == "absent":
        return np.isin(scored.y_pred, absent(confusion))
    if group == "over_predicted":
        return np.isin(scored.y_pred, over_predicted(confusion))
    if group == "never_predicted":
        return np.isin(scored.y_true, never_predicted(confusion))
    if group == "zero_recall":
        return np.isin(scored.y_true, zero_recall(confusion))
    return np.isin(scored.y_true, np.flatnonzero(scored.per_class.support < FEW_EXAMPLES))
