"""One run, from a spec to completions in the store; one text, answered at once (`live.py`); and the worker process that
does both for the pages.

Resumable: what is stored is never predicted again. `plan.py` says what a run consists of, an executor of `executors.py`
computes what is missing, and `run.py` stores it. Imports predictors and what lies below.
"""

from evalcore.running.answering import AskedModel, askable
from evalcore.running.current_run import (
    baselines_at_work,
    changed_since,
    current_run_for,
    first_text,
    first_texts,
    split_size,
)
from evalcore.running.estimate import Estimate
from evalcore.running.estimate_words import in_lines as estimate_in_lines
from evalcore.running.estimate_words import in_one_line as estimate_in_one_line
from evalcore.running.estimate_words import in_total as estimate_in_total
from evalcore.running.executors import CompletedBatch, Executor, InProcess, Loader, load_model
from evalcore.running.live import LiveAnswer, LiveRequest, answer
from evalcore.running.on_ray.cluster import Workers
from evalcore.running.plan import find_prompt, plan_run
from evalcore.running.prompt_preview import preview
from evalcore.running.run import NotAnswered, Progress, execute, execute_with_baselines
from evalcore.running.understood import Understood, understand
from evalcore.running.worker import ensure_worker, stop_worker

__all__ = [
    "AskedModel",
    "CompletedBatch",
    "Estimate",
    "Executor",
    "InProcess",
    "LiveAnswer",
    "LiveRequest",
    "Loader",
    "NotAnswered",
    "Progress",
    "Understood",
    "Workers",
    "answer",
    "askable",
    "baselines_at_work",
    "changed_since",
    "current_run_for",
    "ensure_worker",
    "estimate_in_lines",
    "estimate_in_one_line",
    "estimate_in_total",
    "execute",
    "execute_with_baselines",
    "find_prompt",
    "first_text",
    "first_texts",
    "load_model",
    "plan_run",
    "preview",
    "split_size",
    "stop_worker",
    "understand",
]
