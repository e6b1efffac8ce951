"""One file or data set: whether it can be run, how it is read, and what is run on it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.predictors import named_for_its_kind
from evalcore.running import understand
from evalcore.running.own_data import OwnData, keep, keep_label_list, knows_other_labels
from evalcore.store import RunSpec, Uploads, runs_by_upload
from evalcore.tasks import TaskSource, Upload, is_hub, task_files
from evalcore.tasks.hub_name import DIGITS_SHOWN, parse_hub_name
from evalcore.wording import counted, sized
from pages.parts.data import bring_in, hub_choice, looked_at, shown
from pages.parts.run.options import MODELS, model_words
from pages.parts.run.progress import start
from pages.parts.shell.cached.own_data import own_data_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import BACK
from pages.parts.shell.markdown import escape_markdown, message_markdown, with_bold_start
from pages.parts.shell.session import view_state

NONE = ""
FIELD_WIDTH = 260
TRAINED_ON_OTHERS = (
    "The demo models know only the demo's labels: nearly every answer is unparsed. tfidf with a train file, or a "
    "larger model, tells more."
)
COLUMN_KINDS = {
    "text": "texts",
    "number": "numbers",
    "index": "row numbers",
    "id": "a name for each row",
    "constant": "one value",
    "empty": "empty",
}
CONFIRM = "The classifier's labels have other names. “More settings” shows which is which, to be confirmed."


def heading(page: Frame, chosen: RunSpec) -> None:
    """The file's name, what identifies it, the button that deletes it and the way back to the list."""
    back = view_state().data.look_at
    st.button("All files", icon=BACK, key="all_files", type="tertiary", on_click=back, args=(None,))
    upload = next((one for one in Uploads(page.store).all() if one.task_name == chosen.task.name), None)
    name, content = _name_and_content(chosen.task.name, upload)
    st.markdown(f"**{escape_markdown(name)}**", width="content")
    if content:
        st.caption(escape_markdown(content), width="content")
    if upload is not None and not page.store.read_only:
        _delete(page, upload)


def _name_and_content(name: str, upload: Upload | None) -> tuple[str, str]:
    """What the data are called, and what identifies their content; empty where it is not known."""
    if upload is not None:
        return upload.name, f"{sized(upload.size)} · SHA-256 {upload.digest[:DIGITS_SHOWN]}…"
    with suppress(BlindspotError):
        on_hub = parse_hub_name(name)
        return on_hub.shown, f"split {on_hub.split} · commit {on_hub.revision[:DIGITS_SHOWN]}"
    return name, ""


def one_file(page: Frame, chosen: RunSpec) -> None:
    """Draw the answer first, then what it rests on: columns, run, problems, labels, rows and prompts."""
    if is_hub(chosen.task.name) and not _is_there(page, chosen.task):
        return
    try:
        with st.spinner("Reading the data …"):
            data = own_data_of(page.store, chosen.task)
    except BlindspotError as error:  # deleted, or never on this machine
        st.error(message_markdown(str(error)), icon=":material/error:")
        return
    found = data.audit
    (st.success if found.can_run else st.error)(
        with_bold_start(data.sentence), icon=":material/check_circle:" if found.can_run else ":material/error:"
    )
    if found.columns:
        with st.container(gap="xxsmall"):
            _how_it_is_read(page, chosen.task, data)
    if found.can_run:
        with st.container(gap="xxsmall"):
            _how_it_is_run(page, replace(chosen, n=max(1, min(chosen.n, found.n))), data)
    looked_at.looked_at(page, chosen, data)


def _is_there(page: Frame, source: TaskSource) -> bool:
    """Whether a data set of the hub is in the cache folder. A link may name one that is not: nothing is downloaded
    before somebody says so."""
    with suppress(BlindspotError):  # the audit says it
        if task_files(source, page.store.folder) is not None:
            return True
        st.info("This data set of the hub is not on this machine yet.", icon=":material/cloud_download:")
        pressed = st.button("Download it", key="hub_fetch", type="primary", disabled=page.store.read_only)
        if pressed and hub_choice.download(page.store, source):
            st.rerun()
        if refused := view_state().data.refused.get(hub_choice.FIELD):
            st.error(message_markdown(refused), icon=":material/error:")
        return False
    return True


def _delete(page: Frame, upload: Upload) -> None:
    with st.popover("Delete", icon=":material/delete:", type="tertiary"):
        uses = len(runs_by_upload(page.listing.records).get(upload.task_name, ()))
        kept = (
            counted(uses, "stored run uses it and stays as it is", "stored runs use it and stay as they are")
            + ", texts included, but cannot be run again."
            if uses
            else "No stored run uses it."
        )
        st.markdown(f"Delete {escape_markdown(upload.name)} from the cache folder? {kept}")

        def delete() -> None:
            view = view_state().data
            view.look_at(None)
            try:
                Uploads(page.store).delete(upload.digest)
                view.done = f"Deleted {escape_markdown(upload.name)}."
            except BlindspotError as error:  # in another tab, say, it was deleted before
                view.refused[bring_in.EXAMPLES] = str(error)

        st.button(f"Delete {escape_markdown(upload.name)}", key="delete_upload", on_click=delete)


