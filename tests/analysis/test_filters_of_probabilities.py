"""Filters and orders by what the probabilities say, against a plain loop, and their way through a URL and back."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalcore.analysis import (
    BANDS,
    CONFIDENT,
    EXAMPLE_ORDERS,
    OF_PROBABILITIES,
    Between,
    Filter,
    between_words,
    known_fields,
    label_probabilities,
    ordered,
    score_run,
    select,
)
from evalcore.wording import ordinal
from tests.tools.probabilities import with_probabilities
from tests.tools.runs import stored

LABELS = ("alpha", "b, c", "d", "<b>e</b>")
N = 300


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """300 answers: sure and unsure ones, ties, unparsed ones, some of which a part or nothing is known."""
    from evalcore.store.database import Store

    store = Store(tmp_path_factory.mktemp("filters") / "cache")
    rng = np.random.default_rng(4)
    logits = rng.normal(size=(N, 4)) * rng.choice([0.3, 2, 8], size=(N, 1))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    shares[:6], shares[6:9] = 0.25, (0.5, 0.5, 0, 0)
    shares[9:12] = (0, 1, 0, 0)  # a confidence and a margin of 1
    gold = [LABELS[code] for code in rng.integers(0, 4, size=N)]
    answers = [LABELS[code] for code in shares.argmax(axis=1)]
    for row in range(20, 40):
        answers[row] = LABELS[int(rng.integers(4))]  # not the most probable one
    answers[40:50] = ["who knows"] * 10
    shares[50:60] = np.nan
    shares[60:70, 1:] = np.nan
    return with_probabilities(store, list(LABELS), gold, shares, answers)


@pytest.fixture(scope="module")
def probabilities(scored):
    found = label_probabilities(scored)
    assert found is not None
    return found


def lies_in(value, between, largest):
    if math.isnan(value):
        return False
    if between.low == between.high:
        return value == between.low
    return between.low <= value and (value < between.high or between.high >= largest)


def passes(p, row, asked):
    scored = p.scored
    largest = {"confidence": 1, "margin": 1, "entropy": math.inf}
    for name, top in largest.items():
        between = getattr(asked, name)
        if between and not lies_in(float(getattr(p, name)[row]), between, top):
            return False
    rank = int(p.true_rank[row])
    if asked.true_rank and not (rank and asked.true_rank.low <= rank <= asked.true_rank.high):
        return False
    if asked.runner_up and (p.runner_up[row] < 0 or scored.labels[p.runner_up[row]] != asked.runner_up):
        return False
    wrong = scored.y_pred[row] >= 0 and scored.y_pred[row] != scored.y_true[row]
    if asked.group == "confident_mistakes" and not (wrong and p.confidence[row] >= CONFIDENT):
        return False
    if asked.group == "near_misses" and not (wrong and rank == 2):
        return False
    return not asked.outcomes or {0: "right", 1: "wrong", 2: "unparsed"}[int(scored.outcomes[row])] in asked.outcomes


ASKED = [
    Filter(confidence=Between(0.9, 1)),
    Filter(confidence=Between(0.25)),
    Filter(confidence=Between(0.25, 0.25)),
    Filter(confidence=Between(0.5, 0.75), outcomes=("wrong",)),
    Filter(margin=Between(-1, 0)),
    Filter(margin=Between(0, 0.1), runner_up="b, c"),
    Filter(entropy=Between(1, 2)),
    Filter(entropy=Between(0, 0.5), true_rank=Between(2, 4)),
    Filter(true_rank=Between(2, 2)),
    Filter(true_rank=Between(3), outcomes=("unparsed",)),
    Filter(runner_up="<b>e</b>", outcomes=("right",)),
    Filter(group="confident_mistakes"),
    Filter(group="near_misses", confidence=Between(0.5)),
    Filter(true_rank=Between(0, 2)),
]


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_just_what_passes_is_chosen_in_order(scored, probabilities, asked):
    rows = select(scored, asked, probabilities=probabilities).rows.tolist()
    assert rows == [row for row in range(N) if passes(probabilities, row, asked)]
    assert rows, "a filter that nothing passes tests little"


@pytest.mark.parametrize("asked", [Filter(), *ASKED[3:9]], ids=str)
def test_a_count_says_how_many_its_choice_would_leave(scored, probabilities, asked):
    counts = select(scored, asked, probabilities=probabilities).counts
    for name in OF_PROBABILITIES:
        for at, choice in enumerate(BANDS.get(name, scored.labels)):
            expected = sum(passes(probabilities, row, replace(asked, **{name: choice})) for row in range(N))
            assert counts[name][at] == expected, (name, choice)


def test_each_known_value_lies_in_one_band_however_extreme_it_is(probabilities):
    for name, bands in BANDS.items():
        values = getattr(probabilities, name)
        largest = {"confidence": 1.0, "margin": 1.0}.get(name, math.inf)
        inside = sum(band.mask(values, largest=largest, whole=name == "true_rank").astype(int) for band in bands)
        known = values > 0 if name == "true_rank" else ~np.isnan(values)
        np.testing.assert_array_equal(inside, known)
    assert probabilities.confidence[:6].max() == 0.25
    assert probabilities.entropy[:6].min() == 2.0


def test_every_bin_between_the_edges_that_occur_opens_just_its_answers(scored, probabilities):
    """As the reliability diagram links its bins: by confidences with all their digits, through a URL."""
    edges = np.quantile(probabilities.confidence[probabilities.known], [0, 0.2, 0.5, 0.9, 1]).tolist()
    edges[-1] = 1.0
    found = []
    for low, high in pairwise(edges):
        asked = Filter.from_query(Filter(confidence=Between(low, high)).to_query(), LABELS)
        found += select(scored, asked, probabilities=probabilities).rows.tolist()
    assert sorted(found) == np.flatnonzero(probabilities.known).tolist()


@pytest.mark.parametrize("order", EXAMPLE_ORDERS)
def test_an_order_is_that_of_a_stable_sort_with_the_unknown_last(probabilities, order):
    name, largest_first = EXAMPLE_ORDERS[order]
    values = getattr(probabilities, name).astype(float)
    rows = np.arange(N)[::3]
    key = {row: (math.isnan(values[row]), -values[row] if largest_first else values[row]) for row in rows.tolist()}
    expected = sorted(rows.tolist(), key=lambda row: key[row] if not key[row][0] else (True, 0.0))
    assert ordered(rows, probabilities, order).tolist() == expected


def test_what_a_run_does_not_have_is_left_out(store, scored):
    asked = Filter(outcomes=("wrong",), confidence=Between(0.9, 1), margin=Between(0, 0.1), group="near_misses")
    plain = score_run(store, stored(store, ["a", "b"], ["a", "a"]).run_id)
    assert asked.needs_probabilities
    assert asked.without_unknown(None) == Filter(outcomes=("wrong",))
    assert select(plain, asked).rows.tolist() == [1]
    assert not set(OF_PROBABILITIES) & set(select(plain, asked).counts)
    gold, shares = ["a", "b"], [[0.9, np.nan], [0.6, np.nan]]
    only_confidence = label_probabilities(with_probabilities(store, ["a", "b"], gold, shares, name="c.csv"))
    assert known_fields(only_confidence) == ["confidence"]
    assert asked.without_unknown(only_confidence) == Filter(outcomes=("wrong",), confidence=Between(0.9, 1))
    assert Filter(group="confident_mistakes").without_unknown(only_confidence).group == "confident_mistakes"


numbers = st.floats(-1, 1e6, allow_nan=False) | st.integers(0, 1000).map(float)


@given(numbers, numbers | st.just(math.inf), st.sampled_from(["confidence", "margin", "entropy", "true_rank"]))
def test_a_range_survives_the_url_to_the_last_digit(low, high, name):
    between = Between(min(low, high), max(low, high))
    query = Filter(**{name: between}, runner_up="b, c").to_query()
    assert Filter.from_query(query, LABELS) == Filter(**{name: between}, runner_up="b, c")


@given(st.text(max_size=80) | st.from_regex(r"-?[0-9.e+-]{0,70}", fullmatch=True))
def test_any_text_is_a_range_or_none(text):
    between = Between.of_text(text)
    assert between is None or (math.isfinite(between.low) and between.low <= between.high)
    assert Filter.from_query({"confidence": text, "group": text, "runner_up": "x"}, LABELS).runner_up == ""


@pytest.mark.parametrize("text", ["", "x", "1-0", "nan", "inf-", "-", "1e999-", "0.5-0.6-0.7", "１-2", "9" * 61])
def test_what_is_no_range_is_left_out(text):
    assert Between.of_text(text) is None


def test_ranges_in_words():
    said = {
        ("confidence", "0.75-0.9"): "75 % to 90 %",
        ("confidence", "0.99-"): "99 % or more",
        ("confidence", "0.123456-0.2"): "12.35 % to 20 %",
        ("confidence", "0.99998-1"): "99.998 % to 100 %",
        ("margin", "-1-0"): "−100 to 0 points",
        ("entropy", "1-2"): "1 to 2 bits",
        ("entropy", "4-"): "4 bits or more",
        ("true_rank", "2"): "2nd",
        ("true_rank", "4-5"): "4th to 5th",
        ("true_rank", "11-"): "11th or lower",
    }
    for (name, text), words in said.items():
        between = Between.of_text(text)
        assert between is not None
        assert between_words(name, between) == words
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 112, 1003)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th", "1,003rd",
    ]  # fmt: skip
