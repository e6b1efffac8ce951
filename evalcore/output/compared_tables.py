"""A comparison of two runs, or several runs side by side -> tables. The numbers are those of the pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalcore.analysis import ComparedCalibration, Comparison, ScoredRun, Sweep
from evalcore.metrics import PAIR_GROUPS, Counts
from evalcore.output.tables import Column, Kind, ResultTable, Row, Value, table

_ROWS_AT_ONCE = 500


def comparison_tables(comparison: Comparison, probabilities: ComparedCalibration | None) -> list[ResultTable]:
    """Every metric, label, confusion and shared example of two runs. A difference is B minus A; shares are in [0, 1].

    Args:
        probabilities: of both runs, compared; None if one of them has none.
    """
    return [
        _metrics(comparison, probabilities),
        _labels(comparison),
        _confusions(comparison),
        _shared_examples(comparison),
    ]


def sweep_tables(sweep: Sweep) -> list[ResultTable]:
    """The runs, every pair of them and every shared example; runs are numbered from 1, in the order chosen."""
    return [_runs(sweep), _pairs(sweep), _examples_of_all(sweep)]


def _metrics(comparison: Comparison, probabilities: ComparedCalibration | None) -> ResultTable:
    columns: list[tuple[str, Kind]] = [
        ("metric", "text"), ("title", "text"), ("a", "number"), ("b", "number"), ("difference", "number"),
        ("difference_low", "number"), ("difference_high", "number"), ("better", "text"), ("clear", "flag"),
        ("n", "integer"),
    ]  # fmt: skip
    return table(
        "metrics",
        columns,
        lambda: [
            (row.name, row.title, row.a, row.b, row.difference, *row.interval, row.better or None, bool(row.clear),
             comparison.n)
            for row in (*comparison.metrics, *(probabilities.rows if probabilities else ()))
        ],
    )  # fmt: skip


def _labels(comparison: Comparison) -> ResultTable:
    numbers = ("f1_a", "f1_b", "recall_a", "recall_b")
    intervals = (
        "f1_a_interval", "f1_b_interval", "f1_difference_interval", "recall_a_interval", "recall_b_interval",
        "recall_difference_interval",
    )  # fmt: skip
    counts = ("support", "predicted_a", "predicted_b")
    columns: list[tuple[str, Kind]] = [("label", "text"), *((name, "integer") for name in counts)]
    columns += [(name, "number") for name in numbers]
    columns += [(name.replace("interval", bound), "number") for name in intervals for bound in ("low", "high")]

    def rows() -> list[Row]:
        each = comparison.classes
        return [
            (
                label,
                *(int(getattr(each, name)[code]) for name in counts),
                *(float(getattr(each, name)[code]) for name in numbers),
                *(float(bound) for name in intervals for bound in getattr(each, name)[code]),
            )
            for code, label in enumerate(comparison.labels)
        ]

    return table("labels", columns, rows)


def _confusions(comparison: Comparison) -> ResultTable:
    counts = ("a", "b", "fixed", "introduced", "unchanged")
    columns: list[tuple[str, Kind]] = [("actual", "text"), ("predicted", "text")]
    labels = comparison.labels
    return table(
        "confusions",
        [*columns, *((name, "integer") for name in counts)],
        lambda: [
            (labels[of.true], labels[of.predicted], *(int(getattr(of, name)) for name in counts))
            for of in comparison.confusions
        ],
    )


def _shared_examples(comparison: Comparison) -> ResultTable:
    columns: list[tuple[str, Kind]] = [
        ("position_a", "integer"), ("position_b", "integer"), ("text", "text"), ("label", "text"),
        ("completion_a", "text"), ("predicted_a", "text"), ("completion_b", "text"), ("predicted_b", "text"),
        ("group", "text"),
    ]  # fmt: skip

    def pieces() -> Iterator[list[Row]]:
        for here in _slices(comparison.n):
            of_a, of_b = comparison.a.answers.at(comparison.at_a[here]), comparison.b.answers.at(comparison.at_b[here])
            groups = [PAIR_GROUPS[code] for code in comparison.groups[here].tolist()]
            yield [
                (a.position, b.position, a.example.text, a.example.label, a.completion.text, a.predicted,
                 b.completion.text, b.predicted, group)
                for a, b, group in zip(of_a, of_b, groups, strict=True)
            ]  # fmt: skip

    return ResultTable("examples", tuple(Column(*column) for column in columns), pieces)


def _runs(sweep: Sweep) -> ResultTable:
    columns: list[tuple[str, Kind]] = [
        ("number", "integer"), ("run", "text"), ("task", "text"), ("model", "text"), ("prompt", "text"),
        ("decoding", "text"), ("sample", "text"), ("n", "integer"), ("accuracy", "number"), ("accuracy_low", "number"),
        ("accuracy_high", "number"), ("macro_f1_present", "number"), ("macro_f1_present_low", "number"),
        ("macro_f1_present_high", "number"), ("unparsed_rate", "number"), ("shared", "integer"),
        ("shared_right", "integer"),
    ]  # fmt: skip

    def row(number: int, scored: ScoredRun) -> Row:
        record, scores, intervals = scored.record, scored.scores, scored.intervals
        kind, spec = record.kind, record.spec
        return (
            number + 1, record.run_id, record.task_name, spec.model, record.prompt.name if kind.reads_prompt else None,
            spec.decoding if "decoding" in kind.settings else None, spec.sample if kind.can_run else None, scores.n,
            scores.accuracy, *intervals.accuracy, scores.macro_f1_present, *intervals.macro_f1_present,
            scores.unparsed_rate, sweep.n, int(sweep.right[number].sum()),
        )  # fmt: skip

    return table("runs", columns, lambda: [row(number, scored) for number, scored in enumerate(sweep.scored_runs)])


def _pairs(sweep: Sweep) -> ResultTable:
    columns: list[tuple[str, Kind]] = [
        ("a", "integer"), ("b", "integer"), ("shared", "integer"), ("difference", "number"),
        ("difference_low", "number"), ("difference_high", "number"), ("fixed", "integer"), ("broken", "integer"),
        ("mcnemar_p", "number"), ("holm_p", "number"), ("verdict", "text"),
    ]  # fmt: skip
    return table(
        "pairs",
        columns,
        lambda: [
            (pair.a + 1, pair.b + 1, pair.comparison.n, pair.comparison.counts.difference, *pair.comparison.interval,
             pair.comparison.counts.fixed, pair.comparison.counts.broken, pair.comparison.p, float(pair.p_holm),
             pair.verdict)
            for pair in sweep.pairs
        ],
    )  # fmt: skip


def _examples_of_all(sweep: Sweep) -> ResultTable:
    first, labels = sweep.scored_runs[0], sweep.scored_runs[0].labels
    columns = [Column("position", "integer"), Column("text", "text"), Column("label", "text")]
    columns += [Column(f"predicted_{number}", "text") for number in range(1, len(sweep.scored_runs) + 1)]
    columns.append(Column("times_right", "integer"))

    def pieces() -> Iterator[list[Row]]:
        for here in _slices(sweep.n):
            answers = first.answers.at(sweep.at[0][here])
            predicted = [_names(codes[here], labels) for codes in sweep.answers]
            times = sweep.times_right[here].tolist()
            yield [
                (answer.position, answer.example.text, answer.example.label, *by_run, right)
                for answer, *by_run, right in zip(answers, *predicted, times, strict=True)
            ]

    return ResultTable("examples", tuple(columns), pieces)


def _names(codes: Counts, labels: Sequence[str]) -> list[Value]:
    return [labels[code] if code >= 0 else None for code in codes.tolist()]


def _slices(n: int) -> Iterator[slice]:
    return (slice(start, start + _ROWS_AT_ONCE) for start in range(0, n, _ROWS_AT_ONCE))
