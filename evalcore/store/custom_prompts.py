"""Custom prompts: those that a person wrote."""

from __future__ import annotations

import sqlite3
import time

from evalcore.tasks import Prompt


def save_prompt(db: sqlite3.Connection, prompt: Prompt) -> None:
    """Store a custom prompt; one of the same name is replaced."""
    db.execute(
        "INSERT INTO prompts (name, system, user, changed) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE"
        " SET system = excluded.system, user = excluded.user, changed = excluded.changed",
        (prompt.name, prompt.system, prompt.user, time.time()),
    )


def delete_prompt(db: sqlite3.Connection, name: str) -> None:
    """Delete a custom prompt, if it is there."""
    db.execute("DELETE FROM prompts WHERE name = ?", (name,))


def custom_prompts(db: sqlite3.Connection) -> dict[str, Prompt]:
    """All custom prompts by name."""
    rows = db.execute("SELECT name, system, user FROM prompts ORDER BY name")
    return {name: Prompt(name, system, user) for name, system, user in rows}
