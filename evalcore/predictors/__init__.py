"""Everything that predicts: local transformers models, models on servers, baselines.

`identify` tells what a model is without loading it; torch is imported only for those that need it. A new kind of model
is one entry in `store.MODEL_KINDS`, one module here, and one line in `handle.py`. Imports store and tasks.
"""

from evalcore.predictors.architecture import (
    cached_folder,
    check_that_it_writes,
    labels_in,
    named_for_its_kind,
)
from evalcore.predictors.chat import ChatRenderer, load_tokenizer
from evalcore.predictors.handle import Limited, ModelHandle, OnPhase, ShowsPrompt, Weights, check_kind, identify
from evalcore.predictors.label_mapping import places, to_confirm
from evalcore.predictors.source import (
    adapter_in,
    bytes_to_read,
    download,
    folder_config,
    folder_fingerprint,
    folders_of,
    hub_id,
    locate,
    model_folder,
)

__all__ = [
    "ChatRenderer",
    "Limited",
    "ModelHandle",
    "OnPhase",
    "ShowsPrompt",
    "Weights",
    "adapter_in",
    "bytes_to_read",
    "cached_folder",
    "check_kind",
    "check_that_it_writes",
    "download",
    "folder_config",
    "folder_fingerprint",
    "folders_of",
    "hub_id",
    "identify",
    "labels_in",
    "load_tokenizer",
    "locate",
    "model_folder",
    "named_for_its_kind",
    "places",
    "to_confirm",
]
