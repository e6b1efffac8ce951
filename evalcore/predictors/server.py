"""Any server that speaks the OpenAI chat protocol, as a model.

Nothing a server does can be taken for an answer that it did not give: a timeout, a refusal, a web page, a cut reply, an
answer without text or with an unknown ending is an error, which is never stored and never read as "". The API key goes
into one header of each request (`api_key.py` says to whom), and is taken out of whatever is shown or stored.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from evalcore.errors import ModelError, Unanswered
from evalcore.predictors.api_key import API_KEY_VARIABLE, api_key, why_withheld
from evalcore.predictors.endpoint import Endpoint, identity, parse_endpoint
from evalcore.predictors.handle import ModelHandle, OnPhase
from evalcore.predictors.http import RequestError, request, run_in_loop
from evalcore.predictors.reply import completion_of, withheld
from evalcore.store import Completion, Predictor, RunSpec, Store
from evalcore.tasks import Messages, Task
from evalcore.wording import counted

CONCURRENT = 4
"""Prompts that are asked at the same time."""
BATCH = 16
GIVE_UP_AFTER = 20
"""So many failures in a row end the run."""
_MAX_REASONS = 3
"""So many different reasons are named, the most frequent first."""
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


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for.

    Attributes:
        tries: requests for one prompt, at most.
        total_s: seconds for one prompt, over all tries and the waiting between them.
        timeout_s: seconds for one try, from connecting to the last byte.
        first_wait_s: before the second try; doubled each time. `Retry-After` takes precedence.
    """

    tries: int = 5
    total_s: float = 60.0
    timeout_s: float = 30.0
    first_wait_s: float = 0.5


