"""Runs, arrays, frames and files of predictions, scored."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from evalcore.api.arguments import choose, store_in
from evalcore.errors import SpecError

if TYPE_CHECKING:
    from evalcore.analysis import ScoredRun
    from evalcore.parse import Scoring
    from evalcore.store import RunRecord


@overload
def score(run: RunRecord | str, /, *, scoring: Scoring = "lenient", cache: str | Path | None = None) -> ScoredRun: ...
@overload
def score(
    y_true: Iterable[Any],
    y_pred: Iterable[Any] | None = None,
    /,
    *,
    labels: Iterable[Any] | None = None,
    texts: Iterable[Any] | None = None,
    probabilities: Any = None,
    confidence: Iterable[Any] | None = None,
    name: str = "predictions",
    scoring: Scoring = "lenient",
) -> ScoredRun: ...
def score(
    run: RunRecord | str | Iterable[Any],
    y_pred: Iterable[Any] | None = None,
    /,
    *,
    labels: Iterable[Any] | None = None,
    texts: Iterable[Any] | None = None,
    probabilities: Any = None,
    confidence: Iterable[Any] | None = None,
    name: str = "predictions",
    scoring: Scoring = "lenient",
    cache: str | Path | None = None,
) -> ScoredRun:
    """Score a stored run, two arrays, or a frame; no model is called.

    Arrays and frames are scored in memory: no file is written, and the cache is not read.

    Example:
        >>> import evalcore
        >>> scored = evalcore.score(evalcore.run("majority", n=80))
        >>> scored.scores.labels_present, scored.scores.correct
        (24, 2)
        >>> [round(bound, 3) for bound in scored.intervals.accuracy]
        [0.007, 0.087]
        >>> of_arrays = evalcore.score(["cat", "dog", "dog", "cow"], ["cat", "dog", None, "dog"])
        >>> of_arrays.labels, of_arrays.confusion.tolist()
        (('cat', 'cow', 'dog'), [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 1]])

    Args:
        run: what `run` or `import_predictions` returned, or a run's id. Or the true labels of arrays, shape (n,):
            strings, whole numbers or categories. Or a frame with columns named as in a file of predictions: `label`,
            `prediction` (or `completion`), perhaps `text`, `confidence`, or `probability:LABEL` for each label.
        y_pred: the predicted labels, shape (n,); None, NaN and the empty string are unparsed. It may be left out where
            `probabilities` are given: the most probable label is the prediction.
        labels: all labels, in order; without them those that occur. With them, a prediction may also be a model's raw
            output, and one that names none of them is unparsed.
        texts: of the examples, shape (n,): what runs on different samples are paired by, and what findings quote.
        probabilities: of each label: an array of shape (n, n_labels) in the order of `labels`, or a frame with a column
            for each.
        confidence: the probability of each prediction, shape (n,), where those of the other labels are not known.
        name: how the run is called.
        scoring: `strict` accepts only a label written exactly; `lenient` also other spellings, and a label within a
            sentence.
        cache: the folder that the run is stored in.

    Returns:
        with `scores`, `per_class`, `intervals`, `confusion`, and `answers`, one for each completed example.

    Raises:
        StoreError: if there is no such run.
        SpecError: if arrays do not fit together, or there is no such scoring.
        DataError: if a true label is missing, two labels read the same, or a value cannot be what it is given as.
    """
    from evalcore.analysis import score_run
    from evalcore.importing import import_arrays, import_frame
    from evalcore.parse import ACCEPTED
    from evalcore.store import MemoryStore, RunRecord

    choose("scoring", scoring, ACCEPTED)
    if isinstance(run, RunRecord | str):
        return score_run(store_in(cache), run if isinstance(run, str) else run.run_id, scoring)
    store = MemoryStore()
    if hasattr(run, "columns"):
        beside = {"y_pred": y_pred, "texts": texts, "probabilities": probabilities, "confidence": confidence}
        if given := [argument for argument, value in beside.items() if value is not None]:
            raise SpecError(
                f"a frame is given, and {given[0]} beside it.", do="Make it a column, or give all as arrays."
            )
        record = import_frame(store, run, labels=labels, name=name)
    else:
        record = import_arrays(store, run, y_pred, labels=labels, texts=texts, probabilities=probabilities,
                               confidence=confidence, name=name)  # fmt: skip
    return score_run(store, record.run_id, scoring)


def import_predictions(
    predictions: str | Path | Iterable[Any],
    *,
    labels: Iterable[str] | None = None,
    name: str = "predictions",
    cache: str | Path | None = None,
) -> RunRecord:
    """Store finished predictions as a run, which the app then shows as well; no model is called.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import evalcore
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder, "mine.csv")
        ...     written = file.write_text("text,label,prediction\\nmeow,cat,cat\\nwoof,dog,cat\\n")
        ...     evalcore.score(evalcore.import_predictions(file)).scores.accuracy
        0.5

    Args:
        predictions: a CSV, JSONL, JSON or Parquet file with columns `label`, `prediction` or `completion`, and perhaps
            `text` and probabilities; a log or an export of another tool (`python -m evalcore import --help` names
            them); or a frame, as `score` takes it.
        labels: all labels, in order; without them those that occur.
        name: how the run of a frame is called.
        cache: the folder that it is stored in.

    Returns:
        the stored run, for `score`.

    Raises:
        DataError: if the predictions cannot be read exactly, or lack a column. Nothing is stored then.
        StoreError: if the cache cannot be written.
    """
    from evalcore.importing import Asked, import_file, import_frame
    from evalcore.tasks import LabelList

    if not isinstance(predictions, str | Path):
        if not hasattr(predictions, "columns"):
            raise SpecError(
                f"a {type(predictions).__name__} is neither a file nor a frame.", do="`score` takes two arrays."
            )
        return import_frame(store_in(cache), predictions, labels=labels, name=name)
    known = None if labels is None else LabelList("labels", [*labels], [])
    return import_file(Path(predictions), store_in(cache), asked=Asked(labels=known))
