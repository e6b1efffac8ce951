"""Finished predictions that were made elsewhere -> runs like any other. One file for each tool's own format.

A format is turned into a table with the columns that `predictions.py` reads; only that file makes runs. Imports store,
tasks and the ground floor.
"""

from evalcore.importing.label_columns import PROBABILITY_OF
from evalcore.importing.own_export import PREDICTIONS_FILE, RUN_FILE, RUN_FORMAT, RUN_VERSION, import_export
from evalcore.importing.predictions import import_data, import_file, import_table

__all__ = [
    "PREDICTIONS_FILE",
    "PROBABILITY_OF",
    "RUN_FILE",
    "RUN_FORMAT",
    "RUN_VERSION",
    "import_data",
    "import_export",
    "import_file",
    "import_table",
]
