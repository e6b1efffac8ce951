"""Text -> LiveAnswer: a spec's model asked about texts that belong to no run. Nothing is stored.

A model on this machine is asked twice, by the very predictors that runs use: for a free answer, and for the probability
of each label, as a run with the decoding `choose` would store it. Both use one copy of its weights.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalcore.errors import DataError, Unanswered
from evalcore.parse import LabelParser
from evalcore.predictors import ModelHandle, OnPhase, ShowsPrompt, check_kind, identify
from evalcore.running.executors import Loader
from evalcore.running.live_answer import LiveAnswer, LiveRequest, Neighbour, OrderAnswer, WordEffect
from evalcore.running.model_cache import ModelCache
from evalcore.running.neighbours import neighbourhood
from evalcore.running.plan import write_prompts, write_prompts_with
from evalcore.running.task_cache import read_task
from evalcore.running.words import without, word_spans
from evalcore.store import (
    CHOOSING,
    Completion,
    Decoding,
    Identity,
    LabelReference,
    Predictor,
    Preparable,
    RunSpec,
    Store,
    checked,
    digest,
    log_probabilities,
)
from evalcore.tasks import Messages
from evalcore.wording import counted

MOST_CHARACTERS = 50_000
"""Of a text. No message is longer, and a model would be at work on it for minutes."""
ORDERS = 5
"""Number of shuffled label lists that are tried."""

_NO_TEXT = dict.fromkeys([0, *range(0xD800, 0xE000)], "\ufffd")
"""NUL and halves of a surrogate pair: no text of a data file holds them, and not every tokenizer takes them."""


def answer(
    request: LiveRequest,
    store: Store,
    *,
    loader: Loader | None = None,
    on_phase: OnPhase = lambda phase: None,
) -> LiveAnswer:
    """Answer one question in this process.

    Args:
        request: what is asked.
        store: holds the user's own prompts and uploads, and digests of model files.
        loader: makes a handle a loaded model; the worker's keeps it for the next question.
        on_phase: told what is being done; may raise an exception to stop it.

    Raises:
        BlindspotError: for what the user can fix: the text, the data, the model, the spec.
    """
    if not request.parts:
        model = AskedModel(request.spec, store, loader, on_phase)
        return LiveAnswer(request.text, None, load_seconds=model.load_seconds)
    text, notes = askable(request.text)
    model = AskedModel(request.spec, store, loader, on_phase)
    found = model.answers([text])[0]
    prompt, on_prompt = model.prompt_of(text)
    found = replace(found, prompt=prompt, notes=(*notes, *on_prompt, *found.notes))
    if "words" in request.parts:
        on_phase("leaving out one word at a time")
        found = model.with_words(found, on_phase)
    if "orders" in request.parts:
        on_phase("shuffling the label list")
        found = model.with_orders(found)
    if "nearest" in request.parts:
        on_phase("looking for near training examples")
        found = model.with_neighbours(found)
    return found


def askable(text: str) -> tuple[str, list[str]]:
    """A text as it can be asked, of the same length, and notes on what was changed.

    Raises:
        DataError: if there is nothing to ask, or too much.
    """
    if not text.strip():
        raise DataError("the text is empty.", do="Type a text to classify.")
    if len(text) > MOST_CHARACTERS:
        raise DataError(
            f"the text has {len(text):,} characters; at most {MOST_CHARACTERS:,} are answered here.", do="Shorten it."
        )
    whole = text.translate(_NO_TEXT)
    replaced = "The text holds what is no character (NUL, or half of a pair): “\ufffd” was put in the place of each."
    return whole, [replaced] if whole != text else []


class AskedModel:
    """The model of a spec, loaded, and ready for texts with the spec's prompt.

    Args:
        spec: what is asked for; its decoding says what decides the label.
        store: holds the user's own prompts and uploads, and digests of model files.
        loader: makes a handle a loaded model, each model once.
        on_phase: told what is being done; may raise an exception to stop it.

    Attributes:
        spec: in its normal form.
        load_seconds: that loading took.

    Raises:
        BlindspotError: for what the user can fix: the data, the model, the spec.
    """

    def __init__(
        self,
        spec: RunSpec,
        store: Store,
        loader: Loader | None = None,
        on_phase: OnPhase = lambda phase: None,
    ) -> None:
        loader = loader or ModelCache().load
        self.spec = checked(spec)
        check_kind(self.spec)  # what is identified below is what answers freely, which every kind can do
        self._store = store
        on_phase("reading the task")
        self._task = read_task(self.spec.task, store)
        self._asked = write_prompts(self.spec, store, self._task, [])
        self._parser = LabelParser(self._asked.label_order, numbered=self._asked.prompt.listing == "numbered")
        self._score = CHOOSING.get(self.spec.decoding, "summed")
        chooses = self.spec.decoding in CHOOSING
        free = self._handle("plain" if chooses else self.spec.decoding, on_phase)
        choosing = None
        # Only some servers can choose among the labels: one is asked to where the spec says so.
        if chooses or (self.spec.kind.gives_label_scores and self.spec.kind.reads_prompt):
            choosing = self._handle(self.spec.decoding if chooses else "choose", on_phase)
        started = time.perf_counter()
        self._free = self._prepared(loader(free, on_phase))
        self._choosing = self._prepared(loader(choosing, on_phase)) if choosing else None
        self.load_seconds = time.perf_counter() - started

    @property
    def batch_size(self) -> int:
        """Number of texts that are to be asked at once."""
        return self._free.batch_size

    def answers(self, texts: Sequence[str]) -> list[LiveAnswer]:
        """The label, the free answer and the probabilities of each text.

        Raises:
            Unanswered: if there is one text, and it got no answer; of several the others are answered.
            ModelError: if the device runs out of memory.
        """
        started = time.perf_counter()
        messages = self._messages(texts)
        free, missing = _asked(self._free, messages)
        scored, not_scored = _asked(self._choosing, messages) if self._choosing else (free, "")
        missing = missing or not_scored
        each_s = (time.perf_counter() - started) / max(len(texts), 1)
        return [
            replace(
                self._answer(text, one, other)
                if one is not None and other is not None
                else LiveAnswer(text, None, notes=(missing,), why_no_probabilities=missing),
                seconds=each_s,
                load_seconds=self.load_seconds,
            )
            for text, one, other in zip(texts, free, scored, strict=True)
        ]

    def prompt_of(self, text: str) -> tuple[str, list[str]]:
        """The exact prompt of a text, empty if its model reads none; and notes on it."""
        (messages,) = self._messages([text])
        if not self.spec.kind.reads_prompt:
            return "", []
        predictor = self._free.predictor if isinstance(self._free, _Ready) else self._free
        if not isinstance(predictor, ShowsPrompt):
            return "\n\n".join(f"{message['role']}:\n{message['content']}" for message in messages), []
        tokens = predictor.control_tokens_in(text)
        return predictor.as_given(messages), [
            f"The text contains “{token}”, a control token of this model. It is given as plain characters."
            for token in tokens
        ]

    def with_words(self, found: LiveAnswer, on_phase: OnPhase) -> LiveAnswer:
        """The answer with the effect of each of its words: all variants of the text in one batch."""
        if self.spec.kind.is_remote:
            return _noted(found, "Which words matter is not looked at: the server would be asked once for each word.")
        if _unanswerable(found):
            return _noted(found, "Which words matter is not known, since there is no answer to the whole text.")
        spans = word_spans(found.text)
        variants = self._messages([without(found.text, start, end) for start, end in spans])
        predictor = self._choosing or self._free
        effects: list[WordEffect] = []
        for first in range(0, len(variants), predictor.batch_size):
            on_phase("leaving out one word at a time")
            here = slice(first, first + predictor.batch_size)
            for (start, end), completion in zip(spans[here], predictor.predict(variants[here]), strict=True):
                shares = self._probabilities(completion)
                probability = None if found.chosen is None else shares.get(found.chosen)
                effects.append(WordEffect(start, end, probability, self._decided(completion, shares)))
        return replace(found, words=tuple(effects))

    def with_orders(self, found: LiveAnswer) -> LiveAnswer:
        """The answer with those under shuffled label lists: the same as with the prompts `shuffled-labels:SEED`."""
        prompt = self._asked.prompt
        if "{labels}" not in prompt.system + prompt.user:
            reads = "The prompt does not list the labels" if self.spec.kind.reads_prompt else "This reads no label list"
            return _noted(found, f"{reads}: their order cannot matter.")
        if self._choosing is None or self.spec.kind.is_remote:
            return _noted(found, "Other orders of the labels are not tried: the server would be asked once for each.")
        if found.chosen is None:
            return _noted(found, "Other orders of the labels are not tried, since no label could be chosen.")
        asked = [
            write_prompts_with(replace(prompt, shuffle_seed=seed), self._task, [found.text])
            for seed in range(1, ORDERS + 1)
        ]
        calibrated = self._score == "calibrated"
        messages = [
            message for one in asked for message in (*one.messages, *(one.content_free.values() if calibrated else ()))
        ]
        completions = iter(self._choosing.predict(messages))
        orders: list[OrderAnswer] = []
        for seed, one in enumerate(asked, start=1):
            completion = next(completions)
            reference = _reference_of(self._choosing)
            if calibrated and reference is not None:
                content_free = {text: tuple(next(completions).logprobs.tolist()) for text in one.content_free}
                reference = replace(reference, content_free={t: c for t, c in content_free.items() if c})
            label_of = dict(zip(one.answers, one.label_order, strict=True))
            labels = [label_of[answer] for answer in self._asked.answers]
            shares = self._probabilities(completion, labels, reference)
            label = _most_probable(shares)
            orders.append(OrderAnswer(seed, label, None if label is None else shares[label]))
        return replace(found, orders=tuple(orders))

    def with_neighbours(self, found: LiveAnswer) -> LiveAnswer:
        """The answer with the nearest training examples."""
        if not self._task.train:
            return _noted(found, "This task has no training examples: none can be shown that are near.")
        near: tuple[Neighbour, ...] = neighbourhood(self._task).nearest(found.text)
        found = replace(found, neighbours=near)
        return found if near else _noted(found, "No training example has a word in common with the text.")

    def _messages(self, texts: Sequence[str]) -> list[Messages]:
        # Not the prompt that the store has now, which somebody may have edited since the model was prepared.
        return write_prompts_with(self._asked.prompt, self._task, texts).messages

    def _answer(self, text: str, free: Completion, scored: Completion) -> LiveAnswer:
        parsed = self._parser.parse(free.text)
        shares = self._probabilities(scored)
        chosen = _most_probable(shares)
        decides = self.spec.decoding in CHOOSING
        notes: tuple[str, ...] = ()
        if free.stop == "too_long":
            # A server does not tell its length; and an answer by choosing may fit, which is shorter than a free one.
            size = f"has {counted(free.prompt_tokens, 'token')}" if free.prompt_tokens else "is long"
            what, all_of_it = ("prompt", "with the answer, that") if self.spec.kind.reads_prompt else ("text", "that")
            asked = "was not asked" if scored.stop == "too_long" else "was not asked for a free answer"
            notes = (
                f"The {what} {size}: {all_of_it} is more than the model can read at once, so it {asked}."
                " Shorten the text.",
            )
        return LiveAnswer(
            text=text,
            label=chosen if decides else parsed.under("lenient"),
            completion=free.text,
            parsed=parsed.under("lenient"),
            match=parsed.match,
            span=parsed.span,
            chosen=chosen,
            probabilities=shares,
            why_no_probabilities="" if shares else self._why_none(scored),
            prompt_tokens=free.prompt_tokens,
            notes=notes,
        )

    def _probabilities(
        self,
        completion: Completion,
        labels: Sequence[str] | None = None,
        reference: LabelReference | None = None,
    ) -> dict[str, float | None]:
        """By label, in the task's order; empty if the completion has none.

        Args:
            labels: of the log-probabilities; the prompt's order where it is not given.
            reference: of the labels in this order; the predictor's own where it is not given.
        """
        logprobs = completion.logprobs
        if not len(logprobs):
            return {}
        reference = reference or _reference_of(self._choosing)
        shares = np.exp(log_probabilities(logprobs, reference, self._score))
        by_label = dict(zip(labels or self._asked.label_order, shares.tolist(), strict=True))
        return {label: None if np.isnan(by_label[label]) else by_label[label] for label in self._task.labels}

    def _decided(self, completion: Completion, shares: Mapping[str, float | None]) -> str | None:
        """The label of a completion by its probabilities, or by what it says where it has none."""
        return _most_probable(shares) or self._parser.parse(completion.text).under("lenient")

    def _why_none(self, scored: Completion) -> str:
        if scored.stop == "too_long":
            return f"The {'prompt' if self.spec.kind.reads_prompt else 'text'} is too long for the model."
        if self.spec.kind.is_baseline:
            why = self._free.metadata.get("probabilities", "")
            return f"The baseline {self.spec.model} gives no probabilities{why and f' ({why})'}."
        if self.spec.decoding in CHOOSING:
            return "None of the labels is among the likeliest first tokens, which are all that the server tells."
        return (
            "A free answer of a server has no probability of every label. Choose the decoding “choose”, which vLLM can"
            " do, and other servers where each label is one token."
        )

    def _prepared(self, predictor: Predictor) -> Predictor:
        """A predictor that is prepared for this prompt; a server forgets the failures of an earlier question."""
        if isinstance(predictor, _Ready) or not isinstance(predictor, Preparable):
            return predictor
        return _Ready(predictor, predictor.prepare([], self._asked.answers, self._asked.content_free))

    def _handle(self, decoding: Decoding, on_phase: OnPhase) -> ModelHandle:
        """The model with a decoding, prepared for this prompt alone where it is one that is prepared.

        It is another predictor than a run's: that one stays prepared for its run.
        """
        spec, asked = checked(replace(self.spec, decoding=decoding)), self._asked
        handle = identify(spec, self._task, asked.answers, self._store, on_phase)
        weights = handle.weights
        prompts = list(asked.content_free.values())
        identity = {**handle.identity, "prepared for": digest([prompts, asked.answers])}
        if weights is None:
            return replace(handle, identity=identity) if self.spec.kind.reads_prompt else handle

        def ready(loaded: object) -> Predictor:
            predictor = weights.predictor(loaded)
            reference = None
            if isinstance(predictor, Preparable):
                reference = predictor.prepare(prompts, asked.answers, asked.content_free)
            return _Ready(predictor, reference)

        return ModelHandle.of_weights(identity, replace(weights, predictor=ready), handle.metadata)


@dataclass(frozen=True)
class _Ready:
    """A predictor that is prepared for one prompt, and what it learnt of the labels."""

    predictor: Predictor
    reference: LabelReference | None

    @property
    def identity(self) -> Identity:
        return self.predictor.identity

    @property
    def batch_size(self) -> int:
        return self.predictor.batch_size

    @property
    def metadata(self) -> Mapping[str, str]:
        return self.predictor.metadata

    def predict(self, prompts: list[Messages]) -> list[Completion]:
        return self.predictor.predict(prompts)


def _asked(predictor: Predictor, messages: list[Messages]) -> tuple[Sequence[Completion | None], str]:
    """A predictor's completions, and why some of several are missing.

    Raises:
        Unanswered: if there is one prompt, and it got no answer.
    """
    try:
        return predictor.predict(messages), ""
    except Unanswered as error:
        if len(messages) == 1:
            raise
        return error.answers, str(error)


def _reference_of(predictor: Predictor | None) -> LabelReference | None:
    return predictor.reference if isinstance(predictor, _Ready) else None


def _most_probable(shares: Mapping[str, float | None]) -> str | None:
    """Of equally probable labels the first; None if no probability is known."""
    known = {label: share for label, share in shares.items() if share is not None}
    return max(known, key=known.__getitem__) if known else None


def _unanswerable(found: LiveAnswer) -> bool:
    return found.chosen is None and not found.completion


def _noted(found: LiveAnswer, note: str) -> LiveAnswer:
    return replace(found, notes=(*found.notes, note))
