"""What lives as long as the server, kept out of the search for garbage that follows every click."""

from __future__ import annotations

import gc
import sys

_known = 0
"""Modules that were loaded when this was done last."""


def keep_modules() -> None:
    """Take what there is out of Python's search for garbage, once more modules have been loaded.

    Streamlit searches all of the server's memory after each run of a page, and no thread gets on meanwhile, so that
    the browser waits for the end of the answer. Nearly all that it looks through are the libraries' own functions and
    classes, which are never garbage: without them the search takes a few milliseconds in place of a tenth of a second.
    Called when a page begins, right after the search that ended the run before, so that no garbage is kept.
    """
    global _known
    if len(sys.modules) > _known:
        _known = len(sys.modules)
        gc.freeze()
