"""What is made of a scored run or of several, made once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st

from evalcore.analysis import Comparison, ScoredRun, Sweep
from evalcore.parse import Scoring
from pages.parts.shell.cached.limits import RESULTS_CACHED

T = TypeVar("T")
P = ParamSpec("P")
Result = TypeVar("Result", ScoredRun, Comparison, Sweep)
Stamp = tuple[str, Scoring, float | None, int]


def once(of: Result, make: Callable[Concatenate[Result, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`make(of, ...)`, made once for these arguments. It must not be changed by whom it is given.

    Args:
        of: a scored run, or two or several of them, compared.
        make: a function of a module; its other arguments must be such as Streamlit can hash.
    """
    named = tuple(sorted(kwargs.items()))
    made: T = _once(f"{make.__module__}.{make.__qualname__}", stamps_of(of), args, named, make, of)
    return made


def stamp_of(scored: ScoredRun) -> Stamp:
    """Two scored runs with the same stamp are equal."""
    return scored.record.run_id, scored.scoring, scored.record.finished, len(scored.answers)


def stamps_of(of: ScoredRun | Comparison | Sweep) -> tuple[Stamp, ...]:
    """The stamp of each run that a result is of."""
    runs = (of,) if isinstance(of, ScoredRun) else (of.a, of.b) if isinstance(of, Comparison) else of.scored_runs
    return tuple(stamp_of(scored) for scored in runs)


@st.cache_resource(max_entries=RESULTS_CACHED, show_spinner=False)
def _once(
    name: str,
    stamps: tuple[Stamp, ...],
    args: tuple[object, ...],
    kwargs: tuple[tuple[str, Hashable], ...],
    _make: Callable[..., Any],
    _of: ScoredRun | Comparison | Sweep,
) -> Any:
    return _make(_of, *args, **dict(kwargs))
