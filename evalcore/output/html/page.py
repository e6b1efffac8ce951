"""Template, data, style and scripts -> the bytes of one HTML file, with a content security policy."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from evalcore.charts import DARK, LIGHT, RUN_A, RUN_B, Theme
from evalcore.output.report import no_nan
from evalcore.wording import counted

GROUNDS = {
    "light": {"page": "#ffffff", "panel": "#f4f6fa", "muted": "#4a556b", "link": "#1d4ed8"},
    "dark": {"page": "#0d1320", "panel": "#161e2f", "muted": "#a9b4c9", "link": "#8db4ff"},
}
"""Colours that the app takes from `.streamlit/config.toml`, which an installed package does not have."""

_EMPTY = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
"""SHA-256 of nothing: Plotly makes an empty style element and puts rules into it with a script."""
_PLOTLY_STYLE = re.compile(r'createElement\("style"\);\w+\.id="(\w+)"')


@dataclass(frozen=True)
class Plotly:
    """The library, which draws the heat map, as a report holds it.

    Attributes:
        packed: gzip, base64: 2 MB instead of 5.
        sha256: of the script that comes out of it, base64.
        styles: ids of style elements that it would add, for maps of the world; it does not if they are there.
    """

    packed: str
    sha256: str
    styles: tuple[str, ...]


def render(template: str, context: Mapping[str, Any], data: Mapping[str, Any]) -> bytes:
    """The file.

    Args:
        template: its name in `templates/`.
        context: what the template shows; escaped there.
        data: what the script draws, JSON-ready but for NaN.
    """
    style, script = _themes() + _source("report.css"), _source("report.js")
    library = _plotly() if data.get("maps") else None
    scripts = [_sha256(script), *([library.sha256] if library else [])]
    # Plotly sets style attributes, which can run nothing. Data is escaped, so that it cannot bring any.
    policy = (
        f"default-src 'none'; script-src {_listed(scripts)}; style-src-elem {_listed([_sha256(style), _EMPTY])}; "
        "style-src-attr 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    shown = (
        _environment()
        .get_template(template)
        .render(
            **context,
            examples_held=bool(data["examples"]["ids"]),
            policy=policy,
            style=Markup(style),
            script=Markup(script),
            library=library,
            data=Markup(_as_json(data)),
        )
    )
    return shown.encode("utf-8", "replace")


def _as_json(data: Mapping[str, Any]) -> str:
    """JSON that can stand inside of a script element, which `<` could end."""
    text = json.dumps(no_nan(dict(data)), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _listed(hashes: list[str]) -> str:
    return " ".join(f"'sha256-{one}'" for one in hashes)


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _source(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text(encoding="utf-8")


@cache
def _plotly() -> Plotly:
    script = (files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
    packed = base64.b64encode(gzip.compress(script.encode(), mtime=0)).decode()
    return Plotly(packed, _sha256(script), tuple(_PLOTLY_STYLE.findall(script)))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = _breakable
    environment.globals["counted"] = counted
    return environment


def _breakable(text: str) -> Markup:
    """A label that may be broken after each `_`; what is copied of it stays what it is."""
    return escape(text).replace("_", Markup("_<wbr>"))


def _themes() -> str:
    """The colours of both themes as variables: by the reader's system, or as chosen with the button."""
    light, dark = _colours(LIGHT, "light"), _colours(DARK, "dark")
    return (
        f":root {{ color-scheme: light; {light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root:not([data-theme=light]) {{ color-scheme: dark; {dark} }} }}\n"
        f":root[data-theme=dark] {{ color-scheme: dark; {dark} }}\n"
        f"@media print {{ :root:root:root {{ color-scheme: light; {light} }} }}\n"
    )


def _colours(theme: Theme, name: str) -> str:
    named = {field.name.replace("_", "-"): getattr(theme, field.name) for field in fields(theme)}
    named |= {**GROUNDS[name], "run-a": RUN_A, "run-b": RUN_B}
    return " ".join(f"--{key}: {value};" for key, value in named.items() if isinstance(value, str))
