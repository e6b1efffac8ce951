"""How fast a server is asked: as fast as it allows, and as the person who asks it has set.

How many requests are open follows what the server says, as TCP follows a network: halved when it refuses a request for
its rate (429), and one more after each round that it answered. A refusal holds back all requests, not only the one.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from evalcore.store import Limits

CONCURRENT = 4
"""Requests that are open at the same time, unless `servers.csv` or the command line says otherwise."""
_LONGEST_PAUSE_S = 10.0
"""After a refusal that does not say how long to wait. Limits are by the minute: that one has passed is soon seen."""

_LOOK_EVERY_S = 0.1


class GivenUp(Exception):
    """Asking on has become pointless while a request waited."""


class Spacing:
    """So much a minute, evenly spread: a server whose minutes begin at another second never counts more in one.

    Args:
        per_minute: at most; None for no limit.
    """

    def __init__(self, per_minute: float | None) -> None:
        self._seconds_each = 60.0 / per_minute if per_minute else 0.0
        self._next = 0.0

    def wait_s(self) -> float:
        """Seconds until the next may be taken; 0 if it may be taken now."""
        return max(0.0, self._next - time.monotonic())

    def take(self, amount: float) -> None:
        """Take so much now."""
        self._next = max(self._next, time.monotonic()) + amount * self._seconds_each

    def correct(self, amount: float) -> None:
        """So much more was taken than `take` was told; less, if it is negative."""
        self._next += amount * self._seconds_each


class Pace:
    """Lets requests to one server through. Used in one event loop only, so there are no locks against threads.

    Args:
        limits: as the person has set them.
        first_pause_s: after a refusal that does not say how long to wait; doubled with each further one.
        patience_s: seconds during which the server may refuse every request for its rate.

    Attributes:
        most: requests that are ever open at the same time.
        given_up: whether asking on is pointless; nothing is let through any more.
        counts_tokens: whether the tokens of a request matter.
    """

    def __init__(self, limits: Limits, first_pause_s: float, patience_s: float) -> None:
        self.most = limits.concurrent or CONCURRENT
        self.given_up = asyncio.Event()
        self.counts_tokens = limits.tokens_per_minute is not None
        self._requests = Spacing(limits.requests_per_minute)
        self._tokens = Spacing(limits.tokens_per_minute)
        self._first_pause_s, self._patience_s = first_pause_s, patience_s
        self._door = asyncio.Lock()  # requests pass in the order in which they came
        self._changed = asyncio.Event()
        self._open = 0
        self.forget()

    @property
    def is_held(self) -> bool:
        """Whether the server has asked to wait, and everything waits."""
        return self._not_before > time.monotonic()

    def forget(self) -> None:
        """Forget how the server fared; what the person has set holds on."""
        self.given_up.clear()
        self._allowed = float(self.most)
        self._pause_s = self._first_pause_s
        self._not_before = self._slowed_at = 0.0
        self._refused_since: float | None = None

    def give_up(self) -> None:
        """Let nothing through any more; what waits is told at once."""
        self.given_up.set()
        self._changed.set()

    @asynccontextmanager
    async def place(self, tokens: float) -> AsyncIterator[None]:
        """Wait until a request may be sent; it counts as open until the block ends.

        Args:
            tokens: that it will take, as far as one can know: `correct` them when they are known.

        Raises:
            GivenUp: if asking became pointless.
        """
        async with self._door:
            while not self.given_up.is_set() and self._open >= int(self._allowed):
                self._changed.clear()
                await self._changed.wait()
            while not self.given_up.is_set() and (wait_s := self._wait_s()) > 0:
                await self.wait(min(wait_s, _LOOK_EVERY_S))  # what is corrected meanwhile counts at once
            if self.given_up.is_set():
                raise GivenUp
            self._open += 1
            self._requests.take(1)
            self._tokens.take(tokens)
        try:
            yield
        finally:
            self._open -= 1
            self._changed.set()

    async def wait(self, seconds: float) -> None:
        """Wait, but not after asking has become pointless."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.given_up.wait()

    def correct(self, more_tokens: float) -> None:
        """A request took so many more tokens than `place` was told; fewer, if it is negative."""
        self._tokens.correct(more_tokens)

    def answered(self) -> None:
        """The server answered a request: a little more may be open."""
        self._refused_since = None
        self._pause_s = self._first_pause_s
        self._allowed = min(self.most, self._allowed + 1 / self._allowed)

    def refused(self, began: float, asked_s: float | None) -> bool:
        """The server refused a request for its rate: hold back all of them.

        Args:
            began: when the request was sent, by the monotonic clock.
            asked_s: seconds that the server asks to wait; None if it does not say.

        Returns:
            whether to try again; False if it has refused every request for so long, or asks to wait for so long, that
            patience is at its end.
        """
        now = time.monotonic()
        if self._refused_since is None:
            self._refused_since = now
        # Randomized, so that two processes that were refused together do not come again together.
        pause_s = self._pause_s * random.uniform(0.75, 1.25)
        if began >= self._slowed_at:  # otherwise it was sent before the last slowing down, and says nothing new
            self._allowed = max(1.0, self._allowed / 2)
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
            self._slowed_at = now
        self._not_before = max(self._not_before, now + max(asked_s or 0.0, pause_s))
        return self._not_before - self._refused_since <= self._patience_s

    def _wait_s(self) -> float:
        return max(self._not_before - time.monotonic(), self._requests.wait_s(), self._tokens.wait_s())
