"""The mix of labels of other traffic: the one that is asked about, and where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evalcore.deciding.asked import one_of, whole
from evalcore.deciding.traffic_tables import PREDICTED, read_mix, read_predicted
from evalcore.errors import DataError, listed
from evalcore.metrics import Counts, Floats
from evalcore.metrics.decisions.label_rates import LabelRates
from evalcore.metrics.decisions.quantification import EstimatedMix, adjusted_counts, hardly_predicted
from evalcore.wording import counted, percent

SOURCES = ("", "sample", "typed", "estimated")
"""Where the mix comes from; empty: the first that there is of a typed one, one estimated from counts, the sample's."""


@dataclass(frozen=True)
class TrafficAsked:
    """What is asked.

    Attributes:
        mix: CSV with the columns `label` and `share`, or `label` and `count`; empty for the mix of the sample.
        predicted_counts: CSV with the columns `label` and `count`: how often each label was predicted for texts whose
            labels nobody knows, or with the column `predicted` alone, one row for each text. The mix is estimated from
            them; empty for none.
        mix_from: one of `SOURCES`.
        scale_shares: whether shares that do not add up to 1 are scaled.
        more_examples: how many are to be labelled next.
    """

    mix: str = ""
    predicted_counts: str = ""
    mix_from: str = one_of("", SOURCES)
    scale_shares: bool = False
    more_examples: int = whole(100, 1, 100_000)

    @property
    def source(self) -> str:
        """One of `SOURCES`, not empty: what is asked for, if there is a table of it."""
        there = {"sample": True, "typed": bool(self.mix.strip()), "estimated": bool(self.predicted_counts.strip())}
        if self.mix_from:
            return self.mix_from if there[self.mix_from] else "sample"
        return next((source for source in ("typed", "estimated") if there[source]), "sample")


@dataclass(frozen=True)
class Mix:
    """The mix of labels that is asked about.

    Attributes:
        source: one of `SOURCES`, not empty.
        shares: shape (n_labels,), adds up to 1.
        missing: labels that a typed table does not name.
        scaled_from: what typed shares added up to, if they were scaled because that was asked for; else None.
        estimated: how it was estimated; None if it was not.
    """

    source: str
    shares: Floats
    missing: tuple[str, ...] = ()
    scaled_from: float | None = None
    estimated: EstimatedMix | None = None


def mix_of(labels: Sequence[str], confusion: Counts, asked: TrafficAsked) -> Mix:
    """The mix that is asked about.

    Args:
        labels: of the task.
        confusion: shape (n_labels, n_labels + 1), counts of the answers that a mix is estimated by; those of another
            run would not go together with the variance of a score.

    Raises:
        DataError: if the table that it is read from, or estimated from, is wrong, or its answers tell too little.
    """
    if asked.source == "typed":
        typed = read_mix(asked.mix, labels, scale=asked.scale_shares)
        return Mix("typed", typed.shares, typed.missing, typed.scaled_from)
    if asked.source == "estimated":
        counts = read_predicted(asked.predicted_counts, labels)
        _refuse_untold(labels, confusion)
        rates = LabelRates.of(confusion)
        estimated = adjusted_counts(rates.smoothed, rates.support, counts)
        return Mix("estimated", estimated.shares, estimated=estimated)
    return Mix("sample", confusion.sum(axis=1) / max(int(confusion.sum()), 1))


def _refuse_untold(labels: Sequence[str], confusion: Counts) -> None:
    codes = hardly_predicted(confusion)
    if not len(codes):
        return
    share = float(confusion[codes].sum()) / float(confusion.sum())
    raise DataError(
        f"{counted(len(codes), 'label')} with {percent(share)} of the examples {'is' if len(codes) == 1 else 'are'}"
        f" predicted at most a fifth as often as {'it occurs' if len(codes) == 1 else 'they occur'}"
        f" ({listed([labels[code] for code in codes])}), so that predictions do not tell how frequent"
        f" {'it is' if len(codes) == 1 else 'they are'} in the traffic.",
        where=PREDICTED,
        do="Type the mix instead, or take the predictions of a run that uses all labels.",
    )
