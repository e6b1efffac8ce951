"""Any server that speaks the OpenAI chat protocol, as a model: what it is asked, and how its reply is read.

Nothing a server does can be taken for an answer that it did not give: a timeout, a refusal, a web page, a cut reply, an
answer without text, with an unknown ending or by another model is an error, which is never stored and never read as "".
The API key goes into one header of each request (`api_key.py` says to whom), and is taken out of whatever is shown or
stored. How many prompts are asked at a time, and how often, is `asking.py`'s; how a server is told to write a label
only, `dialects.py`'s; and how it is asked for the labels' probabilities, `label_scores.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from evalcore.predictors.forecast import Forecast, by_characters
from evalcore.predictors.handle import ModelHandle, OnPhase
from evalcore.predictors.servers.api_key import api_key, why_withheld
from evalcore.predictors.servers.asking import Asking, Patience, Turn
from evalcore.predictors.servers.dialects import AROUND_THE_LABEL, Form, find_form
from evalcore.predictors.servers.endpoint import Endpoint, identity, parse_endpoint
from evalcore.predictors.servers.http import RequestError, shortened
from evalcore.predictors.servers.label_scores import FirstTokenScores, LabelScorer, Post, find_scorer
from evalcore.predictors.servers.reply import completion_of, is_filtered, is_too_long, withheld
from evalcore.store import (
    CHOOSING,
    MOST_CONCURRENT,
    Completion,
    GoOn,
    Identity,
    LabelReference,
    Limits,
    Predictor,
    RunSpec,
    Store,
    Usage,
    limits_of,
    read_servers,
)
from evalcore.tasks import Messages, Task

_BATCH = 16
_ROUNDS, _MOST_IN_BATCH = 4, 4 * MOST_CONCURRENT
"""A batch is so many rounds of requests: at its end the slowest is waited for, while others could be asked."""
_NO_PENALTY: tuple[dict[str, float], ...] = ({"repetition_penalty": 1.0}, {"frequency_penalty": 0.0}, {})
"""How a server is told to leave out the penalty of the model's generation_config: in the words of vLLM, SGLang and
others; in the protocol's own, which `transformers serve` takes for that penalty; not at all, where neither is known."""
_ANSWERED_AS = "answered as"
_MOST_BUILDS = 4


def handle(spec: RunSpec, task: Task, answers: Sequence[str], store: Store, on_phase: OnPhase) -> ModelHandle:
    """A model on a server; no request is sent before it is loaded. Arguments as `handle.identify` takes them.

    Raises:
        SpecError: if its name is not a server's address and a model.
    """
    at = parse_endpoint(spec.model)

    def limits() -> Limits:
        return limits_of(read_servers(store.folder), at.url, at.model)

    def load(on_phase: OnPhase) -> Predictor:
        on_phase("asking for the server")
        model = ServerModel(at, spec, limits=limits, answers=answers, answers_as=_answered_as(known_as, store))
        model.check()
        return model

    known_as = identity(at, spec, answers)
    return ModelHandle(known_as, load, {"server": at.url}, forecast=partial(_forecast, spec))


def _answered_as(identity: Identity, store: Store) -> str:
    """The model that a server said it was in runs that are stored, whose completions stand under the same keys."""
    of_same = (record.metadata for record in store.runs() if record.identity == identity)
    return next((metadata[_ANSWERED_AS] for metadata in of_same if _ANSWERED_AS in metadata), "")


def _forecast(
    spec: RunSpec,
    prompts: Sequence[Messages],
    answers: Sequence[str],
    new_tokens: float | None,
    on_phase: OnPhase,
) -> Forecast:
    """What answering some prompts takes, by their characters: the tokenizer is the server's."""
    longest = 1 if spec.decoding in CHOOSING else spec.max_new_tokens
    if spec.decoding == "constrained":
        longest += AROUND_THE_LABEL  # where the server takes labels in JSON only
    return by_characters(prompts, answers, float(longest * len(prompts)), new_tokens)


