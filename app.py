"""Overview: choose or start a run; metric cards; what this run hides. `streamlit run app.py`."""

import streamlit as st
from starlette.middleware import Middleware
from streamlit import runtime

from pages.parts.shell.serving import SameOrigin, opening_a_browser

if not runtime.exists():  # imported once, before anything is served, for how to serve it
    app = st.App(__file__, middleware=[Middleware(SameOrigin)], lifespan=opening_a_browser)
else:  # run for each visit
    from pages.parts.explore import overview
    from pages.parts.explore.references import held_against
    from pages.parts.run.progress import launcher
    from pages.parts.run.run_form import bar
    from pages.parts.shell import links as doors
    from pages.parts.shell import session as state
    from pages.parts.shell.frame import frame, say_how_it_stands
    from pages.parts.shell.markdown import plain

    page = frame("Overview")
    if page.record and state.is_import(page.record):
        st.caption(f"Imported predictions: {plain(page.record.origin)}")
        job = None
    else:
        bar(page.store)
        job = launcher(page)

    if job is not None:
        st.stop()
    say_how_it_stands(page)
    if page.record is None:
        if not page.shown.said:
            st.info("This has not been run yet. Press “Run”; a run that was made before shows at once.")
        doors.leave("overview", {})
        st.stop()

    reading = state.reading_of(page.store, page.record, page.scoring)
    if not len(reading.answers):
        st.info("Nothing has been predicted yet. Press “Run” to begin.")
        st.stop()
    doors.leave("overview", doors.query(reading))
    overview.cards(reading)
    overview.findings(page, reading, state.findings_for(page.store, reading))
    overview.pictures(page, reading)
    held_against(page, reading)
    overview.collapse(page, reading)
