"""Packages that only some uses need: `requirements-EXTRA.txt` installs those of one extra, `blindspot[EXTRA]` too."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal

from evalcore.errors import ModelError
from evalcore.paths import INSTALLED

Extra = Literal["adapters", "gptq", "inspect", "large", "ray"]


def require(package: str, extra: Extra, use: str) -> None:
    """Check that a package is installed, before a use that needs it.

    Args:
        package: as it is imported.
        extra: the requirements file that names it.
        use: what needs it, as the sentence begins: "A LoRA adapter".

    Raises:
        ModelError: if it is not; it names the one command that helps.
    """
    if find_spec(package) is None:
        named = f'"blindspot[{extra}]"' if INSTALLED else f"-r requirements-{extra}.txt"
        raise ModelError(
            f"{use} needs the package {package}, which is not installed.", do=f"Install it: pip install {named}"
        )
