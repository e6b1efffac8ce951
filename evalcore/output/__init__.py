"""Results as text, and as files in many formats.

Imports analysis and what lies below; never predictors.
"""

from evalcore.output.checks import check_as_text
from evalcore.output.compared_tables import comparison_tables, sweep_tables
from evalcore.output.comparison import comparison_as_text, sweep_as_text
from evalcore.output.decision import decision_as_json, decision_as_text, decision_tables
from evalcore.output.decision_markdown import decision_markdown
from evalcore.output.export import export_bundle, export_run, export_tables, write_file, zipped
from evalcore.output.formats import RUN_FORMATS, table_files
from evalcore.output.junit import check_junit
from evalcore.output.markdown import check_markdown, comparison_markdown, run_markdown
from evalcore.output.own_format import run_json, schema
from evalcore.output.report import findings_of, no_nan, report_as_json, report_as_text, sure_of
from evalcore.output.run_tables import predictions_table, run_tables
from evalcore.output.table_writers import WRITERS

__all__ = [
    "RUN_FORMATS",
    "WRITERS",
    "check_as_text",
    "check_junit",
    "check_markdown",
    "comparison_as_text",
    "comparison_markdown",
    "comparison_tables",
    "decision_as_json",
    "decision_as_text",
    "decision_markdown",
    "decision_tables",
    "export_bundle",
    "export_run",
    "export_tables",
    "findings_of",
    "no_nan",
    "predictions_table",
    "report_as_json",
    "report_as_text",
    "run_json",
    "run_markdown",
    "run_tables",
    "schema",
    "sure_of",
    "sweep_as_text",
    "sweep_tables",
    "table_files",
    "write_file",
    "zipped",
]
