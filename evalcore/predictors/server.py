"""Any server that speaks the OpenAI chat protocol, as a model: what it is asked, and how its reply is read.

Nothing a server does can be taken for an answer that it did not give: a timeout, a refusal, a web page, a cut reply, an
answer without text or with an unknown ending is an error, which is never stored and never read as "". The API key goes
into one header of each request (`api_key.py` says to whom), and is taken out of whatever is shown or stored. How many
prompts are asked at a time, and how often, is `asking.py`'s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from evalcore.predictors.api_key import api_key, why_withheld
from evalcore.predictors.asking import Asking, Patience, Turn
from evalcore.predictors.endpoint import Endpoint, identity, parse_endpoint
from evalcore.predictors.forecast import Forecast, by_characters
from evalcore.predictors.handle import ModelHandle, OnPhase
from evalcore.predictors.http import RequestError
from evalcore.predictors.reply import completion_of, withheld
from evalcore.store import (
    CHOOSING,
    MOST_CONCURRENT,
    Completion,
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
_TOO_LONG = re.compile(r"context_length_exceeded|maximum context length|context (length|window|size)", re.IGNORECASE)
_FILTERED = re.compile(r"content_filter|input was flagged", re.IGNORECASE)
"""How Azure and OpenRouter say that their content filter refused a prompt."""


def handle(spec: RunSpec, task: Task, answers: Sequence[str], store: Store, on_phase: OnPhase) -> ModelHandle:
    """A model on a server; no request is sent before it is loaded. Arguments as `handle.identify` takes them.

    Raises:
        SpecError: if its name is not a server's address and a model.
    """
    at = parse_endpoint(spec.model)

    def load(on_phase: OnPhase) -> Predictor:
        on_phase("asking for the server")
        model = ServerModel(at, spec, limits=limits_of(read_servers(store.folder), at.url, at.model))
        model.check()
        return model

    return ModelHandle(identity(at, spec), load, {"server": at.url}, forecast=partial(_forecast, spec))


def _forecast(
    spec: RunSpec,
    prompts: Sequence[Messages],
    answers: Sequence[str],
    new_tokens: float | None,
    on_phase: OnPhase,
) -> Forecast:
    """What answering some prompts takes, by their characters: the tokenizer is the server's."""
    longest = 1 if spec.decoding in CHOOSING else spec.max_new_tokens
    return by_characters(prompts, answers, float(longest * len(prompts)), new_tokens)


class ServerModel:
    """A model on a server.

    While prompts are asked, only the event loop's thread changes the model's state, so there are no locks.
    """

    def __init__(
        self, at: Endpoint, spec: RunSpec, patience: Patience | None = None, limits: Limits | None = None
    ) -> None:
        self.identity = identity(at, spec)
        why = why_withheld(at.url)
        self.metadata = {
            "server": at.url,
            "served model": at.model,
            "API key": f"not sent: {why}" if why else "sent" if api_key() else "none",
        }
        self._at = at
        self._spec = spec
        self._asking = Asking(at, patience or Patience(), limits or Limits())
        # Servers such as vLLM apply the penalty of the model's generation_config unless told otherwise.
        self._neutral = {"repetition_penalty": 1.0} if spec.decoding == "plain" else {}

    @property
    def batch_size(self) -> int:
        """Prompts after which the answers are stored: a few rounds of requests, and no more than a minute's."""
        limits = self._asking.limits
        return min(max(_BATCH, _ROUNDS * self._asking.pace.most), limits.requests_per_minute or _MOST_IN_BATCH)

    def limit(self, limits: Limits) -> None:
        """Ask within these limits, where they say something, in place of those of the table of servers."""
        self._asking.limit(limits.over(self._asking.limits))

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
    ) -> None:
        """Forget the failures of an earlier run: what failed then may succeed now."""
        self._asking.forget()

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
        body = self._body(messages)
        try:
            return await turn.post(
                "/chat/completions",
                body,
                lambda reply: completion_of(reply, self._spec.max_new_tokens, turn.elapsed_ms),
            )
        except RequestError as error:
            if error.status in (400, 403) and _FILTERED.search(error.reply):
                raise withheld() from None
            if error.status in (400, 413, 422) and _TOO_LONG.search(error.reply):
                return Completion("", stop="too_long")
            if error.status in (400, 422) and "repetition_penalty" in body and "repetition_penalty" in error.reply:
                self._neutral = {}  # this server does not know the option
                return await self._answer(messages, turn)
            raise

    def _body(self, messages: Messages) -> dict[str, Any]:
        return {
            "model": self._at.model,
            "messages": list(messages),
            "max_tokens": self._spec.max_new_tokens,
            "temperature": 0,
            "stream": False,
            **self._neutral,
        }
