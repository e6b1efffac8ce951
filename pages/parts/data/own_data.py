"""A person's own examples: brought in, looked at, and run."""

from __future__ import annotations

from pages.parts.data import bring_in, one_file
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import view_state


def what_is_open(page: Frame) -> None:
    """Draw, beside the title, the name of what is looked at, with the way back to the list; nothing for the list."""
    chosen = view_state().data.chosen
    if chosen is not None:
        one_file.heading(page, chosen)


def own_data(page: Frame) -> None:
    """Draw the list of files, or the one that is looked at."""
    chosen = view_state().data.chosen
    if chosen is None:
        bring_in.bring_in(page)
    else:
        one_file.one_file(page, chosen)
