"""The form that chooses what to run: task, model, prompt, N, sample; the rest behind "More"."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import get_args

import streamlit as st

from evalcore.running import split_size
from evalcore.store import BASELINES, Decoding, Dtype, Engine, RunSpec
from evalcore.tasks import BUILT_IN, DESCRIPTIONS, SAMPLES, TaskSource
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import view_state

TASKS = {"demo": "Demo · phone and internet support", "banking77": "Banking77 · 77 intents"}
MODELS = {
    "demo": "demo · tiny, bundled",
    "demo-early": "demo-early · stopped early, bundled",
    "tfidf": "tfidf · baseline",
    "majority": "majority · baseline",
    "Qwen/Qwen2.5-1.5B-Instruct": "Qwen/Qwen2.5-1.5B-Instruct",
    "Qwen/Qwen2.5-0.5B-Instruct": "Qwen/Qwen2.5-0.5B-Instruct",
    "Qwen/Qwen2.5-7B-Instruct": "Qwen/Qwen2.5-7B-Instruct",
}
SAMPLE_NAMES = {"stratified": "stratified", "random": "random", "first": "first N of the file"}
WITHOUT_SPLIT_SIZE = 10_000
"""Upper end of the slider while the size of the split is unknown."""


def run_form(page: Frame) -> None:
    """Draw the form; its callbacks keep what is chosen as `ViewState.spec`."""
    spec = view_state().spec
    for key, value in _widget_values(spec).items():
        # Set anew each time, not only at first: the browser makes what stands in a popover when it is opened, and
        # would take the widget's own default for what the session holds, and send that back.
        st.session_state[key] = value
    used = [record.spec for record in page.listing.records]
    baseline = st.session_state["bar_model"] in BASELINES
    largest = split_size(spec.task) or WITHOUT_SPLIT_SIZE
    for key in ("bar_n", "bar_n_slider"):
        st.session_state[key] = max(1, min(int(st.session_state[key]), largest))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Task",
            _with_chosen([*TASKS, *(s.task.name for s in used)], "bar_task_name"),
            key="bar_task_name",
            format_func=lambda name: TASKS.get(name) or _end_of_path(name),
            accept_new_options=True,
            on_change=_chosen,
            width=290,
            help="Or type the path of a CSV, JSONL or Parquet file with a text and a label column, "
            "or of a folder with test.csv and train.csv.",
        )
        st.selectbox(
            "Model",
            _with_chosen([*MODELS, *(s.model for s in used)], "bar_model"),
            key="bar_model",
            format_func=lambda name: MODELS.get(name) or _end_of_path(name),
            accept_new_options=True,
            on_change=_chosen,
            width=290,
            help="Or type a hub id (owner/name, owner/name@revision), the path of a model folder, or a server's "
            "address (http://host:port/v1#model).",
        )
        st.selectbox(
            "Prompt",
            _with_chosen([*BUILT_IN, *page.store.custom_prompts()], "bar_prompt"),
            key="bar_prompt",
            accept_new_options=True,
            disabled=baseline,
            on_change=_chosen,
            width=190,
            help="A baseline reads the text alone."
            if baseline
            else "  \n".join(f"**{name}**: {what}" for name, what in DESCRIPTIONS.items()),
        )
        st.selectbox(
            "Sample",
            list(SAMPLES),
            key="bar_sample",
            format_func=lambda name: SAMPLE_NAMES[name],
            on_change=_chosen,
            width=190,
            help="Stratified: every label in its share. First N: the file's own order, which may hold few labels.",
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if largest > 1:
            st.slider("N, number of examples", 1, largest, key="bar_n_slider", on_change=_n_from_slider, width=420)
        st.number_input("N exactly", 1, largest, key="bar_n", on_change=_chosen, width=150)
        with st.popover("More", icon=":material/tune:"):
            _more(baseline)


def _more(baseline: bool) -> None:
    st.number_input(
        "Seed", 0, 1_000_000, key="bar_seed", on_change=_chosen, help="Of the sample. The same seed, the same sample."
    )
    st.radio(
        "Decoding",
        get_args(Decoding),
        key="bar_decoding",
        disabled=baseline,
        on_change=_chosen,
        help="Plain: greedy, no penalties. As shipped: greedy with what the model's generation_config adds, such as a "
        "repetition penalty, which counts the prompt's tokens. Choose: no free answer; the label whose tokens are the "
        "most probable, in all or (choose-mean) each on average.",
    )
    st.radio(
        "Engine",
        get_args(Engine),
        key="bar_engine",
        disabled=baseline,
        on_change=_chosen,
        help="Loop: one example at a time, the reference. Fast: what prompts share is computed once, and labels are "
        "drafted; the same answers. Batched: what runs where fast cannot.",
    )
    st.selectbox("Number format", get_args(Dtype), key="bar_dtype", disabled=baseline, on_change=_chosen)
    st.number_input("max_new_tokens", 1, 4096, key="bar_max_new_tokens", disabled=baseline, on_change=_chosen)
    st.number_input(
        "Batch size",
        0,
        4096,
        key="bar_batch_size",
        disabled=baseline,
        on_change=_chosen,
        help="0: what suits the device.",
    )
    st.text_input("Text column", key="bar_task_text_column", placeholder="guessed", on_change=_chosen)
    st.text_input("Label column", key="bar_task_label_column", placeholder="guessed", on_change=_chosen)
    st.text_input("Train file", key="bar_task_train", placeholder="train.csv beside the test file", on_change=_chosen)
    st.text_input("Label list", key="bar_task_labels", placeholder="the labels that occur", on_change=_chosen)


def _widget_values(spec: RunSpec) -> dict[str, object]:
    """The form's widgets, each under its key, for a spec."""
    values = {f"bar_{name}": value for name, value in asdict(spec).items() if name != "task"}
    values |= {f"bar_task_{name}": value for name, value in asdict(spec.task).items()}
    return {**values, "bar_n_slider": spec.n}


def _spec_of_widgets() -> RunSpec:
    """The inverse."""
    fields = {name: st.session_state[f"bar_{name}"] for name in asdict(RunSpec()) if name != "task"}
    task = {name: st.session_state[f"bar_task_{name}"] for name in asdict(TaskSource())}
    return RunSpec(task=TaskSource(**task), **fields)


def _chosen() -> None:
    """The callback of every widget: take what the form says into the session."""
    if isinstance(st.session_state["bar_task_name"], str) and isinstance(st.session_state["bar_model"], str):
        view, chosen = view_state(), _spec_of_widgets()
        if chosen.task.name != view.spec.task.name and chosen.task.name in TASKS:
            # What was said about the files of another task does not apply.
            chosen = replace(chosen, task=TaskSource(chosen.task.name))
        view.choose(chosen)


def _n_from_slider() -> None:
    st.session_state["bar_n"] = st.session_state["bar_n_slider"]
    _chosen()


def _with_chosen(options: list[str], key: str) -> list[str]:
    chosen = st.session_state.get(key)
    return list(dict.fromkeys([*options, *([chosen] if chosen else [])]))


def _end_of_path(name: str) -> str:
    """The part of a path or a hub id that tells it from others."""
    return "/".join(name.rstrip("/").split("/")[-2:])
