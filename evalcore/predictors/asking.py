"""How a server is asked: several prompts at a time, each as often and as long as patience allows, failures counted.

What is asked, and how a reply is read, is `server.py`'s: it gives a function that answers one prompt, which posts its
requests through the `Turn` that it is given.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from evalcore.errors import ModelError, Unanswered
from evalcore.predictors.api_key import API_KEY_VARIABLE, api_key, why_withheld
from evalcore.predictors.endpoint import Endpoint
from evalcore.predictors.http import RequestError, request, run_in_loop
from evalcore.predictors.reply import content_of
from evalcore.store import Completion
from evalcore.tasks import Messages
from evalcore.wording import counted

CONCURRENT = 4
"""Prompts that are asked at the same time."""
GIVE_UP_AFTER = 20
"""So many failures in a row end the run."""
_MAX_REASONS = 3
"""So many different reasons are named, the most frequent first."""

Read = TypeVar("Read")


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for.

    Attributes:
        tries: requests for one prompt that may fail.
        total_s: seconds for one prompt, over all tries and the waiting between them.
        timeout_s: seconds for one try, from connecting to the last byte.
        first_wait_s: before the second try; doubled each time. `Retry-After` takes precedence.
    """

    tries: int = 5
    total_s: float = 60.0
    timeout_s: float = 30.0
    first_wait_s: float = 0.5


