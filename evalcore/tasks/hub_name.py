"""How a task names a data set of the Hugging Face hub: `hub:OWNER/NAME[:CONFIG][@REVISION][#SPLIT]`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from evalcore.errors import DataError, quoted

DIGITS_SHOWN = 12
"""Of a commit, or another digest."""
_PREFIX = "hub:"
_NAME = re.compile(r"hub:([\w.-]+/[\w.-]+)(?::([^:@#]+))?(?:@([^@#]+))?(?:#([^#]+))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class HubName:
    """A data set of the hub.

    Attributes:
        repo: `OWNER/NAME`.
        config: its configuration; the data set's own default when empty.
        revision: a commit, branch or tag; the main branch when empty.
        split: the usual one when empty: test, validation or train, the first that there is.
    """

    repo: str
    config: str = ""
    revision: str = ""
    split: str = ""

    @property
    def is_pinned(self) -> bool:
        """Whether its revision is a commit, which no one can move."""
        return _COMMIT.fullmatch(self.revision) is not None

    @property
    def shown(self) -> str:
        """Its name for people: `OWNER/NAME, CONFIG`."""
        return f"{self.repo}, {self.config}" if self.config else self.repo

    @property
    def short(self) -> str:
        """The same with its split and the beginning of its commit: two that differ in one of these are two."""
        revision = self.revision[:DIGITS_SHOWN] if self.is_pinned else self.revision
        return ", ".join(filter(None, (self.shown, self.split, revision)))

    def __str__(self) -> str:
        parts = ((":", self.config), ("@", self.revision), ("#", self.split))
        return f"{_PREFIX}{self.repo}{''.join(mark + part for mark, part in parts if part)}"


def is_hub(name: str) -> bool:
    """Whether this is how a task names a data set of the hub."""
    return name.startswith(_PREFIX)


def parse_hub_name(name: str) -> HubName:
    """The parts of a name.

    Raises:
        DataError: if it is none.
    """
    matched = _NAME.fullmatch(name.strip())
    if matched is None or ".." in matched[1]:
        raise DataError(
            "this names no data set of the hub.",
            where=quoted(name),
            do="Write hub:OWNER/NAME, and :CONFIG, @REVISION and #SPLIT after it where they are needed.",
        )
    return HubName(matched[1], *(part or "" for part in matched.groups()[1:]))


def without_commit(name: str) -> str:
    """The name without its commit; a name that is no data set of the hub, or is another revision's, as it is."""
    if not is_hub(name):
        return name
    found = parse_hub_name(name)
    return str(replace(found, revision="")) if found.is_pinned else name
