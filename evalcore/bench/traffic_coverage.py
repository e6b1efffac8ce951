"""Whether the intervals of the question “Traffic” hold: a simulation, like `interval_coverage`.

Each shape is a way in which the sample is drawn and a mix of the traffic. For each data set a population is drawn anew:
each label's recall is its own, and with a skewed mix it is another label that is frequent. The sample is drawn from it,
and two runs answer; the truth is the population's score under the mix of the traffic, over the labels that the sample
holds. Where the mix is estimated, the same model also answers texts of the traffic whose labels nobody knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import product
from typing import Any, Literal, get_args

import numpy as np

from evalcore.bench import interval_coverage
from evalcore.bench.coverage_report import between, ending, spread
from evalcore.bench.interval_coverage import GATE, answer_chances, answered
from evalcore.bench.simulation import Held, Simulation, generator
from evalcore.metrics import NO_INTERVAL, Counts, Design, Floats, confusion_counts, tango_interval
from evalcore.metrics.decisions.label_rates import LabelRates, of_present
from evalcore.metrics.decisions.label_shift import accuracy_under, paired_under
from evalcore.metrics.decisions.quantification import adjusted_counts, hardly_predicted
from evalcore.metrics.decisions.shifted_f1 import macro_f1_under

MixKind = Literal["even", "steep", "one large", "up to 100 times"]
"""A label's share: the same for all; 1, 1/2, 1/3 ...; half of all for one label; log-uniform over two powers of ten."""

TRAFFIC: tuple[tuple[MixKind, MixKind], ...] = (
    ("even", "even"),
    ("even", "steep"),
    ("even", "one large"),
    ("even", "up to 100 times"),
    ("steep", "even"),
    ("steep", "steep"),
)
"""The mix of the sample, and that of the traffic; in a steep sample many labels have one example or two."""
MODELS: tuple[tuple[float, float, interval_coverage.Errors], ...] = (
    (0.6, 4.0, "neighbours"),
    (0.9, 10.0, "spread"),
    (0.9, 10.0, "favourites"),
)
"""Mean of the labels' recalls, how alike they are (a beta distribution's two parameters add up to it), and where wrong
answers go."""

CONSERVATIVE = frozenset({"macro-F1", "accuracy, estimated", "difference, estimated", "shares, estimated"})
"""To these only the gate's lower bound applies. Estimated shares cannot fall below 0, which keeps them nearer to the
truth than their variance says. And a label that was never predicted wrongly is taken to be so sometimes, which makes
macro-F1 less sure where all wrong answers go to a few labels."""
_UNLABELLED = 5_000
_COPIED = 0.6
_BETTER_BY = 0.05
_OF_IGNORED = 0.05
"""Recall of a label that is hardly ever predicted."""
_OWN_WAY = 0.1
"""Standard deviation of what B's recalls differ by from A's, besides `_BETTER_BY`."""


@dataclass(frozen=True)
class Shape:
    """What is simulated: number of labels and of examples, how they are drawn and from which mix, the mix of the
    traffic, and the model; `ignored` is the share of the labels that it hardly ever predicts."""

    n_labels: int
    n: int
    design: Design
    sample: MixKind
    traffic: MixKind
    accuracy: float
    alike: float
    errors: interval_coverage.Errors
    ignored: float = 0.0


@dataclass(frozen=True)
class Covered:
    """How often one interval held the truth at one shape.

    Attributes:
        interval: its name.
        tried: number of data sets; shown: of intervals, of which there may be one for each label.
        share: of the intervals that are shown, those that held the truth; NaN if none is shown.
    """

    interval: str
    shape: Shape
    tried: int
    shown: int
    share: float

    @property
    def passes(self) -> bool:
        """Whether the share is within the gate, but for the error of the simulation where few intervals are shown."""
        error = 3 * (0.05 * 0.95 / self.shown) ** 0.5 if self.shown < self.tried / 2 else 0.0
        low, high = GATE[0] - error, GATE[1] + error
        return not self.shown or low <= self.share <= (1 if self.interval in CONSERVATIVE else high)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        share = self.share if self.shown else None
        return {"interval": self.interval, **asdict(self.shape), "tried": self.tried, "shown": self.shown,
                "share": share}  # fmt: skip


