"""Prompts: read the built-in variants, write one's own, and see the exact chat text of any of them."""

from dataclasses import replace

import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.running import first_text
from evalcore.store import RunSpec
from evalcore.tasks import BUILT_IN, DESCRIPTIONS, Prompt, built_in, custom_prompt
from pages.parts.run.prompt_preview import exact_prompt
from pages.parts.shell import session
from pages.parts.shell.frame import frame
from pages.parts.shell.markdown import escape_markdown

NEW = "write a new one …"
START_SYSTEM = "Classify the message. Answer with one of these intents and nothing else: {labels}"

page = frame("Prompts", picks_run=False)
st.title("Prompts")
st.page_link("pages/side_by_side.py", label="Run several prompts on one sample", icon=":material/view_week:")
view = session.view_state()
spec = view.spec
kept = page.store.custom_prompts()
names = [*BUILT_IN, *kept, NEW]
chosen = spec.prompt if spec.kind.reads_prompt else RunSpec.prompt
if chosen not in names:
    names.insert(0, chosen)
if st.session_state.get("edited_prompt") not in names:
    st.session_state["edited_prompt"] = chosen
name = st.selectbox("Prompt", names, key="edited_prompt")
is_own = name in kept or name == NEW

try:
    start = kept.get(name) or (Prompt("", START_SYSTEM, "{text}") if name == NEW else built_in(name))
except BlindspotError as error:
    st.error(escape_markdown(str(error)))
    st.stop()
if not is_own:
    st.caption(escape_markdown(DESCRIPTIONS[name.partition(":")[0]]))
left, right = st.columns(2, gap="large")
with left:
    new_name = st.text_input("Name", placeholder="my prompt", key="new_name") if name == NEW else name
    system = st.text_area(
        "System text, with {labels} where the labels go",
        start.system,
        height=220,
        disabled=not is_own,
        key=f"system_{name}",
    )
    user = st.text_area(
        "User text, with {text} where the message goes", start.user, height=90, disabled=not is_own, key=f"user_{name}"
    )
    if not is_own:
        st.caption("A built-in prompt stays as it is. Choose “write a new one …” to make your own.")
    prompt = start
    problem = ""
    if is_own:
        try:
            prompt = custom_prompt(new_name or "unnamed", system, user)
        except BlindspotError as error:
            problem = str(error)
            st.error(escape_markdown(problem))
        save, remove = st.columns(2)
        fixed = page.store.read_only
        if save.button("Save", type="primary", disabled=bool(fixed or problem or not new_name), width="stretch"):
            page.store.save_prompt(prompt)
            st.toast(f"Saved {escape_markdown(prompt.name)}.")
            view.choose(replace(spec, prompt=prompt.name))
            st.session_state.pop("edited_prompt", None)
            st.rerun()
        if name in kept and remove.button("Remove", disabled=fixed, width="stretch"):
            page.store.delete_prompt(name)
            view.choose(replace(spec, prompt="article"))
            st.session_state.pop("edited_prompt", None)
            st.rerun()
    if not problem and name != NEW and st.button("Use it on the overview", icon=":material/arrow_forward:"):
        view.choose(replace(spec, prompt=name))
        st.switch_page("app.py")
with right:
    st.markdown("**The exact chat text**")
    model = spec.model if spec.kind.reads_prompt else RunSpec.model
    st.caption(escape_markdown(f"for {model}, with the model's own template"))
    try:
        first = first_text(spec.task)
    except BlindspotError as error:
        st.error(escape_markdown(str(error)))
        st.stop()
    text = st.text_area("A message to ask for", first or "Where is my card?", height=80, key="preview_text")
    if not problem:
        exact_prompt(page.store, spec.task, model, prompt, text)
