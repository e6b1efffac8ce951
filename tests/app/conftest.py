"""Pages in Streamlit's own test runner, with a store of the test's own and without a worker."""

import pytest

from evalcore.store.database import Store
from tests.app.clicking import opened


@pytest.fixture
def page_store(tmp_path, monkeypatch):
    """The store that pages open."""
    from pages.parts.run import progress
    from pages.parts.shell import frame, session

    store = Store(tmp_path / "cache")
    monkeypatch.setattr(session, "open_store", lambda: store)
    for module in (frame, progress):
        monkeypatch.setattr(module, "ensure_worker", lambda store: None)
    return store


@pytest.fixture
def open_page(page_store):
    """Opens a page at a URL: `open_page("pages/runs.py", run=...)`."""
    return opened
