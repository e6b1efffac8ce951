"""What the answers of a run cost, against loops over its examples."""

import json
import math

import numpy as np
import pytest

from evalcore.analysis import label_probabilities
from evalcore.deciding import (
    CostsAsked,
    answer_name,
    compared_costs,
    cost_table,
    costs,
    dearest_pairs,
    example_actions,
    example_costs,
)
from evalcore.deciding.cheaper_ways import MOST_TO_ANSWER
from evalcore.deciding.costs_words import amount
from evalcore.errors import SpecError
from evalcore.metrics import fit_temperature, stratified_halves
from evalcore.metrics.decisions.cheapest import PERSON
from tests.tools.probabilities import with_probabilities
from tests.tools.runs import scored

LABELS = ["card lost", "card, stolen", 'the "pin"', "x=y", "refund"]
ACTIONS = 'label,action\ncard lost,block\n"card, stolen",block\n"the ""pin""",letter\n'
COSTS = "true,predicted,cost\n*,*,2\n*,(unparsed),3\ncard lost,*,40\nx=y,refund,9\n"
ASKED = CostsAsked(actions=ACTIONS, costs=COSTS, unit="EUR")


def drawn(seed, n=300, right=0.7):
    rng = np.random.default_rng(seed)
    gold = [LABELS[code] for code in rng.integers(0, 5, n)]
    answers = [
        label if rng.random() < right else "no idea" if rng.random() < 0.1 else LABELS[rng.integers(0, 5)]
        for label in gold
    ]
    return gold, answers


def price(true, predicted):
    """What the tables say, in plain words."""
    if true == predicted or {true, predicted} == {"card lost", "card, stolen"}:
        return 0
    if true == "card lost":
        return 40
    if predicted not in LABELS:
        return 3
    return 9 if (true, predicted) == ("x=y", "refund") else 2


@pytest.mark.parametrize("seed", range(5))
def test_the_cost_of_a_run_is_the_sum_over_its_examples(store, seed):
    gold, answers = drawn(seed)
    found = costs(scored(store, gold, answers, labels=LABELS), None, ASKED)
    each = [price(true, answer) for true, answer in zip(gold, answers, strict=True)]
    assert found.cost.value == pytest.approx(sum(each) / len(each))
    assert sum(one.total for one in found.confusions) == pytest.approx(sum(each))
    assert sum(one.total for one in found.actions) == pytest.approx(sum(each))
    action = {"card lost": "block", "card, stolen": "block", 'the "pin"': "letter"}
    right = [action.get(true, true) == action.get(answer, answer) for true, answer in zip(gold, answers, strict=True)]
    assert found.right_action[0] == pytest.approx(sum(right) / len(right))
    for one in found.actions:
        needs = [ok for true, ok in zip(gold, right, strict=True) if action.get(true, true) == one.name]
        assert (one.examples, one.right) == (len(needs), sum(needs))


@pytest.mark.parametrize("seed", range(3))
def test_both_directions_of_a_confusion_are_counted_and_never_netted(store, seed):
    gold, answers = drawn(seed)
    found = costs(scored(store, gold, answers, labels=LABELS), None, ASKED).confusions
    pairs = list(zip(gold, answers, strict=True))
    assert found == sorted(found, key=lambda one: -one.total)
    for one in found:
        true, predicted = LABELS[one.true], answer_name(tuple(LABELS), one.predicted)
        assert one.count == sum(t == true and (p if p in LABELS else "(unparsed)") == predicted for t, p in pairs)
        assert one.total == pytest.approx(one.count * price(true, predicted))
        back = sum((t, p) == (predicted, true) for t, p in pairs)
        assert (one.reverse_count, one.reverse_total) == (back, pytest.approx(back * price(predicted, true)))
    named = {frozenset((one.true, one.predicted)) for one in found}
    assert len(dearest_pairs(found, 100)) == len(named)
    assert sum(one.share for one in found) == pytest.approx(1)


