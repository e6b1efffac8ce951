"""Tasks, and models run on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalcore.api.arguments import source_of, store_in
from evalcore.errors import SpecError

if TYPE_CHECKING:
    from evalcore.store import RunRecord
    from evalcore.tasks import Task, TaskSource


def load_task(name: str | Path = "demo", *, cache: str | Path | None = None, **columns: str) -> Task:
    """Read a task: its labels, and its examples with their true labels.

    Example:
        >>> import evalcore
        >>> evalcore.load_task("demo").test[0].label
        'bill_too_high'

    Args:
        name: `demo`, `banking77`, a CSV, JSONL, Parquet or Excel file, a folder with `test.csv` and perhaps
            `train.csv`, an upload (`upload:...`) or a data set of the Hugging Face hub (`hub:OWNER/NAME`).
        cache: the cache folder, where uploads and data sets of the hub are kept.
        columns: other fields of `evalcore.tasks.TaskSource`: `text_column`, `label_column`, `train`, `labels`.

    Raises:
        DataError: if a file is missing or cannot be read exactly, or two labels cannot be told apart.
    """
    from evalcore.store import DEFAULT_CACHE
    from evalcore.tasks import load_task

    return load_task(source_of(name, columns), Path(cache) if cache is not None else DEFAULT_CACHE)


def run(model: str = "demo", *, task: str | Path | TaskSource = "demo", cache: str | Path | None = None,
        **options: Any) -> RunRecord:  # fmt: skip
    """Predict a sample of a task with a model, and store the completions; what is stored already is not predicted.

    Example:
        >>> import evalcore
        >>> record = evalcore.run("majority", n=80, sample="stratified")
        >>> record.n, record.task_name
        (80, 'demo')

    Args:
        model: `demo`, `demo-early`, `majority`, `tfidf`, a folder, a model of the Hugging Face hub, or the address of a
            server with an OpenAI-compatible API.
        task: as `load_task` takes it, or a `TaskSource`.
        cache: the cache folder.
        options: other fields of `evalcore.store.RunSpec`: `n`, `sample`, `seed`, `prompt`, `decoding`, `engine`,
            `max_new_tokens`, `batch_size`, `dtype`.

    Returns:
        the stored run, for `score`.

    Raises:
        SpecError: if an option is unknown or out of range.
        BlindspotError: if the data cannot be read, the model not be run, or the cache not be used. `NotAnswered`, if a
            server left some examples unanswered: run it again to ask for these.
    """
    from evalcore.running import execute
    from evalcore.store import RunSpec

    unknown = sorted(options.keys() - RunSpec.__dataclass_fields__.keys())
    if unknown:
        raise SpecError(
            f"there is no option {unknown[0]!r}.", do=f"Choose among {', '.join(RunSpec.__dataclass_fields__)}."
        )
    return execute(RunSpec(task=source_of(task, {}), model=model, **options), store_in(cache)).record


def runs(cache: str | Path | None = None) -> list[RunRecord]:
    """All stored runs, the newest first."""
    return store_in(cache).runs()
