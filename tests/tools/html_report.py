"""An HTML report taken apart without a browser: its data, its tables, its words, its content security policy."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "input", "wbr", "br", "line", "rect", "circle"}


@dataclass
class Report(HTMLParser):
    """What a file holds.

    Attributes:
        data: of its JSON.
        tables: rows of cells by the table's id, heads first.
        scripts, styles: what runs, and what is applied, as it stands there.
        policy: its content security policy.
        words: all text outside of scripts and styles.
        opens: the queries of the links to examples.
    """

    content: bytes
    data: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    scripts: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    policy: str = ""
    words: str = ""
    opens: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._rows: list[list[str]] | None = None
        self._within: list[tuple[str, dict[str, str | None]]] = []
        self.feed(self.content.decode())
        assert not self._within, "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        if tag not in VOID:
            self._within.append((tag, given))
        if tag == "meta" and given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""
        if tag == "table" and "id" in given:
            self._rows = self.tables.setdefault(given["id"] or "", [])
        if tag == "tr" and self._rows is not None:
            self._rows.append([])
        if tag in ("td", "th") and self._rows is not None:
            self._rows[-1].append("")
        if "data-opens" in given:
            self.opens.append(given["data-opens"] or "")
        if tag in ("script", "style") and "type" not in given:
            (self.scripts if tag == "script" else self.styles).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        opened, _ = self._within.pop()
        assert opened == tag, (opened, tag)
        if tag == "table":
            self._rows = None

    def handle_data(self, text: str) -> None:
        tag, given = self._within[-1] if self._within else ("", {})
        if tag == "script" and given.get("id") == "data":
            self.data = json.loads(text)
        elif tag == "script" and "type" not in given:
            self.scripts[-1] += text
        elif tag == "style":
            self.styles[-1] += text
        elif tag != "script":
            self.words += text
            if self._rows and any(one in ("td", "th") for one, _ in self._within):
                self._rows[-1][-1] += text.strip("\n")

    def allows(self, directive: str, text: str) -> bool:
        """Whether the policy lets an inline script or style of this text be, by its hash."""
        hashed = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        allowed = {part.split()[0]: part.split()[1:] for part in self.policy.split(";")}
        return f"'sha256-{hashed}'" in allowed[directive]

    def examples(self) -> list[dict[str, Any]]:
        """One row for each example that the file holds, with labels and words instead of codes."""
        held = self.data["examples"]
        read = {
            "label": lambda column, value: held["labels"][value] if value >= 0 else None,
            "word": lambda column, value: column["words"][value],
        }
        columns = [
            [read.get(column["kind"], lambda column, value: value)(column, value) for value in column["values"]]
            for column in held["columns"]
        ]
        keys = [column["key"] for column in held["columns"]]
        return [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]
