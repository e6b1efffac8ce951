"""A run, a comparison or a check as Markdown for a pull request: GitHub's flavour, short, the verdict first.

What comes from data stands in code spans, in which nothing is a link, a mention or markup; what cannot, such as a
label that a sentence names in another way, has every sign escaped that could become one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from evalcore.analysis import (
    CheckedRun,
    Comparison,
    LabelProbabilities,
    ScoredRun,
    better_words,
    changed_words,
    changes,
    compared_probabilities,
    label_note,
    labels_by_change,
    metric_interval_words,
    metric_words,
    shared_note,
    value_words,
    verdict,
)
from evalcore.analysis.run_metrics import (
    ALL_METRICS,
    MAY_HAVE_INTERVAL,
    metrics_of_answers,
    metrics_of_probabilities,
)
from evalcore.deciding import ComparedCosts
from evalcore.metrics import POPULATION
from evalcore.output.report import findings_of, sure_of
from evalcore.store import RunRecord, Store
from evalcore.wording import NOT_ESTIMABLE, UNDEFINED, counted, interval, percent, points

MOST_FINDINGS = 8
MOST_LABELS = 30
"""Rows of a table of labels."""
_LONGEST_NAME = 60
_LONGEST_VALUE = 200

_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
"""What breaks a line, steers its direction or cannot be encoded."""
_ACTIVE = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")
"""What may begin markup within a line. What does so at its beginning only is left, since a sentence never stands there
alone."""
_BEGINS_A_LINK = re.compile(r"([@#:]|www|gh-)(?=\S)", re.IGNORECASE)
_JOINER = "\u2060"
"""The word joiner: it is not seen, and no line breaks at it; GitHub links nothing across it."""


def run_markdown(store: Store, scored: ScoredRun) -> str:
    """A run's scores with their intervals, its findings, and its labels folded away."""
    record, scores = scored.record, scored.scores
    if not scores.n:
        return f"**Nothing is predicted yet** in run {code(record.run_id)}.\n"
    sure = sure_of(scored)
    findings = findings_of(store, scored, lambda _: sure)
    of_examples = f"of {counted(scores.n, 'example')}"
    if scores.n < record.n:
        of_examples = f"of the {counted(scores.n, 'example')} that are predicted so far ({record.n:,} were asked for)"
    lines = [
        f"**{percent(scores.accuracy)} {of_examples} are right** "
        f"(95 % interval {interval(scored.intervals.accuracy)}).",
        "",
        _what(record),
        "",
        *table_lines(("Metric", "Value", "95 % interval"), "lrr", _run_rows(scored, sure[0] if sure else None)),
        "",
        plain(scored.intervals.withheld or f"Each interval is of {POPULATION}."),
    ]
    if findings:
        lines += ["", "**What this number hides**", ""]
        lines += [
            f"{number}. {said(finding.sentence, scored.labels)} {said(finding.meaning, scored.labels)}"
            for number, finding in enumerate(findings[:MOST_FINDINGS], start=1)
        ]
        if len(findings) > MOST_FINDINGS:
            lines += ["", f"{counted(len(findings) - MOST_FINDINGS, 'more finding')}: see the report."]
    return _joined([*lines, "", *_labels_of_run(scored)])


def comparison_markdown(comparison: Comparison, costs: ComparedCosts | None = None) -> str:
    """Two runs compared: the verdict, what was changed, every metric with the interval of its difference, the labels
    that changed most folded away.

    Args:
        costs: of both runs' mistakes; None if nobody said what they cost.
    """
    a, b = comparison.a.record, comparison.b.record
    found = verdict(comparison)
    counts, both_wrong = comparison.counts, comparison.agreement.both_wrong
    lines = [f"**{plain(found.sentence)}**"]
    lines += [f"\n{plain(note)}" for note in (found.note, shared_note(comparison)) if note]
    if costs:
        first, figures = (said(sentence, comparison.labels) for sentence in costs.sentences[:2])
        lines.append(f"\n{f'**{first}**' if costs.finding else first} {figures}")
    lines += [
        "",
        f"- **B** (new): {_what(b)}",
        f"- **A** (reference): {_what(a)}",
        f"- {counts.fixed:,} fixed, {counts.broken:,} broken, {both_wrong:,} wrong or unparsed in both",
        f"- {plain(changed_words(a, b))}",
    ]
    lines += [
        f"  - {plain(f'{change.what} {change.detail}'.strip())}: {code(change.a)} → {code(change.b)}"
        for change in changes(a, b)
    ]
    probabilities = compared_probabilities(comparison)
    rows = [*comparison.metrics, *(probabilities.rows if probabilities else ())]
    cells = [
        (
            plain(row.title),
            metric_words(row, row.a),
            metric_words(row, row.b),
            metric_words(row, row.difference, signed=True),
            metric_interval_words(row),
            plain(better_words(row)),
        )
        for row in rows
    ]
    lines += ["", *table_lines(("Metric", "A", "B", "B − A", "95 % interval", "Better"), "lrrrrl", cells)]
    return _joined([*lines, "", *_labels_of_comparison(comparison)])


def check_markdown(checked: CheckedRun) -> str:
    """The checks of a run: the verdict, and a table of all checks."""
    marks = {"passed": "✅ passed", "failed": "❌ failed", "not shown": "❔ not shown"}
    run = f"Run {code(checked.run)}"
    against = f", baseline {code(checked.baseline)}" if checked.baseline else ""
    rows = [
        (marks[result.verdict], cell(result.title), cell(result.part), f"{result.n:,}", plain(result.sentence))
        for result in checked.results
    ]
    heads = ("Verdict", "Check", "Examples", "N", "What was found")
    return _joined([f"**{plain(checked.sentence)}**", "", f"{run}{against}.", "", *table_lines(heads, "lllrl", rows)])


