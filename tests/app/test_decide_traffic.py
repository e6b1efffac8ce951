"""The tab “Traffic”: the mix is chosen, typed or estimated, what is wrong is said, and labels open their examples."""

import numpy as np
import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.deciding import TrafficAsked, compared_traffic, traffic
from evalcore.deciding.traffic_tables import counts_table
from pages.parts.decide.traffic_labels import DRAWN, drawn_codes
from tests.app.clicking import click_figure, click_row, in_url
from tests.tools.decisions import LABELS, two_runs
from tests.tools.generated import imported

DECIDE = "pages/decide.py"


@pytest.fixture
def record(page_store):
    return imported(page_store, 24, 600)


@pytest.fixture
def visit(open_page, record):
    return lambda **asked: open_page(DECIDE, run=record.run_id, tab="traffic", **asked)


def typed(record, *parts):
    """Labels by their numbers, and what stands beside them."""
    return "label,share\n" + "".join(f"{record.labels[code]},{share}\n" for code, share in parts)


def said(app):
    return [element.value for element in (*app.markdown, *app.caption, *app.error)]


def view(app):
    return app.session_state["view"].decide


def test_a_typed_mix_is_answered_and_stands_in_the_url(visit, record, page_store):
    mix = typed(record, (3, "70 %"), (5, "30 %"))
    app = visit(mix=mix)
    answer = traffic(score_run(page_store, record.run_id), None, TrafficAsked(mix=mix))
    assert any(f"{100 * answer.accuracy.on_traffic:.1f} %" in text.replace("\\", "") for text in said(app)[:3])
    assert in_url(app)["mix"] == mix
    app.segmented_control(key="traffic_mix_from").set_value("sample").run()
    assert not app.exception
    assert in_url(app)["mix_from"] == "sample"
    assert in_url(app)["mix"] == mix  # what was typed stays
    assert any("On the mix of the sample" in text for text in said(app))


def test_shares_that_do_not_add_up_are_said_and_scaled_if_that_is_asked_for(visit, record):
    app = visit(mix=typed(record, (3, "0.7"), (5, "0.2")))
    assert any("add up to 90.0" in text.replace("\\", "") for text in (error.value for error in app.error))
    app.checkbox(key="traffic_scale").check().run()
    assert not app.exception
    assert not app.error
    assert in_url(app)["scale_shares"] == "yes"
    assert any("On your traffic" in text for text in said(app))
    app.checkbox(key="traffic_scale").uncheck().run()
    assert app.error
    assert any("Below: the answer to what was asked before" in caption.value for caption in app.caption)


@pytest.mark.parametrize(
    "mix", ["label,share\nno such label,1\n", "nothing of the kind", "label,share\n", "\x00,\x00\n"]
)
def test_a_table_that_cannot_be_read_is_kept_and_said(visit, mix):
    app = visit(mix=mix)
    assert len(app.error) == 1
    assert in_url(app)["mix"] == mix


def test_a_label_opens_its_examples_from_the_picture_and_from_the_table(visit, record, page_store):
    mix = typed(record, (3, "60 %"), (5, "30 %"), (7, "10 %"))
    app = visit(mix=mix)
    answer = traffic(score_run(page_store, record.run_id), None, TrafficAsked(mix=mix))
    codes = drawn_codes(answer)
    assert sorted(codes) == [3, 5, 7]
    click_figure(app, "traffic_mix", code=codes[0])
    assert view(app).opened == in_url(app)["opened"] == record.labels[codes[0]]
    examples = int((score_run(page_store, record.run_id).y_true == codes[0]).sum())
    assert any(f"1 of {examples}" in text for text in said(app))
    app.button(key="decide_back").click().run()
    assert view(app).opened == ""
    shown = next(frame for frame in app.dataframe if "uncertainty" in frame.value.columns).value
    assert len(shown) == 24
    assert shown["next"].sum() == 100
    click_row(app, "traffic_labels", 1)
    assert view(app).opened == shown["label"][1]


def test_how_many_are_labelled_next_is_asked_for(visit, record):
    app = visit(mix=typed(record, (3, "60 %"), (5, "40 %")))
    app.number_input(key="traffic_more").set_value(7).run()
    assert in_url(app)["more_examples"] == "7"
    shown = next(frame for frame in app.dataframe if "uncertainty" in frame.value.columns).value
    assert shown["next"].sum() == 7
    assert set(shown["label"][shown["next"] > 0]) <= {record.labels[3], record.labels[5]}


def test_the_mix_is_estimated_and_its_shares_have_intervals(visit, record, page_store):
    scored = score_run(page_store, record.run_id)
    counts = 10 * scored.confusion[:, :-1].sum(axis=0)
    app = visit(predicted_counts=counts_table(record.labels, counts.tolist(), 60))
    assert not app.error
    assert any("With the estimated mix" in text for text in said(app))
    answer = traffic(scored, None, view(app).traffic)
    assert not np.isnan(answer.share_intervals[answer.support > 0]).any()


def test_the_picture_has_the_labels_that_decide_and_the_table_all(visit, page_store):
    record = imported(page_store, 150, 1000)
    answer = traffic(score_run(page_store, record.run_id), None, TrafficAsked())
    codes = drawn_codes(answer)
    assert len(codes) == DRAWN
    assert answer.uncertainty[codes].min() >= np.delete(answer.uncertainty, codes).max()


def test_two_runs_are_said_beside_each_other(open_page, page_store):
    a, b = two_runs(page_store)
    mix = counts_table(LABELS, [5, 0, 1, 1, 1, 1])
    app = open_page(DECIDE, run=a.record.run_id, tab="traffic", mix=mix, beside=b.record.run_id)
    assert not app.error
    both = compared_traffic(a, None, b, None, TrafficAsked(mix=mix))
    shown = next(text.replace("\\", "") for text in said(app) if "B is right in" in text)
    assert f"{100 * both.b[1]:.1f} %" in shown
    assert f"{100 * both.a[1]:.1f} %" in shown
    click_figure(app, "traffic_mix", code=0)
    assert view(app).opened == LABELS[0]
