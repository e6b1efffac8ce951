"""One run, from what was asked for to completions in the store; the worker that does it beside the pages.

Resumable: what is stored is never predicted again. Imports predictors and what lies below.
"""

from evalcore.running.prompt_preview import preview
from evalcore.running.run import NotAnswered, OnProgress, Progress, execute, execute_baselines, find_prompt
from evalcore.running.standing import changed_since, first_text, split_size, stands_for
from evalcore.running.worker import ensure_worker

__all__ = [
    "NotAnswered",
    "OnProgress",
    "Progress",
    "changed_since",
    "ensure_worker",
    "execute",
    "execute_baselines",
    "find_prompt",
    "first_text",
    "preview",
    "split_size",
    "stands_for",
]
