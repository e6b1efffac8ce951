"""Blindspot: evaluate a language model as a text classifier, and see what one accuracy number hides.

The functions of this module are the public API for scripts and notebooks: read a task, run a model on a sample of it,
score the run, look for what its accuracy hides, compare two runs.

    >>> import evalcore
    >>> task = evalcore.load_task("demo")
    >>> len(task.labels), len(task.test)
    (24, 464)
    >>> a = evalcore.score(evalcore.run("majority", n=80))
    >>> b = evalcore.score(evalcore.run("tfidf", n=80))
    >>> print(evalcore.verdict(evalcore.compare(a, b)).sentence)
    B is better: +76.2 points (64.2 to 84.5) at N = 80 · exact McNemar p < .001
    >>> print(evalcore.findings(a)[0].sentence)
    100.0 % of the answers are one label: “engineer_no_show”, which is 2.5 % of the examples.

Completions are kept in a cache folder, so that the same run is never predicted twice; each function that reads or
writes it takes `cache`, and without one uses `BLINDSPOT_CACHE` or the project's own. Errors that a person can fix are
`BlindspotError`s, which say what is wrong, where, and what to do.

The rooms below this module hold the logic: `tasks`, `store`, `predictors`, `running`, `importing`, `metrics`,
`analysis`, `deciding`, `charts`, `output`. Importing the package is quick: a room is imported by the first function
that needs it, and torch only when a local model is loaded.
"""

from evalcore.api.figures import export_charts, plot
from evalcore.api.files import export, export_bundle, export_report, import_bundle
from evalcore.api.results import compare, decide, findings, report, verdict
from evalcore.api.runs import load_task, run, runs
from evalcore.api.scores import import_predictions, score
from evalcore.errors import BlindspotError

__version__ = "0.1.0"
__all__ = [
    "BlindspotError",
    "compare",
    "decide",
    "export",
    "export_bundle",
    "export_charts",
    "export_report",
    "findings",
    "import_bundle",
    "import_predictions",
    "load_task",
    "plot",
    "report",
    "run",
    "runs",
    "score",
    "verdict",
]
