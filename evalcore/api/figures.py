"""Figures of a run or of a comparison, in a notebook or as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from evalcore.api.arguments import choose

if TYPE_CHECKING:
    from evalcore.analysis import Comparison, ScoredRun
    from evalcore.output.stills import Figure, StillKind


def plot(result: ScoredRun | Comparison, figure: str = "", *, theme: str = "light") -> Figure:
    """A figure of a run or of a comparison, which a notebook draws.

    Example:
        >>> import evalcore
        >>> scored = evalcore.score(evalcore.run("majority", n=80))
        >>> evalcore.plot(scored).to_dict()["title"]["text"]
        'Confusion matrix'

    Args:
        figure: its name; without one the confusion matrix, of a comparison the difference of both.
        theme: `light` or `dark`.

    Raises:
        SpecError: if there is no such figure; it names those that there are.
    """
    from evalcore.output.stills import inline

    drawn = _charts(result, theme)
    name = figure or ("confusion" if "confusion" in drawn else "confusion-difference")
    choose("figure", name, drawn)
    return inline(drawn[name])


def export_charts(
    result: ScoredRun | Comparison, folder: str | Path, *, kind: StillKind = "png", theme: str = "light"
) -> list[Path]:
    """Write every figure of a run or of a comparison into a folder, as PNG or SVG; no browser is needed.

    Raises:
        SpecError: if the kind or the theme is unknown.
        DataError: if the folder cannot be written.
    """
    from evalcore.output.stills import KINDS, export_charts

    choose("kind of picture", kind, KINDS)
    return export_charts(_charts(result, theme), Path(folder), kind)


def _charts(result: ScoredRun | Comparison, theme: str) -> Mapping[str, Figure]:
    from evalcore.analysis import Comparison
    from evalcore.output.stills import THEMES, comparison_charts, run_charts

    choose("theme", theme, THEMES)
    if isinstance(result, Comparison):
        return comparison_charts(result, theme=THEMES[theme])
    return run_charts(result, theme=THEMES[theme])
