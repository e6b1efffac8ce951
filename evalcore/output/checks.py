"""Checks for a terminal."""

from __future__ import annotations

from evalcore.analysis import CheckedRun
from evalcore.analysis.slices import ALL


def check_as_text(checked: CheckedRun) -> str:
    """The verdict and, where there are several checks, a line for each."""
    against = f", baseline {checked.baseline}" if checked.baseline else ""
    lines = [checked.sentence, f"run {checked.run}{against}"]
    if len(checked.results) > 1:
        lines.append("")
    for result in checked.results if len(checked.results) > 1 else ():
        part = "" if result.part == ALL else f"[{result.part}] "
        lines.append(f"  {result.verdict:10} {part}{result.sentence}")
    return "\n".join(lines)
