"""All runs on the same examples: which are compared, what they take, which to take, and what is said of it."""

import json
import math
from datetime import date

import numpy as np
import pytest

from evalcore.analysis import score_run
from evalcore.deciding import CostsAsked, FrontierAsked, answering_runs, frontier
from evalcore.errors import DataError
from evalcore.metrics import mcnemar_p, smallest_difference, wilson_interval
from evalcore.metrics.decisions.cost import mean_cost
from evalcore.store import RunCatalog, ServerRow, Usage, write_servers
from tests.tools.runs import scored, stored
from tests.tools.timed_runs import timed, timed_run

LABELS = ("a", "b", "c")
SECONDS, TOKENS, PRICE = (FrontierAsked(effort=effort) for effort in ("seconds", "tokens", "price"))
NO_COSTS = CostsAsked()
URL = "http://localhost:1/v1"


def gold_of(n):
    return [LABELS[at % 3] for at in range(n)]


def answers_of(gold, accuracy, seed=0):
    rng = np.random.default_rng(seed)
    return [label if rng.random() < accuracy else LABELS[(LABELS.index(label) + 1) % 3] for label in gold]


def efforts_of(answer):
    return {run.record.identity["model"]: run.effort for run in answer.runs}


def titles(runs):
    return [run.title for run in runs]


@pytest.fixture
def four(store):
    """`fast` and `good` cannot be told apart, `bad` is worse and slow, `majority` is fastest."""
    gold = gold_of(300)
    timed_run(store, gold, answers_of(gold, 0.5, 3), "bad", labels=LABELS, seconds=30)
    timed_run(store, gold, ["a"] * 300, "majority", predictor="majority", labels=LABELS, seconds=0.03)
    timed_run(store, gold, answers_of(gold, 0.88, 2), "fast", labels=LABELS, seconds=0.6)
    return timed(store, gold, answers_of(gold, 0.9, 1), "good", labels=LABELS, seconds=15)


def test_the_cheapest_run_that_cannot_be_told_apart_from_the_best_is_named_first(store, four):
    answer = frontier(store, four, SECONDS, NO_COSTS)
    assert (answer.best.title, answer.cheapest.title) == ("good", "fast")
    assert titles(answer.band) == ["good", "fast"]
    fast = answer.cheapest
    gold = np.array(gold_of(300))
    right = {
        name: np.array(answers_of(gold, *how)) == gold for name, how in {"good": (0.9, 1), "fast": (0.88, 2)}.items()
    }
    assert fast.score == right["fast"].mean()
    assert fast.interval == pytest.approx(wilson_interval(right["fast"].sum(), 300))
    assert fast.gained == (right["fast"] & ~right["good"]).sum()
    assert fast.lost == (right["good"] & ~right["fast"]).sum()
    # Of six pairs, three of the other four are much clearer, and so is that of the two worst.
    assert fast.p == pytest.approx(min(1, mcnemar_p(fast.gained, fast.lost)))
    rate = (right["fast"] != right["good"]).mean()
    assert answer.smallest == pytest.approx(smallest_difference(300, rate, level=0.05 / 6))
    low, high = fast.difference_interval
    assert low < fast.difference < 0 < high
    said = answer.sentences
    assert said[0].startswith(
        "“fast” takes 2.00 s per 1,000 texts and cannot be told apart from the best, “good”, which takes 50.0 s: "
    )
    assert said[0].endswith("of 6 pairs.")
    assert f"better by up to {-100 * low:.1f} points" in said[1]
    assert f"below {100 * answer.smallest:.1f} points would most likely not be seen" in said[1]
    assert "likely a little too high" in " ".join(said)


def test_efficient_runs_are_told_from_those_that_another_one_beats(store, four):
    answer = frontier(store, four, SECONDS, NO_COSTS)
    assert {run.title: run.efficient for run in answer.runs} == {
        "good": True,
        "fast": True,
        "bad": False,
        "majority": True,
    }
    bad = next(run for run in answer.runs if run.title == "bad")
    assert bad.beaten_by == answer.best.record.run_id
    assert answer.best.beaten_by == ""


