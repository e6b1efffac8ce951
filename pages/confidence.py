"""How sure the model is, and whether that can be trusted: the answer in words, its picture, the examples behind it."""

import streamlit as st

from pages.parts.confidence import (
    calibration_tab,
    headline,
    label_sets,
    labels_tab,
    ladder,
    mistakes_tab,
    shown,
)
from pages.parts.shell import session, url
from pages.parts.shell.cached.scored import probabilities_of
from pages.parts.shell.frame import frame, scored_run_or_stop
from pages.parts.shell.missing_probabilities import say_why
from pages.parts.shell.share import share_link
from pages.parts.shell.tabs import tabs

page = frame("Confidence")
heading = st.container(horizontal=True, vertical_alignment="center")
heading.title("Confidence", anchor=False, width="content")
words = heading.container(horizontal=True, vertical_alignment="center", width="content")
link = heading.container(width="content")
scored = scored_run_or_stop(page)
page.follow(lambda query: shown.follow(page, scored, query))
probabilities = probabilities_of(scored)
if probabilities is None:
    say_why(page, scored)
    if scored.record.kind.reads_prompt:
        ladder.tab(page, scored, None)
else:
    headline.verdict(scored, words)
    drawn = {
        "Calibration": calibration_tab.tab,
        "Labels": labels_tab.tab,
        "Mistakes": mistakes_tab.tab,
        "Label sets": label_sets.tab,
        "Ladder": ladder.tab,
    }
    for name, tab in tabs(shown.TABS, session.view_state().confidence, "confidence_tab").items():
        if tab.open:
            with tab:
                drawn[name](page, scored, probabilities)
url.write(page.title, shown.query(page, scored, has_tabs=probabilities is not None))
share_link(link)
