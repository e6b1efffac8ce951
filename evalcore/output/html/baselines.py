"""The run beside baselines on the same examples, paired, and beside published figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evalcore.analysis import Comparison, Reference, ScoredRun, compare, references
from evalcore.errors import SpecError
from evalcore.output.html.tables import Cell, Column, Table, between, number, share, words
from evalcore.wording import figure, p_value, points


@dataclass(frozen=True)
class Baselines:
    """What a run is compared with.

    Attributes:
        table: one row each; None without any.
        published: figures of other setups, with their source.
    """

    table: Table | None
    published: list[str]


def compared_with(scored: ScoredRun, others: Sequence[ScoredRun]) -> list[Comparison]:
    """Each baseline (A) with the run (B); those that share no example with it are left out."""
    found = []
    for other in others:
        try:
            found.append(compare(other, scored))
        except SpecError:
            continue
    return found


def baselines(scored: ScoredRun, compared: Sequence[Comparison]) -> Baselines:
    """The run's accuracy beside those of the baselines, each with the paired difference and McNemar's test."""
    published = [one for one in references(scored, ()) if one.kind == "published"]
    said = [f"{one.name}: {figure(100 * one.accuracy, 2)} % ({one.setup}). Source: {one.source}" for one in published]
    if not compared:
        return Baselines(None, said)
    this = references(scored, ())[0]
    nothing = words("", tone="muted")
    rows = [[words(f"{this.name} (this run)"), *_accuracy(this), nothing, nothing, nothing, nothing, nothing]]
    for one in compared:
        (accuracy, around), _ = one.accuracies
        rows.append(
            [
                words(one.a.record.spec.model),
                share(accuracy, around),
                between(around),
                words(points(one.counts.difference), sort=one.counts.difference),
                between(one.interval, signed=True),
                number(one.counts.fixed),
                number(one.counts.broken),
                words(p_value(one.p), sort=one.p),
            ]
        )
    columns = [Column("run"), Column("accuracy", "number"), Column("95 %", "number"),
               Column("difference, points", "number"), Column("95 % interval", "number"),
               Column("only this run right", "number"), Column("only baseline right", "number"),
               Column("exact McNemar", "number")]  # fmt: skip
    return Baselines(Table("baselines-table", "Baselines on the same examples", columns, rows), said)


def _accuracy(one: Reference) -> list[Cell]:
    return [share(one.accuracy, one.interval), between(one.interval or (0.0, 0.0))]