def code(value: str, most: int = _LONGEST_VALUE) -> str:
    """A value that comes from data, in a code span outside of a table.

    Example:
        >>> code("a|b"), code("tick `x`"), code("@user <img>"), code("")
        ('`a|b`', '`` tick `x` ``', '`@user <img>`', '` `')
    """
    text = _UNSEEN.sub(" ", value).strip() or " "
    text = text if len(text) <= most else f"{text[: most - 1]}…"
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    gap = " " if "`" in text else ""
    return f"{fence}{gap}{text}{gap}{fence}"


def cell(value: str) -> str:
    """A value that comes from data, in a code span within a table: there only a pipe after a backslash is no border."""
    return code(value, _LONGEST_NAME).replace("|", "\\|")


def plain(text: str) -> str:
    """A sentence as typed, outside of a code span: every sign escaped, and nothing in it a link or a mention."""
    broken = _BEGINS_A_LINK.sub(rf"\1{_JOINER}", _UNSEEN.sub(" ", text))
    return _ACTIVE.sub(r"\\\1", broken)


def said(sentence: str, labels: Sequence[str]) -> str:
    """A sentence of ours that names labels in “quotes”: these in code spans, all else as typed.

    Example:
        >>> said("“a|b” is over-predicted.", ["a|b"])
        '`a|b` is over-predicted.'
    """
    quoted = {f"“{label}”": label for label in labels}
    present = sorted((text for text in quoted if text in sentence), key=len, reverse=True)
    if not present:
        return plain(sentence)
    parts = re.split(f"({'|'.join(map(re.escape, present))})", sentence)
    return "".join(code(quoted[part], _LONGEST_NAME) if part in quoted else plain(part) for part in parts)


def folded(summary: str, lines: Iterable[str]) -> list[str]:
    """Lines that one click unfolds.

    Args:
        summary: what is seen of them; words of ours.
    """
    return ["<details>", f"<summary>{summary}</summary>", "", *lines, "", "</details>"]


def _what(record: RunRecord) -> str:
    """The run, its task, its model and its sample in one line."""
    parts = [f"run {code(record.run_id)}", f"task {code(record.task_name)}", f"model {code(record.spec.model)}"]
    if record.kind.reads_prompt:
        parts.append(f"prompt {code(record.prompt.name)}")
    drawn = f", {plain(record.spec.sample)}" if record.kind.can_run else ""
    parts.append(f"{counted(record.n, 'example')}{drawn}")
    return " · ".join(parts)


def _run_rows(scored: ScoredRun, probabilities: LabelProbabilities | None) -> Iterator[tuple[str, ...]]:
    """Every metric of a run, those of probabilities if it has some."""
    values = metrics_of_answers(scored) | (metrics_of_probabilities(probabilities) if probabilities else {})
    for name, (value, bounds) in values.items():
        metric = ALL_METRICS[name]
        scale, decimals = (100, 1) if metric.is_share else (1, metric.decimals)
        unknown = NOT_ESTIMABLE if name in MAY_HAVE_INTERVAL else UNDEFINED
        between = interval(bounds, scale=scale, decimals=decimals, undefined=unknown)
        yield plain(metric.title), value_words(metric, value), between


def _labels_of_run(scored: ScoredRun) -> list[str]:
    """The labels of the sample, the lowest F1 first, folded away."""
    each = scored.per_class
    present = np.flatnonzero(each.support > 0)
    order = present[np.lexsort((present, -each.support[present], np.nan_to_num(each.f1[present])))]
    rows = [
        (
            cell(scored.labels[at]),
            f"{each.support[at]:,}",
            f"{each.predicted[at]:,}",
            percent(each.recall[at], UNDEFINED),
            percent(each.precision[at], UNDEFINED),
            percent(each.f1[at], UNDEFINED),
            interval(scored.intervals.f1[at]),
        )
        for at in order[:MOST_LABELS]
    ]
    which = f"{counted(len(order), 'label')} in the sample, the lowest F1 first"
    if len(order) > MOST_LABELS:
        which = f"The {MOST_LABELS} labels of the lowest F1, of {len(order):,} in the sample"
    heads = ("Label", "Actual", "Predicted", "Recall", "Precision", "F1", "95 % interval")
    return folded(which, table_lines(heads, "lrrrrrr", rows))


def _labels_of_comparison(comparison: Comparison) -> list[str]:
    """The labels whose F1 changed most, folded away."""
    each = comparison.classes
    order = [code for code in labels_by_change(each) if each.support[code]]
    rows = [
        (
            cell(comparison.labels[at]),
            f"{each.support[at]:,}",
            percent(each.f1_a[at], UNDEFINED),
            percent(each.f1_b[at], UNDEFINED),
            points(float(each.f1_b[at] - each.f1_a[at])),
            interval(each.f1_difference_interval[at], signed=True),
            plain(label_note(each, at)),
        )
        for at in order[:MOST_LABELS]
    ]
    which = f"{counted(len(order), 'label')} in the sample, the most changed first"
    if len(order) > MOST_LABELS:
        which = f"The {MOST_LABELS} labels that changed most, of {len(order):,} in the sample"
    heads = ("Label", "Actual", "F1 of A", "F1 of B", "B − A", "95 % interval", "Note")
    return folded(which, table_lines(heads, "lrrrrrl", rows))


def table_lines(heads: Sequence[str], alignment: str, rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table.

    Args:
        alignment: `l` or `r` for each column.
        rows: cells that are Markdown already.
    """
    marks = {"l": ":--", "r": "--:"}
    return [_row(heads), _row([marks[side] for side in alignment]), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