SHAPES: tuple[Shape, ...] = tuple(
    Shape(n_labels, n, design, mixes[0], mixes[1], *MODELS[(size + way + pair) % len(MODELS)])
    for size, (n_labels, n) in enumerate(product((24, 77, 150), (400, 1000, 3080)))
    for way, design in enumerate(get_args(Design))
    for pair, mixes in enumerate(TRAFFIC)
) + tuple(
    Shape(n_labels, n, "random", "even", traffic, accuracy, alike, errors, ignored=0.05)
    for traffic, (accuracy, alike, errors) in zip(get_args(MixKind), MODELS[1:], strict=False)
    for n_labels, n in ((24, 400), (77, 1000), (150, 3080))
)
"""Each size with each pair of mixes and both designs, and the models in turn; then models that ignore some labels."""


def mix(kind: MixKind, n_labels: int, rng: np.random.Generator) -> Floats:
    """Shares of the labels, in a random order; shape (n_labels,)."""
    shares = np.ones(n_labels)
    if kind == "steep":
        shares = 1 / rng.permutation(np.arange(1.0, n_labels + 1))
    elif kind == "one large":
        shares[rng.integers(n_labels)] = n_labels - 1
    elif kind == "up to 100 times":
        shares = np.exp(rng.uniform(0, np.log(100), n_labels))
    return shares / shares.sum()


def drawn(shares: Floats, n: int, design: Design, rng: np.random.Generator) -> Counts:
    """True labels; in a stratified sample each has its share, to within one example."""
    if design == "random":
        return rng.choice(len(shares), n, p=shares)
    exact = shares * n
    counts = np.floor(exact).astype(np.int64)
    counts[np.argsort(counts - exact, kind="stable")[: n - counts.sum()]] += 1
    return np.repeat(np.arange(len(shares)), counts)


def chances_of(shape: Shape, recall: Floats, ignored: Counts | None = None) -> Floats:
    """How probable each answer to each label is, shape (n_labels, n_labels + 1), where labels have recalls of their
    own.

    Args:
        ignored: codes of the labels that wrong answers hardly ever name.
    """
    wrong = _wrong_chances(shape.n_labels, shape.errors)
    if ignored is not None:
        wrong = wrong.copy()
        wrong[:, ignored] *= 1e-6
        wrong /= wrong.sum(axis=1, keepdims=True)
    chance: Floats = wrong * (1 - recall)[:, None]
    chance[np.arange(shape.n_labels), np.arange(shape.n_labels)] = recall
    return chance


@cache
def _wrong_chances(n_labels: int, errors: interval_coverage.Errors) -> Floats:
    """Of a model that is never right; made once, for it takes as long as all else of a data set."""
    return answer_chances(interval_coverage.Shape(n_labels, 0, 0.0, "random", errors), 0.0)


def _simulated(shape: Shape, *, datasets: int, seed: int) -> list[Covered]:
    rng = generator(seed, shape, SHAPES)
    n_labels = shape.n_labels
    held = Held()
    count = held.count
    paired: dict[str, list[tuple[float, ...]]] = {"difference": [], "difference, estimated": []}
    for _ in range(datasets):
        recall = rng.beta(shape.accuracy * shape.alike, (1 - shape.accuracy) * shape.alike, n_labels)
        ignored = np.flatnonzero(rng.random(n_labels) < shape.ignored)
        recall[ignored] = _OF_IGNORED
        own_b = np.clip(recall + rng.normal(_BETTER_BY, _OWN_WAY, n_labels), 0.02, 0.98)
        recall_b = _COPIED * recall + (1 - _COPIED) * own_b
        chance = chances_of(shape, recall, ignored)
        true = drawn(mix(shape.sample, n_labels, rng), shape.n, shape.design, rng)
        a = answered(chance, true, rng)
        b = np.where(rng.random(shape.n) < _COPIED, a, answered(chances_of(shape, own_b, ignored), true, rng))
        confusion = confusion_counts(true, a, n_labels)
        rates = LabelRates.of(confusion)
        shares = of_present(mix(shape.traffic, n_labels, rng), rates.support > 0)
        accuracy, difference = float(shares @ recall), float(shares @ (recall_b - recall))
        count("accuracy", accuracy_under(rates, shares).interval, accuracy)
        count("macro-F1", macro_f1_under(rates, shares).interval, true_macro_f1(chance, shares))
        known = paired_under(true, a, b, n_labels, shares)
        paired["difference"].append((known.gained, known.lost, known.examples, difference))

        if len(hardly_predicted(confusion)):
            for name in ("accuracy, estimated", "shares, estimated"):
                count(name, NO_INTERVAL, accuracy)
            continue
        counts = rng.multinomial(_UNLABELLED, shares @ chance).astype(float)
        estimated = adjusted_counts(rates.smoothed, rates.support, counts)
        count("accuracy, estimated", accuracy_under(rates, estimated.shares, estimated).interval, accuracy)
        count("shares, estimated", estimated.intervals, shares)
        of_mix = paired_under(true, a, b, n_labels, estimated.shares, estimated)
        paired["difference, estimated"].append((of_mix.gained, of_mix.lost, of_mix.examples, difference))
    for name, of_all in paired.items():
        gained, lost, examples, truths = np.array(of_all).reshape(-1, 4).T
        count(name, np.stack(tango_interval(gained, lost, examples), axis=1), truths)  # at once: it takes many steps
    return [
        Covered(name, shape, datasets, shown, of / shown if shown else np.nan) for name, (of, shown) in held.of.items()
    ]


