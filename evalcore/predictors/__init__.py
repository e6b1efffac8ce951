"""Everything that predicts: local transformers models, models on servers, baselines.

`identify` tells what a model is without loading it; torch is imported only for those that need it. A new kind of model
is one entry in `store.MODEL_KINDS`, one module here, and one line in `handle.py`. Imports store and tasks.
"""

from evalcore.predictors.chat import ChatRenderer, load_tokenizer
from evalcore.predictors.handle import ModelHandle, OnPhase, ShowsPrompt, Weights, check_kind, identify
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
    "ModelHandle",
    "OnPhase",
    "ShowsPrompt",
    "Weights",
    "adapter_in",
    "bytes_to_read",
    "check_kind",
    "download",
    "folder_config",
    "folder_fingerprint",
    "folders_of",
    "hub_id",
    "identify",
    "load_tokenizer",
    "locate",
    "model_folder",
]
