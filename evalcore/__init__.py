"""Blindspot: evaluate a language model as a text classifier, and see what one accuracy number hides.

The functions of this module are the public API for scripts and notebooks: read a task, run a model on a sample of it,
score the run, look for what its accuracy hides, compare two runs.

    >>> import evalcore
    >>> task = evalcore.load_task("demo")
    >>> len(task.labels), len(task.test)
    (24, 464)
    >>> a = evalcore.score(evalcore.run("majority", n=80))
    >>> b = evalcore.score(evalcore.run("tfidf", n=80))
    >>> print(evalcore.verdict(evalcore.compare(a, b)).sentence)
    B is better: +76.2 points (64.2 to 84.5) at N = 80 · exact McNemar p < .001
    >>> print(evalcore.findings(a)[0].sentence)
    100.0 % of the answers are one label: “engineer_no_show”, which is 2.5 % of the examples.

Completions are kept in a cache folder, so that the same run is never predicted twice; each function that reads or
writes it takes `cache`, and without one uses `BLINDSPOT_CACHE` or the project's own. Errors that a person can fix are
`BlindspotError`s, which say what is wrong, where, and what to do.

The rooms below this module hold the logic: `tasks`, `store`, `predictors`, `running`, `importing`, `metrics`,
`analysis`, `deciding`, `charts`, `output`. Importing the package is quick: a room is imported by the first function
that needs it, and torch only when a local model is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from evalcore.errors import BlindspotError, SpecError

if TYPE_CHECKING:
    from evalcore.analysis import Comparison, Findings, ScoredRun, Verdict
    from evalcore.deciding import Decision
    from evalcore.output.html import Texts
    from evalcore.output.stills import Figure, StillKind
    from evalcore.parse import Scoring
    from evalcore.store import Merged, RunRecord, Store
    from evalcore.tasks import Task, TaskSource

__version__ = "0.1.0"
__all__ = [
    "BlindspotError",
    "compare",
    "decide",
    "export",
    "export_bundle",
    "export_charts",
    "export_report",
    "findings",
    "import_bundle",
    "import_predictions",
    "load_task",
    "plot",
    "report",
    "run",
    "runs",
    "score",
    "verdict",
]


def load_task(name: str | Path = "demo", *, cache: str | Path | None = None, **columns: str) -> Task:
    """Read a task: its labels, and its examples with their true labels.

    Example:
        >>> load_task("demo").test[0].label
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

    return load_task(_source(name, columns), Path(cache) if cache is not None else DEFAULT_CACHE)


