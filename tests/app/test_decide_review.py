"""The tab “Review” of the Decide page: what its controls change, what a click opens, and its URL."""

import numpy as np
import pytest

from evalcore import charts
from evalcore.analysis import label_probabilities, score_run
from evalcore.deciding import GROUPS, ReviewAsked, compared_review, review
from pages.parts.decide.review_pictures import NAME_CHARS, curve_chart
from tests.app.clicking import click_figure, click_row, in_url, table
from tests.tools.generated import imported, labels_of
from tests.tools.probabilities import over_confident, stored_with_logprobs

PAGE = "pages/decide.py"


def said(app):
    """All that the page says, as a person reads it."""
    return (
        "\n".join(element.value for element in (*app.markdown, *app.caption, *app.info))
        .replace("\\", "")
        .replace("*", "")
    )


@pytest.fixture
def record(page_store):
    return over_confident(page_store, 6, 400)


@pytest.fixture
def app(open_page, record):
    return open_page(PAGE, run=record.run_id, target="55")


@pytest.fixture
def answer(page_store, record):
    """The answer to what is asked."""
    scored = score_run(page_store, record.run_id)
    return lambda **asked: review(scored, label_probabilities(scored), ReviewAsked(**asked))


def test_the_controls_change_the_answer_and_stand_in_the_url(app, answer):
    assert answer(target=55.0).sentences[0] in said(app)
    app.slider(key="review_target").set_value(60.0).run()
    assert answer(target=60.0).sentences[0] in said(app)
    app.button_group(key="review_signal").set_value("margin").run()
    app.number_input(key="review_price").set_value(0.4).run()
    app.toggle(key="review_per_label").set_value(True).run()
    found = answer(target=60.0, signal="margin", price=0.4, per_label=True)
    for sentence in found.sentences:
        assert sentence in said(app)
    query = in_url(app)
    assert (query["target"], query["signal"], query["price"], query["per_label"]) == ("60.0", "margin", "0.4", "yes")


def test_what_became_of_the_examples_is_counted_and_opened(app, answer):
    found = answer(target=55.0)
    for kind in ("right", "person", "wrong"):
        app.button_group(key="review_kind").set_value(kind).run()
        assert f"1 of {len(found.rows_of(kind)):,}" in said(app)
        assert in_url(app)["opened"] == f"figure/{kind}"
    assert found.verified
    assert f"with {len(found.rows_of('right')):,} of {found.in_use.answered:,} right" in said(app)


def test_a_point_of_the_curve_opens_its_examples_by_figure_table_and_url(app, answer, open_page, record):
    found = answer(target=55.0)
    app.button_group(key="review_view").set_value("curve").run()
    listed = table(app, "review_curve_")
    right, _, answered = listed["of"][4].partition(" of ")
    click_row(app, "review_curve_", 4)
    threshold = float(in_url(app)["opened"].partition("@")[2])
    assert len(found.rows_of("wrong", threshold)) == int(answered) - int(right)
    assert f"1 of {int(answered) - int(right)}" in said(app) or int(answered) == int(right)
    app.button_group(key="review_view").set_value("figure").run()
    click_figure(app, "review_", curve=0, step=40)
    other = float(in_url(app)["opened"].partition("@")[2])
    assert other < threshold
    assert f"1 of {len(found.rows_of('wrong', other)):,}" in said(app)
    again = open_page(PAGE, run=record.run_id, target="55", opened=in_url(app)["opened"])
    assert f"1 of {len(found.rows_of('wrong', other)):,}" in said(again)
    again.button(key="review_back").click().run()
    assert f"1 of {len(found.rows_of('wrong')):,}" in said(again)
    click_figure(app, "review_")
    assert "@" not in in_url(app)["opened"]


def test_the_threshold_in_use_is_marked_on_the_curve_where_it_answers_as_said(answer):
    found = answer(target=55.0)
    spec = curve_chart(found, charts.LIGHT, None).to_dict()
    marked = [row for rows in spec["datasets"].values() for row in rows if row.get("mark")]
    assert {(row["name"], row["counted"]) for row in marked} == {
        ("half that verifies", f"{found.in_use.right:,} of {found.in_use.answered:,}")
    }


