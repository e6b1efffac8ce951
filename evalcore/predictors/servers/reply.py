"""The body of a server's reply -> what is in it. No field is trusted to have the type that the protocol says."""

from __future__ import annotations

import json
import re
from typing import Any, TypeGuard

from evalcore.predictors.servers.api_key import clean
from evalcore.predictors.servers.http import RequestError, message_of, shortened
from evalcore.store import Completion, Stop, Usage
from evalcore.wording import counted

CHARACTERS_OF_A_TOKEN = 1024
"""An answer is cut to so many characters for each token that was asked for. No vocabulary comes near it (Qwen2's
longest token is 128 characters): a longer answer comes from a server that ignores `max_tokens`."""

_ENDINGS: dict[str, Stop] = {
    "": "eos", "stop": "eos", "eos": "eos", "eos_token": "eos", "stop_sequence": "eos", "end_turn": "eos",
    "length": "length", "max_tokens": "length", "model_length": "length",
}  # fmt: skip
"""The values of `finish_reason` that end an answer. `stop` and `length` are the protocol's; `eos_token` and
`stop_sequence` are TGI's, `eos` Together's, `model_length` Mistral's. With any other value the reply is no answer."""
_TEMPORARY = frozenset({"error", "abort", "insufficient_system_resource"})
"""Worth another try: the engine failed, or was restarted (vLLM, SGLang, OpenRouter, DeepSeek)."""
_REASONING = ("reasoning_content", "reasoning")
"""Fields with a model's reasoning: vLLM, SGLang, llama.cpp and DeepSeek; Ollama, LM Studio and OpenRouter."""
_TOO_LONG = re.compile(r"context_length_exceeded|maximum context length|context (length|window|size)", re.IGNORECASE)
_FILTERED = re.compile(r"content_filter|input was flagged", re.IGNORECASE)
"""How Azure and OpenRouter say that their content filter refused a prompt."""
_RAISE_THE_LIMIT = "Raise max_new_tokens, or switch the model's reasoning off."


def content_of(reply: bytes) -> dict[str, Any]:
    """The JSON object in the body of a reply; {} where it holds JSON of another kind.

    Raises:
        RequestError: if it is no JSON.
    """
    try:
        # Parsing a long number takes quadratic time; cut to 20 digits it is still out of range.
        return _object(json.loads(reply, parse_int=lambda digits: int(digits[:20])))
    except (ValueError, RecursionError):
        raise RequestError("the server's reply is no JSON, or was cut", again=True, may_be_billed=True) from None


