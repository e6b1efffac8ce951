"""How much the server keeps of each thing, and how large a run may be for what is computed unasked."""

COUNTED_UP_TO = 200_000
"""Rows up to which it is counted unasked whether their texts name a label, and what their probabilities say; a million
take seconds."""
MAX_CACHED = 16
"""Everything that is not named here."""
COLUMNS_CACHED = 8
"""Runs whose arrays are kept: under 100 MB for a run of a million rows."""
PROBABILITIES_CACHED = 4
"""Runs whose probabilities are kept: above 256 MiB as a mapped file."""
STORED_ANSWERS_CACHED = 64
"""Runs of which answers alone are kept: under 2 MB for a run of 100,000 rows."""
RESULTS_CACHED = 64
"""Tables and charts; the largest, a heat map of 150 labels, takes about 3 MB."""
ANSWERS_CACHED = 32
"""Answers of the Decide page; one of 100,000 examples takes about 3 MB."""