def test_labels_with_a_threshold_of_their_own_are_listed_and_open_their_answers(open_page, record, answer):
    app = open_page(PAGE, run=record.run_id, target="60", per_label="yes", opened="labels/person")
    found = answer(target=60.0, per_label=True)
    listed = table(app, "review_labels_")
    names = found.scored.labels
    by_name = {charts.shortened(names[one.code], NAME_CHARS): one for one in found.labels}
    assert set(listed["predicted"]) == set(by_name)
    for row in range(len(listed)):
        one = by_name[listed["predicted"][row]]
        assert listed["answered"][row] == f"{one.answered:,} of {one.n:,}"
        assert listed["promise"][row].startswith("shared") != one.own
    click_row(app, "review_labels_", 0)
    code = by_name[listed["predicted"][0]].code
    assert in_url(app)["opened"] == f"labels/person:{code}"
    assert f"1 of {len(found.rows_of('person', label=code)):,}" in said(app)


def test_the_signals_stand_in_a_table_with_their_intervals(app, answer):
    app.button_group(key="review_view").set_value("signals").run()
    listed = next(one.value for one in app.dataframe if "signal" in one.value)
    found = {one.name: one for one in answer(target=55.0).signals}
    assert listed["signal"].tolist() == list(found)
    assert listed["AURC"].tolist()[:3] == [f"{found[name].aurc:.4f}" for name in ("confidence", "margin", "entropy")]
    assert listed["beside"][0] == "in use"
    assert "No agreement. Choose other runs" in said(app)


def test_a_run_without_probabilities_leads_to_one_or_to_the_agreement_of_others(page_store, open_page, record):
    plain = imported(page_store, 24, 300)
    app = open_page(PAGE, run=plain.run_id)
    assert "The imported file held no probabilities" in said(app)
    assert "Choose other runs on the same examples" in said(app)
    true = score_run(page_store, record.run_id).y_true
    rng = np.random.default_rng(0)
    texts = [f"message {at}, please help me with it soon" for at in range(400)]
    answers = [labels_of(6)[code if rng.random() < 0.8 else 0] for code in true]
    other = stored_with_logprobs(page_store, labels_of(6), true.tolist(), np.zeros((400, 0)), answers=answers,
                                 texts=texts, name="other.csv")  # fmt: skip
    assert other.sample_id == record.sample_id
    app = open_page(PAGE, run=other.run_id, target="60")
    app.multiselect(key="review_agreeing").set_value([record.run_id]).run()
    others = [score_run(page_store, record.run_id)]
    found = review(score_run(page_store, other.run_id), None, ReviewAsked(target=60.0), others)
    assert found.signal == "agreement"
    assert found.sentences[0] in said(app)
    assert in_url(app)["agreeing"] == record.run_id
    assert (
        open_page(PAGE, run=other.run_id, target="60", agreeing="nobody").multiselect(key="review_agreeing").value == []
    )


def test_two_runs_show_both_curves_and_who_would_answer_alone(page_store, open_page, record):
    scored = score_run(page_store, record.run_id)
    found = label_probabilities(scored)
    texts = [f"message {at}, please help me with it soon" for at in range(400)]
    flat = found.log_of_rows(slice(None)) / 2
    better = np.where(np.arange(6) == scored.y_true[:, None], flat + 2, flat)
    other = stored_with_logprobs(page_store, labels_of(6), scored.y_true.tolist(), better, texts=texts, name="b.csv")
    app = open_page(PAGE, run=record.run_id, beside=other.run_id, target="55")
    b = score_run(page_store, other.run_id)
    both = compared_review(scored, found, b, label_probabilities(b), ReviewAsked(target=55.0))
    for sentence in both.sentences:
        assert sentence in said(app)
    sizes = {group: len(both.rows_of(group)) for group in GROUPS}
    first = next(group for group in GROUPS if sizes[group])
    assert app.button_group(key="review_group").value == first
    most = max(set(GROUPS) - {first}, key=sizes.__getitem__)
    app.button_group(key="review_group").set_value(most).run()
    assert f"1 of {len(both.rows_of(most)):,}" in said(app)
    assert in_url(app)["opened"] == most


@pytest.mark.parametrize(
    "opened", ["", "x", "signals/wrong:99999@nan", "labels/wrong:3", "curve/person@1e999", "curve/right@."]
)
def test_whatever_a_link_names_is_opened_or_left_out(open_page, record, opened):
    assert not open_page(PAGE, run=record.run_id, target="55", opened=opened).exception