class ServerModel:
    """A model on a server. CONCURRENT prompts are asked at the same time; no answer depends on which.

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
        self._patience = patience or Patience()
        self._failed_in_a_row = 0
        self._reasons: Counter[str] = Counter()
        self._remedies: dict[str, str] = {}
        self._free = asyncio.Semaphore(CONCURRENT)
        self._given_up = asyncio.Event()
        # Servers such as vLLM apply the penalty of the model's generation_config unless told otherwise.
        self._neutral = {"repetition_penalty": 1.0} if spec.decoding == "plain" else {}

    def check(self) -> None:
        """See whether a server answers at all, before the first prompt.

        Raises:
            ModelError: if none does, or the key is refused.
        """
        try:
            run_in_loop(request("GET", self._at.url, "/models", None, self._patience.timeout_s))
        except RequestError as error:
            if error.status in (401, 403) or (error.again and not error.status):
                raise ModelError(f"{error}.", where=self._at.where, do=self._remedy(error)) from None

    def prepare(
        self, prompts: Sequence[Messages], answers: Sequence[str], content_free: Mapping[str, Messages]
    ) -> None:
        """Forget the failures of an earlier run: what failed then may succeed now."""
        self._failed_in_a_row = 0
        self._reasons.clear()
        self._remedies.clear()
        self._given_up.clear()

    def predict(self, prompts: list[Messages]) -> list[Completion]:
        """One completion for each prompt, in order.

        An exception that interrupts the waiting, such as KeyboardInterrupt, cancels all requests and ends it at once.

        Raises:
            Unanswered: if some prompts have no answer; the others' answers are in it. It says how many prompts have had
                none since `prepare`, and why.
        """
        answers = run_in_loop(self._answer_all(prompts))
        if None in answers:
            raise self._unanswered(answers)
        return [answer for answer in answers if answer is not None]

    async def _answer_all(self, prompts: list[Messages]) -> list[Completion | None]:
        """The answers, in the order of the prompts; None where there is none."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._answer(messages)) for messages in prompts]
        return [task.result() for task in tasks]

    async def _answer(self, messages: Messages) -> Completion | None:
        """An answer, unless so many prompts in a row failed, or one in such a way, that asking on is pointless."""
        async with self._free:
            if self._given_up.is_set():
                return None
            try:
                completion = await self._ask(messages)
            except RequestError as error:
                self._count(error)
                return None
            self._failed_in_a_row = 0
            return completion

    def _count(self, error: RequestError) -> None:
        self._reasons[str(error)] += 1
        self._remedies[str(error)] = self._remedy(error)
        self._failed_in_a_row = 0 if error.filtered else self._failed_in_a_row + 1
        if error.hopeless or self._failed_in_a_row >= GIVE_UP_AFTER:
            self._given_up.set()

    async def _ask(self, messages: Messages) -> Completion:
        """One prompt, tried as often and as long as patience allows.

        Raises:
            RequestError: why the last try failed.
        """
        started = time.monotonic()
        until = started + self._patience.total_s
        pause_s = self._patience.first_wait_s
        failure = RequestError("no time was left to ask", again=True)
        for _ in range(self._patience.tries):
            timeout_s = min(until - time.monotonic(), self._patience.timeout_s)
            if timeout_s <= 0:
                break
            body = self._body(messages)
            try:
                reply = await request("POST", self._at.url, "/chat/completions", body, timeout_s)
                return completion_of(reply, self._spec.max_new_tokens, (time.monotonic() - started) * 1000)
            except RequestError as error:
                failure = error
            if failure.status in (400, 403) and _FILTERED.search(failure.reply):
                raise withheld()
            if failure.status in (400, 413, 422) and _TOO_LONG.search(failure.reply):
                return Completion("", stop="too_long")
            if failure.status in (400, 422) and "repetition_penalty" in body and "repetition_penalty" in failure.reply:
                self._neutral = {}  # this server does not know the option
                continue
            # Randomized, so that requests that failed together are not repeated together.
            wait_s = failure.wait_s if failure.wait_s is not None else pause_s * random.uniform(0.75, 1.25)
            pause_s *= 2
            if not failure.again or time.monotonic() + wait_s >= until or await self._gives_up_within(wait_s):
                break
        raise failure

    async def _gives_up_within(self, seconds: float) -> bool:
        """Wait before another try, unless it becomes known meanwhile that it would be pointless."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._given_up.wait()
        return self._given_up.is_set()

    def _body(self, messages: Messages) -> dict[str, Any]:
        return {
            "model": self._at.model,
            "messages": list(messages),
            "max_tokens": self._spec.max_new_tokens,
            "temperature": 0,
            "stream": False,
            **self._neutral,
        }

    def _unanswered(self, answers: list[Completion | None]) -> Unanswered:
        given_up = self._given_up.is_set()
        reasons = self._reasons.most_common(_MAX_REASONS)
        count = self._reasons.total()
        said = [f"{counted(times, 'time')} {reason}" if len(self._reasons) > 1 else reason for reason, times in reasons]
        if len(self._reasons) > _MAX_REASONS:
            said.append(f"{counted(count - sum(times for _, times in reasons), 'time')} something else")
        if given_up and self._failed_in_a_row > 1:
            said.append(f"{self._failed_in_a_row} requests in a row failed")
        return Unanswered(
            f"no answer to {counted(count, 'prompt')}: {'; '.join(said)}.",
            where=self._at.where,
            do=" ".join(dict.fromkeys(filter(None, (self._remedies[reason] for reason, _ in reasons)))),
            answers=answers,
            give_up=given_up,
        )

    def _remedy(self, error: RequestError) -> str:
        """What a person can do about a failure; "" if nothing is known."""
        if error.do:
            return error.do
        if error.status in (401, 403):
            if why := why_withheld(self._at.url):
                return f"The key of {API_KEY_VARIABLE} was not sent: {why}."
            known = "is set, and was refused" if api_key() else "is not set"
            return f"The environment variable {API_KEY_VARIABLE} {known}."
        if error.status == 404:
            return "Check the address (most servers want /v1 at its end) and the model's name."
        if not error.status and error.again:
            return "Check that the server runs and that the address is right."
        return ""
