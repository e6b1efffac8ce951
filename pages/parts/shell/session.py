"""What one session looks at: one typed object, whatever page is open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from evalcore.analysis import Filter, LabelStatus, LabelView, RunningScore
from evalcore.charts import MatrixKind
from evalcore.metrics import Grouping
from evalcore.parse import Scoring
from evalcore.running.live import LiveAnswer
from evalcore.store import RunRecord, RunSpec, Store
from evalcore.tasks import TaskSource
from evalcore.tasks.hub_data import HubChoices
from pages.parts.shell.decide_view import DecideView
from pages.parts.shell.figure_state import FigureState


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
class ExampleTable:
    """One table of examples.

    Attributes:
        opened: position in the run's sample of the example that is open; None if none is.
        page: the page of rows that is shown, from 1.
        rows_of: which rows the table was last drawn of; None makes it turn to the opened example.
        generation: part of the widget's key: with another one the browser makes the table anew, with the opened
            example's row selected.
        first_selected: the widget's key, and the row that was selected when the table was made.
    """

    opened: int | None = None
    page: int = 1
    rows_of: tuple[str, int, int, int] | None = None
    generation: int = 0
    first_selected: tuple[str, int | None] = ("", None)

    def open(self, position: int | None) -> None:
        """Open an example, or close the one that is open."""
        if position != self.opened:
            self.opened, self.rows_of = position, None


ChosenStatus = LabelStatus | Literal[""]


@dataclass(frozen=True)
class ClassView:
    """What the Per class page shows; its URL has a parameter for each field that is not the default.

    Attributes:
        standing: labels of which this holds; empty for all labels.
        search: part of a label's name.
        sort: one of `evalcore.analysis.CLASS_ORDERS`.
        which: which examples of the label.
        label: the label that is open; empty if none is.
    """

    standing: ChosenStatus = ""
    search: str = ""
    sort: str = "data set"
    descending: bool = False
    which: str = "all its examples"
    label: str = ""


@dataclass
class SharedExamples:
    """Examples of two or more runs, one of which is open; the first one where none was chosen.

    Attributes:
        opened: position in the first run's sample of the example that is open; None: the first of those shown.
        generation: part of the table's key: with another one the browser makes the table anew, with the opened
            example's row selected.
        first_selected: the table's key, and the row that was selected when the table was made.
    """

    opened: int | None = None
    generation: int = 0
    first_selected: tuple[str, int | None] = ("", None)

    def open(self, position: int | None) -> None:
        """Open an example by something else than a click in the table."""
        self.opened = position
        self.generation += 1


@dataclass
class MatrixPick:
    """What is picked in a confusion matrix: a cell, a row or a column.

    Attributes:
        cell: what is picked; an empty filter if nothing is.
        outlined: what the drawing outlines. Not what was clicked in it: it outlines that itself, and a changed chart
            would lose its zoom.
        clicked: what was clicked in the drawing last, where it stays selected until it is clicked again.
        drawn: how often the drawing was made anew to lose its zoom.
    """

    cell: Filter = field(default_factory=Filter)
    outlined: Filter = field(default_factory=Filter)
    clicked: Filter = field(default_factory=Filter)
    drawn: int = 0

    def pick(self, cell: Filter) -> None:
        """Pick by something else than a click in the drawing."""
        self.cell = self.outlined = cell

    def click(self, cell: Filter | None) -> None:
        """Take a click in the drawing.

        Args:
            cell: None if the one that the drawing has selected was clicked again. That lets it go, unless something
                else has been picked since: then it is picked again.
        """
        if cell is not None:
            self.cell = self.clicked = cell
        else:
            self.pick(Filter() if self.cell == self.clicked else self.clicked)

    def draw_anew(self) -> None:
        """Make the drawing anew, without its zoom, and with what is picked outlined."""
        self.drawn += 1
        self.outlined = self.cell


@dataclass
class PairView:
    """What the Compare page shows.

    Attributes:
        runs: ids of A and B; None until there are two.
        tab: the tab that is open; empty for the first.
        door: the group of examples that is open: of `PAIR_GROUPS`, or `both_wrong`; empty: the most telling one.
        label: the label that is open among the labels; empty if none is.
        matrix: which of the matrices.
        picked: in that matrix.
        examples: those that the door, the label or the matrix leads to.
    """

    runs: tuple[str, str] | None = None
    tab: str = ""
    door: str = ""
    label: str = ""
    matrix: MatrixKind = "B − A"
    picked: MatrixPick = field(default_factory=MatrixPick)
    examples: SharedExamples = field(default_factory=SharedExamples)

    def open_door(self, door: str) -> None:
        """Show a group's examples, from its first one."""
        self.tab, self.door = "", door
        self.examples.open(None)

    def pick(self, cell: Filter) -> None:
        """Pick a cell, a row or a column of the matrix, and show its examples from the first one."""
        self.picked.pick(cell)
        self.examples.open(None)


WhichSets = Literal["", "held", "missed"]
"""All sets, those that hold the true label, or those that lack it."""


@dataclass
class LabelSetsView:
    """What the Confidence page's tab “Label sets” shows.

    Attributes:
        percent: of the texts whose set is to hold the true label.
        grouping: which labels share a threshold.
        of_labels: whether it shows the labels instead of the sizes of the sets.
        size: fewest labels of the sets that are open; 0 if none are.
        label: the label that is open; empty if none is.
        which: which of the open sets; empty for all.
    """

    percent: int = 90
    grouping: Grouping = "all"
    of_labels: bool = False
    size: int = 0
    label: str = ""
    which: WhichSets = ""


