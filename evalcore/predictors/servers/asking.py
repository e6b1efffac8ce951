"""How a server is asked: several prompts at a time, each as often and as long as patience allows; failures and tokens
are counted.

What is asked, and how a reply is read, is `server.py`'s: it gives a function that answers one prompt, which posts its
requests through the `Turn` that it is given. How fast, is `pace.py`'s.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from evalcore.errors import ModelError, Unanswered
from evalcore.predictors.servers.api_key import API_KEY_VARIABLE, api_key, why_withheld
from evalcore.predictors.servers.endpoint import Endpoint
from evalcore.predictors.servers.http import RequestError, in_loop, request, run_in_loop
from evalcore.predictors.servers.pace import GivenUp, Pace
from evalcore.predictors.servers.reply import content_of, usage_of
from evalcore.store import Completion, GoOn, Limits, Usage
from evalcore.tasks import Messages
from evalcore.wording import counted, lasting

GIVE_UP_AFTER = 20
"""So many failures in a row end the run."""
_MAX_REASONS = 3
"""So many different reasons are named, the most frequent first."""
_LOOK_EVERY_S = 1.0
_HELD = "waiting, as the server asks: it lets no more requests in"
_TOO_FAST = 429
_NO_CREDIT = re.compile(r"insufficient_quota")
"""How OpenAI says, with status 429, that nothing is left to pay with: waiting does not help."""
_CHARACTERS_OF_A_TOKEN = 4
"""Roughly, to know before a request about how many tokens a minute's limit will lose by it."""

