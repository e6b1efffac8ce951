"""The log-probability of every label as the answer to a prompt, from a server: exact where it tells, else in part.

vLLM tells the log-probability of any token after any tokens. Labels are then scored as on this machine: by all of their
tokens and the token that ends an answer. Two ways lead there: `TreeScores` asks for the next token at each place where
labels part, all of them in one request; `PromptScores`, for a vLLM that does not know that yet, has each label read as
a part of the prompt.

Other servers tell the likeliest first tokens of an answer, 20 at most: `FirstTokenScores`. That is the probability of a
label which is one token long, such as the number of a numbered list, and of no other; what they do not tell is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from evalcore.predictors.servers.api_key import clean
from evalcore.predictors.servers.endpoint import Endpoint
from evalcore.predictors.servers.http import RequestError, shortened
from evalcore.predictors.servers.reply import choices_of, count_of, is_too_long
from evalcore.tasks import Messages

TOP = 20
"""So many of the likeliest tokens a server tells, by the protocol."""
MOST_TOKENS = 128
"""So many tokens' log-probabilities vLLM tells at each place."""
_MOST_REPLY_BYTES = 2_000_000
_BYTES_OF_ONE = 48
"""Of one log-probability in a reply: `"token_id:151645": -0.00019453064305707812, `."""
_BYTES_OF_A_PROMPT_TOKEN = 128
_REFUSALS = frozenset({400, 404, 405, 422, 501})
"""How a server refuses what it does not know. Any other failure is a bad day, after which it may do it."""

_ONE_TOKEN = "Use the prompt `numbered` with at most 9 labels, or serve the model with vLLM."
_PLAIN = "Choose the decoding plain, or serve the model with vLLM."


class Post(Protocol):
    """Posts a request."""

    async def __call__(self, path: str, body: dict[str, Any], beside: bool = False) -> dict[str, Any]:
        """The object in the reply.

        Args:
            path: added at the end of the server's address.
            body: sent as JSON.
            beside: whether the path lies beside the protocol.

        Raises:
            RequestError: if there is none.
        """


@dataclass(frozen=True)
class Scored:
    """What is known of the labels as answers to one prompt.

    Attributes:
        logprobs: natural logarithms, float32 of shape (n_answers,); NaN where it is not known.
        prompt_tokens: length of the prompt.
        first_token: what the model would write first.
    """

    logprobs: NDArray[np.float32]
    prompt_tokens: int
    first_token: str = ""


class LabelScorer(Protocol):
    """Scores the answers that it was made for."""

    @property
    def how(self) -> str:
        """In a few words, for a person."""

    @property
    def token_ids(self) -> Sequence[tuple[int, ...]]:
        """Of each answer, with the token that ends it; empty ones where they are not known."""

    async def score(self, messages: Messages, post: Post) -> Scored:
        """The log-probability of each answer.

        Raises:
            RequestError: if the server does not tell.
        """


class Untold(RequestError):
    """The reply is one, and what it was asked to tell is not in it."""

    def __init__(self) -> None:
        super().__init__("the server's reply does not tell the log-probabilities that it was asked for", again=False)


async def find_scorer(at: Endpoint, answers: Sequence[str], trial: Messages, post: Post) -> LabelScorer:
    """The best way in which a server tells the log-probabilities of answers, each tried on one prompt.

    Args:
        answers: what there is to choose from.
        trial: a prompt that asks for one of them.
        post: posts a request.

    Raises:
        RequestError: if it tells them in no way, or cannot be asked at the moment.
    """
    try:
        token_ids = await _ids_of_answers(at, answers, trial, post)
        for way in (TreeScores(at, token_ids), PromptScores(at, token_ids)):
            try:
                await way.score(trial, post)
            except RequestError as error:
                _check_not_offered(error)
            else:
                return way
    except RequestError as error:
        _check_not_offered(error)
    return await FirstTokenScores.found(at, answers, trial, post)


def _check_not_offered(error: RequestError) -> None:
    """Raises a failure again, unless it says that a server does not know what it was asked for."""
    if not isinstance(error, Untold) and (error.status not in _REFUSALS or is_too_long(error)):
        raise error


