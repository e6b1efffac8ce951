"""The pictures of a run, of a comparison and of a sweep as files: PNG and SVG, without a browser and without a network.

They are the figures of the pages, each with a title that says of what; `evalcore.charts` draws them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import altair as alt
import pandas as pd
from altair.utils.schemapi import debug_mode

from evalcore import charts
from evalcore.analysis import (
    CLASS_SCORES,
    CLIMBS,
    LABEL_AXES,
    LABEL_SIDES,
    LABEL_VIEWS,
    STEPS,
    Calibration,
    Comparison,
    LabelProbabilities,
    LabelSets,
    LabelView,
    Ladder,
    ScoredRun,
    Sweep,
    build_ladder,
    chooses,
    class_table,
    confidence_counts,
    label_confidence,
    label_sets,
    lowest_coverage_first,
    name_of,
    order_effect,
    partner_of,
    references,
    score_run,
    size_bins,
    sorted_table,
    why_no_label_sets,
    why_no_probabilities,
)
from evalcore.charts import DARK, LIGHT, Theme
from evalcore.errors import SpecError
from evalcore.metrics import BLOCK_FROM, FEW_EXAMPLES, Order, growth, view
from evalcore.output.export import write_files
from evalcore.output.report import Sure, baselines_of, sure_of
from evalcore.output.table_writers import Files
from evalcore.store import RunRecord, distinguishing_titles
from evalcore.wording import counted, percent

Figure: TypeAlias = alt.Chart | alt.LayerChart
StillKind = Literal["png", "svg"]
KINDS: tuple[StillKind, ...] = get_args(StillKind)
THEMES: dict[str, Theme] = {"light": LIGHT, "dark": DARK}
TARGET = 0.9
"""Of the label sets: how often the true label is to be among them."""
_HEIGHT, _LOW = 340, 220
_BARS = "Pale bars: 95 % intervals."
_REACHES_DIAGONAL = "Hollow marks: the 95 % interval reaches the diagonal, so that the difference may be chance."
_REACHES_TARGET = "Hollow marks: the 95 % interval reaches the target."
_SETS = f"Label sets that are to hold the true label of {percent(TARGET)} of the texts."
_SCALE = 2
_SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"')
_MOST_PIXELS = 60_000_000
"""Of a PNG: a larger one is drawn at a smaller scale."""


class Charts(Mapping[str, Figure]):
    """Figures by the name of their file, without its ending; each is drawn when it is asked for.

    Args:
        drawn: what draws each of them.
    """

    def __init__(self, drawn: Mapping[str, Callable[[], Figure]]) -> None:
        self._drawn = drawn

    def __getitem__(self, name: str) -> Figure:
        return self._drawn[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._drawn)

    def __len__(self) -> int:
        return len(self._drawn)


def run_charts(scored: ScoredRun, *, sure: Sure | None = None, theme: Theme = LIGHT) -> Charts:
    """Every figure of a run that the pages draw; those of its confidence if it has probabilities.

    Args:
        sure: what `sure_of` returns; computed if it is not given.

    Raises:
        SpecError: if nothing of the run is predicted yet.
    """
    if not scored.scores.n:
        raise SpecError("nothing is predicted yet.", where=f"run {scored.record.run_id}", do="Run it again to go on.")
    of = _RunFigures(scored, theme)
    drawn: dict[str, Callable[[], Figure]] = {
        "scores": of.scores,
        "baselines": of.baselines,
        "confusion": of.confusion,
        "predicted-and-actual": of.predicted_and_actual,
        **{score.lower(): partial(of.labels, score) for score in CLASS_SCORES},
    }
    store, record = scored.answers.store, scored.record
    if record.kind.reads_prompt and (partner := partner_of(record, store.runs_on_sample(record.sample_id))):
        drawn["ladder"] = partial(of.ladder, partner)
    found = sure or (None if why_no_probabilities(scored) else sure_of(scored))
    if found is not None and found[1].n_confident:
        sure_figures = _ConfidenceFigures(scored, theme, *found)
        drawn |= {"reliability": sure_figures.reliability, "confidences": sure_figures.confidences}
        drawn |= {
            f"label-{LABEL_AXES[one][1]}": partial(sure_figures.labels_against_confidence, one) for one in LABEL_VIEWS
        }
        if not why_no_label_sets(found[0]):
            drawn |= {"set-sizes": sure_figures.set_sizes, "set-coverage": sure_figures.set_coverage}
    return Charts(drawn)


@dataclass(frozen=True)
class _RunFigures:
    """Draws the figures of a run."""

    scored: ScoredRun
    theme: Theme

    def still(self, figure: Figure, title: str, *how_to_read: str, width: int | None = charts.STILL_WIDTH) -> Figure:
        return charts.still(figure, title, [run_title(self.scored), *how_to_read], self.theme, width=width)

    def scores(self) -> Figure:
        s = self.scored
        drawn = charts.scores_chart(s.scores, s.intervals, s.per_class, s.labels, self.theme)
        return self.still(drawn, "The same predictions, scored in different ways", _BARS)

    def baselines(self) -> Figure:
        found = references(self.scored, baselines_of(self.scored.answers.store, self.scored))
        return self.still(charts.reference_lines(found, self.theme), "Baselines on the same examples", _BARS)

    def confusion(self) -> Figure:
        """The whole matrix, in the order and the colours in which the page shows it at first."""
        s = self.scored
        order: Order = "clustered" if len(s.labels) > BLOCK_FROM else "data set"
        shown = view(s.confusion, s.labels, order=order, unparsed=bool(s.scores.unparsed), diagonal=True)
        drawn = charts.matrix_chart(shown, s.labels, self.theme, value="count", log=True)
        return self.still(drawn, "Confusion matrix", width=None)

    def predicted_and_actual(self) -> Figure:
        drawn = charts.predicted_against_true(self.scored.per_class, self.scored.labels, self.theme)
        return self.still(drawn, "Predicted and actual count of each label")

    def labels(self, score: str) -> Figure:
        table = sorted_table(class_table(self.scored), score, descending=False)
        few = f"Hollow: fewer than {FEW_EXAMPLES} examples. No mark: undefined here."
        return self.still(charts.class_chart(table, score, self.theme), f"{_capital(score)} of each label", few)

    def ladder(self, partner: RunRecord) -> Figure:
        """What the model loses to the format of its answers.

        Args:
            partner: the run beside this one; one of them chooses among the labels.
        """
        store = self.scored.answers.store
        free, choosing = (partner, self.scored.record) if chooses(self.scored.record) else (self.scored.record, partner)
        read = score_run(store, free.run_id, "strict"), score_run(store, free.run_id, "lenient")
        ladder = build_ladder(read, score_run(store, choosing.run_id, self.scored.scoring))
        return self.still(
            charts.ladder_chart(ladder_rungs(ladder), self.theme), "Read strictly, leniently, and choosing"
        )


@dataclass(frozen=True)
class _ConfidenceFigures(_RunFigures):
    """Draws the figures of a run that has probabilities."""

    probabilities: LabelProbabilities
    calibration: Calibration

    def reliability(self) -> Figure:
        drawn = charts.reliability_diagram(self.calibration.bins, self.theme, _HEIGHT, title="mean confidence")
        return self.still(drawn, "Share right against confidence", _REACHES_DIAGONAL)

    def confidences(self) -> Figure:
        counts = confidence_counts(self.probabilities)
        drawn = charts.confidence_histogram(counts.right, counts.wrong, self.theme, _LOW)
        return self.still(drawn, "How many answers have which confidence")

    def labels_against_confidence(self, of: LabelView) -> Figure:
        table, axes = label_confidence(self.calibration.labels, self.scored.labels, of), LABEL_AXES[of]
        drawn = charts.label_confidence_chart(table, axes, LABEL_SIDES[of], self.theme, _HEIGHT)
        return self.still(drawn, f"{_capital(axes[1])} of each label against its {axes[0]}", _REACHES_DIAGONAL)

    @cached_property
    def sets(self) -> LabelSets:
        return label_sets(self.probabilities, TARGET)

    def set_sizes(self) -> Figure:
        bins = size_bins(self.sets)
        names, held = [each.name for each in bins], [each.held for each in bins]
        drawn = charts.set_size_chart(names, held, [each.n - each.held for each in bins], self.theme, _LOW)
        return self.still(drawn, "How many labels a set has", _SETS)

    def set_coverage(self) -> Figure:
        table = lowest_coverage_first(self.sets)
        drawn = charts.set_coverage_chart(table[table["examples"] > 0], TARGET, self.theme)
        return self.still(drawn, "How often the sets of each label's texts hold it", f"{_SETS} {_REACHES_TARGET}")


def ladder_rungs(ladder: Ladder) -> list[charts.Rung]:
    """A ladder as its figure takes it."""
    first, *others = ladder.steps
    rungs = [charts.Rung(STEPS[first.name], first.accuracy, first.interval)]
    for step, (name, climb) in zip(others, ladder.climbs.items(), strict=True):
        counts = climb.counts
        rungs.append(charts.Rung(STEPS[step.name], step.accuracy, step.interval, CLIMBS[name], counts.difference,
                                 climb.interval, counts.fixed, counts.broken))  # fmt: skip
    return rungs


def comparison_charts(comparison: Comparison, *, theme: Theme = LIGHT) -> Charts:
    """Every figure of a comparison that the page draws: the three matrices, and what N examples can show."""
    of = [f"A: {run_title(comparison.a)}", f"B: {run_title(comparison.b)}"]

    def matrix(kind: charts.MatrixKind, title: str) -> Figure:
        drawn = charts.pair_matrix_chart(
            comparison.confusion_a, comparison.confusion_b, comparison.labels, kind, theme, log=True
        )
        return charts.still(drawn, title, of, theme, width=None)

    def sample_size() -> Figure:
        scores = comparison.b.scores
        split = max(comparison.b.record.split_size, scores.n)
        grown = growth(scores.accuracy, comparison.counts.discordant_rate, split)
        return charts.still(charts.sample_size_chart(grown, scores.n, theme), "What N examples can show", of, theme)

    return Charts(
        {
            "confusion-difference": lambda: matrix("B − A", "Confusion matrices, B − A"),
            "confusion-a": lambda: matrix("A", "Confusion matrix of A"),
            "confusion-b": lambda: matrix("B", "Confusion matrix of B"),
            "sample-size": sample_size,
        }
    )


def sweep_charts(sweep: Sweep, *, theme: Theme = LIGHT) -> Charts:
    """Every figure of several runs that the page draws."""
    runs = sweep.scored_runs
    names = distinguishing_titles([one.record for one in runs])
    of = [f"{counted(len(runs), 'run')} · {runs[0].record.task_name} · {_size(sweep.n)}"]

    def scores() -> Figure:
        drawn = charts.variants_chart(names, [one.scores for one in runs], [one.intervals for one in runs], theme)
        return charts.still(drawn, "Accuracy, macro-F1 and unparsed of each run", [*of, _BARS], theme)

    drawn: dict[str, Callable[[], Figure]] = {"scores": scores}
    effect = order_effect(runs)
    if effect is not None:
        drawn["label-order"] = lambda: charts.still(
            charts.label_order_chart(effect.place, effect.ratio, effect.slope, theme),
            "A label's place in the prompt's list, and how often it is predicted",
            of,
            theme,
        )
    return Charts(drawn)


def as_png(chart: Figure, *, scale: float = _SCALE) -> bytes:
    """A figure as PNG.

    Args:
        scale: pixels of the picture for one of the figure; fewer where the picture would be too large.
    """
    import vl_convert

    drawn = as_svg(chart).decode()
    size = _SIZE.match(drawn)
    width, height = (float(side) for side in size.groups()) if size else (1.0, 1.0)
    picture: bytes = vl_convert.svg_to_png(drawn, scale=min(scale, (_MOST_PIXELS / (width * height)) ** 0.5))
    return picture


def as_svg(chart: Figure) -> bytes:
    """A figure as SVG."""
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(inline(chart).to_dict(), allowed_base_urls=[])
    return svg.encode()


def chart_files(drawn: Mapping[str, Figure], kind: StillKind) -> Files:
    """Figures as files, each drawn when it is written."""
    draw = as_png if kind == "png" else as_svg

    def picture(name: str) -> Iterator[bytes]:
        yield draw(drawn[name])

    return {f"{name}.{kind}": picture(name) for name in drawn}


def export_charts(drawn: Mapping[str, Figure], folder: Path, kind: StillKind) -> list[Path]:
    """Write figures into a folder, one file each.

    Args:
        folder: made if it is missing; files of these names in it are replaced.

    Raises:
        DataError: if it cannot be written.
    """
    return write_files(folder, chart_files(drawn, kind))


def run_title(scored: ScoredRun) -> str:
    """What a figure is of: model, prompt, task and number of examples."""
    return f"{name_of(scored.record)} · {_size(scored.scores.n)}"


def _size(n: int) -> str:
    return f"N = {n:,}"


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def inline(chart: Figure) -> Figure:
    """The figure with its data in it, of any size.

    Altair hands a table to a transformer when the figure is written. There is one for the whole process: it refuses
    more than 5,000 rows, and Streamlit replaces it while it draws in another thread.
    """
    copied = chart.copy(deep=False)
    if isinstance(copied.data, pd.DataFrame):
        with debug_mode(False):  # it would check the type of every value, for a minute
            copied.data = alt.InlineData(values=alt.to_values(copied.data)["values"])
    if isinstance(copied, alt.LayerChart):
        copied.layer = [inline(layer) for layer in copied.layer]
    return copied
