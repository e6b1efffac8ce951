"""Where the project's own folders are: the one place that asks for a file's own position."""

from pathlib import Path

PROJECT = Path(__file__).parent.parent
"""The checkout: `app.py`, `pages/`, `cache/` and this package lie here."""

DEMO_DATA = PROJECT / "evalcore" / "demo" / "data"
DEMO_MODELS = PROJECT / "evalcore" / "demo" / "models"
OWN_CACHE = PROJECT / "cache"
"""Where runs are stored unless BLINDSPOT_CACHE or --cache says otherwise."""
