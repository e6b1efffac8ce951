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
    from pages.parts.run.run_form import run_form
    from pages.parts.shell import cached, url
    from pages.parts.shell.frame import frame, say_how_it_stands
    from pages.parts.shell.markdown import escape_markdown

    page = frame("Overview")
    if page.record and not page.record.kind.can_run:
        st.caption(f"Imported predictions: {escape_markdown(page.record.origin)}")
        job = None
    else:
        run_form(page)
        job = launcher(page)

    if job is not None:
        st.stop()
    say_how_it_stands(page)
    if page.record is None:
        if not page.shown.said:
            st.info("This has not been run yet. Press “Run”; a run that was made before shows at once.")
        url.write(page.title, {})
        st.stop()

    scored = cached.scored_run_of(page.store, page.record, page.scoring)
    if not len(scored.answers):
        st.info("Nothing has been predicted yet. Press “Run” to begin.")
        st.stop()
    url.write(page.title, url.query_of(scored))
    overview.cards(scored)
    overview.findings(page, scored, cached.findings_for(page.store, scored))
    overview.pictures(page, scored)
    held_against(page, scored)
    overview.collapse(page, scored)