def test_the_sentences_say_what_carries_the_cost(store):
    gold = ["card lost"] * 30 + ["refund"] * 70
    answers = ["x=y"] * 3 + ["card lost"] * 27 + ["x=y"] * 2 + ["refund"] * 67 + ["no idea"]
    said = costs(scored(store, gold, answers, labels=LABELS), None, ASKED).sentences
    assert said[0].startswith("Mistakes cost EUR 1,270.00 per 1,000 texts (interval not estimable at this n: too few")
    assert "1 of 3 kinds of mistakes carries 94.5 % of the cost." in said
    assert (
        "The dearest in sum: “card lost” predicted as “x=y”, 3 times at EUR 40.00: EUR 120.00; reverse: never." in said
    )
    assert "2 of 5 labels are not in the table of actions, such as “x=y”. Each is an action of its own." in said
    assert any(sentence.startswith("94.0 % of the texts get the right action") for sentence in said)


def test_what_no_row_is_about_is_said(store):
    run = scored(store, ["refund"] * 5, ["x=y", "x=y", "no idea", "refund", "refund"], labels=LABELS)
    asked = CostsAsked(costs="true,predicted,cost\nrefund,(unparsed),7\n")
    said = costs(run, None, asked).sentences
    assert "No row of the table of costs is about 2 mistakes of this run: each counts as 1." in said


@pytest.mark.parametrize(
    ("answers", "first"),
    [
        (LABELS, "No answer of this run costs anything."),
        (["no idea"] * 5, "If every wrong answer costs 1: 1,000 per 1,000 texts (interval not estimable"),
    ],
)
def test_all_right_and_all_unparsed(store, answers, first):
    found = costs(scored(store, LABELS, answers, labels=LABELS), None, CostsAsked())
    assert found.sentences[0].startswith(first)
    assert not math.isnan(found.cost.value)
    assert json.dumps(found.as_json(), allow_nan=False)


