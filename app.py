"""Overview: a run's verdict and what it hides; choose, start and watch a run. `streamlit run app.py`."""

import streamlit as st
from starlette.middleware import Middleware
from streamlit import runtime

from pages.parts.shell.serving import SameOrigin, opening_a_browser

if not runtime.exists():  # imported once, before anything is served, for how to serve it
    app = st.App(__file__, middleware=[Middleware(SameOrigin)], lifespan=opening_a_browser)
else:  # run for each visit
    from evalcore.store import RunSpec
    from pages.parts.explore import overview, references
    from pages.parts.explore.export import export_buttons
    from pages.parts.run.launcher import head
    from pages.parts.shell import url
    from pages.parts.shell.cached.findings import findings_for
    from pages.parts.shell.cached.scored import scored_run_of
    from pages.parts.shell.frame import frame, say_how_it_stands
    from pages.parts.shell.session import view_state
    from pages.parts.shell.share import share_link

    page = frame("Overview")
    view = view_state()
    asked = url.spec_of_query(page.arrived or {}, RunSpec())
    if asked is not None:  # a link: it fills the form, once, and starts nothing
        if asked != view.spec:
            view.choose(asked)
            st.rerun()
        url.taken(page.title, page.arrived or {})
    top = head(page)
    if page.record is None or top.job is not None:
        if top.job is None and top.can_run:
            say_how_it_stands(page)
        url.write(page.title, url.query_of_spec(view.spec))
        share_link(top.share)
        overview.result_before(page, top.job)
        st.stop()
    say_how_it_stands(page)

    scored = scored_run_of(page.store, page.record, page.scoring)
    url.write(page.title, url.query_of(scored))
    share_link(top.share)
    if not len(scored.answers):
        st.info("Nothing has been predicted yet. Press “Run” to begin.")
        st.stop()
    with top.share:
        export_buttons(page.store, scored)
    view.result_before = page.record.run_id
    found = findings_for(page.store, scored)
    accuracies = references.found_references(page, scored)
    overview.sample_line(scored, top.line, top.standing)
    overview.verdict(page, scored, accuracies)
    overview.cards(scored)
    overview.findings_beside_labels(page, scored, found)
    overview.pictures(page, scored, found)
    references.baselines_on_same_examples(page, scored, accuracies)
