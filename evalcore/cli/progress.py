"""How far a run is, on a terminal."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

from evalcore.running import Progress

if TYPE_CHECKING:
    from tqdm import tqdm

_FORMAT = "{bar:24} {n_fmt}/{total_fmt}  {rate_noinv_fmt}, {remaining} left  {desc}"
_PHASE_ALONE = "{desc}"


class ProgressBar:
    """A bar on standard error where that is a terminal; elsewhere only that the run waits is said, once."""

    def __init__(self) -> None:
        self._bar: tqdm[None] | None = None
        self._on_terminal = sys.stderr.isatty()
        self._said: set[str] = set()

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()

    def on_progress(self, progress: Progress) -> bool:
        """For `execute`: draw the bar, and go on."""
        self.show(progress.phase, progress.done, progress.total)
        return True

    def show(self, phase: str, done: int, total: int) -> None:
        """Draw the bar.

        Args:
            phase: what the run is doing, in a few words.
            done, total: examples with a completion; all of them.
        """
        if not self._on_terminal:
            if phase.startswith("waiting") and phase not in self._said:
                self._said.add(phase)
                print(phase, file=sys.stderr, flush=True)
            return
        from tqdm import tqdm

        if self._bar is None or self._bar.total != total:
            if self._bar is not None:
                self._bar.close()
            shape = _FORMAT if total else _PHASE_ALONE  # how many there are is known once the task is read
            # What was there before does not count into the rate.
            self._bar = tqdm(total=total, initial=done, leave=False, bar_format=shape, file=sys.stderr, unit="")
        self._bar.set_description_str(phase, refresh=False)
        self._bar.update(done - self._bar.n)
        self._bar.refresh()
