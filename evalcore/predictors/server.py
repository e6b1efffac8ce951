"""Any server that speaks the OpenAI chat protocol, as a model: `http://host:port/v1#model-name`.

Nothing a server does can be taken for an answer that it did not give: a timeout, a refusal, a web page, a cut reply, an
answer without text or with an unknown ending is an error, which is never stored and never read as "". The API key goes
into one header of each request (`apikey.py` says to whom), and is taken out of whatever is shown or stored.
"""

from __future__ import annotations

import random
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from evalcore.errors import ModelError, SpecError, Unanswered
from evalcore.predictors.api_key import API_KEY_VARIABLE, api_key, why_withheld
from evalcore.predictors.exchange import Failed, UnderWay, exchange
from evalcore.predictors.reply import completion_of, withheld
from evalcore.store import Completion, Identity, RunSpec
from evalcore.tasks import Messages

VERSION = 1
"""Raised when the same server would be asked in another way."""

CONCURRENT = 4
BATCH = 16
GIVE_UP_AFTER = 20
_LOOK_UP_S = 0.2
"""An interrupt that comes in the instant before a thread begins to wait is seen when it next looks up."""
_TOO_LONG = re.compile(r"context_length_exceeded|maximum context length|context (length|window|size)", re.IGNORECASE)
_FILTERED = re.compile(r"content_filter|input was flagged", re.IGNORECASE)
"""How Azure and OpenRouter say that a prompt was not let through."""
_AUTHORITY = re.compile(r"(\[[^\[\]]+\]|[^\[\]:\\]+)(:[0-9]*)?")
"""A host, in brackets if it is IPv6, and a port: nothing that one library reads as another host than the next."""
_MOST_REASONS = 3
"""So many different reasons are said, the most frequent first."""


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for.

    Attributes:
        tries: requests for one prompt, at most.
        total_s: seconds for one prompt, over all tries and the waiting between them.
        timeout_s: seconds for one try, from connecting to the last byte.
        first_wait_s: before the second try; doubled each time. `Retry-After` goes first.
    """

    tries: int = 5
    total_s: float = 60.0
    timeout_s: float = 30.0
    first_wait_s: float = 0.5


@dataclass(frozen=True)
class Endpoint:
    """Where a server is and what it serves.

    Attributes:
        url: as written, without a slash at the end and without the model: the part up to `/chat/completions`.
    """

    url: str
    model: str

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self.url}#{self.model}"


def is_server(model: str) -> bool:
    """Whether a model's name is a server's address."""
    return model.lower().startswith(("http://", "https://"))


def endpoint(model: str) -> Endpoint:
    """The server and the model that a name such as `http://localhost:8000/v1#Qwen/Qwen2.5-7B-Instruct` means.

    Raises:
        SpecError: if it is not of that form, or would put a secret into the run's name.
    """
    url, _, name = model.strip().partition("#")
    how = "Write http://HOST:PORT/v1#MODEL; the server's /models page lists the models."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise SpecError(f"this is not an address ({error}).", where=_without_secrets(url), do=how) from None
    if "@" in parts.netloc or parts.query:
        raise SpecError(
            "a server's address holds no password, key or query: it is stored with the run.",
            where=_without_secrets(url),
            do=f"Put the key into the environment variable {API_KEY_VARIABLE}.",
        )
    no_host = not host or not _AUTHORITY.fullmatch(parts.netloc)
    if no_host or (port is not None and not 0 < port < 65536) or re.search(r"[\s\x00-\x1f]", url):
        raise SpecError("this is not a server's address.", where=_without_secrets(url), do=how)
    if not name.strip():
        raise SpecError("the model's name is missing.", where=url, do=how)
    return Endpoint(f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}", name.strip())


def identity(at: Endpoint, spec: RunSpec) -> Identity:
    """What decides a server's completions, as far as one can know: where it is, the model's name, how it is asked."""
    return {
        "predictor": "server",
        "url": at.url,
        "model": at.model,
        "decoding": spec.decoding,
        "max_new_tokens": spec.max_new_tokens,
        "version": VERSION,
    }


class ServerModel:
    """A model on a server. A few requests are under way at once; what decides an answer does not depend on that."""

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
        self._pool = ThreadPoolExecutor(CONCURRENT)
        self._given_up = threading.Event()
        self._counting = threading.Lock()
        self._under_way = UnderWay()
        # Servers such as vLLM apply the penalty of the model's generation_config unless told otherwise.
        self._neutral = {"repetition_penalty": 1.0} if spec.decoding == "plain" else {}

    def check(self) -> None:
        """See whether anybody answers at all, before the first prompt.

        Raises:
            ModelError: if nobody does, or the key is refused.
        """
        try:
            exchange(self._at.url, "GET", "/models", None, self._patience.timeout_s, self._under_way)
        except Failed as failed:
            if failed.status in (401, 403) or (failed.again and not failed.status):
                raise ModelError(f"{failed}.", where=self._at.where, do=self._remedy(failed)) from None

    def prepare(self, prompts: Sequence[Messages], answers: Sequence[str]) -> None:
        """A new run, or the same once more: what failed before may not fail now."""
        self._failed_in_a_row = 0
        self._reasons.clear()
        self._remedies.clear()
        self._given_up.clear()
        self._under_way.reopen()

    def predict(self, prompts: list[Messages]) -> list[Completion]:
        """One completion for each prompt.

        Raises:
            Unanswered: if some have none; what came is in it. It says how many have had none since `expect`, and why.
        """
        under_way: list[Future[Completion | Failed]] = []
        try:
            with _interrupts_deferred():
                under_way += [self._pool.submit(self._counted, messages) for messages in prompts]
            while wait(under_way, _LOOK_UP_S).not_done:
                pass
            results = [future.result() for future in under_way]
        except BaseException:  # Ctrl-C must not wait for a server
            self._given_up.set()
            self._under_way.end_all()
            wait(under_way)
            raise
        answers = [result if isinstance(result, Completion) else None for result in results]
        if None not in answers:
            return [answer for answer in answers if answer is not None]
        raise self._unanswered(answers)

    def _unanswered(self, answers: list[Completion | None]) -> Unanswered:
        given_up = self._given_up.is_set()
        reasons = self._reasons.most_common(_MOST_REASONS)
        count = self._reasons.total()
        said = [f"{times} times {reason}" if len(self._reasons) > 1 else reason for reason, times in reasons]
        if len(self._reasons) > _MOST_REASONS:
            said.append(f"{count - sum(times for _, times in reasons)} times something else")
        if given_up and self._failed_in_a_row > 1:
            said.append(f"{self._failed_in_a_row} requests in a row failed")
        return Unanswered(
            f"no answer to {count} prompt{'s' * (count != 1)}: {'; '.join(said)}.",
            where=self._at.where,
            do=" ".join(dict.fromkeys(filter(None, (self._remedies[reason] for reason, _ in reasons)))),
            answers=answers,
            give_up=given_up,
        )

    def _counted(self, messages: Messages) -> Completion | Failed:
        """An answer, unless so many failed in a row, or one in such a way, that asking on is pointless."""
        if self._given_up.is_set():
            return Failed("it was not asked", again=False, unasked=True)
        result = self._answer(messages)
        with self._counting:
            if isinstance(result, Completion):
                self._failed_in_a_row = 0
                return result
            self._reasons[str(result)] += 1
            self._remedies[str(result)] = self._remedy(result)
            self._failed_in_a_row = 0 if result.filtered else self._failed_in_a_row + 1
            if result.hopeless or self._failed_in_a_row >= GIVE_UP_AFTER:
                self._given_up.set()
        return result

    def _answer(self, messages: Messages) -> Completion | Failed:
        """One prompt, tried as often and as long as patience allows."""
        started = time.monotonic()
        until = started + self._patience.total_s
        pause_s = self._patience.first_wait_s
        failed = Failed("no time was left to ask", again=True)
        body = self._body(messages)
        for _ in range(self._patience.tries):
            timeout_s = min(until - time.monotonic(), self._patience.timeout_s)
            if timeout_s <= 0:
                break
            try:
                reply = exchange(self._at.url, "POST", "/chat/completions", body, timeout_s, self._under_way)
                return completion_of(reply, self._spec.max_new_tokens, (time.monotonic() - started) * 1000)
            except Failed as error:
                failed = error
            if failed.status in (400, 403) and _FILTERED.search(failed.reply):
                return withheld()
            if failed.status in (400, 413, 422) and _TOO_LONG.search(failed.reply):
                return Completion("", stop="too_long")
            if failed.status in (400, 422) and "repetition_penalty" in body and "repetition_penalty" in failed.reply:
                self._neutral = {}  # this server does not know it
                body = self._body(messages)
                continue
            # A little chance, so that requests that failed together do not come back together.
            pause = failed.wait_s if failed.wait_s is not None else pause_s * random.uniform(0.75, 1.25)
            pause_s *= 2
            if not failed.again or time.monotonic() + pause >= until or self._given_up.wait(pause):
                break
        return failed

    def _body(self, messages: Messages) -> dict[str, Any]:
        return {
            "model": self._at.model,
            "messages": list(messages),
            "max_tokens": self._spec.max_new_tokens,
            "temperature": 0,
            "stream": False,
            **self._neutral,
        }

    def _remedy(self, failed: Failed) -> str:
        if failed.do:
            return failed.do
        if failed.status in (401, 403):
            if why := why_withheld(self._at.url):
                return f"The key of {API_KEY_VARIABLE} was not sent: {why}."
            known = "is set, and was refused" if api_key() else "is not set"
            return f"The environment variable {API_KEY_VARIABLE} {known}."
        if failed.status == 404:
            return "Check the address (most servers want /v1 at its end) and the model's name."
        if not failed.status and failed.again:
            return "Check that the server runs and that the address is right."
        return ""


@contextmanager
def _interrupts_deferred() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait until the block ends. While a thread starts, Python runs callbacks in which an exception
    goes nowhere: the interrupt would be lost, and the run go on."""
    if threading.current_thread() is not threading.main_thread():  # signals are never handled there
        yield
        return
    came: list[int] = []
    deferred = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda number, frame: came.append(number)) for number in deferred]
    try:
        yield
    finally:
        for which, handler in zip(deferred, before, strict=True):
            signal.signal(which, handler)
    if came:
        signal.raise_signal(came[0])


def _without_secrets(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//…@", url).partition("?")[0]
