"""What made a page's script run: something that was used on the page, or a link and the back button."""

from __future__ import annotations

from streamlit.runtime.scriptrunner import get_script_run_ctx


def asked_by_widget() -> bool:
    """Whether the script runs because a widget was used.

    Streamlit knows, and has no public word for it: a widget's callback would say so, but a popover that opens, a
    button that only returns True and a table's own row have none that this program could hear. Its version is pinned;
    `tests/app/test_stale_url.py` fails with one that calls these otherwise.
    """
    context = get_script_run_ctx()
    if context is None or context.is_history_navigation:
        return False
    state = context.session_state._state
    return any(state._widget_changed(widget) for widget in state._new_widget_state)