def probable(store, seed=0, n=400, name="rows.csv", flat=1.0):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(5, 0.3), n)
    true = (shares.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(max=4)
    said = shares**flat / (shares**flat).sum(axis=1, keepdims=True)
    run = with_probabilities(store, LABELS, [LABELS[code] for code in true], said, name=name)
    return run, label_probabilities(run), shares, true


def test_the_threshold_is_chosen_on_one_half_and_shown_on_the_other(store):
    run, probabilities, _, true = probable(store)
    asked = CostsAsked(costs=COSTS, review_cost=1.5)
    found = costs(run, probabilities, asked).review
    chosen_on = np.setdiff1d(np.arange(400), found.rows)
    assert len(chosen_on) == found.chosen_on == 200
    matrix = cost_table(LABELS, asked).matrix
    own = [matrix[t, p] for t, p in zip(true, run.y_pred, strict=True)]
    sure = probabilities.confidence

    def spent(rows, threshold):
        return sum(1.5 if sure[row] < threshold else own[row] for row in rows)

    thresholds = [-np.inf, np.inf, *sure[chosen_on]]
    assert spent(chosen_on, found.threshold) == pytest.approx(min(spent(chosen_on, each) for each in thresholds))
    assert found.cost.value == pytest.approx(spent(found.rows, found.threshold) / 200)
    assert found.everything.value == pytest.approx(sum(own[row] for row in found.rows) / 200)
    assert found.saved.value == pytest.approx(found.cost.value - found.everything.value)
    assert found.saved_to_person.value == pytest.approx(found.cost.value - 1.5)
    assert found.saved.interval[1] < 0
    assert found.curve[0].tolist() == [0, pytest.approx(found.everything.value)]
    assert found.curve[-1].tolist() == [1, 1.5]


def test_a_review_that_costs_more_than_any_mistake_does_not_pay(store):
    run, probabilities, *_ = probable(store)
    found = costs(run, probabilities, CostsAsked(review_cost=50))
    assert found.review.threshold == -math.inf
    assert found.review.share_reviewed == 0
    assert "At 50 a review, it does not pay to have a person answer: no threshold is cheaper than the model alone." in (
        found.sentences
    )


def test_the_answers_of_least_expected_cost_are_those_of_brute_force(store):
    run, probabilities, shares, true = probable(store)
    asked = CostsAsked(costs=COSTS)
    matrix = cost_table(LABELS, asked).matrix
    found = costs(run, probabilities, asked).least
    assert (found.rows == np.arange(400)).all()
    halves = stratified_halves(true)
    of_the_other = [fit_temperature(np.log(shares[half]), true[half]) for half in halves[::-1]]
    assert found.temperatures == pytest.approx(of_the_other, rel=1e-4)
    assert of_the_other[0] != pytest.approx(of_the_other[1], rel=1e-3)
    best, second = [], set(halves[1].tolist())
    for at in range(400):
        temperature = found.temperatures[at in second]
        scaled = shares[at] ** (1 / temperature)
        scaled /= scaled.sum()
        expected = [sum(scaled[t] * matrix[t, j] for t in range(5)) for j in range(5)]
        best.append(int(np.argmin(expected)))
    assert found.answers.tolist() == best
    after = [matrix[t, j] for t, j in zip(true, best, strict=True)]
    before = [matrix[t, j] for t, j in zip(true, run.y_pred, strict=True)]
    assert found.saved.value == pytest.approx(np.mean(after) - np.mean(before))
    assert found.saved.interval[1] < 0
    assert sum(one.count for one in found.changes) == sum(a != b for a, b in zip(best, run.y_pred, strict=True))
    gained = [b - a for a, b in zip(after, before, strict=True)]
    assert sum(one.saved for one in found.changes) == pytest.approx(sum(max(each, 0) for each in gained))
    assert sum(one.added for one in found.changes) == pytest.approx(sum(max(-each, 0) for each in gained))


def test_a_model_that_is_too_sure_is_scaled_and_said_to_be(store):
    run, probabilities, *_ = probable(store, n=1500, flat=3.0)
    found = costs(run, probabilities, CostsAsked(costs=COSTS, unit="EUR"))
    assert all(2 < temperature < 4 for temperature in found.least.temperatures)
    assert found.least.saved.value < found.least.unscaled.value < 0
    assert any(sentence.startswith("The model is surer than it is right, by ") for sentence in found.sentences)
    assert any("scaled by the temperature that fits the other half" in sentence for sentence in found.sentences)


def test_a_person_is_the_cheapest_answer_where_no_label_is_sure(store):
    run, probabilities, shares, _ = probable(store)
    found = costs(run, probabilities, CostsAsked(review_cost=0.4)).least
    by_a_person = found.answers == PERSON
    assert by_a_person.any()
    # Errors cost 1, so a person pays where the best label is less probable than 60 %.
    assert shares.max(axis=1)[by_a_person].max() == pytest.approx(0.6, abs=0.03)
    assert shares.max(axis=1)[~by_a_person].min() == pytest.approx(0.6, abs=0.03)
    assert (found.costs[by_a_person] == 0.4).all()


def test_at_equal_costs_the_models_own_answers_stay(store):
    run, probabilities, *_ = probable(store)
    found = costs(run, probabilities, CostsAsked())
    assert not found.least.changed.any()
    assert any("at these costs nothing changes" in sentence for sentence in found.sentences)


def test_of_a_large_run_some_answers_are_drawn(store, monkeypatch):
    run, probabilities, *_ = probable(store)
    monkeypatch.setattr("evalcore.deciding.cheaper_ways.MOST_TO_ANSWER", 100)
    found = costs(run, probabilities, CostsAsked(costs=COSTS)).least
    assert len(found.rows) == 100 < MOST_TO_ANSWER
    assert (np.diff(found.rows) > 0).all()


def test_without_probabilities_it_is_said_which_run_to_make(store):
    found = costs(scored(store, LABELS, LABELS[::-1], labels=LABELS), None, CostsAsked(review_cost=1))
    assert found.review is None
    assert found.least is None
    assert "The imported file held no probabilities." in found.why_no_review
    assert sum("The imported file held no probabilities." in sentence for sentence in found.sentences) == 1


def test_few_examples_choose_no_threshold(store):
    run, probabilities, *_ = probable(store, n=100)
    found = costs(run, probabilities, CostsAsked(review_cost=1))
    assert found.review is None
    assert "it takes 120 examples" in found.why_no_review


def test_plain_data_has_no_nan_and_tables_have_the_same_keys_in_each_row(store):
    run, probabilities, *_ = probable(store)
    found = costs(run, probabilities, CostsAsked(actions=ACTIONS, costs=COSTS, review_cost=1, unit="EUR"))
    data = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert data["cost"]["per_1000"] == pytest.approx(1000 * found.cost.value)
    assert set(found.tables()) == {"costly_confusions", "costs_of_actions", "cheaper_answers"}
    for rows in found.tables().values():
        assert len({tuple(row) for row in rows}) == 1


def test_examples_of_tables_can_be_used(store):
    gold, answers = drawn(0)
    run = scored(store, gold, answers, labels=LABELS)
    asked = CostsAsked(example_actions(run.labels), example_costs(run))
    assert cost_table(run.labels, asked).named.all()
    assert cost_table(run.labels, asked).action_names[0] == "card lost team"
    assert costs(run, None, asked).cost.value > 0
    words = example_actions(["card_lost", "card_stolen", "refund"])
    assert words == "label,action\ncard_lost,card team\ncard_stolen,card team\nrefund,refund team\n"


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [(12, "", "12"), (12.5, "", "12.5"), (0.125, "", "0.125"), (-3, "EUR", "−EUR 3.00"), (math.nan, "EUR", "n/a")],
)
def test_amounts(value, unit, said):
    assert amount(value, unit) == said


