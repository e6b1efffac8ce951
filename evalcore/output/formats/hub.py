"""A scored run for a model on the Hugging Face hub: metadata of its card, and an `.eval_results` file.

Both are written by huggingface_hub's own classes. Each figure says what it is of: the sample, its 95 % interval and
the parser.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from evalcore.analysis import ScoredRun
from evalcore.errors import DataError
from evalcore.metrics import TITLES, Interval
from evalcore.parse import PARSER_VERSION
from evalcore.store import RunRecord, Store
from evalcore.tasks.banking77 import BANKING77_REPO
from evalcore.tasks.hub_name import HubName, is_hub, parse_hub_name
from evalcore.wording import counted, interval

if TYPE_CHECKING:
    from evalcore.output.report import Sure
    from evalcore.output.table_writers import Files

MODEL_CARD_FILE = "model-card.md"
LOCAL = "local"
"""What stands for the id of a data set that is not on the hub: a card must have one, and an `.eval_results` file must
not name one that does not exist."""
_METRICS = {"accuracy": "accuracy", "macro_f1_present": "f1"}
"""The metrics that are written, and their ids on the hub."""
_NO_DATA_SET = (
    "This run's data is a local file: an .eval_results file names a data set of the hub, and there is none to name."
)


def data_set_of(record: RunRecord) -> HubName | None:
    """The hub's data set that a run's examples are from, without a revision that can move; None of a local file."""
    if record.spec.task.name == "banking77":
        repo, _, revision = record.origin.partition("@")
        # Of a local copy it is not known which revision it is.
        return HubName(BANKING77_REPO, "", revision if repo == BANKING77_REPO else "", "test")
    for name in filter(is_hub, (record.origin, record.spec.task.name)):
        with suppress(DataError):  # a file of another tool may be called like one
            found = parse_hub_name(name)
            return found if found.is_pinned else replace(found, revision="")
    return None


def model_card(store: Store, scored: ScoredRun, sure: Sure | None = None, all_labels: bool = False) -> Files:
    """The front matter of a model's README, with accuracy and macro-F1.

    Args:
        store, sure, all_labels: not needed; every format takes them.
    """
    return {MODEL_CARD_FILE: _model_card(scored)}


def eval_results(store: Store, scored: ScoredRun, sure: Sure | None = None, all_labels: bool = False) -> Files:
    """A file for the folder `.eval_results` of a model on the hub.

    Args:
        store, sure, all_labels: not needed; every format takes them.

    Raises:
        DataError: if the run's data is not on the hub, or nothing is predicted yet.
    """
    data_set = data_set_of(scored.record)
    if data_set is None or not scored.scores.n:
        raise DataError(
            why_no_eval_results(scored),
            where=f"run {scored.record.run_id}",
            do="Write the model card's metadata instead.",
        )
    name = re.sub(r"[^\w.-]", "_", data_set.repo.rpartition("/")[2])
    return {f".eval_results/{name}.yaml": _eval_results(scored, data_set)}


def why_no_eval_results(scored: ScoredRun) -> str:
    """Why a run has no `.eval_results` file, in a sentence; empty if it has one."""
    if not scored.scores.n:
        return "Nothing is predicted yet."
    return "" if data_set_of(scored.record) else _NO_DATA_SET


def _model_card(scored: ScoredRun) -> Iterator[bytes]:
    from huggingface_hub import EvalResult, ModelCardData

    record, data_set = scored.record, data_set_of(scored.record)
    results = [
        EvalResult(
            task_type="text-classification",
            dataset_type=data_set.repo if data_set else LOCAL,
            dataset_name=record.task_name,
            dataset_config=data_set.config or None if data_set else None,
            dataset_split=data_set.split or None if data_set else None,
            dataset_revision=data_set.revision or None if data_set else None,
            dataset_args=_sample(scored),
            metric_type=metric_type,
            metric_name=TITLES[name],
            metric_value=getattr(scored.scores, name),
            metric_args={"interval_95": _bounds(getattr(scored.intervals, name)), "scoring": scored.scoring},
        )
        for name, metric_type in _METRICS.items()
        if math.isfinite(getattr(scored.scores, name))
    ]
    card = ModelCardData(model_name=_model_name(record), eval_results=results or None)
    yield f"---\n{card.to_yaml()}\n---\n\n{_said(scored)}\n".encode("utf-8", "replace")


def _eval_results(scored: ScoredRun, data_set: HubName) -> Iterator[bytes]:
    from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml
    from huggingface_hub.utils._fixes import yaml_dump

    entry = EvalResultEntry(
        dataset_id=data_set.repo,
        task_id=data_set.config or "default",
        value=scored.scores.accuracy,
        dataset_revision=data_set.revision or None,
        date=datetime.fromtimestamp(scored.record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        notes=_notes(scored),
    )
    written: str = yaml_dump(eval_result_entries_to_yaml([entry]), sort_keys=False)
    yield written.encode("utf-8", "replace")


def _model_name(record: RunRecord) -> str:
    """The model's name; of a folder its last part, since the rest is this machine's own."""
    name = record.kind.files_of(record.spec.model)
    return PurePath(name).name if PurePath(name).is_absolute() or name.startswith(".") else name


def _sample(scored: ScoredRun) -> dict[str, Any]:
    """What the figures are of."""
    record = scored.record
    drawn = {"n": scored.scores.n, "split_size": record.split_size, "sample": record.spec.sample}
    return drawn if record.spec.sample == "first" else {**drawn, "seed": record.spec.seed}


def _bounds(bounds: Interval) -> list[float] | str:
    return "not estimable" if any(map(math.isnan, bounds)) else [float(bound) for bound in bounds]


def _notes(scored: ScoredRun) -> str:
    """The sample, the interval, the prompt and the parser, in one line."""
    record, scores = scored.record, scored.scores
    parts = [
        f"accuracy on {scores.n:,} of {counted(record.split_size, 'example')}",
        "" if scores.n == record.split_size else f"{record.spec.sample} sample",
        f"95 % interval {interval(scored.intervals.accuracy)} (percent)",
        f"prompt {record.prompt.name}" if record.kind.reads_prompt else "",
        f"decoding {record.spec.decoding}" if "decoding" in record.kind.settings else "",
        f"{scored.scoring} scoring, parser {PARSER_VERSION}",
        f"{scores.unparsed:,} unparsed",
    ]
    return "; ".join(part for part in parts if part)


def _said(scored: ScoredRun) -> str:
    """What a reader of the card should know of the figures, below the metadata."""
    if not scored.scores.n:
        return "Nothing is predicted yet, so that there are no results."
    sentence = f"Results of Blindspot's run {scored.record.run_id}: {_notes(scored)}."
    if data_set_of(scored.record) is None:
        sentence += f" The data is a local file and no data set of the hub: its type is therefore `{LOCAL}`."
    return sentence
