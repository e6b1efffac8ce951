"""Models, and what answers like one: local transformers models, servers, baselines.

`identify` says what a model is without loading it; torch is imported only when one is loaded. Imports store and tasks.
"""

from evalcore.predictors.chat import ChatRenderer, load_tokenizer
from evalcore.predictors.endpoint import is_server
from evalcore.predictors.handle import ModelHandle, OnPhase, identify
from evalcore.predictors.source import bytes_to_read, download, folder_fingerprint, locate, model_folder

__all__ = [
    "ChatRenderer",
    "ModelHandle",
    "OnPhase",
    "bytes_to_read",
    "download",
    "folder_fingerprint",
    "identify",
    "is_server",
    "load_tokenizer",
    "locate",
    "model_folder",
]