def run(model: str = "demo", *, task: str | Path | TaskSource = "demo", cache: str | Path | None = None,
        **options: Any) -> RunRecord:  # fmt: skip
    """Predict a sample of a task with a model, and store the completions; what is stored already is not predicted.

    Example:
        >>> record = run("majority", n=80, sample="stratified")
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
    return execute(RunSpec(task=_source(task, {}), model=model, **options), _store(cache)).record


def runs(cache: str | Path | None = None) -> list[RunRecord]:
    """All stored runs, the newest first."""
    return _store(cache).runs()


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
        >>> scored = score(run("majority", n=80))
        >>> scored.scores.labels_present, scored.scores.correct
        (24, 2)
        >>> [round(bound, 3) for bound in scored.intervals.accuracy]
        [0.007, 0.087]
        >>> of_arrays = score(["cat", "dog", "dog", "cow"], ["cat", "dog", None, "dog"])
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

    _choose("scoring", scoring, ACCEPTED)
    if isinstance(run, RunRecord | str):
        return score_run(_store(cache), run if isinstance(run, str) else run.run_id, scoring)
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
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder, "mine.csv")
        ...     written = file.write_text("text,label,prediction\\nmeow,cat,cat\\nwoof,dog,cat\\n")
        ...     score(import_predictions(file)).scores.accuracy
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
        return import_frame(_store(cache), predictions, labels=labels, name=name)
    known = None if labels is None else LabelList("labels", [*labels], [])
    return import_file(Path(predictions), _store(cache), asked=Asked(labels=known))


def findings(scored: ScoredRun) -> Findings:
    """What the accuracy of a run hides, in sentences, the most important first.

    The baselines `majority` and `tfidf` are compared with it, if they were run on the same sample.

    Example:
        >>> [finding.kind for finding in findings(score(run("majority", n=80)))][:2]
        ['collapse', 'over_predicted']
    """
    from evalcore.output import findings_of

    return findings_of(scored.answers.store, scored)


def report(scored: ScoredRun) -> str:
    """The scores of a run with their intervals, and its findings, as text."""
    from evalcore.output import findings_of, report_as_text, sure_of

    sure = sure_of(scored)
    return report_as_text(scored, findings_of(scored.answers.store, scored, lambda _: sure), sure=sure)


def compare(a: ScoredRun, b: ScoredRun) -> Comparison:
    """Compare two runs on the examples that both have answered.

    Example:
        >>> comparison = compare(score(run("majority", n=80)), score(run("tfidf", n=80)))
        >>> comparison.n, comparison.p < 0.001
        (80, True)

    Args:
        a, b: of the same labels, under the same scoring.

    Returns:
        with the difference and its interval, the p-value, the examples fixed and broken, and each metric of both.

    Raises:
        SpecError: if the labels or the scorings differ, or no example is common to both.
    """
    from evalcore.analysis import compare

    return compare(a, b)


def decide(
    run: ScoredRun | RunRecord | str,
    *,
    beside: ScoredRun | RunRecord | str | None = None,
    only: Sequence[str] = (),
    cache: str | Path | None = None,
    **asked: Any,
) -> Decision:
    """What to do with a run: how much to check, what mistakes cost, other traffic, the label list, which run to take.

    A question that the run cannot answer is there with the reason. docs/deciding.md says what each figure is.

    Example:
        >>> decision = decide(run("tfidf", n=80), only=["costs"], costs={("*", "*"): 2.5}, unit="EUR")
        >>> [one.question for one in decision.questions]
        ['What do mistakes cost?']

    Args:
        run: a scored run, such as of arrays; or a stored run, or its id.
        beside: another one, B; both are compared on the examples that both have answered.
        only: questions: `review`, `costs`, `traffic`, `label_list`, `frontier`; all of them when empty.
        cache: the folder that stored runs are in.
        asked: what is asked, by the fields of `evalcore.deciding`'s `ReviewAsked`, `CostsAsked` and so on: `target`,
            a share or percent; `actions`, `costs`, `mix`, `predicted_counts`, `hierarchy`: a file's path, a frame with
            the file's columns, or a mapping or series by label (costs by pairs of actual and predicted); `merge`: old
            labels by new names, or `"LABEL,LABEL=NEW"`.

    Returns:
        with one entry for each question in `questions`; `decision["review"]` is an answer, with its `sentences`,
        `as_json()` and `tables()`.

    Raises:
        SpecError: if there is no such question or field, or a change of the label list does not fit.
        DataError: if a table cannot be read, or names what is not there.
    """
    from evalcore.analysis import ScoredRun
    from evalcore.deciding import asked_in_python
    from evalcore.deciding import decide as answer

    scored, other = (
        one if one is None or isinstance(one, ScoredRun) else score(one, cache=cache) for one in (run, beside)
    )
    assert scored is not None
    return answer(scored.answers.store, scored, other, asked_in_python(asked, scored.labels), only=only)


def verdict(comparison: Comparison) -> Verdict:
    """Whether B is better than A, in one sentence with its figures."""
    from evalcore.analysis import verdict

    return verdict(comparison)


def plot(result: ScoredRun | Comparison, figure: str = "", *, theme: str = "light") -> Figure:
    """A figure of a run or of a comparison, which a notebook draws.

    Example:
        >>> scored = score(run("majority", n=80))
        >>> plot(scored).to_dict()["title"]["text"]
        'Confusion matrix'

    Args:
        figure: its name; without one the confusion matrix, of a comparison the difference of both.
        theme: `light` or `dark`.

    Raises:
        SpecError: if there is no such figure; it names those that there are.
    """
    from evalcore.output.stills import inline

    drawn = _charts(result, theme)
    name = figure or ("confusion" if "confusion" in drawn else "confusion-difference")
    _choose("figure", name, drawn)
    return inline(drawn[name])


def export_charts(
    result: ScoredRun | Comparison, folder: str | Path, *, kind: StillKind = "png", theme: str = "light"
) -> list[Path]:
    """Write every figure of a run or of a comparison into a folder, as PNG or SVG; no browser is needed.

    Raises:
        SpecError: if the kind or the theme is unknown.
        DataError: if the folder cannot be written.
    """
    from evalcore.output.stills import KINDS, export_charts

    _choose("kind of picture", kind, KINDS)
    return export_charts(_charts(result, theme), Path(folder), kind)


def export(scored: ScoredRun, folder: str | Path, *, probabilities: bool = False) -> list[Path]:
    """Write the predictions and the report of a run into a folder, as CSV, JSON lines and JSON.

    Args:
        probabilities: write the probability of every label as well, for a run that has them.

    Raises:
        DataError: if the folder cannot be written, or the run has no probabilities.
    """
    from evalcore.output import export_run

    return export_run(scored.answers.store, scored, Path(folder), all_labels=probabilities)


def export_report(result: ScoredRun | Comparison, file: str | Path, *, texts: Texts = "shown") -> Path:
    """Write a run or a comparison into one HTML file that opens anywhere, without a network.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     export_report(score(run("majority", n=80)), f"{folder}/report.html").name
        'report.html'

    Args:
        texts: `shown`, `left out`, or `hashed`: what becomes of the examples' texts and the raw completions.

    Raises:
        SpecError: if `texts` is none of these.
        DataError: if the file cannot be written.
    """
    from evalcore.analysis import Comparison
    from evalcore.output.export import write_file
    from evalcore.output.html import TEXTS, comparison_report, run_report

    if texts not in TEXTS:
        raise SpecError(f"texts cannot be {texts!r}.", do=f"Choose one of {', '.join(map(repr, TEXTS))}.")
    if isinstance(result, Comparison):
        return write_file(Path(file), comparison_report(result, texts=texts))
    return write_file(Path(file), run_report(result.answers.store, result, texts=texts))


def export_bundle(runs: Sequence[RunRecord | str], file: str | Path, *, cache: str | Path | None = None) -> Path:
    """Write runs with all that is stored of them into one file, for `import_bundle` on another machine.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as laptop:
        ...     file = export_bundle([run("majority", n=80)], f"{laptop}/runs.blindspot.gz")
        ...     print(import_bundle(file, cache=laptop).sentence)
        1 new run, 80 new completions.

    Args:
        runs: what `run` or `runs` returned, or runs' ids.
        cache: the folder that they are stored in.

    Raises:
        StoreError: if there is no such run, or it is damaged.
        DataError: if the file cannot be written.
    """
    from evalcore.output import export_bundle

    return export_bundle(_store(cache), [one if isinstance(one, str) else one.run_id for one in runs], Path(file))


def import_bundle(file: str | Path, *, cache: str | Path | None = None) -> Merged:
    """Add the runs of a bundle to those that are stored: all of them or, if anything is wrong with the file, none.

    Returns:
        with the counts of what is new, and a `sentence` that says them.

    Raises:
        DataError: if the file is no bundle, is damaged or cut short, or a newer version wrote it.
        StoreError: if the cache cannot be written.
    """
    from evalcore.store import import_bundle

    return import_bundle(_store(cache), Path(file))


def _choose(what: str, given: str, among: Iterable[str]) -> None:
    """Refuse a name that is none of those that there are."""
    choices = list(among)
    if given not in choices:
        raise SpecError(f"there is no {what} {given!r}.", do=f"Choose one of {', '.join(map(repr, choices))}.")


def _charts(result: ScoredRun | Comparison, theme: str) -> Mapping[str, Figure]:
    from evalcore.analysis import Comparison
    from evalcore.output.stills import THEMES, comparison_charts, run_charts

    _choose("theme", theme, THEMES)
    if isinstance(result, Comparison):
        return comparison_charts(result, theme=THEMES[theme])
    return run_charts(result, theme=THEMES[theme])


def _source(task: str | Path | TaskSource, columns: dict[str, str]) -> TaskSource:
    from evalcore.tasks import TaskSource

    if isinstance(task, TaskSource):
        return task
    if not isinstance(task, str | Path):
        raise SpecError(
            f"`task` is a {type(task).__name__}, not the name of a task.",
            do="Give what `load_task` was given: a name, a file or a folder.",
        )
    unknown = sorted(columns.keys() - TaskSource.__dataclass_fields__.keys())
    if unknown:
        raise SpecError(
            f"a task has no {unknown[0]!r}.", do=f"Choose among {', '.join(TaskSource.__dataclass_fields__)}."
        )
    return TaskSource(str(task), **columns)


def _store(cache: str | Path | None) -> Store:
    from evalcore.store import DEFAULT_CACHE, Store

    return Store(Path(cache) if cache is not None else DEFAULT_CACHE)
