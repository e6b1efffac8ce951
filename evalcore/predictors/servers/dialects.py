"""How servers are told to write nothing but one of the labels, each in its own words, and which of these one heeds.

What a server offers is tried out and not guessed from its name: it is told to write one of two words that nobody would
answer with. A server that does not know the words passes them over, or refuses them, and says something else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from evalcore.predictors.servers.http import RequestError, shortened
from evalcore.store import Completion

TRIAL = ("zq7wv", "kx4jh")
"""What no model says of itself: a server that answers with one of them was made to."""
TRIAL_QUESTION = "What is the capital of France?"
AROUND_THE_LABEL = 48
"""Tokens that a reply in JSON may take beside its label: braces, a name, and the blank lines that some models put in.
"""
_IN_JSON = re.compile(r'\s*\{\s*"label"\s*:\s*("(?:[^"\\]|\\.)*")')
"""The label is complete with its closing quote; some models then write blank lines until they are cut."""

_MEANS_SOMETHING = re.compile(r"[][.^$*+?{}()|\\]")


@dataclass(frozen=True)
class Form:
    """One way to say which answers are allowed.

    Attributes:
        name: the field of the request, as its servers' manuals call it.
        fields: allowed answers -> what is added to a request.
        in_json: whether the answer is JSON with the label in it.
    """

    name: str
    fields: Callable[[Sequence[str]], dict[str, Any]]
    in_json: bool = False

    @property
    def tokens_beside_label(self) -> int:
        """How many tokens a reply may take beside its label."""
        return AROUND_THE_LABEL if self.in_json else 0

    def label_of(self, completion: Completion, answers: Sequence[str]) -> str | None:
        """The one of the answers that a completion consists of; None if there is none, or it may have been cut."""
        if self.in_json:
            found = _IN_JSON.match(completion.text)
            text = _unquoted(found[1]) if found else None
        else:
            text = completion.text.strip()
        if text is None or text not in answers:
            return None
        cut = completion.stop == "length" and not self.in_json
        return None if cut and any(other != text and other.startswith(text) for other in answers) else text

    def refusal(self, completion: Completion) -> RequestError:
        """Why a completion that holds no label is no answer."""
        if completion.stop == "length":
            return RequestError(
                f"the label was cut (“{shortened(completion.text)}”)", again=False, do="Raise max_new_tokens."
            )
        said = f"the server was told by {self.name} to write a label only, and wrote “{shortened(completion.text)}”"
        return RequestError(said, again=False, do="Choose the decoding plain.")


def _choice(answers: Sequence[str]) -> dict[str, Any]:
    return {"structured_outputs": {"choice": list(answers)}}


def _regex(answers: Sequence[str]) -> dict[str, Any]:
    # Only what has a meaning is escaped: not every engine takes a backslash before any other character.
    escaped = [_MEANS_SOMETHING.sub(r"\\\g<0>", answer) for answer in answers]
    return {"regex": f"({'|'.join(escaped)})"}


def _grammar(answers: Sequence[str]) -> dict[str, Any]:
    return {"grammar": f"root ::= {' | '.join(json.dumps(answer, ensure_ascii=False) for answer in answers)}"}


def _json_schema(answers: Sequence[str]) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {"label": {"type": "string", "enum": list(answers)}},
        "required": ["label"],
        "additionalProperties": False,
    }
    return {
        "response_format": {"type": "json_schema", "json_schema": {"name": "label", "strict": True, "schema": schema}}
    }


FORMS: tuple[Form, ...] = (
    Form("structured_outputs", _choice),  # vLLM
    Form("regex", _regex),  # SGLang
    Form("grammar", _grammar),  # llama.cpp
    Form("response_format", _json_schema, in_json=True),  # OpenAI, Ollama and most others
)
"""Tried in this order. The first three let the model write a plain label: its tokens decide as they do in a free
answer. JSON comes last, for it asks the model for another text."""


def _unquoted(text: str) -> str | None:
    try:
        return str(json.loads(text))
    except ValueError:
        return None


async def find_form(complete: Callable[[dict[str, Any]], Awaitable[Completion]]) -> Form:
    """The first form that a server heeds.

    Args:
        complete: asks for a completion; given what the request holds beside the model and how it decodes.

    Raises:
        RequestError: if it heeds none, or cannot be asked at the moment.
    """
    question = [{"role": "user", "content": TRIAL_QUESTION}]
    for form in FORMS:
        limit = 32 + form.tokens_beside_label
        try:
            completion = await complete({"messages": question, "max_tokens": limit, **form.fields(TRIAL)})
        except RequestError as error:
            if error.hopeless or (error.again and error.status != 500):
                raise  # nothing is known of a server that cannot be asked; 500 is how some fail over an unknown field
            continue
        if form.label_of(completion, TRIAL):
            return form
    raise RequestError(
        "the server cannot be held to the labels: it knows no way of saying which answers are allowed",
        again=False,
        do="Choose the decoding plain, or serve the model with vLLM, SGLang, llama.cpp or Ollama.",
    )
