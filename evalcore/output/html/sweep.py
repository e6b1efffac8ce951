"""The report of several runs on the same examples."""

from __future__ import annotations

from evalcore.analysis import Sweep, sweep_as_json, sweep_conclusion
from evalcore.output.html.page import render
from evalcore.output.html.texts import TextRule, Texts


def sweep_report(sweep: Sweep, *, texts: Texts = "shown") -> bytes:
    """A sweep as one HTML file.

    Args:
        texts: whether texts, completions and a person's own prompts are in it as they are, left out, or as hashes.
    """
    rule = TextRule(texts)
    context = {"title": "Several runs side by side", "verdict": sweep_conclusion(sweep), "texts": rule}
    return render("sweep.html", context, {"kind": "sweep", "report": sweep_as_json(sweep)})
