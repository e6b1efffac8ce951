"""The answers of other stored runs to one text."""

from __future__ import annotations

from dataclasses import dataclass

from evalcore.parse import Parsed, Scoring
from evalcore.store import RunRecord, Store, parser_of

_RUNS = 12
"""Other runs that are looked at, the newest."""
_LARGEST = 200_000
"""Examples of another sample up to which it is searched for the text."""


@dataclass(frozen=True)
class OtherAnswer:
    """One other run's answer to the same text.

    Attributes:
        position: of the text in that run's sample.
        true: the label that the text has there.
        predicted: under the scoring asked for; None is unparsed.
    """

    record: RunRecord
    position: int
    true: str
    completion: str
    parsed: Parsed
    predicted: str | None


def other_answers(store: Store, record: RunRecord, position: int, text: str, scoring: Scoring) -> list[OtherAnswer]:
    """Answers to a text from the newest other runs that have it, on this sample or on another.

    Args:
        position: of the text in `record`'s sample; a blank text is looked for there alone.
    """
    others = [other for other in store.runs() if other.run_id != record.run_id and other.labels == record.labels]
    found = []
    for other in others[:_RUNS]:
        at = position if other.sample_id == record.sample_id else _position(store, other, text)
        if at is not None:
            answer = _answer(store, other, at, scoring)
            if answer is not None:
                found.append(answer)
    return found


def _position(store: Store, record: RunRecord, text: str) -> int | None:
    return None if not text.strip() or record.n > _LARGEST else store.position_of(record, text)


def _answer(store: Store, record: RunRecord, position: int, scoring: Scoring) -> OtherAnswer | None:
    stored = store.answer_at(record, position)
    if stored is None:
        return None
    example, completion = stored
    parsed = parser_of(record).parse(completion.text)
    return OtherAnswer(record, position, example.label, completion.text, parsed, parsed.under(scoring))
