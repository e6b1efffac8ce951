"""Finished predictions that were made elsewhere -> runs like any other. One file for each tool's own format.

A format is turned into a table with the columns that `predictions.py` reads; only that file makes runs. Imports store,
tasks and the ground floor.
"""

from evalcore.importing.arrays import import_arrays, import_frame
from evalcore.importing.label_columns import PROBABILITY_OF
from evalcore.importing.predictions import import_data, import_file, import_table

__all__ = ["PROBABILITY_OF", "import_arrays", "import_data", "import_file", "import_frame", "import_table"]