@dataclass
class ConfidenceView:
    """What the Confidence page shows.

    Attributes:
        tab: the tab that is open; empty for the first.
        opened: what was picked in it: a bin of the confidence, a label, ...; an empty filter if nothing is.
        side: what stands beside the figures of the calibration while nothing is picked.
        label_view: what of each label is looked at.
        mistakes: which list of mistakes.
        sets: of the tab “Label sets”.
        door: which examples are open in the tab “Ladder”; empty for the most telling ones.
        figures: by name.
    """

    tab: str = ""
    opened: Filter = field(default_factory=Filter)
    side: str = "Bins"
    label_view: LabelView = "predictions"
    mistakes: str = "Confident mistakes"
    sets: LabelSetsView = field(default_factory=LabelSetsView)
    door: str = ""
    figures: dict[str, FigureState] = field(default_factory=dict)


@dataclass
class SideView:
    """What the Side by side page shows.

    Attributes:
        runs: ids of the runs; None: those that it begins with.
        tab: the tab that is open; empty for the first.
        pair: ids of the two runs whose comparison is open.
        group: which examples.
    """

    runs: list[str] | None = None
    tab: str = ""
    pair: tuple[str, str] | None = None
    group: str = "all"
    examples: SharedExamples = field(default_factory=SharedExamples)

    def show(self, runs: list[str]) -> None:
        """Show other runs, from the first of their examples."""
        self.runs = runs
        self.examples.open(None)


@dataclass
class PromptSweep:
    """What was started on the Side by side page.

    Attributes:
        asked: the model, the sample and N that are chosen for it; None before the page was opened.
        asked_of: id of the run that they were taken from.
        specs: what was asked for.
        started: for each of them the id of its stored run, or the number of the job that makes it.
        shown: whether the page has been turned to these runs.
        error: why it could not be started; shown once.
    """

    asked: RunSpec | None = None
    asked_of: str = ""
    specs: list[RunSpec] = field(default_factory=list)
    started: list[str | int] = field(default_factory=list)
    shown: bool = False
    error: str = ""


@dataclass(frozen=True)
class Tried:
    """What is asked on the Try it page.

    Attributes:
        text: the text.
        model, prompt: who is asked, and how; empty for the model and the prompt of the run that the page is about.
        beside_model, beside_prompt: who is asked the same, and how; what is empty is as above, and both for nobody.
        label: the true label of a text that was taken from the run and stands as it did there; otherwise empty.
    """

    text: str = ""
    model: str = ""
    prompt: str = ""
    beside_model: str = ""
    beside_prompt: str = ""
    label: str = ""


@dataclass
class TryView:
    """What the Try it page shows, and what was answered on it.

    Attributes:
        tried: what is asked.
        about: id of the run that the page was last about; None if there was none.
        confirmed: whether it is to be answered. A link that names a model which might have to be fetched waits until
            somebody presses “Ask”.
        agreed: the task and the model of everything that was asked here.
        answers: the answers of this session, by what was asked for.
        jobs: the number of the job of everything that is at work.
        problems: why something was not answered, a sentence.
        history: what was asked and answered, the newest last: the id of the run it was about, what was asked, and the
            key of its answer.
        noted: how often something was added to it.
    """

    tried: Tried = field(default_factory=Tried)
    about: str | None = None
    confirmed: bool = True
    agreed: set[tuple[TaskSource, str]] = field(default_factory=set)
    answers: dict[str, LiveAnswer] = field(default_factory=dict)
    jobs: dict[str, int] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    history: list[tuple[str | None, Tried, str]] = field(default_factory=list)
    noted: int = 0


@dataclass
class DataView:
    """What the Data page shows.

    Attributes:
        tab: the tab that is open; empty for the first.
        chosen: the run that is offered, of the file or the data set of the hub that is looked at; None: the list of
            files.
        index: what of it is listed, its problems or its labels; empty for what is most urgent.
        problem: number of the problem whose rows are open, from 1; 0 if none is.
        label: the label whose rows are open; empty if none is.
        side: what stands at the right: rows or prompts; empty for the rows.
        sample: which of the sample prompts.
        uploaded: how many files were given to each field, by the field's key: part of a field's key, so that it is
            empty again after each.
        refused: why the last file was not taken, a sentence, by the field's key.
        hub: what can be chosen of the data set of the hub that was looked up last; None if none was.
        done: what was done, a sentence; shown once.
    """

    tab: str = ""
    chosen: RunSpec | None = None
    index: str = ""
    problem: int = 0
    label: str = ""
    side: str = ""
    sample: int = 1
    uploaded: dict[str, int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    hub: HubChoices | None = None
    done: str = ""

    def look_at(self, chosen: RunSpec | None) -> None:
        """Look at another file, from its first rows, or at none."""
        self.chosen, self.refused = chosen, {}
        self.index, self.problem, self.label, self.side, self.sample = "", 0, "", "", 1

    def open(self, *, problem: int = 0, label: str = "") -> None:
        """Open the rows of a problem or of a label; without either, the first rows."""
        self.problem, self.label, self.side = problem, label, ""


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
