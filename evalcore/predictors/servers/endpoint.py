"""The address of a model on a server: `http://host:port/v1#model`. Needs no HTTP library."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from evalcore.errors import SpecError
from evalcore.predictors.servers.api_key import API_KEY_VARIABLE
from evalcore.store import CHOOSING, CONTENT_FREE, Identity, RunSpec, digest
from evalcore.store.server_table import server_address

VERSION = 1
"""Raised when the same server would be sent another request."""

_AUTHORITY = re.compile(r"(\[[^\[\]]+\]|[^\[\]:\\]+)(:[0-9]*)?")
"""A host, in brackets if it is IPv6, and a port: nothing that two libraries read as two different hosts."""


@dataclass(frozen=True)
class Endpoint:
    """Where a server is and what it serves.

    Attributes:
        url: as written, without a slash at the end and without the model: the part up to `/chat/completions`.
        model: the name under which the server serves it.
    """

    url: str
    model: str

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self.url}#{self.model}"

    @property
    def root(self) -> str:
        """Where a server keeps what is not a part of the protocol, such as vLLM's `/tokenize`: beside `/v1`."""
        return self.url.removesuffix("/v1")


def parse_endpoint(model: str) -> Endpoint:
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
    return Endpoint(server_address(parts), name.strip())


def identity(at: Endpoint, spec: RunSpec, answers: Sequence[str] | None) -> Identity:
    """What decides a server's completions, as far as one can know: its address, the model's name, the options sent.

    What software the server is, and so in which words it is asked, is decided by its address, as the weights behind the
    name are: nobody need be asked for it, and what is stored is found while the server is down.

    Args:
        answers: what a perfect model would write for each label; part of it where nothing else may be answered. None
            where only the rest is wanted.
    """
    choices: Identity = {}
    if answers is not None and (spec.decoding == "constrained" or spec.decoding in CHOOSING):
        choices = {"choices": digest(list(answers))}
    if CHOOSING.get(spec.decoding) == "calibrated":
        choices = {**choices, "content_free": digest(list(CONTENT_FREE))}
    return {
        "predictor": "server",
        "url": at.url,
        "model": at.model,
        "decoding": spec.decoding,
        "max_new_tokens": spec.max_new_tokens,
        "version": VERSION,
        **choices,
    }


def _without_secrets(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//…@", url).partition("?")[0]