class _Exact:
    """Scores answers by their tokens.

    Args:
        at: the server and its model.
        token_ids: of each answer, with the token that ends it.
    """

    def __init__(self, at: Endpoint, token_ids: Sequence[tuple[int, ...]]) -> None:
        self.token_ids = token_ids
        self._at = at
        self._requests = self._split(sorted(set(token_ids)))

    async def score(self, messages: Messages, post: Post) -> Scored:
        """The sum over each answer's tokens."""
        prompt = await _ids_of_chat(self._at, messages, post)
        of_answer: dict[tuple[int, ...], float] = {}
        for some in self._requests:
            of_answer |= await self._score(prompt, some, post)
        return Scored(np.array([of_answer[ids] for ids in self.token_ids], dtype=np.float32), len(prompt))

    async def _complete(self, prompts: list[list[int]], post: Post, **more: object) -> list[dict[str, Any]]:
        """What a server says after each of some prompts."""
        body = {"model": self._at.model, "prompt": prompts, "max_tokens": 1, "temperature": 0, **more}
        return choices_of(await post("/completions", body), len(prompts))

    def _split(self, answers: Sequence[tuple[int, ...]]) -> list[list[tuple[int, ...]]]:
        """The answers in the order given, in parts that a request and its reply hold."""
        parts: list[list[tuple[int, ...]]] = [[]]
        for answer in answers:
            if parts[-1] and not self._fits([*parts[-1], answer]):
                parts.append([])
            parts[-1].append(answer)
        return parts

    def _fits(self, answers: Sequence[tuple[int, ...]]) -> bool:
        raise NotImplementedError

    async def _score(
        self, prompt: list[int], answers: list[tuple[int, ...]], post: Post
    ) -> dict[tuple[int, ...], float]:
        raise NotImplementedError


class TreeScores(_Exact):
    """Asks for the next token after the prompt, and after each beginning of an answer, in one request.

    The server computes the prompt once and keeps it (vLLM's prefix cache); each place then costs one step.
    """

    how = "exact: the next token at each place where labels part"

    def _fits(self, answers: Sequence[tuple[int, ...]]) -> bool:
        tokens, places = _tokens_of(answers), _places_of(answers)
        return len(tokens) <= MOST_TOKENS and len(tokens) * len(places) * _BYTES_OF_ONE <= _MOST_REPLY_BYTES

    async def _score(
        self, prompt: list[int], answers: list[tuple[int, ...]], post: Post
    ) -> dict[tuple[int, ...], float]:
        tokens, places = _tokens_of(answers), _places_of(answers)
        choices = await self._complete(
            [[*prompt, *place] for place in places],
            post,
            logprobs=len(tokens),
            logprob_token_ids=tokens,
            return_tokens_as_token_ids=True,
        )
        next_token = {
            place: _first_of(_field(choice, "logprobs", "top_logprobs"))
            for place, choice in zip(places, choices, strict=True)
        }
        return {
            ids: sum(_logprob(_field(next_token[ids[:at]], f"token_id:{token}")) for at, token in enumerate(ids))
            for ids in answers
        }


class PromptScores(_Exact):
    """Has the server read each answer as a part of the prompt, and tell the log-probability of its tokens."""

    how = "exact: each label read as a part of the prompt"
    _PROMPT_TOKENS = 4096
    """Of a long prompt; its tokens come back with the answers'."""

    def _fits(self, answers: Sequence[tuple[int, ...]]) -> bool:
        return len(answers) * self._PROMPT_TOKENS * _BYTES_OF_A_PROMPT_TOKEN <= _MOST_REPLY_BYTES

    async def _score(
        self, prompt: list[int], answers: list[tuple[int, ...]], post: Post
    ) -> dict[tuple[int, ...], float]:
        choices = await self._complete([[*prompt, *ids] for ids in answers], post, prompt_logprobs=0)
        of_answer = {}
        for ids, choice in zip(answers, choices, strict=True):
            read = choice.get("prompt_logprobs")
            if not isinstance(read, list) or len(read) != len(prompt) + len(ids):
                raise Untold
            of_answer[ids] = sum(
                _logprob(_field(place, str(token), "logprob"))
                for place, token in zip(read[len(prompt) :], ids, strict=True)
            )
        return of_answer