def test_one_run_alone_is_said_with_what_to_do(store):
    gold = gold_of(30)
    answer = frontier(store, timed(store, gold, gold, labels=LABELS), SECONDS, NO_COSTS)
    assert (answer.pairs, answer.cheapest, math.isnan(answer.smallest)) == (0, answer.best, True)
    assert answer.sentences[0] == (
        "“demo” is the only run on these 30 examples: 100.0 % right, 66.7 s per 1,000 texts."
    )
    assert "Run another model" in answer.sentences[1]


def test_of_equal_scores_the_run_that_takes_less_is_the_best(store):
    gold = gold_of(60)
    timed_run(store, gold, gold, "quick", labels=LABELS, seconds=1)
    slow = timed(store, gold, gold, "slow", labels=LABELS, seconds=9)
    answer = frontier(store, slow, SECONDS, NO_COSTS)
    assert titles(answer.runs) == ["quick", "slow"]
    assert "and none of the 2 that cannot be told apart takes less: 16.7 s" in answer.sentences[0]
    assert [run.efficient for run in answer.runs] == [True, False]


def test_costs_of_mistakes_decide_where_they_are_asked_for(store):
    gold = gold_of(300)
    cheap = [LABELS[(LABELS.index(label) + 1) % 3] if at % 5 == 0 else label for at, label in enumerate(gold)]
    dear = ["c" if label == "a" and at % 6 == 0 else label for at, label in enumerate(gold)]
    timed_run(store, gold, cheap, "cheap mistakes", labels=LABELS, seconds=3)
    shown = timed(store, gold, dear, "dear mistakes", labels=LABELS, seconds=3)
    asked = FrontierAsked("cost of mistakes")
    costs = CostsAsked(costs="true,predicted,cost\na,c,20\n", unit="EUR")
    assert frontier(store, shown, SECONDS, costs).best.title == "dear mistakes"  # by accuracy
    answer = frontier(store, shown, asked, costs)
    assert answer.best.title == "cheap mistakes"
    wrong = np.array(gold) != np.array(cheap)
    assert answer.best.score == pytest.approx(1000 * wrong.mean())
    each = np.where(wrong, 1000.0, 0.0)
    expected = mean_cost(each, np.array([LABELS.index(label) for label in gold]), "random", 20_000.0)
    assert answer.best.interval == pytest.approx(expected.interval, nan_ok=True)
    other = answer.runs[1]
    assert other.score == pytest.approx(1000 * 20 * 50 / 300)
    assert not other.together
    assert answer.sentences[0].startswith(
        "“cheap mistakes” has the lowest cost of mistakes of 2 runs (mistakes cost EUR 200.00"
    )
    assert math.isnan(answer.smallest)


def test_a_table_of_costs_that_cannot_be_read_is_refused(store, four):
    costs = CostsAsked(costs="true,predicted,cost\na,nowhere,2\n")
    with pytest.raises(DataError, match="line 2: there is no label or action 'nowhere'"):
        frontier(store, four, FrontierAsked("cost of mistakes"), costs)


def test_a_larger_sample_is_compared_on_the_shared_examples_by_text_and_label(store):
    gold, texts = gold_of(90), [f"text {at}" for at in range(90)]
    answers = answers_of(gold, 0.7)
    turned = list(reversed(range(90)))
    timed_run(
        store, [gold[at] for at in turned], [answers[at] for at in turned], "larger",
        texts=[texts[at] for at in turned], labels=LABELS[::-1],
    )  # fmt: skip
    shown = timed(store, gold[:40], gold[:40], "small", texts=texts[:40], labels=LABELS)
    found = answering_runs(store, shown)
    assert [len(run.predicted) for run in found.runs] == [40, 40]
    assert [LABELS[code] for code in found.runs[1].predicted] == answers[:40]


