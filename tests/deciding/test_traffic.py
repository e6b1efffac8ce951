"""How a run does on other traffic: its figures recomputed, its bounds, what to label next, and two runs."""

import json

import numpy as np
import pytest

from evalcore.deciding import TrafficAsked, asked_of_query, compared_traffic, query_of_asked, traffic
from evalcore.deciding.traffic_tables import counts_table
from evalcore.errors import DataError, SpecError
from tests.tools.timed_runs import timed

LABELS = ("card, lost", 'pin="wrong"', "fee", "rate up")


def run(store, counts, right, name="demo", labels=LABELS, confused_with=1):
    """A run with so many examples of each label, the first of them right, the others predicted as a later label."""
    gold, answers = [], []
    for code, (n, of_them) in enumerate(zip(counts, right, strict=True)):
        gold += [labels[code]] * n
        answers += [labels[code]] * of_them + [labels[(code + confused_with) % len(labels)]] * (n - of_them)
    return timed(store, gold, answers, name, labels=labels, scoring="lenient")


def typed(*shares, **options):
    return TrafficAsked(mix=counts_table(LABELS, shares).replace("label,count", "label,share"), **options)


@pytest.fixture
def uneven(store):
    return run(store, (60, 40, 20, 10), (54, 20, 20, 8))


def test_the_accuracy_is_each_recall_times_its_share(uneven):
    answer = traffic(uneven, None, typed(0.1, 0.6, 0.2, 0.1))
    assert answer.accuracy.on_traffic == pytest.approx(0.1 * 0.9 + 0.6 * 0.5 + 0.2 * 1 + 0.1 * 0.8)
    assert answer.accuracy.on_sample == pytest.approx(102 / 130)
    low, high = answer.accuracy.interval
    assert low < answer.accuracy.on_traffic < high
    assert answer.bounds == (low, high)
    assert answer.covered == 1
    assert "67.0 %" in answer.sentences[0]
    assert f"{100 * low:.1f} to {100 * high:.1f}" in answer.sentences[0]


def test_on_the_mix_of_the_sample_it_is_what_is_shown_elsewhere(uneven):
    answer = traffic(uneven, None, TrafficAsked())
    assert answer.mix.source == "sample"
    assert answer.accuracy.on_traffic == pytest.approx(uneven.scores.accuracy)
    assert answer.accuracy.interval == uneven.intervals.accuracy
    assert answer.macro_f1.on_traffic == pytest.approx(uneven.scores.macro_f1_present)
    assert answer.macro_f1.interval == uneven.intervals.macro_f1_present


def test_the_label_that_decides_how_sure_it_is_is_named_with_how_many_more_it_takes(store):
    """Red with shares that are not squared. What halves it is checked against the formula of the variance."""
    scored = run(store, (60, 40, 20, 10), (30, 38, 19, 5))
    answer = traffic(scored, None, typed(0.02, 0.02, 0.02, 0.94))
    weights = answer.uncertainty
    assert answer.labels[answer.halving] == "rate up"
    assert weights.sum() == pytest.approx(1)
    more = answer.examples_to_halve
    kept = weights[3] * 10 / (10 + more) + weights[:3].sum()
    one_less = weights[3] * 10 / (9 + more) + weights[:3].sum()
    assert kept <= 0.25 < one_less
    assert any(f"{more:,} more of it would halve" in sentence for sentence in answer.sentences)
    assert answer.next_examples.argmax() == 3
    assert answer.next_examples.sum() == 100
    assert answer.order[0] == 3


def test_a_label_without_examples_gives_bounds_and_is_labelled_first(store):
    scored = run(store, (60, 40, 20, 0), (54, 20, 18, 0))
    answer = traffic(scored, None, typed(0.3, 0.3, 0.2, 0.2, more_examples=1))
    assert answer.covered == pytest.approx(0.8)
    assert answer.accuracy.on_traffic == pytest.approx((0.3 * 0.9 + 0.3 * 0.5 + 0.2 * 0.9) / 0.8)
    low, high = answer.accuracy.interval
    assert answer.bounds == pytest.approx((0.8 * low, 0.8 * high + 0.2))
    assert "80.0 % of the traffic" in answer.sentences[0]
    assert "“rate up” has 20.0 % of the traffic and no example" in answer.sentences[1]
    assert answer.next_examples.tolist() == [0, 0, 0, 1]
    nothing = traffic(scored, None, typed(0, 0, 0, 1)).sentences
    assert nothing[0].endswith("none of its labels has an example in this run.")
    assert not any("accuracy" in sentence for sentence in nothing)


def test_bounds_of_an_estimate_without_an_interval_are_said_to_be_those_of_the_estimate(store):
    answer = traffic(run(store, (9, 9, 9, 0), (9, 5, 5, 0)), None, typed(0.3, 0.3, 0.2, 0.2))
    assert np.isnan(answer.accuracy.interval[0])
    assert "the estimate of accuracy on all of the traffic is between" in answer.sentences[1]


def test_a_mix_is_estimated_from_what_was_predicted(store):
    """A tenfold share of one label in the predictions; the estimate is near the mix that they come from."""
    scored = run(store, (200, 200, 200, 200), (180, 160, 190, 170))
    rates = scored.confusion / scored.confusion.sum(axis=1, keepdims=True)
    shares = np.array([0.05, 0.7, 0.15, 0.1])
    predicted = np.round(10_000 * shares @ rates).astype(int)
    answer = traffic(scored, None, TrafficAsked(predicted_counts=counts_table(LABELS, predicted[:-1].tolist())))
    assert answer.mix.source == "estimated"
    assert answer.mix.shares == pytest.approx(shares, abs=0.02)
    assert (answer.share_intervals[:, 0] <= shares).all()
    assert (shares <= answer.share_intervals[:, 1]).all()
    assert answer.accuracy.on_traffic == pytest.approx(float(shares @ np.diagonal(rates)), abs=0.01)
    known = traffic(scored, None, typed(*answer.mix.shares.round(4), scale_shares=True))
    widths = [np.diff(one.accuracy.interval)[0] for one in (answer, known)]
    assert widths[0] > widths[1]
    assert np.isnan(answer.macro_f1.on_traffic)
    assert any("not estimable on an estimated mix" in sentence for sentence in answer.sentences)


