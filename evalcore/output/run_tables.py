"""A scored run -> its tables: predictions, metrics, labels, confusions, findings. Their numbers are the pages' own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from evalcore.analysis import (
    LABEL_STATUSES,
    Finding,
    LabelProbabilities,
    ScoredExample,
    ScoredRun,
    labels_with,
)
from evalcore.analysis.run_metrics import ALL_METRICS, metrics_of_answers, metrics_of_probabilities
from evalcore.importing import PROBABILITY_OF
from evalcore.metrics import (
    Counts,
    confusion_pairs,
    off_diagonal,
    wilson,
)
from evalcore.output.report import Sure
from evalcore.output.tables import Column, Kind, ResultTable, Row, Value, table

COLUMNS = (
    "position", "text", "label", "completion", "predicted", "match", "outcome", "stop", "prompt_tokens",
    "generated_tokens",
)  # fmt: skip
"""Of the predictions; without times, so that the same run gives the same bytes."""
PROBABILITY_COLUMNS = ("confidence", "runner_up", "margin", "entropy", "true_rank")
"""What follows where the run has probabilities; then, where it is asked for, `probability:LABEL` for each label. Read
back by `import`, these columns give the same figures."""
_INTEGERS = {"position", "prompt_tokens", "generated_tokens", "true_rank"}
_NUMBERS = {"confidence", "margin", "entropy", "latency_ms"}
_ROWS_AT_ONCE = 500


def predictions_table(
    scored: ScoredRun,
    probabilities: LabelProbabilities | None = None,
    *,
    all_labels: bool = False,
    lossless: bool = True,
) -> ResultTable:
    """One row for each answered example, in the order of the sample.

    Probabilities and what is made of them have seven digits: they are stored as float32, which holds no more.

    Args:
        probabilities: of the run, if it has some: adds `PROBABILITY_COLUMNS`.
        all_labels: add the probability of every label as well.
        lossless: also the ids of the generated tokens, and times in milliseconds.
    """
    more = PROBABILITY_COLUMNS if probabilities else ()
    columns = [Column(name, _kind(name)) for name in COLUMNS]
    if lossless:
        columns += [Column("token_ids", "integers"), Column("latency_ms", "number")]
    columns += [Column(name, _kind(name)) for name in more]
    if probabilities and all_labels:
        columns += [Column(PROBABILITY_OF + label, "number", "probabilities", label) for label in scored.labels]

    def pieces() -> Iterator[list[Row]]:
        for start in range(0, len(scored.answers), _ROWS_AT_ONCE):
            here = slice(start, start + _ROWS_AT_ONCE)
            answers = scored.answers[here]
            figures: list[Row] = [()] * len(answers)
            if probabilities:
                figures = _figures(probabilities, here)
            if probabilities and all_labels:
                shares = probabilities.of_rows(here).tolist()
                figures = [(*some, *map(_digits, of_row)) for some, of_row in zip(figures, shares, strict=True)]
            yield [(*_answer(answer, lossless), *some) for answer, some in zip(answers, figures, strict=True)]

    return ResultTable("predictions", tuple(columns), pieces)


def metrics_table(scored: ScoredRun, sure: Sure | None) -> ResultTable:
    """One row for each metric, in the order of the pages. Shares and their intervals are in [0, 1].

    Args:
        sure: the run's probabilities and what they are worth; None if it has none.
    """

    def rows() -> list[Row]:
        found = metrics_of_answers(scored) | (metrics_of_probabilities(sure[0]) if sure else {})
        return [
            (name, metric.title, found[name][0], *found[name][1], metric.better or None, scored.scores.n)
            for name, metric in ALL_METRICS.items()
            if name in found
        ]

    return table(
        "metrics",
        [("metric", "text"), ("title", "text"), ("value", "number"), *_interval_columns(""), ("better", "text"),
         ("n", "integer")],
        rows,
    )  # fmt: skip


def labels_table(scored: ScoredRun) -> ResultTable:
    """One row for each label, in the task's order. Shares and their intervals are in [0, 1].

    `taken_for` is the label that its examples are most often predicted as instead, `taken_for_it` the one whose
    examples are most often predicted as it; each with the count.
    """

    def rows() -> list[Row]:
        each, errors = scored.per_class, off_diagonal(scored.confusion)
        recall = np.stack(wilson(each.true_positives, each.support), axis=1).tolist()
        precision = np.stack(wilson(each.true_positives, each.predicted), axis=1).tolist()
        statuses: list[list[str]] = [[] for _ in scored.labels]
        for status in LABEL_STATUSES:
            for code in labels_with(scored, status):
                statuses[code].append(status)
        numbers = zip(
            each.support.tolist(), each.predicted.tolist(), each.true_positives.tolist(),
            each.recall.tolist(), recall, each.precision.tolist(), precision, each.f1.tolist(),
            scored.intervals.f1.tolist(), errors, errors.T, statuses, strict=True,
        )  # fmt: skip
        return [
            (label, support, predicted, right, r, *r_interval, p, *p_interval, f1, *f1_interval,
             *_most(scored, of_it), *_most(scored, for_it), status)
            for label, (
                support, predicted, right, r, r_interval, p, p_interval, f1, f1_interval, of_it, for_it, status
            ) in zip(scored.labels, numbers, strict=True)
        ]  # fmt: skip

    columns: list[tuple[str, Kind]] = [
        ("label", "text"), ("support", "integer"), ("predicted", "integer"), ("true_positives", "integer"),
    ]  # fmt: skip
    for score in ("recall", "precision", "f1"):
        columns += [(score, "number"), *_interval_columns(f"{score}_")]
    for name in ("taken_for", "taken_for_it"):
        columns += [(name, "text"), (f"{name}_count", "integer")]
    return table("labels", [*columns, ("standing", "texts")], rows)


def confusions_table(scored: ScoredRun) -> ResultTable:
    """One row for each confusion of two labels, the most frequent first; then those for which no label was understood.

    `share` is of the examples of the actual label; `reverse` counts the opposite confusion, and is None of unparsed
    answers, for which `predicted` is None.
    """

    def rows() -> list[Row]:
        support, unparsed = scored.per_class.support, scored.confusion[:, -1]
        pairs: list[Row] = [
            (scored.labels[pair.true], scored.labels[pair.predicted], pair.count, pair.share, pair.reverse)
            for pair in confusion_pairs(scored.confusion)
        ]
        order = np.argsort(-unparsed, kind="stable")
        return pairs + [
            (scored.labels[code], None, int(unparsed[code]), float(unparsed[code] / support[code]), None)
            for code in order
            if unparsed[code]
        ]

    columns: list[tuple[str, Kind]] = [
        ("actual", "text"), ("predicted", "text"), ("count", "integer"), ("share", "number"), ("reverse", "integer"),
    ]  # fmt: skip
    return table("confusions", columns, rows)


def findings_table(findings: Callable[[], Sequence[Finding]]) -> ResultTable:
    """One row for each finding, the most important first, with the labels and the examples that it rests on."""
    columns: list[tuple[str, Kind]] = [
        ("kind", "text"), ("sentence", "text"), ("meaning", "text"), ("weight", "number"), ("labels", "texts"),
        ("n_examples", "integer"), ("positions", "integers"),
    ]  # fmt: skip
    return table(
        "findings",
        columns,
        lambda: [
            (of.kind, of.sentence, of.meaning, of.weight, list(of.labels), len(of.positions), list(of.positions))
            for of in findings()
        ],
    )


def run_tables(
    scored: ScoredRun, findings: Callable[[], Sequence[Finding]], sure: Sure | None, *, all_labels: bool = False
) -> list[ResultTable]:
    """All tables of a run.

    Args:
        findings: makes them when they are asked for.
        sure: the run's probabilities and what they are worth; None if it has none.
        all_labels: with the probability of every label.
    """
    return [
        metrics_table(scored, sure),
        labels_table(scored),
        confusions_table(scored),
        findings_table(findings),
        predictions_table(scored, sure[0] if sure else None, all_labels=all_labels),
    ]


def _kind(name: str) -> Kind:
    return "integer" if name in _INTEGERS else "number" if name in _NUMBERS else "text"


def _interval_columns(prefix: str) -> list[tuple[str, Kind]]:
    """The bounds of a 95 % interval."""
    return [(f"{prefix}low", "number"), (f"{prefix}high", "number")]


def _answer(answer: ScoredExample, lossless: bool) -> Row:
    completion = answer.completion
    row: tuple[Value, ...] = (
        answer.position, answer.example.text, answer.example.label, completion.text, answer.predicted,
        answer.parsed.match, answer.outcome, completion.stop, completion.prompt_tokens, len(completion.token_ids),
    )  # fmt: skip
    return (*row, list(completion.token_ids), completion.latency_ms) if lossless else row


def _figures(of: LabelProbabilities, rows: slice) -> list[Row]:
    """The values of `PROBABILITY_COLUMNS`."""
    labels = of.scored.labels
    return [
        (_digits(confidence), labels[second] if second >= 0 else None, _digits(margin), _digits(entropy), rank or None)
        for confidence, second, margin, entropy, rank in zip(
            of.confidence[rows].tolist(), of.runner_up[rows].tolist(), of.margin[rows].tolist(),
            of.entropy[rows].tolist(), of.true_rank[rows].tolist(), strict=True,
        )
    ]  # fmt: skip


def _digits(value: float) -> float:
    return float(f"{value:.7g}")


def _most(scored: ScoredRun, counts: Counts) -> Row:
    """The label with the largest count, and the count."""
    return (scored.labels[counts.argmax()], int(counts.max())) if counts.any() else (None, None)
