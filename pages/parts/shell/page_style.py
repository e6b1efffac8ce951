"""What pages need and Streamlit has no option for: a focus that can be seen, and a sidebar that is folded in time.

This is the one file that hands markup to the browser. All of it is constant: no data is in it.
"""

from __future__ import annotations

import streamlit as st

_FOCUS = """<style>
:focus-visible, [data-focus-visible]:not(input), label:has(input:focus-visible), canvas:focus-within {
    outline: 3px solid #4f6ee8 !important;
    outline-offset: 1px !important;
}
/* What lies in a box that cuts off its surroundings has its outline inside. */
input:focus-visible, textarea:focus-visible, canvas:focus-within, [data-testid="stMain"]:focus-visible {
    outline-offset: -3px !important;
}
</style>"""
"""The colour has at least 3 to 1 on every ground of both themes; see tests/app/test_accessible.py."""

_COLLAPSE = """<script>
(() => {
    const chosen = () => Object.keys(localStorage).filter(key => key.startsWith("stSidebarCollapsed-"));
    if (innerWidth > 900 || chosen().length) return;
    const press = turns => {
        const button = document.querySelector('[data-testid="stSidebarCollapseButton"] [aria-expanded="true"]');
        if (button) {
            button.click();
            chosen().forEach(key => localStorage.removeItem(key));
        } else if (turns) setTimeout(press, 50, turns - 1);
    };
    press(20);
})();
</script>"""


def show_focus() -> None:
    """Outline what has the keyboard's focus: Streamlit's own mark is a tint of 1.1 to 1.

    It takes no space on the page: Streamlit keeps markup that is nothing but a style apart from what is drawn.
    """
    st.html(_FOCUS)


def collapse_sidebar_where_narrow() -> None:
    """Begin with the sidebar folded in a window of at most 900 pixels. To be called inside the sidebar.

    Streamlit does so up to 768 pixels, which no option changes, and a server does not know how wide a window is. So
    the script presses the button that a person would press. Where a person has opened or folded the sidebar before,
    which Streamlit keeps in the browser's local storage, it does nothing; and it leaves nothing there itself, so that
    a wide window still begins with the sidebar open.
    """
    st.html(_COLLAPSE, unsafe_allow_javascript=True)
