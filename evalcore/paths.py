"""Where the project's folders are, in a checkout and installed: the one place that asks for a file's own position."""

import os
import sys
from pathlib import Path

_PACKAGE = Path(__file__).parent

PROJECT = _PACKAGE.parent
"""The folder that this package is imported from: the checkout, or the one that packages are installed in."""

INSTALLED = (_PACKAGE / "app").is_dir()
"""Whether this is an installed copy: pyproject.toml puts `app.py` and `pages/` into the package then."""

APP = (_PACKAGE / "app" if INSTALLED else PROJECT) / "app.py"
COMMAND = "blindspot" if INSTALLED else "python -m evalcore"
"""How a person calls the command line; an installed one may be in an environment whose `python` is not on the path."""


def user_data() -> Path:
    """The folder in which programs keep a user's data on this system; it may not exist yet."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/AppData/Local"))
    if sys.platform == "darwin":
        return Path(os.path.expanduser("~/Library/Application Support"))
    named = Path(os.environ.get("XDG_DATA_HOME", ""))
    return named if named.is_absolute() else Path(os.path.expanduser("~/.local/share"))


DEMO_DATA = _PACKAGE / "demo" / "data"
DEMO_MODELS = _PACKAGE / "demo" / "models"
OWN_CACHE = user_data() / "blindspot" if INSTALLED else PROJECT / "cache"
"""Where runs are stored unless BLINDSPOT_CACHE or --cache says otherwise."""
