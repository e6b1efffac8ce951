"""What the Runs page offers for moving runs, without a browser."""

import pytest
from streamlit.testing.v1 import AppTest

from evalcore.store import BUNDLE_ENDING
from tests.tools.bundles import put_run
from tests.tools.processes import PATIENCE_S


def drawn(store):
    """The drawer, open, of all runs of a store."""

    def script(store):
        import streamlit as st

        from evalcore.store import RunCatalog
        from pages.parts.runs import moving

        st.session_state[moving.POPOVER] = True
        moving.moving(store, store.runs(), RunCatalog(store).sizes())

    return AppTest.from_function(script, default_timeout=PATIENCE_S, args=(store,)).run()


def words(app):
    return " ".join(element.value for element in (*app.markdown, *app.caption, *app.warning))


@pytest.fixture
def filled(store):
    put_run(store, {"predictor": "transformers"})
    put_run(store, {"predictor": "server"}, done=2)
    return store


def test_what_is_too_large_for_a_download_names_the_command(filled, monkeypatch):
    monkeypatch.setattr("pages.parts.runs.moving.LARGEST_DOWNLOAD", 10)
    app = drawn(filled)
    assert not app.download_button
    assert f"`python -m evalcore export --all --bundle runs{BUNDLE_ENDING}`" in words(app)


def test_a_folder_that_cannot_be_written_takes_nothing_in(filled):
    filled.read_only = True
    app = drawn(filled)
    assert not app.exception
    assert len(app.download_button) == 1
    assert not app.file_uploader
    assert "no run can be brought in" in words(app)


def test_a_file_must_be_chosen_first(filled):
    app = drawn(filled)
    app.button[0].click().run()
    assert "Choose a file first." in words(app)
