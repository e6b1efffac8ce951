"""The form that chooses what to run: task, model, prompt, sample, N; the rest behind "More"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial

import streamlit as st

from evalcore.predictors import named_for_its_kind
from evalcore.running import split_size
from evalcore.store import MEANINGS, ModelKind, RunSpec, Uploads
from evalcore.tasks import BUILT_IN, LabelMerge, TaskSource, is_upload
from evalcore.wording import counted
from pages.parts.run.options import MODELS, TASKS, choice_words, model_words, prompt_words, task_words
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.session import view_state

WITHOUT_SPLIT_SIZE = 10_000
"""Upper end of the slider while the size of the split is unknown."""
GROUPS_SAID = 3
"""Changes of the label list that are named; the others are counted."""
NARROWEST_FIELD = 220
"""Pixels; three of them and their gaps fit into a page of 758."""
EXPLANATIONS = """
- **Task**: one of the list; or the path of a data file with a text and a label column, or of a folder with test.csv
  and train.csv. A file of your own that you upload on the page Data is in the list.
- **Model**: one of the list; a hub id (owner/name, owner/name@revision) or a folder of a model or of a LoRA adapter,
  which names its base model itself; or a server's address (http://host:port/v1#model). An encoder classifier has
  `encoder:` before its hub id or path: it reads the text alone, and its labels are matched to the task's by name.
- **Prompt**: how the model is asked. A baseline or a classifier reads the text alone. `few-shot:5` sets the number of
  solved examples, `shuffled-labels:1` the seed of the order.
- **Sample**: which N examples. Stratified: every label in its share. The top of a file may hold few labels.
- **Seed**: of the sample. The same seed, the same sample.
- **Decoding**: greedy takes the likeliest token each time. As shipped adds what the model's generation_config says,
  such as a repetition penalty, which counts the prompt's tokens too. Constrained: greedy, and the server lets only
  labels be written. Choose: no free answer; the label whose tokens are the likeliest, in all or (choose-mean) on
  average, or gain most over a text without content (choose-calibrated).
- **Engine**: the answers are the same. Fast computes once what the prompts share, and drafts labels. Batched runs where
  fast cannot. Loop is the reference.
- **Batch size**: 0 takes what suits the device.
"""
"""In one place at the form's end: a help icon beside each field would be one more stop of the Tab key before it."""


def run_form(page: Frame) -> None:
    """Draw the form; its callbacks keep what is chosen as `ViewState.spec`."""
    spec = view_state().spec
    for key, value in _widget_values(spec).items():
        # Set anew each time, not only at first: the browser makes what stands in a popover when it is opened, and
        # would take the widget's own default for what the session holds, and send that back.
        st.session_state[key] = value
    used = [record.spec for record in page.listing.records]
    uploads = [upload.task_name for upload in Uploads(page.store).all()]
    heeded = spec.kind.settings
    largest = split_size(spec.task, page.store) or WITHOUT_SPLIT_SIZE
    for key in ("bar_n", "bar_n_slider"):
        st.session_state[key] = max(1, min(int(st.session_state[key]), largest))
    with st.grid(3, min_column_width=NARROWEST_FIELD, gap="small", vertical_alignment="bottom"):
        st.selectbox(
            "Task",
            _with_chosen([*TASKS, *uploads, *(s.task.name for s in used)], "bar_task_name"),
            key="bar_task_name",
            format_func=partial(task_words, store=page.store),
            accept_new_options=True,
            on_change=_chosen,
        )
        st.selectbox(
            "Model",
            _with_chosen([*MODELS, *(s.model for s in used if s.kind.can_run)], "bar_model"),
            key="bar_model",
            format_func=model_words,
            accept_new_options=True,
            on_change=_chosen,
        )
        st.selectbox(
            "Prompt",
            _with_chosen([*BUILT_IN, *page.store.custom_prompts()], "bar_prompt"),
            key="bar_prompt",
            format_func=prompt_words,
            accept_new_options=True,
            disabled="prompt" not in heeded,
            on_change=_chosen,
        )
        _choice("Sample", "sample")
        if largest > 1:
            st.slider("N, number of examples", 1, largest, key="bar_n_slider", on_change=_n_from_slider)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.number_input("N exactly", 1, largest, key="bar_n", on_change=_chosen, width=130)
            with st.popover("More", icon=":material/tune:"):
                _more(spec.kind)
    if spec.task.merge:
        _changed_list(LabelMerge.from_text(spec.task.merge))


