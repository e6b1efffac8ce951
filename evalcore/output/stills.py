"""The pictures of a run, of a comparison and of a sweep as files: PNG and SVG, without a browser and without a network.

They are the figures of the pages, each with a title that says of what; `evalcore.charts` draws them.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import altair as alt
import pandas as pd

from evalcore import charts
from evalcore.analysis import (
    CLASS_SCORES,
    LABEL_AXES,
    LABEL_SIDES,
    LABEL_VIEWS,
    Comparison,
    LabelSets,
    ScoredRun,
    Sweep,
    class_table,
    confidence_counts,
    label_confidence,
    label_sets,
    lowest_coverage_first,
    name_of,
    order_effect,
    references,
    size_bins,
    sorted_table,
    why_no_label_sets,
    why_no_probabilities,
)
from evalcore.charts import DARK, LIGHT, Theme
from evalcore.errors import SpecError
from evalcore.metrics import BLOCK_FROM, Order, growth, view
from evalcore.output.export import write_file
from evalcore.output.report import Sure, baselines_of, sure_of
from evalcore.store import distinguishing_titles
from evalcore.wording import counted, percent

Figure: TypeAlias = alt.Chart | alt.LayerChart
StillKind = Literal["png", "svg"]
KINDS: tuple[StillKind, ...] = get_args(StillKind)
THEMES: dict[str, Theme] = {"light": LIGHT, "dark": DARK}
TARGET = 0.9
"""Of the label sets: how often the true label is to be among them."""
_HEIGHT, _LOW = 380, 260
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
    of = run_title(scored)

    def still(figure: Figure, title: str, **how: Any) -> Figure:
        return charts.still(figure, title, of, theme, **how)

    def of_labels(score: str) -> Callable[[], Figure]:
        table = cache(lambda: sorted_table(class_table(scored), score, descending=False))
        return lambda: still(charts.class_chart(table(), score, theme), f"{score.capitalize()} of each label")

    drawn: dict[str, Callable[[], Figure]] = {
        "scores": lambda: still(
            charts.scores_chart(scored.scores, scored.intervals, scored.per_class, scored.labels, theme),
            "The same predictions, scored in different ways",
        ),
        "baselines": lambda: still(
            charts.reference_lines(references(scored, baselines_of(scored.answers.store, scored)), theme),
            "Baselines on the same examples",
        ),
        "confusion": lambda: still(_confusion(scored, theme), "Confusion matrix", width=None),
        "predicted-and-actual": lambda: still(
            charts.predicted_against_true(scored.per_class, scored.labels, theme),
            "Predicted and actual count of each label",
        ),
        **{score.lower(): of_labels(score) for score in CLASS_SCORES},
    }
    found = sure or (None if why_no_probabilities(scored) else sure_of(scored))
    if found is not None and found[1].n_confident:
        drawn |= _of_confidence(scored, found, theme, still)
    return Charts(drawn)


def _confusion(scored: ScoredRun, theme: Theme) -> Figure:
    """The whole matrix, in the order and the colours in which the page shows it at first."""
    order: Order = "clustered" if len(scored.labels) > BLOCK_FROM else "data set"
    unparsed = bool(scored.scores.unparsed)
    shown = view(scored.confusion, scored.labels, order=order, unparsed=unparsed, diagonal=True)
    return charts.matrix_chart(shown, scored.labels, theme, value="count", log=True)


def _of_confidence(
    scored: ScoredRun, sure: Sure, theme: Theme, still: Callable[..., Figure]
) -> dict[str, Callable[[], Figure]]:
    probabilities, calibration = sure
    counts = confidence_counts(probabilities)
    drawn: dict[str, Callable[[], Figure]] = {
        "reliability": lambda: still(
            charts.reliability_diagram(calibration.bins, theme, _HEIGHT), "Share right against confidence"
        ),
        "confidences": lambda: still(
            charts.confidence_histogram(counts.right, counts.wrong, theme, _LOW),
            "How many answers have which confidence",
        ),
    }
    for of_view in LABEL_VIEWS:
        table = label_confidence(calibration.labels, scored.labels, of_view)
        axes, sides = LABEL_AXES[of_view], LABEL_SIDES[of_view]
        drawn[f"label-{axes[1]}"] = partial(
            lambda table, axes, sides: still(
                charts.label_confidence_chart(table, axes, sides, theme, _HEIGHT),
                f"{axes[1].capitalize()} of each label against its {axes[0]}",
            ),
            table,
            axes,
            sides,
        )
    if not why_no_label_sets(probabilities):
        drawn |= _of_label_sets(cache(lambda: label_sets(probabilities, TARGET)), theme, still)
    return drawn


def _of_label_sets(
    found: Callable[[], LabelSets], theme: Theme, still: Callable[..., Figure]
) -> dict[str, Callable[[], Figure]]:
    def sizes() -> Figure:
        bins = size_bins(found())
        names, held = [each.name for each in bins], [each.held for each in bins]
        missed = [each.n - each.held for each in bins]
        return still(charts.set_size_chart(names, held, missed, theme, _LOW), f"Labels in a set{target}")

    def coverage() -> Figure:
        table = lowest_coverage_first(found())
        drawn = charts.set_coverage_chart(table[table["examples"] > 0], TARGET, theme)
        return still(drawn, f"How often the sets of each label's texts hold it{target}")

    target = f", target {percent(TARGET)}"
    return {"set-sizes": sizes, "set-coverage": coverage}


def comparison_charts(comparison: Comparison, *, theme: Theme = LIGHT) -> Charts:
    """Every figure of a comparison that the page draws: the three matrices, and what N examples can show."""
    of = f"A: {run_title(comparison.a)}; B: {run_title(comparison.b)}"

    def matrix(kind: charts.MatrixKind, title: str) -> Figure:
        drawn = charts.pair_matrix_chart(
            comparison.confusion_a, comparison.confusion_b, comparison.labels, kind, theme, log=True
        )
        return charts.still(drawn, title, of, theme, width=None)

    def sample_size() -> Figure:
        scores = comparison.b.scores
        split = max(comparison.b.record.split_size, scores.n)
        grown = growth(round(scores.accuracy, 6), round(comparison.counts.discordant_rate, 6), split)
        return charts.still(charts.sample_size_chart(grown, scores.n, theme), "What N examples can show", of, theme)

    return Charts(
        {
            "confusion-a": lambda: matrix("A", "Confusion matrix of A"),
            "confusion-b": lambda: matrix("B", "Confusion matrix of B"),
            "confusion-difference": lambda: matrix("B − A", "Confusion matrices, B − A"),
            "sample-size": sample_size,
        }
    )


def sweep_charts(sweep: Sweep, *, theme: Theme = LIGHT) -> Charts:
    """Every figure of several runs that the page draws."""
    names = distinguishing_titles([one.record for one in sweep.scored_runs])
    of = f"{counted(len(names), 'run')} · {sweep.scored_runs[0].record.task_name} · {_size(sweep.n)}"
    scored_runs = sweep.scored_runs
    drawn: dict[str, Callable[[], Figure]] = {
        "scores": lambda: charts.still(
            charts.variants_chart(
                names, [one.scores for one in scored_runs], [one.intervals for one in scored_runs], theme
            ),
            "Accuracy, macro-F1 and unparsed of each run",
            of,
            theme,
        )
    }
    effect = order_effect(scored_runs)
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


def charts_zip(scored: ScoredRun, kind: StillKind, *, sure: Sure | None = None, theme: Theme = LIGHT) -> bytes:
    """All figures of a run in one ZIP file.

    Args:
        sure: as `run_charts` takes it.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, chart in run_charts(scored, sure=sure, theme=theme).items():
            # A fixed time, so that the same run gives the same bytes.
            file.writestr(zipfile.ZipInfo(f"{name}.{kind}", (1980, 1, 1, 0, 0, 0)), _bytes(chart, kind))
    return packed.getvalue()


