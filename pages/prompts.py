"""Prompts: read the built-in variants, write one's own, and see the exact chat text of any of them."""

from dataclasses import replace

import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.running import first_text
from evalcore.store import RunSpec, last_part
from evalcore.tasks import BUILT_IN, Prompt, built_in, custom_prompt
from pages.parts.run.options import prompt_words
from pages.parts.run.prompt_preview import exact_prompt
from pages.parts.shell import session
from pages.parts.shell.beside import beside
from pages.parts.shell.frame import frame
from pages.parts.shell.markdown import escape_markdown, message_markdown

NEW = "write a new one …"
START_SYSTEM = "Classify the message. Answer with one of these intents and nothing else: {labels}"

page = frame("Prompts", picks_run=False, scores=False)
view = session.view_state()
spec = view.spec
kept = page.store.custom_prompts()
names = [*BUILT_IN, *kept, NEW]
chosen = spec.prompt if spec.kind.reads_prompt else RunSpec.prompt
if chosen not in names:
    names.insert(0, chosen)
if st.session_state.get("edited_prompt") not in names:
    st.session_state["edited_prompt"] = chosen
with st.container(horizontal=True, vertical_alignment="bottom"):
    st.title("Prompts", anchor=False, width="content")
    name = st.selectbox("Prompt", names, key="edited_prompt", format_func=prompt_words, width=340)
    st.page_link("pages/side_by_side.py", label="Run several prompts on one sample", icon=":material/view_week:")
is_own = name in kept or name == NEW
try:
    prompt = kept.get(name) or (Prompt("", START_SYSTEM, "{text}") if name == NEW else built_in(name))
    first = first_text(spec.task, page.store)
except BlindspotError as error:
    st.error(message_markdown(str(error)))
    st.stop()

problem = ""
editor, preview = beside(1, 1)
with editor:
    if is_own:
        new_name = st.text_input("Name", placeholder="my prompt", key="new_name") if name == NEW else name
        system = st.text_area(
            "System text, with {labels} where the labels go", prompt.system, height=200, key=f"system_{name}"
        )
        user = st.text_area("User text, with {text} where the message goes", prompt.user, height=80, key=f"user_{name}")
        try:
            prompt = custom_prompt(new_name or "unnamed", system, user)
        except BlindspotError as error:
            problem = str(error)
            st.error(message_markdown(problem))
    else:
        st.caption("System text. {labels} stands for the labels.")
        st.code(prompt.system, language=None, wrap_lines=True)
        st.caption("User text. {text} stands for the message.")
        st.code(prompt.user, language=None, wrap_lines=True)
        st.caption(f"A built-in prompt stays as it is. Choose “{NEW}” above to make your own.")
    fixed = page.store.read_only
    with st.container(horizontal=True):
        if is_own and st.button("Save", type="primary", disabled=bool(fixed or problem or not new_name)):
            page.store.save_prompt(prompt)
            st.toast(f"Saved {escape_markdown(prompt.name)}.")
            view.choose(replace(spec, prompt=prompt.name))
            st.session_state.pop("edited_prompt", None)
            st.rerun()
        if not problem and name != NEW and st.button("Use it on the overview", icon=":material/arrow_forward:"):
            view.choose(replace(spec, prompt=name))
            st.switch_page("app.py")
        if name in kept and st.button("Remove", icon=":material/delete:", disabled=fixed):
            page.store.delete_prompt(name)
            view.choose(replace(spec, prompt=RunSpec.prompt))
            st.session_state.pop("edited_prompt", None)
            st.rerun()
with preview:
    model = spec.model if spec.kind.reads_prompt else RunSpec.model
    text = st.text_area("A message to ask for", first or "Where is my card?", height=80, key="preview_text")
    st.caption(f"The exact text that {escape_markdown(last_part(model))} is given, with its own template:")
    if not problem:
        exact_prompt(page.store, spec.task, model, prompt, text)