def test_the_better_run_can_be_another_one_on_other_traffic(store):
    a = run(store, (50, 50, 50, 50), (50, 45, 30, 30), "a")
    b = run(store, (50, 50, 50, 50), (40, 40, 45, 45), "b")
    on_sample = compared_traffic(a, None, b, None, TrafficAsked())
    assert [on_sample.on_sample, on_sample.on_traffic] == pytest.approx([15 / 200] * 2)
    both = compared_traffic(a, None, b, None, typed(0.7, 0.1, 0.1, 0.1))
    recalls = np.array([[1, 0.9, 0.6, 0.6], [0.8, 0.8, 0.9, 0.9]])
    assert both.on_traffic == pytest.approx(float(np.array([0.7, 0.1, 0.1, 0.1]) @ (recalls[1] - recalls[0])))
    assert both.tie == pytest.approx(both.on_sample / (both.on_sample - both.on_traffic))
    assert both.a[1] == pytest.approx(0.91)
    assert any("B is ahead on the sample, A on the traffic" in sentence for sentence in both.sentences)
    at_tie = 0.25 + both.tie * (np.array([0.7, 0.1, 0.1, 0.1]) - 0.25)
    assert compared_traffic(a, None, b, None, typed(*at_tie.round(6))).on_traffic == pytest.approx(0, abs=1e-5)
    assert json.loads(json.dumps(both.as_json(), allow_nan=False))["on_traffic"]["a"] == pytest.approx(0.91)


def test_runs_of_other_labels_cannot_be_compared(store, uneven):
    other = run(store, (9, 9), (5, 5), "other", labels=("card, lost", "fee"))
    with pytest.raises(SpecError, match="label sets differ"):
        compared_traffic(uneven, None, other, None, typed(0.25, 0.25, 0.25, 0.25))


def test_nothing_answered_is_an_error_and_all_unparsed_is_none(store, uneven):
    empty = timed(store, ["fee"] * 3, ["fee"] * 3, "empty", labels=LABELS, done=0)
    with pytest.raises(DataError, match="no example has been answered"):
        traffic(empty, None, TrafficAsked())
    unparsed = timed(store, ["fee"] * 50 + ["rate up"] * 50, ["?"] * 100, "mute", labels=LABELS)
    answer = traffic(unparsed, None, typed(0, 0, 0.5, 0.5))
    assert answer.accuracy.on_traffic == 0
    assert 0 == answer.accuracy.interval[0] < answer.accuracy.interval[1]


def test_what_is_taken_away_is_plain_and_complete(uneven):
    answer = traffic(uneven, None, typed(0.1, 0.6, 0.2, 0.1))
    plain = json.loads(json.dumps(answer.as_json(), allow_nan=False))
    assert plain["accuracy"]["on_traffic"] == pytest.approx(answer.accuracy.on_traffic)
    rows = answer.tables()["traffic_labels"]
    assert sorted(row["label"] for row in rows) == sorted(LABELS)
    assert sum(row["traffic_share"] for row in rows) == pytest.approx(1)
    following = answer.tables()["label_next"]
    assert sum(row["label_next"] for row in following) == 100
    assert [row["label_next"] for row in following] == sorted((row["label_next"] for row in following), reverse=True)


def test_what_is_asked_stands_in_a_url():
    asked = TrafficAsked(mix="label,share\na,1\n", mix_from="typed", scale_shares=True, more_examples=7)
    assert asked_of_query(TrafficAsked, query_of_asked(asked)) == asked
    assert asked_of_query(TrafficAsked, {"mix_from": "nowhere", "more_examples": "0"}) == TrafficAsked()
    assert [TrafficAsked(mix="x").source, TrafficAsked(predicted_counts="x").source] == ["typed", "estimated"]
    assert TrafficAsked(mix="x", mix_from="estimated").source == "sample"
    assert TrafficAsked(mix="x", predicted_counts="y", mix_from="estimated").source == "estimated"


def test_no_mix_is_estimated_where_a_label_is_hardly_ever_predicted(store):
    """“fee” is predicted 10 times, or 11, and occurs 50 times. A typed mix is taken all the same."""
    asked = TrafficAsked(predicted_counts=counts_table(LABELS, (50, 30, 10, 10)))
    few = run(store, (60, 40, 50, 41), (54, 35, 5, 41))
    with pytest.raises(DataError) as refused:
        traffic(few, None, asked)
    assert "1 label with 26.2 % of the examples is predicted at most a fifth as often" in refused.value.what
    assert "('fee')" in refused.value.what
    assert "Type the mix instead" in refused.value.do
    assert traffic(few, None, typed(0.1, 0.6, 0.2, 0.1)).accuracy.interval[0] > 0
    more = run(store, (60, 40, 50, 41), (54, 34, 5, 41), name="more")
    assert traffic(more, None, asked).mix.source == "estimated"
    with pytest.raises(DataError, match="'fee'"):
        compared_traffic(few, None, more, None, asked)
    assert compared_traffic(more, None, few, None, asked).mix.source == "estimated"
