"""The body of a server's reply -> the completion in it. No field is trusted to have the type that the protocol says."""

from __future__ import annotations

import json
from typing import Any, TypeGuard

from evalcore.predictors.api_key import clean
from evalcore.predictors.http import RequestError, message_of, shortened
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


def completion_of(content: dict[str, Any], max_new_tokens: int, latency_ms: float) -> Completion:
    """The answer in a reply, cut to `max_new_tokens * CHARACTERS_OF_A_TOKEN` characters.

    Args:
        content: the reply, as `content_of` reads it.
        max_new_tokens: as it was asked for.
        latency_ms: stored with the completion.

    Raises:
        RequestError: if it holds no answer: an unknown `finish_reason`, or no text.
    """
    choices = content.get("choices")
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
        count = f"{len(choices)} answers" if isinstance(choices, list) else "no list of answers"
        said = _in_brackets(message_of(content.get("error")))
        raise RequestError(f"the server's reply holds {count} where one was asked for{said}", again=False)
    stop = _stop(choices[0])
    message, usage = _object(choices[0].get("message")), _object(content.get("usage"))
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
    return Completion(whole, (), _count(usage.get("prompt_tokens")), stop, latency_ms)


def usage_of(content: dict[str, Any]) -> Usage:
    """What one reply took, by its `usage`. A count that is missing or none makes it untold.

    Args:
        content: the reply, as `content_of` reads it.
    """
    usage = _object(content.get("usage"))
    paid, generated = usage.get("prompt_tokens"), usage.get("completion_tokens")
    cached = _object(usage.get("prompt_tokens_details")).get("cached_tokens")
    told = _is_count(paid) and _is_count(generated)
    return Usage(1, _count(paid), min(_count(cached), _count(paid)), _count(generated), untold=int(not told))


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
    if thought or _count(details.get("reasoning_tokens")):
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


def _count(field: object) -> int:
    """A field that should be a count; 0, which means "unknown", where it is not. bool is a subclass of int."""
    return field if _is_count(field) else 0


def _is_count(field: object) -> TypeGuard[int]:
    return type(field) is int and 0 <= field < 2**31


def _in_brackets(said: str) -> str:
    return f" ({said})" if said else ""
