"""Any server that speaks the OpenAI chat protocol, as a model: what it is asked, and how its reply is read.

Nothing a server does can be taken for an answer that it did not give: a timeout, a refusal, a web page, a cut reply, an
answer without text or with an unknown ending is an error, which is never stored and never read as "". The API key goes
into one header of each request (`api_key.py` says to whom), and is taken out of whatever is shown or stored. How many
prompts are asked at a time, and how often, is `asking.py`'s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from evalcore.predictors.api_key import api_key, why_withheld
from evalcore.predictors.asking import Asking, Patience, Turn
from evalcore.predictors.endpoint import Endpoint, identity, parse_endpoint
from evalcore.predictors.handle import ModelHandle, OnPhase
from evalcore.predictors.http import RequestError
from evalcore.predictors.reply import completion_of, withheld
from evalcore.store import Completion, Predictor, RunSpec, Store
from evalcore.tasks import Messages, Task

BATCH = 16
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
        model = ServerModel(at, spec)
        model.check()
        return model

    return ModelHandle(identity(at, spec), load, {"server": at.url})


class ServerModel:
    """A model on a server.

    While prompts are asked, only the event loop's thread changes the model's state, so there are no locks.
    """

    batch_size = BATCH

    def __init__(self, at: Endpoint, spec: RunSpec, patience: Patience | None = None) -> None:
        self.identity = identity(at, spec)
        why = why_withheld(at.url)
        self.metadata = {
            "server": at.url,
            "served model": at.model,
            "API key": f"not sent: {why}" if why else "sent" if api_key() else "none",
        }
        self._at = at
        self._spec = spec
        self._asking = Asking(at, patience or Patience())
        # Servers such as vLLM apply the penalty of the model's generation_config unless told otherwise.
        self._neutral = {"repetition_penalty": 1.0} if spec.decoding == "plain" else {}

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
