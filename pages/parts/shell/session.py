"""What one session looks at: one typed object, whatever page is open."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from evalcore.analysis import Filter, RunningScore
from evalcore.parse import Scoring
from evalcore.store import RunRecord, RunSpec, Store
from pages.parts.shell.views.compare import PairView
from pages.parts.shell.views.confidence import ConfidenceView
from pages.parts.shell.views.data import DataView
from pages.parts.shell.views.decide import DecideView
from pages.parts.shell.views.matrix_pick import MatrixPick
from pages.parts.shell.views.opened_examples import ExampleTable
from pages.parts.shell.views.per_class import ClassView
from pages.parts.shell.views.side_by_side import PromptSweep, SideView
from pages.parts.shell.views.try_it import TryView


@dataclass
class KnownUrl:
    """What the URL said when it was last read or written; see `pages.parts.shell.url`.

    Attributes:
        page: the page that wrote `query`.
        query: all query parameters; None if no page has written them.
        unheard: what the URL said before, since the browser last said the one of `query`: it may not know that yet.
        run, scoring: these two are for all pages, and are followed once.
    """

    page: str = ""
    query: dict[str, str] | None = None
    unheard: list[dict[str, str]] = field(default_factory=list)
    run: str | None = None
    scoring: str | None = None


@dataclass
class ViewState:
    """What one session looks at.

    A widget whose value is kept here is given it before it is drawn, and its callback writes it back. Callbacks run
    before the page's script, so that no part of a page depends on another one being drawn before it.

    Attributes:
        spec: what the form on the overview asks for.
        run_id: the stored run that was opened; None: the run of `spec`.
        job_id: the job that was started for `spec`.
        page: title of the page that was drawn last.
        url: what the URL said last.
        scoring: of all pages.
        filter: of the Examples page.
        example_order: of the examples there, one of `evalcore.analysis.EXAMPLE_ORDERS`; empty for that of the sample.
        picked: in the heat map of the Confusions page.
        confusion_list: which list of confusions is open on the Confusions page; empty for the first.
        classes: of the Per class page.
        clicked_label: the label whose row was clicked there last, where it stays chosen until it is clicked again.
        tables: the tables of examples, by page.
        confidence: of the Confidence page.
        decide: of the Decide page.
        compared: of the Compare page.
        side_by_side: of the Side by side page.
        sweep: what was started there.
        live: the running score of the job that is watched, with the job's number.
        plan: the plan that was asked for last, with its job's number.
        changing: whether the form on the overview is open.
        result_before: id of the run whose result the overview showed last; it stays while another one is made.
        deleted: what was deleted, a sentence; shown once.
        brought_in: what a file of runs brought, likewise.
        try_it: of the Try it page.
        data: of the Data page.
    """

    spec: RunSpec = field(default_factory=RunSpec)
    run_id: str | None = None
    job_id: int | None = None
    page: str = ""
    url: KnownUrl = field(default_factory=KnownUrl)
    scoring: Scoring = "lenient"
    filter: Filter = field(default_factory=Filter)
    example_order: str = ""
    picked: MatrixPick = field(default_factory=MatrixPick)
    confusion_list: str = ""
    classes: ClassView = field(default_factory=ClassView)
    clicked_label: str = ""
    tables: dict[str, ExampleTable] = field(default_factory=dict)
    confidence: ConfidenceView = field(default_factory=ConfidenceView)
    decide: DecideView = field(default_factory=DecideView)
    compared: PairView = field(default_factory=PairView)
    side_by_side: SideView = field(default_factory=SideView)
    sweep: PromptSweep = field(default_factory=PromptSweep)
    live: tuple[int, RunningScore] | None = None
    plan: tuple[str, int] | None = None
    changing: bool = False
    result_before: str | None = None
    deleted: str = ""
    brought_in: str = ""
    try_it: TryView = field(default_factory=TryView)
    data: DataView = field(default_factory=DataView)

    def choose(self, spec: RunSpec, job_id: int | None = None) -> None:
        """Look at the run of a spec, and at no run that was opened before.

        Args:
            job_id: the job that was started for it.
        """
        self.spec, self.run_id, self.job_id = spec, None, job_id

    def open_run(self, record: RunRecord) -> None:
        """Look at a stored run; the form then asks for the same."""
        if record.kind.can_run:
            self.choose(record.spec)
        self.run_id, self.changing = record.run_id, False

    def examples_of(self, page: str) -> ExampleTable:
        """The table of examples on a page."""
        return self.tables.setdefault(page, ExampleTable())


def view_state() -> ViewState:
    """What this session looks at."""
    state: ViewState = st.session_state.setdefault("view", ViewState())
    return state


@st.cache_resource
def open_store() -> Store:
    """The cache folder, one for all sessions of this server."""
    return Store()
