"""What asking a server took: requests and tokens, as the server counts them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Usage:
    """Sums over requests, those that failed or were repeated included.

    Attributes:
        requests: that were sent.
        input_tokens: of all prompts; `cached_input_tokens` of them the server had read before.
        output_tokens: that were generated, those of reasoning included.
        untold: requests whose tokens the server may have counted and did not tell, in part or at all: a reply without
            counts, one that was cut, none in time. With any of them all other numbers are lower bounds.
    """

    requests: int = 0
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    untold: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.requests + other.requests,
            self.input_tokens + other.input_tokens,
            self.cached_input_tokens + other.cached_input_tokens,
            self.output_tokens + other.output_tokens,
            self.untold + other.untold,
        )

    def to_json(self) -> str:
        """Text that `from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Usage:
        """The inverse of `to_json`.

        Raises:
            ValueError, TypeError, AttributeError: if it is damaged.
        """
        counts = json.loads(text)
        if not all(type(count) is int and count >= 0 for count in counts.values()):
            raise ValueError("a count of tokens is none")
        return cls(**counts)