Read = TypeVar("Read")


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for.

    Attributes:
        tries: requests for one prompt, at most.
        total_s: seconds for one prompt, over all tries and the waiting between them.
        timeout_s: seconds for one try, from connecting to the last byte.
        first_wait_s: before the second try, and doubled each time; longer where the server asks for it.
        held_s: seconds during which it may refuse all requests for their rate. A prompt that is refused for that
            waits for as long as others are answered: it uses up neither its tries nor its time.
    """

    tries: int = 5
    total_s: float = 60.0
    timeout_s: float = 30.0
    first_wait_s: float = 0.5
    held_s: float = 90.0


class Asking:
    """Asks one server many prompts, several at the same time; no answer depends on which.

    While prompts are asked, only the event loop's thread changes its state, so there are no locks.

    Args:
        at: the server and its model.
        patience: how long it is waited for.
        limits: how it may be asked.
    """

    def __init__(self, at: Endpoint, patience: Patience, limits: Limits) -> None:
        self.at = at
        self.patience = patience
        self.usage = Usage()
        self._failed_in_a_row = 0
        self._reasons: Counter[str] = Counter()
        self._remedies: dict[str, str] = {}
        self._go_on: GoOn | None = None
        self.limit(limits)

    def limit(self, limits: Limits) -> None:
        """Ask within these limits from now on; not while prompts are asked."""
        self.limits = limits
        self.pace = Pace(limits, self.patience.first_wait_s, self.patience.held_s)
        self._free = asyncio.Semaphore(self.pace.most)

    def while_waiting(self, go_on: GoOn | None) -> None:
        """As `store.Waiting` says."""
        self._go_on = go_on

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

    def once(self, work: Coroutine[Any, Any, Read]) -> Read:
        """Do what has to succeed before the first prompt.

        Raises:
            ModelError: if it fails.
        """
        try:
            return run_in_loop(work)
        except RequestError as error:
            raise ModelError(f"{error}.", where=self.at.where, do=self._remedy(error)) from None

    def forget(self) -> None:
        """Forget an earlier run: what failed then may succeed now, and its tokens are not this one's."""
        self._failed_in_a_row = 0
        self._reasons.clear()
        self._remedies.clear()
        self.usage = Usage()
        self.pace.forget()

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
        stop = asyncio.Event()
        answers = run_in_loop(self._answer_all(prompts, answer, stop), self._looking(stop))
        if None in answers:
            raise self._unanswered(answers)
        return [one for one in answers if one is not None]

    def _looking(self, stop: asyncio.Event) -> Callable[[], None]:
        """What is called while answers are waited for: it asks now and then whether to go on, and if not, stops."""
        next_look = time.monotonic() + _LOOK_EVERY_S

        def look() -> None:
            nonlocal next_look
            if self._go_on is None or time.monotonic() < next_look:
                return
            next_look = time.monotonic() + _LOOK_EVERY_S
            if not self._go_on(_HELD if self.pace.is_held else "predicting"):
                in_loop(stop.set)

        return look

    async def _answer_all(
        self, prompts: Sequence[Messages], answer: Answer, stop: asyncio.Event
    ) -> list[Completion | None]:
        """The answers, in the order of the prompts; None where there is none. When it is to stop, all waiting ends."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._answer_one(messages, answer)) for messages in prompts]
            stopping = asyncio.create_task(self._cancel(tasks, stop))
            try:
                await asyncio.wait(tasks)
            finally:
                stopping.cancel()
        return [None if task.cancelled() else task.result() for task in tasks]

    async def _cancel(self, tasks: list[asyncio.Task[Completion | None]], stop: asyncio.Event) -> None:
        await stop.wait()
        self.pace.give_up()
        for task in tasks:
            task.cancel()

    async def _answer_one(self, messages: Messages, answer: Answer) -> Completion | None:
        """An answer, unless so many prompts in a row failed, or one in such a way, that asking on is pointless."""
        async with self._free:
            if self.pace.given_up.is_set():
                return None
            try:
                completion = await answer(messages, Turn(self))
            except GivenUp:  # while it waited for its first request
                return None
            except RequestError as error:
                self._count(error)
                return None
            self._failed_in_a_row = 0
            return completion

    def _count(self, error: RequestError) -> None:
        self._reasons[str(error)] += 1
        self._remedies[str(error)] = self._remedy(error) or self._remedies.get(str(error), "")
        self._failed_in_a_row = 0 if error.filtered else self._failed_in_a_row + 1
        if error.hopeless or self._failed_in_a_row >= GIVE_UP_AFTER:
            self.pace.give_up()

    def _unanswered(self, answers: list[Completion | None]) -> Unanswered:
        given_up = self.pace.given_up.is_set()
        reasons = self._reasons.most_common(_MAX_REASONS)
        count = self._reasons.total()
        said = [f"{counted(times, 'time')} {reason}" if len(self._reasons) > 1 else reason for reason, times in reasons]
        if len(self._reasons) > _MAX_REASONS:
            said.append(f"{counted(count - sum(times for _, times in reasons), 'time')} something else")
        if given_up and self._failed_in_a_row > 1:
            said.append(f"{self._failed_in_a_row} requests in a row failed")
        if not count:
            return Unanswered("stopped.", where=self.at.where, answers=answers, give_up=True, stopped=True)
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
    """One prompt's turn: all of its requests share one patience. What it is held back does not count.

    Args:
        asking: of which it is a turn.
    """

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._tries_left = asking.patience.tries
        self._pause_s = asking.patience.first_wait_s
        self._spent_s = 0.0

    @property
    def elapsed_ms(self) -> float:
        """Milliseconds that its requests took, with the pauses between tries."""
        return self._spent_s * 1000

    async def post(
        self, path: str, body: dict[str, Any], read: Callable[[dict[str, Any]], Read], *, beside: bool = False
    ) -> Read:
        """Post a request until a reply can be read, as often and as long as patience allows.

        Args:
            path: added at the end of the server's address.
            body: sent as JSON.
            read: makes something of the JSON of a reply with status 200; raises RequestError where it cannot.
            beside: whether the path lies beside the protocol (`Endpoint.root`), where no tokens are generated or paid.

        Raises:
            RequestError: why the last try failed.
            GivenUp: if asking became pointless before the first one.
        """
        patience = self._asking.patience
        failure: RequestError | None = None
        while self._tries_left and self._spent_s < patience.total_s:
            try:
                return read(await self._send(path, body, beside))
            except GivenUp:
                if failure is None:
                    raise
                break
            except RequestError as error:
                failure = error
            if failure.status == _TOO_FAST and not failure.hopeless:
                continue  # it is let through when all are
            self._tries_left -= 1
            # Randomized, so that requests that failed together are not repeated together.
            wait_s = max(failure.wait_s or 0.0, self._pause_s * random.uniform(0.75, 1.25))
            self._pause_s *= 2
            if not failure.again or failure.hopeless or not self._tries_left:
                break
            if self._spent_s + wait_s >= patience.total_s:
                failure.do = failure.do or _asks_to_wait(failure)
                break
            self._spent_s += wait_s
            await self._asking.pace.wait(wait_s)
        raise failure or RequestError("no time was left to ask", again=True)

    async def _send(self, path: str, body: dict[str, Any], beside: bool) -> dict[str, Any]:
        """Send one request as soon as the pace allows it, and count it.

        Returns:
            the JSON of the reply.

        Raises:
            RequestError: if there is none. It is hopeless if the server holds back everybody for too long.
            GivenUp: if asking became pointless before it was sent.
        """
        asking, pace = self._asking, self._asking.pace
        url = asking.at.root if beside else asking.at.url
        tokens = 0.0 if beside or not pace.counts_tokens else _about_tokens(body)
        async with pace.place(tokens):
            began = time.monotonic()
            try:
                timeout_s = min(asking.patience.total_s - self._spent_s, asking.patience.timeout_s)
                reply = content_of(await request("POST", url, path, body, timeout_s))
            except asyncio.CancelledError:
                asking.usage += Usage(requests=1, untold=int(not beside))
                raise
            except RequestError as error:
                asking.usage += Usage(requests=1, untold=int(error.may_be_billed and not beside))
                if error.status == _TOO_FAST:
                    self._hold_back(began, error)
                raise
            finally:
                self._spent_s += time.monotonic() - began
        used = Usage(requests=1) if beside else usage_of(reply)
        asking.usage += used
        if not used.untold:
            pace.correct(used.input_tokens + used.output_tokens - tokens)
        pace.answered()
        return reply

    def _hold_back(self, began: float, refusal: RequestError) -> None:
        """Slow all requests down after a refusal for their rate; it becomes hopeless if that cannot help."""
        if _NO_CREDIT.search(refusal.reply):
            refusal.hopeless = True
        elif not self._asking.pace.refused(began, refusal.wait_s):
            refusal.hopeless = True
            refusal.do = _asks_to_wait(refusal) or (
                "It refused every request for so long. Try again later, or write its limits into the table of servers."
            )


def _asks_to_wait(failure: RequestError) -> str:
    """What to do where a server asks for longer than patience lasts; "" where it does not ask to wait."""
    return f"The server asks to wait {lasting(failure.wait_s)}: go on then." if failure.wait_s else ""


def _about_tokens(body: dict[str, Any]) -> float:
    """About how many tokens a request will take, before the server tells."""
    return len(json.dumps(body)) / _CHARACTERS_OF_A_TOKEN + float(body.get("max_tokens", 0))


Answer = Callable[[Messages, Turn], Awaitable[Completion]]
"""Answers one prompt with the requests that it posts through the turn; raises RequestError where there is no answer."""