def test_copies_of_an_example_are_paired_one_to_one(store):
    """Red if the second copy is taken for the first: imported answers to equal texts can differ."""
    texts, gold = ["same", "same", "other", "same"], ["a", "a", "b", "b"]
    answers = ["a", "b", "b", "a"]
    larger = {"texts": [*texts, "more"], "labels": LABELS, "name": "larger.csv"}
    stored(store, [*gold, "b"], [*answers, "b"], **larger)
    shown = scored(store, gold, gold, texts=texts, labels=LABELS, name="small.csv")
    found = answering_runs(store, shown)
    assert [LABELS[code] for code in found.runs[1].predicted] == answers
    fewer = scored(store, gold[1:], gold[1:], texts=texts[1:], labels=LABELS, name="fewer.csv")  # one copy less
    assert [one.why for one in answering_runs(store, shown).left_out] == ["it has no answer to 1 of these examples"]
    assert len(answering_runs(store, fewer).runs) == 3


def test_runs_that_cannot_be_compared_are_listed_with_the_reason(store):
    gold = gold_of(20)
    shown = timed(store, gold, gold, "shown", labels=LABELS)
    timed_run(store, gold, gold, "begun", labels=LABELS, done=5)
    timed_run(store, gold, gold, "elsewhere", texts=[f"other {at}" for at in range(20)], labels=LABELS)
    half = [f"text {at}" for at in range(10)] + [f"new {at}" for at in range(10)]
    timed_run(store, gold, gold, "half", texts=half, labels=LABELS)
    timed_run(store, ["a", "b"] * 10, ["a", "b"] * 10, "two labels", labels=("a", "b"))
    answer = frontier(store, shown, SECONDS, NO_COSTS)
    assert titles(answer.runs) == ["shown"]
    assert {one.record.spec.model: one.why for one in answer.left_out} == {
        "begun": "it is not finished",
        "elsewhere": "it is on other examples",
        "half": "it is on other examples: 10 of these 20 are among them",
    }
    assert "1 run with the same labels is not compared: it is not finished." in answer.sentences
    assert {row["why"] for row in answer.tables()["frontier_not_compared"]} == {one.why for one in answer.left_out}


def test_blank_texts_are_never_taken_for_the_same(store):
    gold = gold_of(6)
    timed_run(store, [*gold, "a"], [*gold, "a"], "larger", texts=[" "] * 7, labels=LABELS)
    shown = timed(store, gold, gold, "small", texts=[" "] * 6, labels=LABELS)
    assert len(answering_runs(store, shown).runs) == 1


def test_all_runs_are_scored_as_the_shown_one_is(store):
    gold = gold_of(30)
    wordy = [f"The answer is {label}" for label in gold]
    run = timed_run(store, gold, wordy, "wordy", labels=LABELS)
    plain = timed_run(store, gold, gold, "plain", labels=LABELS)
    for scoring, expected in (("lenient", 1.0), ("strict", 0.0)):
        answer = frontier(store, score_run(store, plain, scoring), SECONDS, NO_COSTS)
        assert answer.find(run).score == expected


def test_seconds_are_those_of_the_runs_own_predictions_or_else_of_its_answers(store):
    gold = gold_of(50)
    own = timed(store, gold, gold, "own", labels=LABELS, seconds=5)
    timed_run(store, gold, gold, "cached", labels=LABELS, seconds=0.1, predicted=2, latency_ms=30)
    stored(store, gold, gold, labels=LABELS, name="import.csv")
    efforts = {run.title: run.effort for run in frontier(store, own, SECONDS, NO_COSTS).runs}
    assert efforts["own"].amount == pytest.approx(100)
    assert efforts["cached"].amount == pytest.approx(30)
    assert "in the cache" in efforts["cached"].source
    imported = next(effort for title, effort in efforts.items() if "import" in title)
    assert not imported.is_known
    assert "come from a file" in imported.source


def test_tokens_are_counted_from_the_answers_or_by_the_server(store):
    gold = gold_of(40)
    local = timed(store, gold, gold, "local", labels=LABELS, tokens=(90, 3))
    usage = Usage(44, 4000, 0, 200)
    timed_run(store, gold, gold, "m", predictor="server", labels=LABELS, url=URL, usage=usage)
    timed_run(store, gold, gold, "tfidf", predictor="tfidf", labels=LABELS, tokens=(0, 0))
    timed_run(store, gold, gold, "cached", predictor="server", labels=LABELS, url=URL, predicted=0)
    efforts = efforts_of(frontier(store, local, TOKENS, NO_COSTS))
    assert efforts["local"].amount == pytest.approx(93_000)
    assert efforts["m"].amount == pytest.approx(1000 * 4200 / 40)
    assert efforts["tfidf"].amount == 0
    assert "in the cache" in efforts["cached"].source