def export_charts(drawn: Mapping[str, Figure], folder: Path, kind: StillKind) -> list[Path]:
    """Write figures into a folder, one file each.

    Args:
        folder: made if it is missing; files of these names in it are replaced.

    Raises:
        DataError: if it cannot be written.
    """
    return [write_file(folder / f"{name}.{kind}", _bytes(chart, kind)) for name, chart in drawn.items()]


def run_title(scored: ScoredRun) -> str:
    """What a figure is of: model, prompt, task and number of examples."""
    return f"{name_of(scored.record)} · {_size(scored.scores.n)}"


def _size(n: int) -> str:
    return f"N = {n:,}"


def _bytes(chart: Figure, kind: StillKind) -> bytes:
    return as_png(chart) if kind == "png" else as_svg(chart)


def inline(chart: Figure) -> Figure:
    """The figure with its data in it, of any size.

    Altair hands a table to a transformer when the figure is written. There is one for the whole process: it refuses
    more than 5,000 rows, and Streamlit replaces it while it draws in another thread.
    """
    copied = chart.copy(deep=False)
    if isinstance(copied.data, pd.DataFrame):
        copied.data = alt.InlineData(values=alt.to_values(copied.data)["values"])
    if isinstance(copied, alt.LayerChart):
        copied.layer = [inline(layer) for layer in copied.layer]
    return copied
