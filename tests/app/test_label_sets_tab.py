"""The tab “Label sets” of the Confidence page: what its controls change, what a click opens, and its URL."""

import numpy as np
import pytest

from evalcore.analysis import label_probabilities, label_sets, score_run, set_of, size_bins, size_words
from tests.app.clicking import click_figure, click_row, in_url, table
from tests.tools.generated import labels_of
from tests.tools.probabilities import over_confident, stored_with_logprobs

PAGE = "pages/confidence.py"


def said(app):
    """All that the page says, as a person reads it."""
    return "\n".join(element.value for element in (*app.markdown, *app.caption)).replace("\\", "")


@pytest.fixture
def record(page_store):
    return over_confident(page_store, 12, 400)


@pytest.fixture
def found(page_store, record):
    return label_probabilities(score_run(page_store, record.run_id))


@pytest.fixture
def app(open_page, record):
    return open_page(PAGE, run=record.run_id, tab="label-sets")


def test_the_slider_and_the_kind_of_promise_change_the_sets_and_stand_in_the_url(app, found):
    assert size_words(label_sets(found, 0.9)) in said(app)
    app.slider(key="sets_percent").set_value(95).run()
    assert size_words(label_sets(found, 0.95)) in said(app)
    app.button_group(key="sets_grouping").set_value("each").run()
    each = label_sets(found, 0.95, "each")
    assert size_words(each) in said(app)
    assert "for the texts of each label" in said(app)
    assert {name: in_url(app)[name] for name in ("coverage", "threshold")} == {"coverage": "95", "threshold": "each"}


def test_a_size_opens_its_texts_from_the_figure_the_table_and_the_url(app, found, open_page):
    sets = label_sets(found, 0.9)
    bins = size_bins(sets)
    at = next(at for at, each in enumerate(bins) if 0 < each.held < each.n)
    listed = table(app, "set_size_table_")
    assert listed["texts"].tolist() == [each.n for each in bins]
    shares = [round(100 * each.held / each.n, 1) if each.n else np.nan for each in bins]
    np.testing.assert_array_equal(listed["in it"], shares)
    click_figure(app, "set_sizes_", bin=at)
    assert f"1 of {bins[at].n:,}" in said(app)
    query = in_url(app)
    assert query["set_size"] == str(bins[at].low)

    app.button_group(key="sets_which").set_value("missed").run()
    assert f"1 of {bins[at].n - bins[at].held:,}" in said(app)
    opened = app.session_state["view"].tables["Confidence"].opened
    assert opened in sets.rows[~sets.holds]
    label, share = set_of(found, sets, opened)[0]
    assert f"{label} {100 * share:.1f} %" in said(app)
    assert "not in it: **" in said(app)

    again = open_page(PAGE, **query)
    assert f"1 of {bins[at].n:,}" in said(again)
    again.button(key="sets_back").click().run()
    assert set(in_url(again)) == {"run", "tab"}
    click_row(again, "set_size_table_", at)
    assert in_url(again) == query


def test_a_label_opens_its_texts_lowest_first(app, found):
    app.button_group(key="sets_of").set_value("labels").run()
    listed = table(app, "set_label_table_")
    assert listed["in the set"].is_monotonic_increasing
    assert listed["texts"].sum() == 200
    label = listed["label"].iloc[0]
    click_row(app, "set_label_table_", 0)
    sets = label_sets(found, 0.9)
    of_label = sets.y_true == found.scored.labels.index(label)
    assert f"1 of {of_label.sum()}" in said(app)
    assert (in_url(app)["sets"], in_url(app)["set_label"]) == ("labels", label)
    other = found.scored.labels.index(listed["label"].iloc[3])
    click_figure(app, "set_labels_", code=other)
    assert in_url(app)["set_label"] == found.scored.labels[other]


def test_a_size_that_the_new_target_does_not_have_is_let_go(page_store, open_page):
    rng = np.random.default_rng(0)
    true = np.arange(240) % 12
    scores = rng.standard_normal((240, 12))
    scores[np.arange(240), true] += np.where(rng.random(240) < 0.1, 0, 9)  # most are certain, some are not at all
    record = stored_with_logprobs(page_store, labels_of(12), true.tolist(), scores)
    found = label_probabilities(score_run(page_store, record.run_id))
    low, high = (size_bins(label_sets(found, target)) for target in (0.8, 0.99))
    assert high[-1].low > low[-1].high
    app = open_page(PAGE, run=record.run_id, tab="label-sets", coverage="99")
    click_row(app, "set_size_table_", len(high) - 1)
    assert in_url(app)["set_size"] == str(high[-1].low)
    app.slider(key="sets_percent").set_value(80).run()
    assert not app.exception
    assert "set_size" not in in_url(app)


def test_a_label_of_another_run_is_let_go(app, page_store, record):
    other = over_confident(page_store, 5, 100)
    app.button_group(key="sets_of").set_value("labels").run()
    click_figure(app, "set_labels_", code=11)
    app.sidebar.selectbox(key="picked_run").select(other.run_id).run()
    assert not app.exception
    assert "set_label" not in in_url(app)


@pytest.mark.parametrize(
    "query",
    [
        {"coverage": "200", "threshold": "x", "set_size": "99999999999"},
        {"coverage": "nan", "set_size": "²", "which": "x"},
        {"sets": "labels", "set_label": "x", "example": "999999"},
    ],
)
def test_a_url_can_ask_for_anything(open_page, record, query):
    app = open_page(PAGE, run=record.run_id, tab="label-sets", **query)
    assert app.slider(key="sets_percent").value == 90
    assert not {"set_size", "set_label", "threshold", "which"} & set(in_url(app))


def test_the_slider_computes_nothing_again(open_page, record, monkeypatch):
    from pages.parts.confidence import label_sets as tab
    from pages.parts.shell.cached import scored

    made = []
    for module, name in ((tab, "label_sets_at"), (scored, "label_probabilities")):
        original = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *args, o=original, n=name: made.append(n) or o(*args))
    app = open_page(PAGE, run=record.run_id, tab="label-sets")
    for percent in (85, 99):
        app.slider(key="sets_percent").set_value(percent).run()
    assert not app.exception
    assert made == ["label_probabilities", "label_sets_at"]


def test_a_run_with_too_few_answers_says_so(page_store, open_page):
    app = open_page(PAGE, run=over_confident(page_store, 3, 12).run_id, tab="label-sets")
    assert "20 answers or more" in app.info[0].value
