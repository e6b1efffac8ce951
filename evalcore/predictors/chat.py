"""Chat messages -> the exact text and token ids that a model is given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalcore.errors import ModelError, first_line
from evalcore.tasks import Message, Messages

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Llama's template and others write today's date into the prompt: tomorrow, the same spec would be another run.
_FIXED_DATE = "01 Jan 2026"

_VOCABULARY_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model")
_TEMPLATE_FILE = "chat_template.jinja"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A prompt as the model is given it.

    Attributes:
        text: the chat template's output.
        ids: its token ids, shape (n_tokens,).
    """

    text: str
    ids: list[int]


def load_tokenizer(*folders: Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a model's folder.

    Args:
        folders: of an adapter its own and then its base's: the first that has a tokenizer gives it, and the first that
            has a chat template (chat_template.jinja) gives that.

    Raises:
        ModelError: if there is none, or none that can be loaded without running its own code.
    """
    from transformers import AutoTokenizer

    first = next((at for at, folder in enumerate(folders) if _has_vocabulary(folder)), None)
    if first is None:
        # The library would make an empty tokenizer, for which every text has no tokens.
        raise ModelError("it has no tokenizer.", where=str(folders[-1]), do="Save the model's tokenizer beside it.")
    templates = [file for folder in folders[:first] if (file := folder / _TEMPLATE_FILE).is_file()]
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folders[first]), local_files_only=True)
        if templates:
            tokenizer.chat_template = templates[0].read_text(encoding="utf-8")
        return tokenizer
    except Exception as error:  # the library raises many kinds of errors for a broken tokenizer file
        raise ModelError(
            f"the tokenizer cannot be loaded ({first_line(error)}).",
            where=str(folders[first]),
            do="The folder needs a tokenizer.json (or the files of a tokenizer that transformers knows).",
        ) from error


def _has_vocabulary(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _VOCABULARY_FILES)


class ChatRenderer:
    """Renders chats with one tokenizer's template. Control tokens inside messages are encoded as plain text.

    If the template has no system role, the system text is put before the first user message; if the tokenizer has no
    template, the messages are written as paragraphs.

    Attributes:
        tokenizer: as loaded.
        has_template: whether it has a chat template.
        takes_system: whether the template has a system role.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer
        self._control_tokens = [token.content for token in tokenizer.added_tokens_decoder.values()]
        self._borders = _borders(tokenizer)
        self._head: tuple[str, list[int]] = ("", [])
        self.has_template = bool(tokenizer.chat_template)
        self._template = _without_clock(tokenizer.get_chat_template()) if self.has_template else None
        self.takes_system = self.has_template and self._takes_system()

    def render(self, chats: Sequence[Messages]) -> list[Rendered]:
        """Text and token ids of each chat, up to where the assistant's answer begins.

        Raises:
            ModelError: if the template cannot be used.
        """
        if not self.has_template:
            texts = [_as_paragraphs(chat) for chat in chats]
            return self._tokenize(texts, [[] for _ in texts], add_special_tokens=True)
        adapted = [list(chat) if self.takes_system else _system_in_user(chat) for chat in chats]
        return self._tokenize([self._apply(chat, tokenize=False) for chat in adapted], adapted)

    def answer_ids(self, answers: Sequence[str]) -> list[list[int]]:
        """Token ids of answers as they follow a rendered prompt, without an end token."""
        texts = list(answers) if self.has_template else [f" {answer}" for answer in answers]
        if not texts:
            return []
        return [list(ids) for ids in self.tokenizer(texts, add_special_tokens=False)["input_ids"]]

    @property
    def end_id(self) -> int | None:
        """The tokenizer's end token, with which a chat model may end its answer; None if it has none."""
        return self.tokenizer.eos_token_id

    def decode(self, ids: Sequence[int]) -> str:
        """The text of generated ids, special tokens left out, spaces as they are."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def control_tokens_in(self, text: str) -> list[str]:
        """The control tokens that a text contains."""
        return [token for token in self._control_tokens if token in text]

    def _tokenize(
        self, texts: list[str], chats: list[list[Message]], add_special_tokens: bool = False
    ) -> list[Rendered]:
        if not texts:
            return []
        head, head_ids = ("", []) if add_special_tokens else self._shared_head(texts)
        all_ids = self._ids([text[len(head) :] for text in texts], add_special_tokens)
        rendered = []
        for text, own_ids, chat in zip(texts, all_ids, chats, strict=True):
            ids = head_ids + own_ids
            if any(self.control_tokens_in(message["content"]) for message in chat):
                ids = list(self._apply(chat, tokenize=True)["input_ids"])
            rendered.append(Rendered(text, ids))
        return rendered

    def _shared_head(self, texts: list[str]) -> tuple[str, list[int]]:
        """The common beginning of all texts, up to a control token, and its token ids.

        Text on either side of a control token is tokenized separately, so the ids before it do not depend on what
        follows. For a tokenizer of which this is not true, seen on the first text, nothing is shared.
        """
        if self._borders is None or len(texts) < 2:
            return "", []
        first, last = min(texts), max(texts)
        common = first[
            : next((at for at, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1), None)
        ]
        cuts = [found.start() for found in self._borders.finditer(common)]
        head = common[: cuts[-1]] if cuts else ""
        if head and head != self._head[0]:
            whole, ids, rest = self._ids([texts[0], head, texts[0][len(head) :]])
            if whole != ids + rest:
                self._borders = None
                return "", []
            self._head = head, ids
        return self._head if head else ("", [])

    def _ids(self, texts: list[str], add_special_tokens: bool = False) -> list[list[int]]:
        ids: list[list[int]] = self.tokenizer(
            texts, add_special_tokens=add_special_tokens, return_attention_mask=False
        )["input_ids"]
        return ids

    def _apply(self, chat: Sequence[Message], *, tokenize: bool) -> Any:
        try:
            return self._raw(chat, tokenize=tokenize)
        except Exception as error:  # a template is a program by the model's authors: it may raise any error
            raise ModelError(
                f"its chat template cannot be used ({type(error).__name__}: {first_line(error)}).",
                where=str(getattr(self.tokenizer, "name_or_path", "")),
                do="Check its chat_template.jinja, or choose another model.",
            ) from error

    def _raw(self, chat: Sequence[Message], *, tokenize: bool) -> Any:
        return self.tokenizer.apply_chat_template(
            list(chat),
            tokenize=tokenize,
            add_generation_prompt=True,
            chat_template=self._template,
            date_string=_FIXED_DATE,
            # The library neutralises control tokens only when it makes ids.
            **({"sanitize_control_tokens": True} if tokenize else {}),
        )

    def _takes_system(self) -> bool:
        probe: list[Message] = [
            {"role": "system", "content": "~system probe~"},
            {"role": "user", "content": "~user probe~"},
        ]
        try:
            return "~system probe~" in self._raw(probe, tokenize=False)
        except Exception:  # a template may refuse with any error
            return False


def _borders(tokenizer: PreTrainedTokenizerBase) -> re.Pattern[str] | None:
    """A pattern of the control tokens at which a text can be cut; None if some of them absorb spaces around them."""
    tokens = list(tokenizer.added_tokens_decoder.values())
    if not tokens or any(token.lstrip or token.rstrip or token.single_word or token.normalized for token in tokens):
        return None
    longest_first = sorted((token.content for token in tokens), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)))


def _without_clock(template: str) -> str:
    """The template with a fixed date: a macro of the same name replaces the library's function that reads the clock."""
    if "strftime_now" not in template:
        return template
    return "{%- macro strftime_now(format) -%}" + _FIXED_DATE + "{%- endmacro -%}" + template


def _system_in_user(chat: Messages) -> list[Message]:
    system, first, *rest = chat
    return [{"role": "user", "content": f"{system['content']}\n\n{first['content']}"}, *rest]


def _as_paragraphs(chat: Messages) -> str:
    return "\n\n".join(message["content"] for message in chat) + "\n\nAnswer:"