class FirstTokenScores:
    """Asks for the first token of an answer, and the likeliest ones in its place.

    A first token that is a whole answer has that answer's probability, if no other answer begins with it. A space
    before it is passed over.

    Args:
        at: the server and its model.
        answers: what there is to choose from, none the beginning of another.
    """

    how = f"in part: of labels among the {TOP} likeliest first tokens"

    def __init__(self, at: Endpoint, answers: Sequence[str]) -> None:
        self.token_ids: Sequence[tuple[int, ...]] = [()] * len(answers)
        self._at = at
        self._place = {answer: place for place, answer in enumerate(answers)}

    @classmethod
    async def found(cls, at: Endpoint, answers: Sequence[str], trial: Messages, post: Post) -> FirstTokenScores:
        """Tried on one prompt.

        Raises:
            RequestError: if nothing can be learnt of the answers in this way.
        """
        ordered = sorted(answers)
        for shorter, longer in pairwise(ordered):
            if longer.startswith(shorter):
                raise RequestError(
                    "the server tells the probabilities of single tokens only, and the answer"
                    f" “{shortened(shorter)}” is how “{shortened(longer)}” begins",
                    again=False,
                    do=_ONE_TOKEN,
                )
        way = cls(at, answers)
        try:
            found = await way.score(trial, post)
        except RequestError as error:
            _check_not_offered(error)
            raise RequestError("the server does not tell the probabilities of labels", again=False, do=_PLAIN) from None
        if np.isnan(found.logprobs).all():
            raise RequestError(
                "the server tells the probabilities of single tokens only, and no label is among the"
                f" {TOP} likeliest: the labels are longer than one token",
                again=False,
                do=_ONE_TOKEN,
            )
        return way

    async def score(self, messages: Messages, post: Post) -> Scored:
        """The log-probability of each answer that is among the likeliest first tokens."""
        body = {
            "model": self._at.model, "messages": list(messages), "max_tokens": 1, "temperature": 0, "stream": False,
            "logprobs": True, "top_logprobs": TOP,
        }  # fmt: skip
        content = await post("/chat/completions", body)
        (choice,) = choices_of(content, 1)
        first = _first_of(_field(choice, "logprobs", "content"))
        likeliest = _field(first, "top_logprobs")
        if not isinstance(likeliest, list) or not likeliest:
            raise Untold
        logprobs = np.full(len(self._place), -np.inf)
        for one in likeliest:
            token = _field(one, "token")
            place = self._place.get(token.strip()) if isinstance(token, str) else None
            if place is not None:
                logprobs[place] = np.logaddexp(logprobs[place], _logprob(_field(one, "logprob")))
        logprobs[np.isneginf(logprobs)] = np.nan
        written = _field(first, "token")
        return Scored(
            logprobs.astype(np.float32),
            count_of(_field(content, "usage", "prompt_tokens")),
            clean(written).encode("utf-8", "replace").decode() if isinstance(written, str) else "",
        )


def _tokens_of(answers: Sequence[tuple[int, ...]]) -> list[int]:
    return sorted({token for ids in answers for token in ids})


def _places_of(answers: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """The beginnings of answers, each once: the tokens that come before one of theirs."""
    return sorted({ids[:depth] for ids in answers for depth in range(len(ids))})


async def _ids_of_answers(at: Endpoint, answers: Sequence[str], trial: Messages, post: Post) -> list[tuple[int, ...]]:
    """The tokens of each answer as they follow a prompt, with the token that ends it.

    Raises:
        RequestError: if the server does not tell.
    """
    bare = [await _ids(at, {"prompt": answer, "add_special_tokens": False}, post) for answer in answers]
    answered: Messages = (*trial, {"role": "assistant", "content": answers[0]})
    chat = await _ids(at, {"messages": list(answered), "add_generation_prompt": False}, post)
    prompt = await _ids_of_chat(at, trial, post)
    # The prompt may list the label as well. Some templates write more than the label after the prompt.
    after = next(
        (at for at, (a, b) in enumerate(zip(chat, prompt, strict=False)) if a != b), min(len(chat), len(prompt))
    )
    width = len(bare[0])
    ends = [start + width for start in range(after, len(chat) - width) if chat[start : start + width] == bare[0]]
    if not ends:
        raise Untold
    return [(*ids, chat[ends[-1]]) for ids in bare]


async def _ids_of_chat(at: Endpoint, messages: Messages, post: Post) -> list[int]:
    """The tokens of a prompt, up to where the answer begins."""
    return await _ids(at, {"messages": list(messages), "add_generation_prompt": True}, post)


async def _ids(at: Endpoint, body: dict[str, Any], post: Post) -> list[int]:
    tokens = (await post("/tokenize", {"model": at.model, **body}, beside=True)).get("tokens")
    if not isinstance(tokens, list) or not tokens or not all(type(token) is int for token in tokens):
        raise Untold
    return tokens


def _field(value: object, *names: str) -> object:
    """A field of a field of a reply; None where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _first_of(value: object) -> object:
    return value[0] if isinstance(value, list) and value else None


def _logprob(value: object) -> float:
    """A field that should be a log-probability.

    Raises:
        Untold: if it is none.
    """
    if not isinstance(value, int | float) or isinstance(value, bool) or math.isnan(value):
        raise Untold
    return min(float(value), 0.0)
