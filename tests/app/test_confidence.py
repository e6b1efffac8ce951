"""The Confidence page: each tab on runs of every kind, and what a click opens."""

import numpy as np
import pytest

from evalcore.analysis import calibration, confidence_counts, label_probabilities, score_run
from evalcore.store.spec import RunSpec
from tests.app.clicking import click_figure, click_row, in_url, table
from tests.tools.browser import PAYLOADS
from tests.tools.probabilities import over_confident, stored_with_logprobs
from tests.tools.runs import stored

PAGE = "pages/confidence.py"
TABS = ({}, {"tab": "labels"}, {"tab": "labels", "of": "examples"}, {"tab": "mistakes", "list": "near-misses"})
"""The tabs whose figures are this page's own."""


def said(app):
    """All that the page says, as Markdown."""
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.info))


def metric(app, label):
    return next(one.value for one in app.metric if one.label == label)


@pytest.fixture
def record(page_store):
    return over_confident(page_store, 12, 400)


@pytest.fixture
def found(page_store, record):
    return label_probabilities(score_run(page_store, record.run_id))


def edge_runs(store):
    """Runs of which something cannot be had, by name."""
    labels = ["a", "b", "c"]
    sure = np.log(np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]]))
    codes = [0, 1, 2] * 30
    only = np.full((90, 3), np.nan)
    only[np.arange(90), codes] = np.log(0.7)
    shifted = [(code + (at % 5 == 0)) % 3 for at, code in enumerate(codes)]
    with np.errstate(divide="ignore"):
        zero = np.log(np.array([[1.0, 0.0, 0.0]] * 90))
    half = sure[codes].copy()
    half[::2] = np.nan
    answers = [labels[code] for code in codes]
    return {
        "one example": stored_with_logprobs(store, labels, [0], sure[:1]),
        "all right": stored_with_logprobs(store, labels, codes, sure[codes]),
        "all wrong": stored_with_logprobs(store, labels, [(code + 1) % 3 for code in codes], sure[codes]),
        "one label": stored_with_logprobs(store, ["a"], [0] * 40, np.zeros((40, 1))),
        "only confidences": stored_with_logprobs(store, labels, shifted, only, answers=answers),
        "probability 0": stored_with_logprobs(store, labels, codes, zero),
        "half of it": stored_with_logprobs(store, labels, shifted, half, answers=answers),
        "all unparsed": stored_with_logprobs(store, labels, codes, sure[codes], answers=["?"] * 90),
        "150 labels": over_confident(store, 150, 450),
        "hostile": stored_with_logprobs(
            store, list(PAYLOADS), list(range(6)) * 20,
            np.log(np.random.default_rng(0).dirichlet(np.ones(6), size=120)),
            texts=[f"{PAYLOADS[at % 6]} {at}" for at in range(120)],
        ),
    }  # fmt: skip


def test_every_tab_of_every_kind_of_run_is_drawn_without_a_nan(page_store, open_page):
    for name, record in edge_runs(page_store).items():
        for query in TABS:
            app = open_page(PAGE, run=record.run_id, **query)
            words = said(app) + " ".join(one.value for one in app.metric)
            assert "nan" not in words.split(), (name, query)
            assert not any(payload in words for payload in PAYLOADS), (name, query)


def test_what_needs_every_label_is_greyed_with_the_reason_and_the_rest_is_there(page_store, open_page):
    record = edge_runs(page_store)["only confidences"]
    app = open_page(PAGE, run=record.run_id)
    assert {label: metric(app, label) for label in ("Brier score", "Log loss", "Right in the first 3")} == {
        "Brier score": "–", "Log loss": "–", "Right in the first 3": "–",
    }  # fmt: skip
    assert metric(app, "Calibration error") != "–"
    assert "probability of every label" in said(app)
    assert len(table(app, "bins_")) >= 1
    near = open_page(PAGE, run=record.run_id, tab="mistakes", list="near-misses")
    assert "probability of every label" in said(near)


