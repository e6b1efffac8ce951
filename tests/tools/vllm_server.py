"""What vLLM does beside the protocol, faithfully but for the model: a token is a character, and what follows is chance.

The shapes of requests and replies are those of the recorded ones in tests/predictors/recorded.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.tools.chat_server import ChatServer, Reply, refusal

VOCABULARY = 256
START, END = 1, 2
CONTEXT = 4000


def logprobs_after(ids: list[int]) -> np.ndarray:
    """Of each token, shape (VOCABULARY,): always the same after the same tokens."""
    scores = np.random.default_rng(zlib.crc32(bytes(ids))).normal(size=VOCABULARY) * 3
    return scores - np.logaddexp.reduce(scores)


def ids_of(text: str) -> list[int]:
    return list(text.encode())


def chat_ids(messages: list[dict[str, str]], add_generation_prompt: bool) -> list[int]:
    """A chat as a template writes it."""
    ids = [token for one in messages for token in (START, *ids_of(f"{one['role']}\n{one['content']}"), END, 10)]
    return [*ids, START, *ids_of("assistant\n")] if add_generation_prompt else ids


def logprob_of(messages: list[dict[str, str]], answer: str) -> float:
    """Of an answer with the token that ends it."""
    prompt, total = chat_ids(list(messages), True), 0.0
    for token in (*ids_of(answer), END):
        total += float(logprobs_after(prompt)[token])
        prompt = [*prompt, token]
    return total


def tokenize(body: dict[str, Any]) -> Reply:
    ids = chat_ids(body["messages"], body["add_generation_prompt"]) if "messages" in body else ids_of(body["prompt"])
    return _good({"count": len(ids), "max_model_len": CONTEXT, "tokens": ids, "token_strs": None})


def complete(body: dict[str, Any]) -> Reply:
    """The log-probabilities of the next token after each prompt: of at most 128 tokens, and none beyond the context."""
    prompts, tokens = body["prompt"], body.get("logprob_token_ids", [])
    if max(map(len, prompts)) >= CONTEXT:
        return refusal(400, f"This model's maximum context length is {CONTEXT} tokens.")
    if len(tokens) > 128:
        return refusal(400, f"Requested logprob_token_ids of length {len(tokens)}")
    choices = []
    for index, ids in enumerate(prompts):
        after = logprobs_after(ids)
        told = {f"token_id:{token}": float(after[token]) for token in tokens}
        choices.append({"index": index, "text": "", "logprobs": {"top_logprobs": [told]}, "finish_reason": "length"})
    choices.reverse()  # the index says which is which
    return _good({"model": body["model"], "choices": choices, "usage": {"prompt_tokens": 9, "completion_tokens": 1}})


def as_vllm(chat: ChatServer) -> None:
    """Have a chat server do what vLLM does beside the protocol."""
    chat.more |= {"/tokenize": tokenize, "/v1/completions": complete}


def replaying(chat: ChatServer, recorded: str) -> None:
    """Have a chat server answer as a real one did, to the very same requests; any other is refused.

    Args:
        recorded: the JSON that `tests.tools.real_server --record` wrote.
    """
    heard = {(one["path"], json.dumps(one["body"], sort_keys=True)): one for one in json.loads(recorded)}

    def of_path(path: str) -> Callable[[dict[str, Any]], Reply]:
        def reply(body: dict[str, Any]) -> Reply:
            one = heard.get((path, json.dumps(body, sort_keys=True)))
            return (one["status"], {}, json.dumps(one["reply"]).encode()) if one else refusal(404, "not recorded")

        return reply

    for path in ("/tokenize", "/chat/completions", "/completions"):
        chat.more[path] = of_path(path)


def _good(body: dict[str, Any]) -> Reply:
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()
