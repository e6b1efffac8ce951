"""One answer in pictures: the most probable labels, and how the probability moves without each word."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from evalcore.charts.figure_style import styled
from evalcore.charts.label_names import named_rows, shortened
from evalcore.charts.theme import Theme
from evalcore.metrics import Floats
from evalcore.wording import percent, points

_BAR_HEIGHT, _WORD_HEIGHT = 30, 22
_NAMES_WIDTH, _NAMES_CHARS = 230, 34
_WORDS_WIDTH, _WORD_CHARS = 130, 18
_THEN_CHARS = 24
_LETTERS = 14
_PADDING = {"left": 0, "right": 5, "top": 2, "bottom": 2}
_LEAST_SPAN = 0.05
"""The words' axis reaches at least so far to both sides: a movement of a thousandth is not drawn as a long bar."""


def top_labels(labels: Sequence[str], shares: Sequence[float], theme: Theme, colour: str) -> alt.LayerChart:
    """The most probable labels, each a bar with its probability beside it.

    Args:
        labels, shares: the most probable first; shares in [0, 1].
        colour: of the first bar; the others have it paler.
    """
    frame = pd.DataFrame(
        {
            "rank": np.arange(len(labels)),
            "label": list(labels),
            "share": np.asarray(shares, dtype=float),
            "shown": [percent(share) for share in shares],
            "strength": np.where(np.arange(len(labels)) == 0, 1.0, 0.45),
        }
    )
    y = _larger(named_rows([shortened(label, _NAMES_CHARS) for label in labels], _NAMES_WIDTH))
    # Up to 1.18, so that the number fits beside a bar of 100 %.
    x = alt.X("share:Q", scale=alt.Scale(domain=[0, 1.18], nice=False), title=None, axis=None)
    tooltip = [alt.Tooltip("label:N", title="Label"), alt.Tooltip("shown:N", title="Probability")]
    base = alt.Chart(frame)
    bars = base.mark_bar(color=colour, height={"band": 0.72}).encode(
        y=y, x=x, opacity=alt.Opacity("strength:Q", scale=None, legend=None), tooltip=tooltip
    )
    numbers = base.mark_text(align="left", dx=6, fontSize=_LETTERS, fontWeight=600, color=theme.text).encode(
        y=y, x=x, text="shown:N"
    )
    return styled(alt.layer(bars, numbers), theme, _BAR_HEIGHT * len(labels)).properties(padding=_PADDING)


def word_effects(
    words: Sequence[str], change: Floats, labels_then: Sequence[str], theme: Theme, colour: str
) -> alt.LayerChart:
    """How the probability of the chosen label moves without each word, in the order of the text.

    Args:
        words: as they stand in the text.
        change: shape (n_words,), probability without the word less the probability with it, in [-1, 1]; NaN where it
            is not known.
        labels_then: the label that is chosen without the word where it is another one, and otherwise an empty text.
        colour: of the bars.
    """
    moved = np.nan_to_num(np.asarray(change, dtype=float))
    frame = pd.DataFrame(
        {
            "rank": np.arange(len(words)),
            "word": list(words),
            "change": moved,
            "then": [then or "the same label" for then in labels_then],
            "shown": [
                (points(by) if by == by else "not known") + (f" → {shortened(then, _THEN_CHARS)}" if then else "")
                for by, then in zip(change, labels_then, strict=True)
            ],
            "edge": np.maximum(moved, 0.0),
        }
    )
    least = min(-_LEAST_SPAN, float(moved.min(initial=0)))
    most = max(_LEAST_SPAN, float(moved.max(initial=0)))
    span = most - least
    # Room at the right for the numbers, which all stand to the right of their bars.
    reach = most + span * (0.85 if any(labels_then) else 0.3)
    y = _larger(named_rows([shortened(word, _WORD_CHARS) for word in words], _WORDS_WIDTH))
    x = alt.X("change:Q", scale=alt.Scale(domain=[least, reach], nice=False), title=None, axis=None)
    tooltip = [
        alt.Tooltip("word:N", title="Without"),
        alt.Tooltip("shown:N", title="Probability moves by, in points"),
        alt.Tooltip("then:N", title="Label then"),
    ]
    base = alt.Chart(frame)
    zero = alt.Chart(pd.DataFrame({"change": [0.0]})).mark_rule(color=theme.pale_text).encode(x=x)
    bars = base.mark_bar(color=colour, height={"band": 0.66}).encode(y=y, x=x, tooltip=tooltip)
    numbers = base.mark_text(align="left", dx=6, fontSize=12, fontWeight=600, color=theme.text).encode(
        y=y, x=alt.X("edge:Q", scale=alt.Scale(domain=[least, reach], nice=False)), text="shown:N"
    )
    drawn = styled(alt.layer(bars, zero, numbers), theme, _WORD_HEIGHT * max(1, len(words)))
    return drawn.properties(padding=_PADDING)


def _larger(rows: alt.Y) -> alt.Y:
    """The same rows with letters that can be read on a projector."""
    rows["axis"]["labelFontSize"] = _LETTERS
    return rows