def test_a_run_without_probabilities_says_why_and_leads_to_one_that_has_them(page_store, open_page):
    codes = [0, 1] * 10
    logprobs = np.log(np.array([[0.7, 0.3], [0.3, 0.7]] * 10))
    free = stored_with_logprobs(
        page_store, ["a", "b"], codes, np.empty((20, 0)), answers=["a", "b"] * 10, spec=RunSpec()
    )
    app = open_page(PAGE, run=free.run_id)
    assert "free answer" in said(app)
    (link,) = [one for one in app.get("page_link") if "choose" in one.proto.label]
    assert "decoding=choose" in link.proto.query_string
    chosen = stored_with_logprobs(page_store, ["a", "b"], codes, logprobs, spec=RunSpec(decoding="choose"))
    other = stored_with_logprobs(
        page_store, ["a", "b"], codes, logprobs - 1, spec=RunSpec(model="demo-early", decoding="choose")
    )
    app = open_page(PAGE, run=free.run_id)
    (link,) = [one for one in app.get("page_link") if "chose" in one.proto.label]
    assert chosen.run_id in link.proto.query_string
    assert other.run_id not in link.proto.query_string


def test_a_run_of_another_kind_without_probabilities_says_why(page_store, open_page):
    record = stored(page_store, list("abab"), list("abba"))
    assert "held no probabilities" in said(open_page(PAGE, run=record.run_id))


def test_a_bin_opens_its_examples_from_the_diagram_the_table_and_the_url(page_store, open_page, record, found):
    bins = calibration(found).bins
    app = click_figure(open_page(PAGE, run=record.run_id), "reliability_", bin=2)
    assert f"1 of {bins.count[2]}" in said(app)
    query = in_url(app)
    assert set(query) == {"run", "confidence", "example"}
    opened = app.session_state["view"].tables["Confidence"].opened
    assert bins.low[2] <= found.confidence[opened] <= bins.high[2]

    again = open_page(PAGE, **query)
    assert f"1 of {bins.count[2]}" in said(again)
    again.button(key="confidence_back").click().run()
    assert set(in_url(again)) == {"run"}
    click_row(again, "bins_", 2)
    assert in_url(again) == query

    beside = click_figure(app, "reliability_")
    assert set(in_url(beside)) == {"run"}


def test_a_bar_opens_its_part(page_store, open_page, record, found):
    counts = confidence_counts(found)
    part = int(counts.wrong.argmax())
    app = click_figure(open_page(PAGE, run=record.run_id), "confidences_", part=part, outcome="wrong")
    assert f"1 of {counts.wrong[part]}" in said(app)
    assert in_url(app)["outcomes"] == "wrong"
    # The other figure shows nothing as picked any more, and a click there opens a bin.
    click_figure(app, "reliability_", bin=0)
    assert "outcomes" not in in_url(app)


def test_a_label_opens_its_answers_or_its_examples(page_store, open_page, record, found):
    app = open_page(PAGE, run=record.run_id, tab="labels")
    label = table(app, "label_confidence_")["label"].iloc[0]
    code = record.labels.index(label)
    click_row(app, "label_confidence_", 0)
    assert in_url(app)["predicted"] == label
    assert f"1 of {(found.scored.y_pred == code).sum()}" in said(app)
    app.button_group(key="label_view").set_value("examples").run()
    assert "predicted" not in in_url(app)
    click_figure(app, "labels_examples_", code=code)
    assert in_url(app)["true"] == label
    assert f"1 of {(found.scored.y_true == code).sum()}" in said(app)