def test_two_runs_that_tie_on_accuracy_and_not_on_cost(store):
    rng = np.random.default_rng(0)
    gold = [LABELS[code] for code in rng.integers(0, 5, 1000)]
    mild = [label if rng.random() < 0.8 else "refund" if label == "x=y" else label for label in gold]
    a = [("x=y" if t == "refund" and rng.random() < 0.5 else t) for t in gold]
    b = [("x=y" if t == "card lost" and rng.random() < 0.5 else t) for t in gold]
    of_a, of_b = (scored(store, gold, answers, labels=LABELS, name=f"{n}.csv") for n, answers in (("a", a), ("b", b)))
    found = compared_costs(of_a, None, of_b, None, CostsAsked(costs=COSTS))
    low, high = found.accuracy_difference[1]
    assert low <= 0 <= high
    assert found.finding == (
        f"The two cannot be told apart by accuracy, but B's mistakes cost {found.ratio.value:.0f} times as much as A's."
    )
    assert found.sentences[0] == found.finding
    mirrored = compared_costs(of_b, None, of_a, None, CostsAsked(costs=COSTS))
    assert "A's mistakes cost" in mirrored.finding
    assert mirrored.ratio.value == pytest.approx(1 / found.ratio.value)
    same = compared_costs(of_a, None, scored(store, gold, mild, labels=LABELS, name="m.csv"), None, CostsAsked())
    assert same.finding == ""


@pytest.mark.parametrize("seed", range(3))
def test_two_runs_are_compared_example_by_example(store, seed):
    (gold, a), (_, other) = drawn(seed), drawn(seed + 50, right=0.85)
    b = [x if x == y else t for t, x, y in zip(gold, a, other, strict=True)]
    runs = [scored(store, gold, answers, labels=LABELS, name=f"{n}.csv") for n, answers in enumerate((a, b))]
    found = compared_costs(runs[0], None, runs[1], None, ASKED)
    of_a, of_b = ([price(t, p) for t, p in zip(gold, answers, strict=True)] for answers in (a, b))
    assert found.difference.value == pytest.approx((sum(of_b) - sum(of_a)) / len(gold))
    assert found.ratio.value == pytest.approx(sum(of_b) / sum(of_a))
    assert sum(one.difference for one in found.changes) == pytest.approx(sum(of_b) - sum(of_a))
    for one in found.changes:
        true, predicted = LABELS[one.true], answer_name(tuple(LABELS), one.predicted)
        counts = [
            sum(
                t == true and (p if p in LABELS else "(unparsed)") == predicted for t, p in zip(gold, each, strict=True)
            )
            for each in (a, b)
        ]
        assert [one.count_a, one.count_b] == counts
    assert json.dumps(found.as_json(), allow_nan=False)
    assert found.tables()["changed_costs"]


def test_runs_of_other_labels_are_not_compared(store):
    one = scored(store, LABELS, LABELS, labels=LABELS)
    other = scored(store, LABELS[:3], LABELS[:3], labels=LABELS[:3], name="other.csv")
    with pytest.raises(SpecError, match="label sets differ"):
        compared_costs(one, None, other, None, CostsAsked())
