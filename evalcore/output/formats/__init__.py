"""A scored run in the formats that other programs read, each as files by their path. A format is one entry of
`RUN_FORMATS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from evalcore.analysis import ScoredRun
from evalcore.output.formats.hub import eval_results, model_card, why_no_eval_results
from evalcore.output.formats.lm_eval import lm_eval
from evalcore.output.own_format import run_json
from evalcore.output.report import Sure, findings_of
from evalcore.output.run_tables import predictions_table, run_tables
from evalcore.output.table_writers import WRITERS, Files, as_csv, as_json_lines, for_spreadsheets
from evalcore.output.tables import ResultTable
from evalcore.store import Store

__all__ = ["RUN_FORMATS", "RunFormat", "eval_results", "lm_eval", "model_card", "table_files"]


@dataclass(frozen=True)
class RunFormat:
    """A format of a run.

    Attributes:
        name: as it is asked for.
        title: for people.
        about: what it is, in a few words.
        files: makes the files of a run, from the store, the scored run, its probabilities (None without) and whether
            the probability of every label is wanted. Raises DataError where the format cannot hold the run.
        why_not: why it cannot hold a run, in a sentence; empty if it can.
    """

    name: str
    title: str
    about: str
    files: Callable[[Store, ScoredRun, Sure | None, bool], Files]
    why_not: Callable[[ScoredRun], str] = lambda scored: ""


def table_files(tables: Sequence[ResultTable], writer: str) -> Files:
    """Tables as files.

    Args:
        writer: of `table_writers.WRITERS`.
    """
    ending, write = WRITERS[writer]
    return {f"{of.name}{ending}": write(of) for of in tables}


def _own(store: Store, scored: ScoredRun, sure: Sure | None, all_labels: bool) -> Files:
    probabilities = sure[0] if sure else None
    plain = predictions_table(scored, probabilities, all_labels=all_labels, lossless=False)
    return {
        "predictions.csv": as_csv(plain),
        "predictions.jsonl": as_json_lines(predictions_table(scored, probabilities, all_labels=all_labels)),
        "predictions-for-spreadsheets.csv": for_spreadsheets(plain),
        "run.json": [run_json(store, scored, sure)],
    }


def _tables(writer: str) -> Callable[[Store, ScoredRun, Sure | None, bool], Files]:
    def files(store: Store, scored: ScoredRun, sure: Sure | None, all_labels: bool) -> Files:
        tables = run_tables(scored, lambda: findings_of(store, scored, lambda _: sure), sure, all_labels=all_labels)
        return table_files(tables, writer)

    return files


RUN_FORMATS: Mapping[str, RunFormat] = {
    found.name: found
    for found in (
        RunFormat("own", "Run and predictions", "run.json and predictions, which `import` reads again", _own),
        RunFormat("csv", "CSV", "every string as it is", _tables("csv")),
        RunFormat("spreadsheets", "CSV for spreadsheets", "no cell is run as a formula", _tables("spreadsheets")),
        RunFormat("jsonl", "JSON lines", "lossless", _tables("jsonl")),
        RunFormat("parquet", "Parquet", "lossless, with types", _tables("parquet")),
        RunFormat("lm-eval", "lm-evaluation-harness", "results and samples, in its files", lm_eval),
        RunFormat("model-card", "Model card", "results as metadata of a README on the hub", model_card),
        RunFormat(
            "eval-results",
            ".eval_results",
            "a result as YAML, for a model on the hub",
            eval_results,
            why_no_eval_results,
        ),
    )
}
"""The formats, in the order in which they are offered."""
