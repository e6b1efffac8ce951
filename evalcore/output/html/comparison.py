"""The report of two runs, compared."""

from __future__ import annotations

from evalcore.analysis import Comparison, compared_probabilities, verdict, verdict_as_json
from evalcore.output.html.page import render
from evalcore.output.html.texts import TextRule, Texts


def comparison_report(comparison: Comparison, *, texts: Texts = "shown") -> bytes:
    """A comparison as one HTML file.

    Args:
        texts: whether texts, completions and a person's own prompts are in it as they are, left out, or as hashes.
    """
    rule = TextRule(texts)
    probabilities = compared_probabilities(comparison)
    context = {"title": "A compared with B", "verdict": verdict(comparison).sentence, "texts": rule}
    return render(
        "comparison.html", context, {"kind": "comparison", "report": verdict_as_json(comparison, probabilities)}
    )
