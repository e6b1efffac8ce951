"""Everything that predicts: transformers models and classifiers on this machine, models on servers, baselines.

`identify` tells what a model is without loading it; torch is imported only for those that need it. A new kind of model
is one entry in `store.MODEL_KINDS` and one module here. `files/` finds a model's files, `loading.py` makes the model of
them, `engines/` run it, `servers/` ask one elsewhere, `forecast.py` says what it will take. Imports store and tasks.
"""

from evalcore.predictors.chat import ChatRenderer, load_tokenizer
from evalcore.predictors.files.architecture import check_that_it_writes, labels_in, named_for_its_kind
from evalcore.predictors.files.fingerprint import bytes_to_read, folder_fingerprint
from evalcore.predictors.files.source import (
    adapter_in,
    cached_folder,
    download,
    folder_config,
    folders_of,
    hub_id,
    locate,
    model_folder,
)
from evalcore.predictors.handle import Limited, ModelHandle, OnPhase, ShowsPrompt, Weights, check_kind, identify
from evalcore.predictors.label_mapping import places, to_confirm

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
