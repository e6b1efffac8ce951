"""What decides a run, and what is kept of it: specs and keys, completions, runs, jobs, names and notes.

All in one SQLite file; nothing outside of this room speaks SQL. Imports tasks and the ground floor.
"""

from evalcore.store.catalog import (
    NAME_LENGTH,
    RunAnnotation,
    RunCatalog,
    distinct_titles,
    distinguishing_titles,
    last_part,
    run_title,
    spec_title,
)
from evalcore.store.changes import version_of
from evalcore.store.columns import (
    STOPS,
    Columns,
    examples_at,
    load_columns,
    parser_of,
    stream_completions,
    stream_texts,
)
from evalcore.store.completion import Completion, Predictor, Preparable, Stop
from evalcore.store.database import DEFAULT_CACHE, RunRecord, Store, file_stamp
from evalcore.store.importing import import_file
from evalcore.store.jobs import Job, JobKind, Jobs
from evalcore.store.outcome import Outcome
from evalcore.store.spec import (
    BASELINES,
    CHOOSING,
    NO_PROMPT,
    Decoding,
    Dtype,
    Engine,
    Identity,
    RunSpec,
    checked,
    completion_keys,
    digest,
    run_id,
    sample_id,
)

__all__ = [
    "BASELINES",
    "CHOOSING",
    "DEFAULT_CACHE",
    "NAME_LENGTH",
    "NO_PROMPT",
    "STOPS",
    "Columns",
    "Completion",
    "Decoding",
    "Dtype",
    "Engine",
    "Identity",
    "Job",
    "JobKind",
    "Jobs",
    "Outcome",
    "Predictor",
    "Preparable",
    "RunAnnotation",
    "RunCatalog",
    "RunRecord",
    "RunSpec",
    "Stop",
    "Store",
    "checked",
    "completion_keys",
    "digest",
    "distinct_titles",
    "distinguishing_titles",
    "examples_at",
    "file_stamp",
    "import_file",
    "last_part",
    "load_columns",
    "parser_of",
    "run_id",
    "run_title",
    "sample_id",
    "spec_title",
    "stream_completions",
    "stream_texts",
    "version_of",
]
