"""Try it: one text, answered at once by the warm worker, beside a second model or prompt if one likes."""

import streamlit as st

from pages.parts.shell.frame import frame
from pages.parts.shell.share import share_link
from pages.parts.try_it import asking, controls, history, question, results

page = frame("Try it", scores=False)
question.follow(page)
specs = question.specs_of(page)
heading = st.container(horizontal=True, vertical_alignment="bottom")
heading.title("Try it", anchor=False, width="content")
with heading:
    controls.whom(page, specs)
controls.text_row(page)
question.write_url(page)
share_link(heading.container(width="content"))
requests = question.requests_of(page)
asking.withdraw_others(page.store, [*requests, *question.details_of(requests).values()])
asking.put(page.store, requests)
if requests:
    results.answers(page, requests)
    results.rest(page, requests)
    results.prompts(requests)
else:
    controls.hint(page, specs)
history.asked_before(page)