coverage = Simulation(_simulated, SHAPES, chunksize=4)
"""How often each interval holds the score of the population, at every shape."""


def true_macro_f1(chance: Floats, shares: Floats) -> float:
    """Of the population, over the labels that have a share."""
    predicted = shares @ chance[:, :-1]
    f1 = 2 * shares * np.diagonal(chance) / np.maximum(shares + predicted, 1e-300)
    return float(f1[shares > 0].mean())


def as_text(found: Sequence[Covered]) -> str:
    """A table for a terminal: the lowest and the highest share, over models and ways of drawing a sample."""
    names = list(dict.fromkeys(one.interval for one in found))
    rows = list(dict.fromkeys((s.sample, s.traffic, s.ignored, s.n_labels, s.n) for s in (one.shape for one in found)))
    titles = list(dict.fromkeys(row[:3] for row in rows))
    rows.sort(key=lambda row: titles.index(row[:3]))
    cells: dict[tuple[Any, ...], list[Covered]] = defaultdict(list)
    for one in found:
        s = one.shape
        cells[s.sample, s.traffic, s.ignored, s.n_labels, s.n, one.interval].append(one)
    lines = [
        "Scores under another mix of labels: how often a 95 % interval holds the truth, in percent of"
        f" {found[0].tried} simulated data sets a shape:",
        "the lowest and the highest, over random and stratified samples; in brackets in how many percent it is shown",
    ]
    title: tuple[Any, ...] = ()
    for row in rows:
        if row[:3] != title:
            title = row[:3]
            said = f"sample {title[0]}, traffic {title[1]}" + (", some labels ignored" if title[2] else "")
            lines += ["", f"{said:49}" + "".join(f"{name:>23}" for name in names)]
        shares = "".join(f"{_cell(cells[*row, name]):>23}" for name in names)
        lines.append(f"{row[3]:12} labels {row[4]:5}{'':24}{shares}")
    shown = [one for one in found if one.shown]
    outside = [one for one in shown if not one.passes]
    worst = min(shown, key=lambda one: one.share)
    last = [
        f"{between(len(shown) - len(outside), len(shown), GATE)} (of {' and of '.join(sorted(CONSERVATIVE))}:"
        f" {100 * GATE[0]:.0f} % or more)",
        f"the lowest: {_said(worst)}",
    ]
    return "\n".join([*lines, *ending(last, outside, _said)])


def _cell(of: Sequence[Covered]) -> str:
    shares = [100 * one.share for one in of if one.shown]
    if not shares:
        return "–"
    tried = sum(one.tried for one in of)
    often = min(1.0, sum(one.shown for one in of) / tried)
    return f"{spread(shares)}{'' if often == 1 else f' ({100 * often:.0f})'}"


def _said(one: Covered) -> str:
    s = one.shape
    return (
        f"{100 * one.share:.1f} %, {one.interval}, {s.n_labels} labels, {s.n} examples, {s.design}, sample {s.sample},"
        f" traffic {s.traffic}, accuracy {s.accuracy}, errors: {s.errors}{', labels ignored' if s.ignored else ''},"
        f" shown in {one.shown} of {one.tried}"
    )
