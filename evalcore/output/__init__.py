"""Results as text, JSON and CSV files.

Imports analysis and what lies below; never predictors.
"""

from evalcore.output.checks import check_as_text
from evalcore.output.comparison import comparison_as_text, sweep_as_text
from evalcore.output.export import export_bundle, export_run, write_file
from evalcore.output.junit import check_junit
from evalcore.output.markdown import check_markdown, comparison_markdown, run_markdown
from evalcore.output.report import findings_of, no_nan, report_as_json, report_as_text, sure_of

__all__ = [
    "check_as_text",
    "check_junit",
    "check_markdown",
    "comparison_as_text",
    "comparison_markdown",
    "export_bundle",
    "export_run",
    "findings_of",
    "no_nan",
    "report_as_json",
    "report_as_text",
    "run_markdown",
    "sure_of",
    "sweep_as_text",
    "write_file",
]
