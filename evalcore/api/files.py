"""Runs as files to take away, and bundles of runs from one machine to another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evalcore.api.arguments import store_in
from evalcore.errors import SpecError

if TYPE_CHECKING:
    from evalcore.analysis import Comparison, ScoredRun
    from evalcore.output.html import Texts
    from evalcore.store import Merged, RunRecord


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
        >>> import evalcore
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     evalcore.export_report(evalcore.score(evalcore.run("majority", n=80)), f"{folder}/report.html").name
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
        >>> import evalcore
        >>> with tempfile.TemporaryDirectory() as laptop:
        ...     file = evalcore.export_bundle([evalcore.run("majority", n=80)], f"{laptop}/runs.blindspot.gz")
        ...     print(evalcore.import_bundle(file, cache=laptop).sentence)
        1 new run, 80 new completions.

    Args:
        runs: what `run` or `runs` returned, or runs' ids.
        cache: the folder that they are stored in.

    Raises:
        StoreError: if there is no such run, or it is damaged.
        DataError: if the file cannot be written.
    """
    from evalcore.output import export_bundle

    return export_bundle(store_in(cache), [one if isinstance(one, str) else one.run_id for one in runs], Path(file))


def import_bundle(file: str | Path, *, cache: str | Path | None = None) -> Merged:
    """Add the runs of a bundle to those that are stored: all of them or, if anything is wrong with the file, none.

    Returns:
        with the counts of what is new, and a `sentence` that says them.

    Raises:
        DataError: if the file is no bundle, is damaged or cut short, or a newer version wrote it.
        StoreError: if the cache cannot be written.
    """
    from evalcore.store import import_bundle

    return import_bundle(store_in(cache), Path(file))