def _changed_list(merge: LabelMerge) -> None:
    """Say what becomes of the task's labels, with a button that leaves them as they are."""
    said = merge.words()
    more = f"; {counted(len(said) - GROUPS_SAID, 'more change')}" if len(said) > GROUPS_SAID else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            f":material/merge: Label list changed: {escape_markdown('; '.join(said[:GROUPS_SAID]) + more)}",
            width="content",
        )
        st.button("Use the list as it was", key="bar_own_list", type="tertiary", on_click=_own_list)


def _own_list() -> None:
    view = view_state()
    view.choose(replace(view.spec, task=replace(view.spec.task, merge="")))
    view.changing = True


def explanations() -> None:
    """What the fields mean, on demand."""
    with st.popover("What do these mean?", icon=":material/help:", type="tertiary"):
        st.markdown(EXPLANATIONS)


def _more(kind: ModelKind) -> None:
    def unheeded(field: str) -> bool:
        return field not in kind.settings

    st.number_input("Seed of the sample", 0, 1_000_000, key="bar_seed", on_change=_chosen)
    _choice("Decoding", "decoding", st.radio, disabled=unheeded("decoding"), options=kind.decodings)
    _choice("Engine", "engine", st.radio, disabled=unheeded("engine"))
    _choice("Number format", "dtype", disabled=unheeded("dtype"))
    _choice("Device", "device", disabled=unheeded("device"))
    st.number_input(
        "Tokens of an answer, at most",
        1,
        4096,
        key="bar_max_new_tokens",
        disabled=unheeded("max_new_tokens"),
        on_change=_chosen,
    )
    st.number_input(
        "Batch size (0: what suits the device)",
        0,
        4096,
        key="bar_batch_size",
        disabled=unheeded("batch_size"),
        on_change=_chosen,
    )
    st.text_input("Text column", key="bar_task_text_column", placeholder="guessed", on_change=_chosen)
    st.text_input("Label column", key="bar_task_label_column", placeholder="guessed", on_change=_chosen)
    st.text_input("Train file", key="bar_task_train", placeholder="train.csv beside the test file", on_change=_chosen)
    st.text_input("Label list", key="bar_task_labels", placeholder="the labels that occur", on_change=_chosen)


def _choice(
    label: str,
    field: str,
    draw: Callable[..., object] = st.selectbox,
    *,
    disabled: bool = False,
    options: Sequence[str] = (),
) -> None:
    """Draw a field of `RunSpec` that has a few values, each with what it means.

    Args:
        options: those that this model has, and the one that is chosen; all when empty.
    """
    shown = _with_chosen(list(options or MEANINGS[field]), f"bar_{field}")
    draw(label, shown, key=f"bar_{field}", format_func=partial(choice_words, field), disabled=disabled,
         on_change=_chosen)  # fmt: skip


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
    if all(isinstance(st.session_state[f"bar_{name}"], str) for name in ("task_name", "model", "prompt")):
        view, chosen = view_state(), _spec_of_widgets()
        if chosen.task.name != view.spec.task.name:
            # What was said about the files and the labels of another task does not apply; a path may be corrected.
            is_known = chosen.task.name in TASKS or is_upload(chosen.task.name)
            kept = TaskSource(chosen.task.name) if is_known else replace(chosen.task, merge="")
            chosen = replace(chosen, task=kept)
        chosen = replace(chosen, model=named_for_its_kind(chosen.model))
        if (chosen.task, chosen.model) != (view.spec.task, view.spec.model):
            chosen = replace(chosen, labels_by=RunSpec.labels_by)  # what was confirmed is of one model and one task
        view.choose(chosen)
        view.changing = True  # also where it stood open by itself: what is chosen may be stored, and have a result


def _n_from_slider() -> None:
    st.session_state["bar_n"] = st.session_state["bar_n_slider"]
    _chosen()


def _with_chosen(options: list[str], key: str) -> list[str]:
    chosen = st.session_state.get(key)
    return list(dict.fromkeys([*options, *([chosen] if chosen else [])]))