def test_prices_are_those_of_the_server_and_of_an_hour_of_this_machine(store):
    gold = gold_of(40)
    local = timed(store, gold, gold, "local", labels=LABELS, seconds=40)
    row = {"input_per_million": 2.0, "output_per_million": 10.0, "as_of": date(2026, 11, 1)}
    write_servers(
        store.folder,
        [ServerRow(URL, "dollars", currency="USD", **row), ServerRow(URL, "euros", currency="EUR", **row),
         ServerRow(URL, "more", currency="USD", **row)],
    )  # fmt: skip
    for name in ("dollars", "more", "euros", "unpriced"):
        usage = Usage(40, 4000, 0, 200, untold=1 if name == "more" else 0)
        timed_run(store, gold, gold, name, predictor="server", labels=LABELS, url=URL, usage=usage)
    answer = frontier(store, local, PRICE, NO_COSTS)
    efforts = efforts_of(answer)
    assert answer.currency == "USD"
    assert efforts["dollars"].amount == pytest.approx(1000 * (4000 * 2 + 200 * 10) / 1e6 / 40)
    assert (efforts["more"].at_least, efforts["dollars"].at_least) == (True, False)
    assert efforts["euros"].source == "Its price is in EUR, others are in USD."
    assert efforts["unpriced"].source == "servers.csv has no price for it."
    assert "not typed" in efforts["local"].source
    typed = frontier(store, local, FrontierAsked(effort="price", price_per_hour=1.8), NO_COSTS)
    of_local = typed.find(local.record.run_id).effort
    assert of_local.amount == pytest.approx(1000 / 3600 * 1.8)
    assert any("Prices not known of “v1#unpriced”" in said for said in typed.sentences)


def test_where_no_effort_is_known_that_is_said(store):
    gold = gold_of(30)
    shown = timed(store, gold, gold, "one", labels=LABELS)
    timed_run(store, gold, answers_of(gold, 0.9), "two", labels=LABELS)
    answer = frontier(store, shown, PRICE, NO_COSTS)
    assert answer.cheapest is None
    assert answer.sentences[0].endswith("what the runs that cannot be told apart from it would cost is not known.")


def test_all_unparsed_all_right_and_one_example(store):
    nothing = ["?"] * 12
    shown = timed(store, gold_of(12), nothing, "mute", labels=LABELS)
    timed_run(store, gold_of(12), gold_of(12), "right", labels=LABELS)
    answer = frontier(store, shown, SECONDS, NO_COSTS)
    assert [run.score for run in answer.runs] == [1, 0]
    assert not answer.runs[1].together
    single = timed(store, ["a"], ["a"], "single", texts=["alone"], labels=LABELS)
    timed_run(store, ["a"], ["?"], "other", texts=["alone"], labels=LABELS)
    answer = frontier(store, single, SECONDS, NO_COSTS)
    assert all(run.together for run in answer.runs)
    assert math.isnan(answer.smallest)  # the best is the cheapest here


def test_json_and_tables_are_plain_and_whole(store, four):
    RunCatalog(store).write(four.record.run_id, name='mine, "quoted"', note="")
    answer = frontier(store, four, SECONDS, NO_COSTS)
    found = json.loads(json.dumps(answer.as_json(), allow_nan=False))
    assert found["runs"][0]["title"] == 'mine, "quoted"'
    assert found["best"] == four.record.run_id
    assert found["cheapest_not_told_apart_from_best"] == answer.cheapest.record.run_id
    assert found["runs"][0]["difference_interval_of_all_pairs"] == [None, None]
    (rows,) = answer.tables().values()
    assert len({tuple(row) for row in rows}) == 1
    assert [row["run_id"] for row in rows] == [run.record.run_id for run in answer.runs]
    assert rows[1]["interval_low"] == answer.runs[1].interval[0]
    json.dumps(rows, allow_nan=False)
