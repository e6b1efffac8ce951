"""Pages in Streamlit's own test runner: opening one, and clicks in tables and charts, which the runner has not."""

import json

from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import user_key_from_element_id

from tests.conftest import ROOT
from tests.tools.processes import PATIENCE_S


def opened(page="app.py", **query):
    """A page at a URL, drawn without an exception."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE_S)
    if page != "app.py":
        app.switch_page(page)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def change(app):
    """Open the overview's form, unless it is open."""
    if not app.session_state["view"].changing:
        app.button(key="change").click().run()
        assert not app.exception, app.exception
    return app


def click_row(app, key, row):
    """Click a cell of a row of the table whose key begins with `key`; None lets the row go."""
    cells = [] if row is None else [[row, "text"]]
    return _send(app, app.dataframe, key, {"selection": {"rows": [], "columns": [], "cells": cells}})


def click_item(app, key, item):
    """Click an item of a chart in the same way."""
    selected = [] if item is None else [{"series_index": 0, "data_indices": [item]}]
    return _send(app, app.get("echarts_chart"), key, {"selection": {"selected": selected, "areas": []}})


def click_figure(app, key, **item):
    """Click what has these fields in a Vega-Lite figure; without any, beside all of it."""
    selected = {"picked": [item] if item else []}
    return _send(app, app.get("vega_lite_chart"), key, {"selection": selected})


def _send(app, elements, key, state):
    ids = {user_key_from_element_id(element.proto.id) or "": element.proto.id for element in elements}
    states: WidgetStates = app._tree.get_widget_states()
    sent = states.widgets.add()
    sent.id = next(element_id for name, element_id in ids.items() if name.startswith(key))
    sent.string_value = json.dumps(state)
    app._run(states)
    assert not app.exception, app.exception
    return app


def in_url(app):
    """The parameters of the page's URL."""
    return {name: value[0] if isinstance(value, list) else value for name, value in app.query_params.items()}


def table(app, key):
    """The data of the table whose key begins with this."""
    return next(one.value for one in app.dataframe if f"-{key}" in one.proto.id)
