"""A scored run in the files of lm-evaluation-harness 0.4.13: `results_DATE.json` and `samples_TASK_DATE.jsonl`.

What differs from a run of lm-eval itself: `acc` is accuracy as the parser here counts it, `filtered_resps` hold the
label that it understood (empty where there is none), and `f1` is macro-F1 over the labels in the sample. `acc_stderr`
is theirs: that of a mean, from the sample.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from evalcore.analysis import ScoredExample, ScoredRun
from evalcore.parse import PARSER_VERSION
from evalcore.store import RunRecord, Store
from evalcore.tasks import Renderer, Task

if TYPE_CHECKING:
    from evalcore.output.report import Sure
    from evalcore.output.table_writers import Files

NOT_AVAILABLE = "N/A"
_NAME_BYTES = 80
"""Of a task's or a model's name in a file's name, which may have 255 bytes in all."""


def lm_eval(store: Store, scored: ScoredRun, sure: Sure | None = None, all_labels: bool = False) -> Files:
    """The two files, in a folder of the model's name as lm-eval lays them out.

    Their date is the one on which the run was begun, so that the same run gives the same names and bytes.

    Args:
        store, sure, all_labels: not needed; every format takes them.
    """
    record = scored.record
    # Without a time zone, as theirs; with microseconds even where they are 0, so that names sort by date.
    began = datetime.fromtimestamp(record.created, UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    date, task = began.replace(":", "-"), task_key(record)
    folder = _short(re.sub(r'["<>:/|\\?*\[\]\x00-\x1f]+', "__", record.spec.model))
    return {
        f"{folder}/results_{date}.json": _results(scored, task),
        f"{folder}/samples_{task}_{date}.jsonl": _samples(scored),
    }


def task_key(record: RunRecord) -> str:
    """The task's name in the results and in the name of the samples' file, cleaned as lm-eval cleans it."""
    return _short(re.sub(r"\W", "_", record.task_name))


def _short(name: str) -> str:
    """A name as part of a file's name: a long one is cut, and ends with a hash of all of it."""
    name = name.strip(". ") or "unnamed"
    written = name.encode("utf-8", "replace")
    if len(written) <= _NAME_BYTES:
        return name
    return f"{written[: _NAME_BYTES - 9].decode('utf-8', 'ignore')}-{hashlib.sha256(written).hexdigest()[:8]}"


def _results(scored: ScoredRun, task: str) -> Iterator[bytes]:
    record, scores = scored.record, scored.scores
    undefined = {name for name in ("accuracy", "macro_f1_present") if math.isnan(getattr(scores, name))}
    n_shot = record.prompt.shots
    metrics = {
        "name": task,
        "alias": record.task_name,
        "sample_len": scores.n,
        "acc,none": NOT_AVAILABLE if "accuracy" in undefined else scores.accuracy,
        "acc_stderr,none": _stderr(scores.accuracy, scores.n),
        "f1,none": NOT_AVAILABLE if "macro_f1_present" in undefined else scores.macro_f1_present,
        "f1_stderr,none": NOT_AVAILABLE,
    }
    content = {
        "results": {task: metrics},
        "group_subtasks": {},
        "configs": {task: _config(scored, task)},
        "versions": {task: None},
        "n-shot": {task: n_shot},
        "higher_is_better": {task: {"acc": True, "f1": True}},
        "n-samples": {task: {"original": record.split_size, "effective": scores.n}},
        "config": {
            "model": record.kind.name,
            "model_args": {"model": record.spec.model},
            "batch_size": str(record.spec.batch_size) if "batch_size" in record.kind.settings else None,
            "batch_sizes": [],
            "device": str(record.identity["device"]) if "device" in record.identity else None,
            "use_cache": None,
            "limit": scores.n if scores.n < record.split_size else None,
            "bootstrap_iters": 0,
            "gen_kwargs": _gen_kwargs(record),
            "random_seed": record.spec.seed,
            "numpy_seed": record.spec.seed,
            "torch_seed": record.spec.seed,
            "fewshot_seed": 0,
        },
        "git_hash": None,
        "date": record.created,
        "model_source": record.kind.name,
        "model_name": record.spec.model,
        "model_name_sanitized": re.sub(r'["<>:/|\\?*\[\]]+', "__", record.spec.model),
        "task_hashes": {task: _task_hash(scored)},
        "total_evaluation_time_seconds": str(record.seconds),
    }
    yield (json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8", "replace")


def _stderr(mean: float, n: int) -> float | str:
    """lm-eval's standard error of a mean, of answers that are right or wrong: of the sample, so by n - 1."""
    return math.sqrt(mean * (1 - mean) / (n - 1)) if n > 1 else NOT_AVAILABLE


def _config(scored: ScoredRun, task: str) -> dict[str, Any]:
    """What is known of the task, under lm-eval's names, and in `metadata` what its names have no place for."""
    record, intervals = scored.record, scored.intervals
    low, high = intervals.accuracy
    return {
        "task": task,
        "task_alias": record.task_name,
        "dataset_path": record.origin,
        "output_type": "generate_until",
        "doc_to_text": "text",
        "doc_to_target": "label",
        "num_fewshot": record.prompt.shots,
        "metric_list": [
            {"metric": "acc", "aggregation": "mean", "higher_is_better": True},
            {"metric": "f1", "aggregation": "macro, labels in the sample", "higher_is_better": True},
        ],
        "generation_kwargs": _gen_kwargs(record),
        "repeats": 1,
        "should_decontaminate": False,
        "metadata": {
            "written_by": "Blindspot",
            "run": record.run_id,
            "sample": record.spec.sample,
            "seed": record.spec.seed,
            "prompt": record.prompt.name,
            "scoring": scored.scoring,
            "parser_version": PARSER_VERSION,
            "acc_interval_95": None if math.isnan(low) else [low, high],
            "unparsed": scored.scores.unparsed,
            "arguments": _what_arguments_hold(record),
        },
    }


def _gen_kwargs(record: RunRecord) -> dict[str, Any]:
    settings = {"decoding": record.spec.decoding, "max_gen_toks": record.spec.max_new_tokens}
    return settings if "max_new_tokens" in record.kind.settings else {}


def _what_arguments_hold(record: RunRecord) -> str:
    if not record.kind.reads_prompt:
        return "the text: this model reads no prompt"
    if record.prompt.shots:
        return "the last message alone: the solved examples before it are not stored"
    return "the messages of the chat, as JSON"


def _asked(record: RunRecord) -> Callable[[str], str]:
    """What was asked for a text, see `_what_arguments_hold`."""
    if not record.kind.reads_prompt:
        return lambda text: text
    labels_alone = Task(record.task_name, record.labels, (), (), record.origin)
    renderer = Renderer(labels_alone, replace(record.prompt, shots=0))
    if record.prompt.shots:
        return lambda text: renderer.messages(text)[-1]["content"]
    return lambda text: json.dumps(renderer.messages(text), ensure_ascii=False)


def _samples(scored: ScoredRun) -> Iterator[bytes]:
    """One line for each answer, in the order of the sample."""
    asked, kwargs = _asked(scored.record), _gen_kwargs(scored.record)
    for answer in scored.answers:
        arguments = {"gen_args_0": {"arg_0": asked(answer.example.text), "arg_1": kwargs}}
        sample = {
            "doc_id": answer.position,
            "doc": _doc(answer),
            "target": answer.example.label,
            "arguments": arguments,
            "resps": [[answer.completion.text]],
            "filtered_resps": [answer.predicted or ""],
            "filter": "none",
            "metrics": ["acc"],
            **_hashes(answer, asked),
            "acc": float(answer.outcome == "right"),
        }
        yield (json.dumps(sample, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _doc(answer: ScoredExample) -> dict[str, str]:
    return {"text": answer.example.text, "label": answer.example.label}


def _hashes(answer: ScoredExample, asked: Callable[[str], str]) -> Mapping[str, str]:
    """lm-eval's hashes of a document, of what was asked and of the true label."""
    return {
        "doc_hash": _hash(json.dumps(_doc(answer), indent=2, ensure_ascii=False)),
        "prompt_hash": _hash(asked(answer.example.text)),
        "target_hash": _hash(answer.example.label),
    }


def _task_hash(scored: ScoredRun) -> str:
    """lm-eval's hash of all that was asked: two runs with the same one were asked the same."""
    asked, of_all = _asked(scored.record), hashlib.sha256()
    for answer in scored.answers:
        of_all.update("".join(_hashes(answer, asked).values()).encode())
    return of_all.hexdigest()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
