"""A model's JSON files, which came from anywhere: read with a limit, and refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evalcore.errors import ModelError

_MOST_BYTES = 16 * 2**20


def read_config(file: Path, name: str) -> dict[str, Any]:
    """The JSON object in a file of a model.

    Args:
        file: it exists.
        name: the model's, for messages.

    Raises:
        ModelError: if it is too large, or no JSON object.
    """
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise ValueError("it is too large")
        config: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(config, dict):
            raise ValueError("it is no JSON object")
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(
            f"its {file.name} cannot be read ({error}).", where=name, do="Download or save the model again."
        ) from error
    return config
