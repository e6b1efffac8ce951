"""What one text is asked for at once, and what is answered: both go through the queue as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from evalcore.parse import Match
from evalcore.store import RunSpec

Part = Literal["answer", "words", "orders", "nearest"]
"""What there is to compute: the answer, which always is; the effect of each word; the answer under shuffled lists of
labels; the nearest training examples."""


@dataclass(frozen=True)
class LiveRequest:
    """One question.

    Attributes:
        spec: task, model, prompt, number format, engine. Its n and sample do not matter; its decoding says what decides
            the label: a free answer, or the most probable label by one of the scores.
        text: to be classified.
        parts: what to compute beside the answer, which always is; with none at all the model is only loaded, so that
            the next question about it is answered at once.
    """

    spec: RunSpec
    text: str
    parts: tuple[Part, ...] = ("answer",)

    def to_json(self) -> str:
        """One line of ASCII JSON from which `from_json` makes the same."""
        return json.dumps({"spec": json.loads(self.spec.to_json()), "text": self.text, "parts": self.parts})

    @classmethod
    def from_json(cls, text: str) -> LiveRequest:
        """The inverse of `to_json`.

        Raises:
            StoreError: if a newer version asked for something that this one does not know.
            ValueError, TypeError, KeyError: if it is not the JSON of one.
        """
        stored = json.loads(text)
        return cls(RunSpec.from_json(json.dumps(stored["spec"])), str(stored["text"]), tuple(stored["parts"]))


@dataclass(frozen=True)
class WordEffect:
    """What the model answers without one word, or without a few successive words of a long text.

    Attributes:
        start, end: the place of the word in the text: `text[start:end]`.
        probability: of the label that is `chosen` for the whole text; None if the model gives no probabilities.
        label: the answer without the word; None if it is unparsed.
    """

    start: int
    end: int
    probability: float | None
    label: str | None


@dataclass(frozen=True)
class OrderAnswer:
    """The answer where the prompt lists the labels in another order.

    Attributes:
        seed: of the order: the prompt `shuffled-labels:SEED` has the same.
        label: the most probable label, or the one that a model without probabilities answers; None if unparsed.
        probability: of this label; None if the model gives no probabilities.
    """

    seed: int
    label: str | None
    probability: float | None


@dataclass(frozen=True)
class Neighbour:
    """A training example near the text.

    Attributes:
        text, label: of the example.
        similarity: cosine of the angle between the TF-IDF vectors of both texts, in [0, 1].
    """

    text: str
    label: str
    similarity: float


@dataclass(frozen=True)
class LiveAnswer:
    """The answer to one text. All strings may hold characters from data: escape them before they are drawn.

    Attributes:
        text: as it was asked: what is no text in it is replaced, character for character.
        label: what decides by the spec's decoding: `parsed` for a free answer, `chosen` for a choosing one.
        completion: the free answer as the model wrote it; empty if it was not asked (`notes` say why).
        parsed: the label that the completion names under lenient scoring; None if it names none, or several.
        match: how it was found; it counts under strict scoring if this is "exact".
        span: the place of the label in the completion (start, end); None without one.
        chosen: the most probable label, by the spec's score (summed where the decoding is free); None where the model
            gives no probabilities.
        probabilities: by label, in the task's order, sum 1; None is a probability that is not known. Empty if there are
            none, for which `why_no_probabilities` is a sentence.
        prompt: exactly as it was sent; of a model on a server the messages; empty for one that reads no prompt.
        prompt_tokens: its length in the model's tokens; 0 if it is not known.
        seconds: that the answer itself took, without loading, words, orders and neighbours.
        load_seconds: that loading the model took; next to nothing if it was loaded.
        words: the effect of each word, in the order of the text.
        orders: one answer for each shuffled order of the labels.
        neighbours: the nearest training examples, the nearest first.
        notes: sentences on what was asked for and is not there, or is there otherwise than one would expect.
    """

    text: str
    label: str | None
    completion: str = ""
    parsed: str | None = None
    match: Match = "none"
    span: tuple[int, int] | None = None
    chosen: str | None = None
    probabilities: dict[str, float | None] = field(default_factory=dict)
    why_no_probabilities: str = ""
    prompt: str = ""
    prompt_tokens: int = 0
    seconds: float = 0.0
    load_seconds: float = 0.0
    words: tuple[WordEffect, ...] = ()
    orders: tuple[OrderAnswer, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> str:
        """One line of ASCII JSON from which `from_json` makes the same."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> LiveAnswer:
        """The inverse of `to_json`.

        Raises:
            ValueError, TypeError, KeyError: if it is not the JSON of one.
        """
        stored: dict[str, Any] = json.loads(text)
        lists = {
            "words": tuple(WordEffect(**each) for each in stored["words"]),
            "orders": tuple(OrderAnswer(**each) for each in stored["orders"]),
            "neighbours": tuple(Neighbour(**each) for each in stored["neighbours"]),
            "notes": tuple(stored["notes"]),
            "span": tuple(stored["span"]) if stored["span"] else None,
        }
        return cls(**{**stored, **lists})