def _how_it_is_read(page: Frame, source: TaskSource, data: OwnData) -> None:
    """Which columns are the text and the label, and the files beside it."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _column("Text column", "text_column", data.audit.text_column, data)
        _column("Label column", "label_column", data.audit.label_column, data)
        beside = [name for name, value in (("train file", source.train), ("label list", source.labels)) if value]
        label = "Train file, label list" if not beside else f"With {' and '.join(beside)}"
        with st.popover(label, icon=":material/note_stack_add:"):
            if not is_hub(source.name):  # the splits of a data set are chosen where it is named
                _file_beside(
                    page, "Train file", "train", source, "Solved examples, for baselines and few-shot prompts."
                )
            _file_beside(page, "Label list", "labels", source, "One label a line, or a JSON array: also labels that do "
                         "not occur.")  # fmt: skip
    if data.reasons:
        st.caption(escape_markdown(data.reasons))


def _column(label: str, field: str, chosen: str, data: OwnData) -> None:
    """A choice among the columns, each with what it holds."""
    key = f"data_{field}"
    st.session_state[key] = chosen or None

    def choose() -> None:
        shown.choose_data(**{field: st.session_state[key] or ""})

    st.selectbox(
        label,
        [column.name for column in data.audit.columns],
        key=key,
        on_change=choose,
        format_func=lambda name: _column_words(name, data),
        placeholder="choose a column",
        width=FIELD_WIDTH,
    )


def _column_words(name: str, data: OwnData) -> str:
    """A column with what it holds."""
    profile = next((column for column in data.audit.columns if column.name == name), None)
    if profile is None:
        return name
    if profile.kind == "label":
        return f"{name}: {counted(profile.distinct, 'value')}"
    return f"{name}: {COLUMN_KINDS[profile.kind]}"


def _file_beside(page: Frame, label: str, field: str, source: TaskSource, what_for: str) -> None:
    """A choice among the uploads, and a field for another one."""
    key = f"data_{field}"
    names = {upload.task_name: upload.name for upload in Uploads(page.store).all()}
    chosen = getattr(source, field)
    options = list(
        dict.fromkeys([NONE, *([chosen] if chosen else []), *(name for name in names if name != source.name)])
    )
    st.session_state[key] = chosen

    def choose() -> None:
        shown.choose_data(**{field: st.session_state[key]})

    st.selectbox(
        label, options, key=key, on_change=choose, format_func=lambda name: names.get(name, name) if name else "none"
    )
    st.caption(what_for)
    bring_in.uploader(
        page.store,
        f"{label}: a new file",
        field,
        lambda upload: shown.choose_data(**{field: upload.task_name}),
        keep_label_list if field == "labels" else keep,
    )


def _how_it_is_run(page: Frame, chosen: RunSpec, data: OwnData) -> None:
    """Who is asked, about how many, and the button that starts it; what is known against that."""
    understood = understand(chosen, page.store)
    used = [record.spec.model for record in page.listing.records if record.kind.can_run]
    st.session_state["data_model"], st.session_state["data_n"] = chosen.model, chosen.n
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            "Model",
            list(dict.fromkeys([*MODELS, *used, chosen.model])),
            key="data_model",
            on_change=lambda: shown.choose(model=named_for_its_kind(st.session_state["data_model"] or chosen.model)),
            format_func=model_words,
            accept_new_options=True,
            width=FIELD_WIDTH,
        )
        st.number_input(
            f"N, of {counted(data.audit.n, 'row')}",
            1,
            data.audit.n,
            key="data_n",
            on_change=lambda: shown.choose(n=st.session_state["data_n"]),
            width=150,
        )
        problems = [*understood.problems, *([CONFIRM] if understood.labels_by_place else [])]
        cannot = page.store.read_only or bool(problems)
        pressed = st.button("Run", key="run_own", type="primary", icon=":material/play_arrow:", disabled=cannot)
        more = st.button("More settings", key="more_settings", type="tertiary", icon=":material/tune:")
    for problem in problems:
        st.warning(message_markdown(problem), icon=":material/error:")
    if knows_other_labels(chosen, data.audit.labels, page.store):
        st.caption(f":material/info: {TRAINED_ON_OTHERS}")
    elif understood.model:
        st.caption(f"Model: {escape_markdown(understood.model)}")
    if pressed or more:
        view = view_state()
        view.choose(chosen, start(page.store, chosen) if pressed else None)
        view.changing = more
        st.switch_page("app.py")
