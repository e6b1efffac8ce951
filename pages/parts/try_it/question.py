"""What is asked on the Try it page: about which text, of whom; into the URL and out of it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from evalcore.predictors import named_for_its_kind
from evalcore.running.live import LiveRequest, Part
from evalcore.store import BASELINES, CHOOSING, LabelsBy, RunSpec, checked
from evalcore.tasks import TaskSource
from pages.parts.shell import url
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import LONGEST_TEXT
from pages.parts.shell.session import view_state
from pages.parts.shell.views.try_it import Tried

BUNDLED = ("demo", "demo-early", *BASELINES)
"""Models for which nothing is ever fetched."""
_TASK = ("task", "text_column", "label_column", "train", "labels")
_WHOM = ("model", "prompt", "beside_model", "beside_prompt")


def specs_of(page: Frame) -> list[RunSpec]:
    """Who is asked, and how: one or two; none where the page is about an import and no model was chosen."""
    tried = view_state().try_it.tried
    first = _asking(page, _about(page), tried.model, tried.prompt)
    second = _asking(page, first, tried.beside_model, tried.beside_prompt)
    specs = [first] if first == second else [first, second]
    return specs if all(spec.kind.can_run for spec in specs) else specs[: first.kind.can_run]


def requests_of(page: Frame) -> list[LiveRequest]:
    """The question to each of them; none without a text, and none before a link's question was confirmed."""
    view = view_state().try_it
    if not view.tried.text.strip() or not view.confirmed:
        return []
    return [LiveRequest(spec, view.tried.text) for spec in specs_of(page)]


def details_of(requests: list[LiveRequest]) -> dict[LiveRequest, LiveRequest]:
    """For each question the same one, with all that can be worked out beside the answer."""
    details = {}
    for at, request in enumerate(requests):
        parts: list[Part] = ["answer"]
        if not request.spec.kind.is_remote:
            parts += ["words", "orders"]
        if at == 0:  # the training examples are the same for both
            parts.append("nearest")
        details[request] = replace(request, parts=tuple(parts))
    return details


def follow(page: Frame) -> None:
    """Take what a link asks. It may come from anybody, and must not have a model fetched before somebody agrees."""
    arrived, view = page.arrived or {}, view_state().try_it
    _follow_task(page, arrived)
    about = page.record.run_id if page.record else None
    if about != view.about:  # another run was chosen: from now on its model and its prompt are asked
        view.about, view.tried = about, Tried(view.tried.text)
    if not arrived.keys() & {"text", *_WHOM}:
        return
    named = {name: value for name in _WHOM if (value := arrived.get(name, "").strip()) and _is_name(value)}
    view.tried = Tried(arrived.get("text", ""), **named)
    view.confirmed = all(is_at_hand(page, spec) for spec in specs_of(page))


def is_at_hand(page: Frame, spec: RunSpec) -> bool:
    """Whether nothing has to be fetched to ask it: bundled, or asked in this session before."""
    data = page.record is not None or spec.task == TaskSource()
    return (spec.model in BUNDLED and data) or (spec.task, spec.model) in view_state().try_it.agreed


def write_url(page: Frame) -> None:
    """Make the URL say what is asked."""
    tried = view_state().try_it.tried
    about = _about(page)
    labels_of = {"run": page.record.run_id} if page.record else {"task": about.task.name, **url.query_of_spec(about)}
    whom = {name: value for name in _WHOM if (value := getattr(tried, name))}
    text = {"text": tried.text} if tried.text and is_in_link(tried.text) else {}
    url.write(page.title, {**labels_of, **whom, **text})


def is_in_link(text: str) -> bool:
    """Whether a link holds this text."""
    return len(text) <= LONGEST_TEXT


def _follow_task(page: Frame, arrived: url.Query) -> None:
    """Take the task that a link names where it names no run."""
    spec = url.spec_of_query({name: arrived[name] for name in ("run", *_TASK) if name in arrived}, RunSpec())
    if spec is not None and spec.task != _about(page).task:
        view_state().choose(replace(view_state().spec, task=spec.task))
        st.rerun()


def _about(page: Frame) -> RunSpec:
    """The run that the page is about, or else what the form on the overview asks for."""
    spec = page.record.spec if page.record else view_state().spec
    # Which sample it was does not matter to a single text, and equal questions are asked once.
    return replace(spec, n=RunSpec.n, sample=RunSpec.sample, seed=RunSpec.seed)


def _asking(page: Frame, spec: RunSpec, model: str, prompt: str) -> RunSpec:
    """The same of another model, or with another prompt; one that may not decode like that answers freely."""
    prompt = prompt or (spec.prompt if spec.kind.reads_prompt else RunSpec.prompt)
    asked = replace(spec, model=named_for_its_kind(model) if model else spec.model, prompt=prompt)
    is_another = asked.model != spec.model
    if is_another:
        asked = replace(asked, labels_by=_labels_by(page, asked))
    asked = checked(asked)
    # Of servers only some can choose among the labels: the one of the run that the page is about has done so.
    may_not_choose = asked.decoding in CHOOSING and not asked.kind.gives_label_scores and is_another
    in_vain = may_not_choose or asked.decoding not in asked.kind.decodings
    return replace(asked, decoding=RunSpec.decoding) if in_vain else asked


def _labels_by(page: Frame, asked: RunSpec) -> LabelsBy:
    """How a classifier's labels were matched to this task's for the last stored run of it: then they were confirmed."""
    runs = (record.spec for record in page.listing.records)
    stored = (spec.labels_by for spec in runs if (spec.task, spec.model) == (asked.task, asked.model))
    return next(stored, RunSpec.labels_by)


def _is_name(text: str) -> bool:
    return text.isprintable() and len(text) <= LONGEST_TEXT
