"""What decides a run, and what is stored of it: specs and keys, completions, runs, jobs, names and notes.

All in one SQLite file; nothing outside of this package writes SQL. Imports tasks and the ground floor.
"""

from evalcore.store.bundle import BUNDLE_ENDING, bundle_pieces, damaged_runs, is_bundle
from evalcore.store.catalog import (
    NAME_LENGTH,
    RunAnnotation,
    RunCatalog,
    distinct_titles,
    distinguishing_titles,
    job_title,
    last_part,
    model_name,
    run_title,
)
from evalcore.store.changes import change_counter, version_of
from evalcore.store.columns import (
    STOPS,
    Columns,
    examples_at,
    load_columns,
    parser_of,
    stream_completions,
    stream_texts,
)
from evalcore.store.completion import Completion, GoOn, Metered, Predictor, Preparable, Stop, Waiting
from evalcore.store.custom_prompts import custom_prompts
from evalcore.store.database import DEFAULT_CACHE, Store
from evalcore.store.decision_tables import DecisionTables
from evalcore.store.file_digests import file_stamp
from evalcore.store.jobs import ASKED_FOR, Job, JobKind, Jobs
from evalcore.store.label_reference import CONTENT_FREE, LabelReference, LabelScore, log_probabilities
from evalcore.store.label_scores import load_label_logprobs
from evalcore.store.memory_store import MemoryStore
from evalcore.store.merging import Merged, import_bundle, merge_bundle
from evalcore.store.model_kind import BASELINES, MODEL_KINDS, ModelKind, kind_named, kind_of
from evalcore.store.outcome import Outcome
from evalcore.store.run_effort import MeasuredAnswers, measured_answers, shared_texts
from evalcore.store.run_record import RunRecord
from evalcore.store.server_table import (
    COLUMNS as SERVER_COLUMNS,
)
from evalcore.store.server_table import (
    MOST_CONCURRENT,
    SERVERS_FILE,
    Limits,
    Price,
    ServerRow,
    ServerTableError,
    cell_text,
    limits_of,
    parse_rows,
    price_of,
    read_servers,
    write_servers,
)
from evalcore.store.small_file import replace_file
from evalcore.store.spec import (
    CHOOSING,
    MEANINGS,
    Decoding,
    Dtype,
    Engine,
    Identity,
    LabelsBy,
    RunSpec,
    checked,
    completion_keys,
    digest,
    run_id,
    sample_id,
)
from evalcore.store.uploads import MAX_UPLOAD_BYTES, QUOTA, Uploads, runs_by_upload
from evalcore.store.usage import Usage

__all__ = [
    "ASKED_FOR",
    "BASELINES",
    "BUNDLE_ENDING",
    "CHOOSING",
    "CONTENT_FREE",
    "DEFAULT_CACHE",
    "MAX_UPLOAD_BYTES",
    "MEANINGS",
    "MODEL_KINDS",
    "MOST_CONCURRENT",
    "NAME_LENGTH",
    "QUOTA",
    "SERVERS_FILE",
    "SERVER_COLUMNS",
    "STOPS",
    "Columns",
    "Completion",
    "DecisionTables",
    "Decoding",
    "Dtype",
    "Engine",
    "GoOn",
    "Identity",
    "Job",
    "JobKind",
    "Jobs",
    "LabelReference",
    "LabelScore",
    "LabelsBy",
    "Limits",
    "MeasuredAnswers",
    "MemoryStore",
    "Merged",
    "Metered",
    "ModelKind",
    "Outcome",
    "Predictor",
    "Preparable",
    "Price",
    "RunAnnotation",
    "RunCatalog",
    "RunRecord",
    "RunSpec",
    "ServerRow",
    "ServerTableError",
    "Stop",
    "Store",
    "Uploads",
    "Usage",
    "Waiting",
    "bundle_pieces",
    "cell_text",
    "change_counter",
    "checked",
    "completion_keys",
    "custom_prompts",
    "damaged_runs",
    "digest",
    "distinct_titles",
    "distinguishing_titles",
    "examples_at",
    "file_stamp",
    "import_bundle",
    "is_bundle",
    "job_title",
    "kind_named",
    "kind_of",
    "last_part",
    "limits_of",
    "load_columns",
    "load_label_logprobs",
    "log_probabilities",
    "measured_answers",
    "merge_bundle",
    "model_name",
    "parse_rows",
    "parser_of",
    "price_of",
    "read_servers",
    "replace_file",
    "run_id",
    "run_title",
    "runs_by_upload",
    "sample_id",
    "shared_texts",
    "stream_completions",
    "stream_texts",
    "version_of",
    "write_servers",
]