class ServerModel:
    """A model on a server that answers greedily, freely or from the labels only, or chooses among the labels.

    While prompts are asked, only the event loop's thread changes the model's state, so there are no locks.

    Attributes:
        identity: as the function `identity` makes it.
        metadata: what is known of the server; more once it has answered.

    Args:
        at: the server, and the name of the model.
        spec: the settings.
        patience: how long the server is waited for.
        limits: how fast it may be asked.
        answers: what a perfect model would write for each label; part of the identity where nothing else is answered.
        answers_as: which model it said it was when it was asked before; "" if it is not known.
    """

    def __init__(
        self,
        at: Endpoint,
        spec: RunSpec,
        patience: Patience | None = None,
        limits: Callable[[], Limits] = Limits,
        answers: Sequence[str] = (),
        answers_as: str = "",
    ) -> None:
        self.identity = identity(at, spec, answers)
        why = why_withheld(at.url)
        self.metadata = {
            "server": at.url,
            "served model": at.model,
            "API key": f"not sent: {why}" if why else "sent" if api_key() else "none",
        }
        self._at = at
        self._spec = spec
        self._limits, self._set_limits = limits, Limits()
        self._asking = Asking(at, patience or Patience(), limits())
        self._no_penalty = list(_NO_PENALTY) if spec.decoding != "as-shipped" else [{}]
        self._answers = list(answers)
        self._form: Form | None = None
        self._scorer: LabelScorer | None = None
        self._reference: LabelReference | None = None
        self._answers_as = answers_as
        self._builds: list[str] = []

    @property
    def batch_size(self) -> int:
        """Prompts after which the answers are stored: a few rounds of requests, and no more than a minute's."""
        limits = self._asking.limits
        return min(max(_BATCH, _ROUNDS * self._asking.pace.most), limits.requests_per_minute or _MOST_IN_BATCH)

    def limit(self, limits: Limits) -> None:
        """Ask within these limits, where they say something, in place of those of the table of servers."""
        self._set_limits = limits
        self._asking.limit(limits.over(self._limits()))

    def while_waiting(self, go_on: GoOn | None) -> None:
        """Have this called now and then while the server is waited for; as `store.Waiting` says."""
        self._asking.while_waiting(go_on)

    def take_usage(self) -> Usage:
        """What was asked of the server since `prepare` or the last call of this."""
        usage, self._asking.usage = self._asking.usage, Usage()
        return usage

    def check(self) -> None:
        """See whether a server answers at all, before the first prompt.

        Raises:
            ModelError: if none does, or the key is refused.
        """
        self._asking.check()

    def prepare(
        self, prompts: Sequence[Messages], answers: Sequence[str], content_free: Mapping[str, Messages]
    ) -> LabelReference | None:
        """Find out how the server does what the decoding asks for.

        Failures of an earlier run are forgotten: what failed then may succeed now.

        Args:
            prompts: of the run.
            answers: what a perfect model would write for each label: what there is to choose from.
            content_free: the prompts of texts that say nothing, by text.

        Returns:
            The answers' lengths and what the texts without content give them, if the decoding chooses.

        Raises:
            ModelError: if the server cannot do it.
            StoreError: if the table of servers cannot be read.
        """
        self._asking.limit(self._set_limits.over(self._limits()))  # the table may have changed since the last run
        self._asking.forget()
        self._answers = list(answers)
        if self._spec.decoding == "constrained":
            self._form = self._asking.once(find_form(lambda body: self._complete(body, Turn(self._asking))))
            self.metadata["held to the labels by"] = self._form.name
        if self._spec.decoding in CHOOSING:
            self._reference = self._asking.once(self._learn(prompts, content_free))
        return self._reference

    def predict(self, prompts: list[Messages]) -> list[Completion]:
        """One completion for each prompt, in order.

        An exception that interrupts the waiting, such as KeyboardInterrupt, cancels all requests and ends it at once.

        Raises:
            Unanswered: if some prompts have no answer; the others' answers are in it. It says how many prompts have had
                none since `prepare`, and why.
        """
        return self._asking.ask(prompts, self._answer)

    async def _answer(self, messages: Messages, turn: Turn) -> Completion:
        """The answer to one prompt.

        Raises:
            RequestError: if there is none.
        """
        try:
            if self._spec.decoding in CHOOSING:
                return await self._choose(messages, turn)
            if self._spec.decoding == "constrained":
                return await self._one_label(messages, turn)
            return await self._complete({"messages": list(messages)}, turn)
        except RequestError as error:
            if is_filtered(error):
                raise withheld() from None
            if is_too_long(error):
                return Completion("", stop="too_long")
            raise

    async def _complete(self, more: dict[str, Any], turn: Turn) -> Completion:
        """A completion of a chat, with no other penalty than the decoding has.

        Args:
            more: what the request holds beside the model and how it decodes.
        """
        while True:
            no_penalty = self._no_penalty[0]
            body = {
                "model": self._at.model, "max_tokens": self._spec.max_new_tokens, "temperature": 0, "stream": False,
                **no_penalty, **more,
            }  # fmt: skip
            read = partial(self._read, max_tokens=body["max_tokens"], turn=turn)
            try:
                return await turn.post("/chat/completions", body, read)
            except RequestError as error:
                if error.status not in (400, 422) or not any(name in error.reply for name in no_penalty):
                    raise
            if no_penalty is self._no_penalty[0]:  # else another prompt has found it out meanwhile
                del self._no_penalty[0]

    async def _one_label(self, messages: Messages, turn: Turn) -> Completion:
        """A label, which the server lets the model write and nothing else.

        Raises:
            RequestError: if it is none: then the server did not do as it was told.
        """
        if self._form is None:
            raise ValueError("a constrained answer needs prepare() first, which gives the answers")
        limit = self._spec.max_new_tokens + self._form.tokens_beside_label
        more = {"messages": list(messages), "max_tokens": limit, **self._form.fields(self._answers)}
        completion = await self._complete(more, turn)
        label = self._form.label_of(completion, self._answers)
        if label is None:
            raise self._form.refusal(completion)
        return replace(completion, text=label, stop="eos")

    async def _choose(self, messages: Messages, turn: Turn) -> Completion:
        """The label that ranks first by the log-probabilities that the server tells."""
        if self._scorer is None or self._reference is None:
            raise ValueError("choosing needs prepare() first, which gives the answers")
        scored = await self._scorer.score(messages, self._poster(turn))
        if np.isnan(scored.logprobs).all():
            # What the model would write is no label: it is kept as the answer that it is.
            return Completion(scored.first_token, (), scored.prompt_tokens, "length", turn.elapsed_ms)
        best = int(np.nanargmax(self._reference.scores(scored.logprobs, CHOOSING[self._spec.decoding])))
        return Completion(
            self._answers[best],
            self._scorer.token_ids[best],
            scored.prompt_tokens,
            "chosen",
            turn.elapsed_ms,
            scored.logprobs.astype("<f4").tobytes(),
        )

    async def _learn(self, prompts: Sequence[Messages], content_free: Mapping[str, Messages]) -> LabelReference:
        """What the server tells of the labels, and of each as an answer to a text that says nothing.

        Raises:
            RequestError: if it does not tell enough for the decoding.
        """
        post = self._poster()
        trial = next(iter([*content_free.values(), *prompts]))
        scorer = await find_scorer(self._at, self._answers, trial, post)
        self._scorer, self.metadata["label probabilities"] = scorer, scorer.how
        tokens = tuple(max(1, len(ids)) for ids in scorer.token_ids)
        if isinstance(scorer, FirstTokenScores):
            if CHOOSING[self._spec.decoding] == "calibrated":
                raise RequestError(
                    "the server tells the probabilities of some labels only, and calibration needs those of all",
                    again=False,
                    do="Choose the decoding choose.",
                )
            return LabelReference(tokens, {})
        of_text = {}
        for text, messages in content_free.items():
            scored = await scorer.score(messages, post)
            of_text[text] = tuple(scored.logprobs.tolist())
        return LabelReference(tokens, of_text)

    def _poster(self, turn: Turn | None = None) -> Post:
        """What posts the requests of one turn; each in a turn of its own where none is given."""

        async def post(path: str, body: dict[str, Any], beside: bool = False) -> dict[str, Any]:
            return await (turn or Turn(self._asking)).post(path, body, self._by_the_same, beside=beside)

        return post

    def _read(self, content: dict[str, Any], max_tokens: int, turn: Turn) -> Completion:
        return completion_of(self._by_the_same(content), max_tokens, turn.elapsed_ms)

    def _by_the_same(self, content: dict[str, Any]) -> dict[str, Any]:
        """A reply, if the model that it names is the one that answered first.

        A server that was updated says so by another `system_fingerprint`: that is noted, and no error.

        Raises:
            RequestError: if it is another.
        """
        named = content.get("model")
        if isinstance(named, str) and named:
            named = shortened(named)
            self._answers_as = self._answers_as or named
            if named != self._answers_as:
                raise RequestError(
                    f"the server says that it is {named} now, and said that it was {self._answers_as} before",
                    again=False,
                    hopeless=True,
                    do="Nothing of the other model is stored. Ask for it under its own name, or delete the runs of this"
                    " one.",
                )
            self.metadata[_ANSWERED_AS] = named
        build = content.get("system_fingerprint")
        if isinstance(build, str) and build and build not in self._builds:
            self._builds = [*self._builds, build][-_MOST_BUILDS:]
            self.metadata["server build"] = ", then ".join(map(shortened, self._builds))
        return content
