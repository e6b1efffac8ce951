"""`evalcore.decide`: what the command line answers, of a script's own values."""

import numpy as np
import pandas as pd
import pytest

import evalcore
from evalcore.deciding import DecisionAsked, decide
from evalcore.errors import DataError, SpecError
from evalcore.store.database import Store
from tests.tools.decisions import LABELS, two_runs

LOST, PIN, TOP, FEE, UP, DOWN = LABELS
COSTS = 'true,predicted,cost\n*,*,2\nrate_up,rate_down,7\n"card, lost",*,3\n'
AS_FRAME = pd.DataFrame(
    {"true": ["*", UP, LOST], "predicted": ["*", DOWN, "*"], "cost": [2, 7, 3]}, columns=["true", "predicted", "cost"]
)
MIX = "label,count\ntop|up,10\nrate_up,20\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("python"))


@pytest.fixture(scope="module")
def pair(place):
    return two_runs(place)


def answer(decision, name):
    return decision[name].as_json()


@pytest.mark.parametrize(
    "costs",
    [AS_FRAME, {("*", "*"): 2, (UP, DOWN): 7, (LOST, "*"): 3}, AS_FRAME.set_index(["true", "predicted"])["cost"]],
    ids=["frame", "mapping", "series"],
)  # fmt: skip
def test_costs_may_be_a_frame_a_mapping_or_a_series(costs, place, pair):
    found = evalcore.decide(pair[0], costs=costs, unit="EUR", only=["costs"])
    expected = decide(place, pair[0], None, DecisionAsked.of_fields({"costs": COSTS, "unit": "EUR"}), only=["costs"])
    assert answer(found, "costs") == answer(expected, "costs")


@pytest.mark.parametrize("mix", [{TOP: 10, UP: 20}, pd.Series({TOP: 1 / 3, UP: 2 / 3}), "file"], ids=repr)
def test_a_mix_may_be_counts_shares_or_a_file(mix, place, pair, tmp_path):
    if isinstance(mix, str):
        mix = tmp_path / "mix.csv"
        mix.write_text(MIX)
    found = evalcore.decide(pair[0], mix=mix, only=["traffic"])
    asked = DecisionAsked.of_fields({"mix": MIX})
    assert found["traffic"].sentences == decide(place, pair[0], None, asked, only=["traffic"])["traffic"].sentences


@pytest.mark.parametrize(
    "merge", [{"rate": [UP, DOWN]}, f"{UP},{DOWN}=rate", [f"{UP},{DOWN}=rate"], {"rate": {DOWN, UP}}], ids=repr
)
def test_a_merge_may_be_a_mapping_or_as_on_the_command_line(merge, pair):
    found = evalcore.decide(pair[0], merge=merge, only=["label_list"])
    assert found.asked.label_list.merge == '[["rate","rate_down","rate_up"]]'


@pytest.mark.parametrize(("given", "percent"), [(0.9, 90.0), (90, 90), (99.9, 99.9)])
def test_a_target_may_be_a_share(given, percent, pair):
    assert evalcore.decide(pair[0], target=given, only=["review"]).asked.review.target == percent


def test_runs_of_arrays_are_decided_on_without_a_file(tmp_path):
    gold = [LABELS[at % 6] for at in range(120)]
    shares = np.random.default_rng(0).dirichlet(np.ones(6), size=120)
    shares[np.arange(120), np.arange(120) % 6] += 1
    run = evalcore.score(gold, probabilities=shares / shares.sum(axis=1, keepdims=True), labels=LABELS)
    decision = evalcore.decide(run)
    assert [one.why_not for one in decision.questions] == [""] * 5
    assert decision["review"].as_json()["n"] == 120


def test_stored_runs_are_found_by_their_ids(place, pair):
    a, b = pair
    found = evalcore.decide(a.record.run_id, beside=b.record, only=["traffic"], cache=place.folder)
    assert answer(found, "traffic") == answer(decide(place, a, b, only=["traffic"]), "traffic")


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"only": ["luck"]}, SpecError, "there is no question 'luck'"),
        ({"luck": 1}, SpecError, "nothing called 'luck' can be asked"),
        ({"target": 0.2}, SpecError, "a number from 50 to 99.9"),
        ({"target": "0.95"}, SpecError, "a number from 50 to 99.9"),
        ({"per_label": 1}, SpecError, "True or False"),
        ({"signal": "luck"}, SpecError, "one of 'confidence'"),
        ({"best": 2.5}, SpecError, "a whole number"),
        ({"unit": None}, SpecError, "a text"),
        ({"costs": {UP: 3}}, SpecError, "given by true and predicted, not by"),
        ({"costs": 3}, SpecError, "cannot be a int"),
        ({"costs": {("*", "*"): -1}}, DataError, "-1"),
        ({"costs": "missing.csv"}, DataError, "missing.csv"),
        ({"mix": {"nobody": 3}}, DataError, "nobody"),
        ({"merge": {"all": list(LABELS)}}, SpecError, "one label would be left"),
        ({"merge": {"rate": UP}}, SpecError, "is given one text"),
        ({"merge": {"rate": ["nobody"]}}, SpecError, "nobody"),
    ],
)
def test_what_cannot_be_asked_is_said(given, error, says, pair):
    with pytest.raises(error) as raised:
        evalcore.decide(pair[0], **given)
    assert says in str(raised.value)


def test_what_a_question_does_not_rest_on_is_neither_read_nor_kept(place, pair):
    asked = DecisionAsked.of_fields({"mix": "nothing", "costs": COSTS, "target": 80.0})
    kept = decide(place, pair[0], None, asked, only=["review", "frontier"]).asked
    assert kept == DecisionAsked.of_fields({"costs": COSTS, "target": 80.0})  # which run to take may rest on costs


def test_an_answer_that_is_not_there_says_why(pair):
    plain = evalcore.score(list("abab") * 20, list("abba") * 20)
    with pytest.raises(SpecError, match="was not asked"):
        evalcore.decide(plain, only=["costs"])["review"]
    stranger = evalcore.score(["x", "y"], ["x", "x"])
    with pytest.raises(SpecError, match="cannot be compared"):
        evalcore.decide(plain, beside=stranger)


def test_a_decision_shows_itself(pair):
    decision = evalcore.decide(*pair[:1], beside=pair[1], only=["costs", "traffic"])
    assert repr(decision) == (
        f"<Decision on runs {pair[0].record.run_id} (A) and {pair[1].record.run_id} (B): 2 answers to 2 questions>"
    )
    shown = decision._repr_html_()
    for one in decision.questions:
        assert one.question in shown
    named = evalcore.decide(pair[0], only=["label_list"])._repr_html_()
    assert "<b>fee</b>" not in named