class Asking:
    """Asks one server many prompts. CONCURRENT of them are asked at the same time; no answer depends on which.

    While prompts are asked, only the event loop's thread changes its state, so there are no locks.

    Args:
        at: the server and its model.
        patience: how long it is waited for.
    """

    def __init__(self, at: Endpoint, patience: Patience) -> None:
        self.at = at
        self.patience = patience
        self.given_up = asyncio.Event()
        self._failed_in_a_row = 0
        self._reasons: Counter[str] = Counter()
        self._remedies: dict[str, str] = {}
        self._free = asyncio.Semaphore(CONCURRENT)

    def check(self) -> None:
        """See whether a server answers at all, before the first prompt.

        Raises:
            ModelError: if none does, or the key is refused.
        """
        try:
            run_in_loop(request("GET", self.at.url, "/models", None, self.patience.timeout_s))
        except RequestError as error:
            if error.status in (401, 403) or (error.again and not error.status):
                raise ModelError(f"{error}.", where=self.at.where, do=self._remedy(error)) from None

    def once(self, work: Callable[[Turn], Coroutine[Any, Any, Read]]) -> Read:
        """Do what has to succeed before the first prompt.

        Args:
            work: given a turn of its own.

        Raises:
            ModelError: if it fails.
        """
        try:
            return run_in_loop(work(Turn(self)))
        except RequestError as error:
            raise ModelError(f"{error}.", where=self.at.where, do=self._remedy(error)) from None

    def forget(self) -> None:
        """Forget the failures of an earlier run: what failed then may succeed now."""
        self._failed_in_a_row = 0
        self._reasons.clear()
        self._remedies.clear()
        self.given_up.clear()

    def ask(self, prompts: Sequence[Messages], answer: Answer) -> list[Completion]:
        """One completion for each prompt, in order.

        An exception that interrupts the waiting, such as KeyboardInterrupt, cancels all requests and ends it at once.

        Args:
            prompts: chat messages.
            answer: answers one of them; called in the event loop, for several prompts at the same time.

        Raises:
            Unanswered: if some prompts have no answer; the others' answers are in it. It says how many prompts have had
                none since `forget`, and why.
        """
        answers = run_in_loop(self._answer_all(prompts, answer))
        if None in answers:
            raise self._unanswered(answers)
        return [one for one in answers if one is not None]

    async def _answer_all(self, prompts: Sequence[Messages], answer: Answer) -> list[Completion | None]:
        """The answers, in the order of the prompts; None where there is none."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._answer_one(messages, answer)) for messages in prompts]
        return [task.result() for task in tasks]

    async def _answer_one(self, messages: Messages, answer: Answer) -> Completion | None:
        """An answer, unless so many prompts in a row failed, or one in such a way, that asking on is pointless."""
        async with self._free:
            if self.given_up.is_set():
                return None
            try:
                completion = await answer(messages, Turn(self))
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
            self.given_up.set()

    def _unanswered(self, answers: list[Completion | None]) -> Unanswered:
        given_up = self.given_up.is_set()
        reasons = self._reasons.most_common(_MAX_REASONS)
        count = self._reasons.total()
        said = [f"{counted(times, 'time')} {reason}" if len(self._reasons) > 1 else reason for reason, times in reasons]
        if len(self._reasons) > _MAX_REASONS:
            said.append(f"{counted(count - sum(times for _, times in reasons), 'time')} something else")
        if given_up and self._failed_in_a_row > 1:
            said.append(f"{self._failed_in_a_row} requests in a row failed")
        return Unanswered(
            f"no answer to {counted(count, 'prompt')}: {'; '.join(said)}.",
            where=self.at.where,
            do=" ".join(dict.fromkeys(filter(None, (self._remedies[reason] for reason, _ in reasons)))),
            answers=answers,
            give_up=given_up,
        )

    def _remedy(self, error: RequestError) -> str:
        """What a person can do about a failure; "" if nothing is known."""
        if error.do:
            return error.do
        if error.status in (401, 403):
            if why := why_withheld(self.at.url):
                return f"The key of {API_KEY_VARIABLE} was not sent: {why}."
            known = "is set, and was refused" if api_key() else "is not set"
            return f"The environment variable {API_KEY_VARIABLE} {known}."
        if error.status == 404:
            return "Check the address (most servers want /v1 at its end) and the model's name."
        if not error.status and error.again:
            return "Check that the server runs and that the address is right."
        return ""


class Turn:
    """One prompt's turn: all of its requests share one patience.

    Args:
        asking: of which it is a turn.
    """

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._tries_left = asking.patience.tries
        self._pause_s = asking.patience.first_wait_s
        self._started = time.monotonic()

    @property
    def elapsed_ms(self) -> float:
        """Milliseconds since the turn began."""
        return (time.monotonic() - self._started) * 1000

    async def post(
        self, path: str, body: dict[str, Any], read: Callable[[dict[str, Any]], Read], base: str = ""
    ) -> Read:
        """Post a request until a reply can be read, as often and as long as patience allows.

        Args:
            path: added at the end of the server's address, or of `base` where that is given.
            body: sent as JSON.
            read: makes something of the JSON of a reply with status 200; raises RequestError where it cannot.

        Raises:
            RequestError: why the last try failed.
        """
        patience = self._asking.patience
        until = self._started + patience.total_s
        failure = RequestError("no time was left to ask", again=True)
        while self._tries_left:
            timeout_s = min(until - time.monotonic(), patience.timeout_s)
            if timeout_s <= 0:
                break
            try:
                return read(content_of(await request("POST", base or self._asking.at.url, path, body, timeout_s)))
            except RequestError as error:
                failure = error
            self._tries_left -= 1
            # Randomized, so that requests that failed together are not repeated together.
            wait_s = failure.wait_s if failure.wait_s is not None else self._pause_s * random.uniform(0.75, 1.25)
            self._pause_s *= 2
            if not failure.again or time.monotonic() + wait_s >= until or await self._given_up_within(wait_s):
                break
        raise failure

    async def _given_up_within(self, seconds: float) -> bool:
        """Wait before another try, unless it becomes known meanwhile that it would be pointless."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._asking.given_up.wait()
        return self._asking.given_up.is_set()


Answer = Callable[[Messages, Turn], Awaitable[Completion]]
"""Answers one prompt with the requests that it posts through the turn; raises RequestError where there is no answer."""