def choices_of(content: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """The answers in a reply, in the order in which they were asked for.

    Args:
        content: the reply, as `content_of` reads it.
        count: how many were asked for.

    Raises:
        RequestError: if there are others.
    """
    choices = content.get("choices")
    if not isinstance(choices, list) or len(choices) != count or not all(isinstance(one, dict) for one in choices):
        found = counted(len(choices), "answer") if isinstance(choices, list) else "no list of answers"
        said = _in_brackets(message_of(content.get("error")))
        asked = "one was" if count == 1 else f"{count} were"
        raise RequestError(f"the server's reply holds {found} where {asked} asked for{said}", again=False)
    return sorted(choices, key=lambda one: count_of(one.get("index")))


def completion_of(content: dict[str, Any], max_new_tokens: int, latency_ms: float) -> Completion:
    """The answer in a reply, cut to `max_new_tokens * CHARACTERS_OF_A_TOKEN` characters.

    Args:
        content: the reply, as `content_of` reads it.
        max_new_tokens: as it was asked for.
        latency_ms: stored with the completion.

    Raises:
        RequestError: if it holds no answer: an unknown `finish_reason`, or no text.
    """
    (choice,) = choices_of(content, 1)
    stop = _stop(choice)
    message, usage = _object(choice.get("message")), _object(content.get("usage"))
    text = message.get("content")
    if text is None or (isinstance(text, str) and not text.strip()):
        _check_reasoning(message, usage, text or "", stop, max_new_tokens)
    if not isinstance(text, str):
        raise RequestError("the server's answer has no text", again=False)
    if clean(text) != text:
        raise RequestError("the server's answer repeats the API key", again=False)
    if len(text) > max_new_tokens * CHARACTERS_OF_A_TOKEN:
        text, stop = text[: max_new_tokens * CHARACTERS_OF_A_TOKEN], "length"
    # JSON can spell half of a surrogate pair, which no text holds.
    whole = text.encode("utf-8", "replace").decode()
    return Completion(whole, (), count_of(usage.get("prompt_tokens")), stop, latency_ms)


def usage_of(content: dict[str, Any]) -> Usage:
    """What one reply took, by its `usage`. A count that is missing or none makes it untold.

    Args:
        content: the reply, as `content_of` reads it.
    """
    usage = _object(content.get("usage"))
    paid, generated = usage.get("prompt_tokens"), usage.get("completion_tokens")
    cached = _object(usage.get("prompt_tokens_details")).get("cached_tokens")
    told = _is_count(paid) and _is_count(generated)
    return Usage(1, count_of(paid), min(count_of(cached), count_of(paid)), count_of(generated), untold=int(not told))


def is_too_long(error: RequestError) -> bool:
    """Whether a server refused a prompt because it does not fit into the model's context."""
    return error.status in (400, 413, 422) and bool(_TOO_LONG.search(error.reply))


def is_filtered(error: RequestError) -> bool:
    """Whether a server's content filter refused a prompt."""
    return error.status in (400, 403) and bool(_FILTERED.search(error.reply))


def withheld() -> RequestError:
    """The error for a prompt or an answer that the server's content filter withheld; the server itself works."""
    do = "It will most likely withhold it again: the scores are of the other examples."
    return RequestError("the server's content filter withheld the answer", again=False, filtered=True, do=do)


def _stop(choice: dict[str, Any]) -> Stop:
    """How an answer ended.

    Raises:
        RequestError: if `finish_reason` says that it is no answer, whatever its text is.
    """
    reason = choice.get("finish_reason", "")
    if reason is None:
        return "eos"  # some servers leave it out
    ending = reason.lower() if isinstance(reason, str) else type(reason).__name__
    if ending in _ENDINGS:
        return _ENDINGS[ending]
    if ending.startswith("content_filter"):  # Gemini adds which
        raise withheld()
    if ending in ("tool_calls", "function_call"):
        raise RequestError("the model called a tool instead of answering", again=False)
    said = _in_brackets(message_of(choice.get("error")))
    raise RequestError(
        f"the server ended its reply with finish_reason “{shortened(ending)}”, which is no answer{said}",
        again=ending in _TEMPORARY,
    )


def _check_reasoning(message: dict[str, Any], usage: dict[str, Any], text: str, stop: Stop, limit: int) -> None:
    """Check why an answer is blank.

    Raises:
        RequestError: if there is reasoning and no answer, or `max_new_tokens` was reached before any text.
    """
    details = _object(usage.get("completion_tokens_details"))
    thought = any(isinstance(message.get(field), str) and message[field].strip() for field in _REASONING)
    if thought or count_of(details.get("reasoning_tokens")):
        if stop == "length":
            what = f"the model used its {counted(limit, 'token')} for its reasoning and came to no answer"
            raise RequestError(what, again=False, do=_RAISE_THE_LIMIT)
        raise RequestError("the model reasoned and ended without an answer", again=False)
    if not text and stop == "length":
        what = f"the model used its {counted(limit, 'token')} before its answer had any text"
        raise RequestError(what, again=False, do=_RAISE_THE_LIMIT)


def _object(field: object) -> dict[str, Any]:
    """A field that should be an object; {} where it is not."""
    return field if isinstance(field, dict) else {}


def count_of(field: object) -> int:
    """A field that should be a count; 0, which means "unknown", where it is not. bool is a subclass of int."""
    return field if _is_count(field) else 0


def _is_count(field: object) -> TypeGuard[int]:
    return type(field) is int and 0 <= field < 2**31


def _in_brackets(said: str) -> str:
    return f" ({said})" if said else ""