def test_mistakes_are_read_from_the_surest_one_on(page_store, open_page, record, found):
    app = open_page(PAGE, run=record.run_id, tab="mistakes")
    wrong = ~found.right
    sure = wrong & (found.confidence >= 0.9)
    listed = table(app, "confidence_table_")
    assert len(listed) == sure.sum() > 1
    assert listed["confidence"].is_monotonic_decreasing
    first = app.session_state["view"].tables["Confidence"].opened
    assert found.confidence[first] == found.confidence[wrong].max()
    app.button(key="confidence_next").click().run()
    second = app.session_state["view"].tables["Confidence"].opened
    assert found.confidence[second] == np.sort(found.confidence[wrong])[-2]

    app.button_group(key="mistakes").set_value("Near misses").run()
    assert in_url(app)["list"] == "near-misses"
    near = wrong & (found.true_rank == 2)
    assert len(table(app, "confidence_table_")) == near.sum()
    assert f"{near.sum()} of {wrong.sum()} wrong answers" in said(app)


def test_without_a_confident_mistake_all_mistakes_are_listed_the_surest_first(page_store, open_page):
    record = edge_runs(page_store)["all wrong"]
    app = open_page(PAGE, run=record.run_id, tab="mistakes")
    assert "No wrong answer is 90 % sure or more" in said(app)
    assert len(table(app, "confidence_table_")) == 90


def test_a_label_of_the_run_that_was_looked_at_before_is_not_opened_in_another(page_store, open_page, record):
    other = over_confident(page_store, 5, 100)
    app = open_page(PAGE, run=record.run_id, tab="labels", predicted=record.labels[-1])
    assert in_url(app)["predicted"] == record.labels[-1]
    app.sidebar.selectbox(key="picked_run").select(other.run_id).run()
    assert not app.exception
    assert "predicted" not in in_url(app)


@pytest.mark.parametrize(
    "query",
    [
        {"confidence": "2-1", "tab": "no-such-tab", "beside": "x"},
        {"confidence": "0.9-1", "outcomes": "right,wrong", "true": "x"},
        {"tab": "labels", "predicted": "x", "of": "x"},
        {"tab": "mistakes", "list": "x", "example": "99999999"},
        {"tab": "label-sets", "coverage": "x", "set_label": "x"},
        {"tab": "ladder", "door": "x"},
    ],
)
def test_a_url_can_ask_for_anything(page_store, open_page, record, query):
    app = open_page(PAGE, run=record.run_id, **query)
    assert len(app.title) == 1
    assert "x" not in in_url(app).values()


def test_temperature_is_shown_beside_the_figures(page_store, open_page, record, found):
    app = open_page(PAGE, run=record.run_id)
    app.button_group(key="calibration_side").set_value("Temperature").run()
    assert in_url(app)["beside"] == "temperature"
    scaling = calibration(found).temperature
    assert f"Temperature {scaling.value:.2f}" in said(app)
    shown_table = next(one.value for one in app.dataframe if "before" in one.value).set_index("score")
    assert shown_table.loc["log loss"].tolist() == [f"{scaling.before.log_loss:.3f}", f"{scaling.after.log_loss:.3f}"]


def test_a_click_computes_nothing_again_and_hidden_tabs_are_not_computed(page_store, open_page, record, monkeypatch):
    counts = {}

    def watch(module, name):
        original = getattr(module, name)

        def counted(*args, **kwargs):
            counts[name] = counts.get(name, 0) + 1
            return original(*args, **kwargs)

        monkeypatch.setattr(module, name, counted)

    from evalcore import charts
    from pages.parts.confidence import calibration_tab, labels_tab
    from pages.parts.shell.cached import scored

    watch(scored, "calibration")
    watch(scored, "label_probabilities")
    watch(calibration_tab, "confidence_counts")
    watch(labels_tab, "label_confidence")
    for name in ("reliability_diagram", "confidence_histogram", "label_confidence_chart"):
        watch(charts, name)
    app = open_page(PAGE, run=record.run_id)
    once = {"calibration": 1, "label_probabilities": 1, "confidence_counts": 1, "reliability_diagram": 1,
            "confidence_histogram": 1}  # fmt: skip
    assert counts == once
    click_figure(app, "reliability_", bin=2)
    click_figure(app, "reliability_", bin=4)
    app.button(key="confidence_next").click().run()
    assert counts == once
