"""Pages in Streamlit's own test runner, with a store of the test's own and without a worker."""

import pytest
from streamlit.testing.v1 import AppTest

from evalcore.store.database import Store
from tests.conftest import ROOT
from tests.tools.processes import PATIENCE_S


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

    def opened(page, **query):
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE_S)
        if page != "app.py":
            app.switch_page(page)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception
        return app

    return opened
