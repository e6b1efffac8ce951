"""Finished predictions that were made elsewhere -> runs like any other. One file for each tool's own format.

A format (`formats.FORMATS`) turns a file into a `Reading`: a table of texts, true labels and answers, and where each
of them was read from; only `predictions.py` makes runs of it. Imports store, tasks and the ground floor.
"""

from evalcore.importing.arrays import import_arrays, import_frame
from evalcore.importing.formats import FORMATS, Format, pasted, read_predictions
from evalcore.importing.label_columns import PROBABILITY_OF
from evalcore.importing.looked_over import LabelCount, Problem, label_counts, problems_of
from evalcore.importing.own_export import PREDICTIONS_FILE, RUN_FILE, RUN_FORMAT, RUN_VERSION, import_export
from evalcore.importing.predictions import (
    IMPORTED,
    import_data,
    import_file,
    import_files,
    import_readings,
    import_table,
)
from evalcore.importing.reading import ROLE_WORDS, ROLES, Asked, NoField, Reading, Role

__all__ = [
    "FORMATS",
    "IMPORTED",
    "PREDICTIONS_FILE",
    "PROBABILITY_OF",
    "ROLES",
    "ROLE_WORDS",
    "RUN_FILE",
    "RUN_FORMAT",
    "RUN_VERSION",
    "Asked",
    "Format",
    "LabelCount",
    "NoField",
    "Problem",
    "Reading",
    "Role",
    "import_arrays",
    "import_data",
    "import_export",
    "import_file",
    "import_files",
    "import_frame",
    "import_readings",
    "import_table",
    "label_counts",
    "pasted",
    "problems_of",
    "read_predictions",
]
