"""Limits and regressions: passed, failed or not shown, each with the reason; and what cannot be asked."""

import math

import numpy as np
import pytest

from evalcore.analysis import CheckedRun, calibration, check, compare, label_probabilities, score_run
from evalcore.analysis.run_metrics import (
    ALL_METRICS,
    MAY_HAVE_INTERVAL,
    metrics_of_answers,
    metrics_of_probabilities,
)
from evalcore.errors import SpecError
from evalcore.metrics import FEW_EXAMPLES, METRICS, examples_needed, mcnemar_p, tango_interval, wilson_interval
from evalcore.metrics.noninferiority import examples_to_show, not_worse_p
from tests.tools.probabilities import over_confident
from tests.tools.runs import scored

GOLD = list("abcd") * 100
WRONG = {"a": "b", "b": "c", "c": "d", "d": "a"}


def answers(wrong, unparsed=()):
    """The true labels but for the examples at these places."""
    return ["?" if at in unparsed else WRONG[label] if at in wrong else label for at, label in enumerate(GOLD)]


def one(checked):
    (result,) = checked.results
    return result


@pytest.fixture
def runs(store):
    """A: 80.0 %; B: 82.5 % (20 fixed, 10 broken); C: 70.0 %, nothing fixed."""
    a = set(range(80))
    return {
        "a": scored(store, GOLD, answers(a), labels="abcd"),
        "b": scored(store, GOLD, answers((a - set(range(20))) | set(range(300, 310))), labels="abcd"),
        "c": scored(store, GOLD, answers(a | set(range(200, 240))), labels="abcd"),
    }


@pytest.mark.parametrize(
    ("kind", "limit", "by", "verdict", "says"),
    [
        ("minimum", 0.8, "point", "passed", "just what is asked for"),
        ("minimum", 0.79, "point", "passed", "holds 79.0 %: other examples may fall on the other side"),
        ("minimum", 0.7, "point", "passed", "(75.8 to 83.6) shows that as well"),
        ("minimum", 0.81, "point", "failed", "below the 81.0 % that are asked for"),
        ("maximum", 0.81, "point", "passed", "no more than the 81.0 % that are allowed"),
        ("maximum", 0.7, "point", "failed", "above the 70.0 % that are allowed"),
        ("minimum", 0.75, "interval", "passed", "lies above 75.0 %"),
        ("minimum", 0.79, "interval", "not shown", "holds 79.0 %, so at least that much cannot be shown"),
        ("minimum", 0.85, "interval", "failed", "lies below 85.0 %"),
        ("maximum", 0.85, "interval", "passed", "lies below 85.0 %"),
        ("maximum", 0.81, "interval", "not shown", "holds 81.0 %, so no more than that much cannot be shown"),
        ("maximum", 0.75, "interval", "failed", "lies above 75.0 %"),
    ],
)
def test_a_limit_is_on_the_value_or_on_the_whole_interval(runs, kind, limit, by, verdict, says):
    checked = check(runs["a"], **{kind: {"accuracy": limit}}, by=by)
    result = one(checked)
    assert (result.verdict, checked.verdict) == (verdict, verdict)
    assert says in result.sentence
    assert "80.0 %" in result.sentence
    assert result.interval == wilson_interval(320, 400)
    assert checked.sentence.endswith(result.sentence)


def test_a_value_and_its_limit_are_never_shown_alike_when_they_differ(store):
    run = scored(store, ["a"] * 10_000, [*["a"] * 7999, *["b"] * 2001], labels="ab")
    result = one(check(run, minimum={"accuracy": 0.8}))
    assert result.verdict == "failed"
    assert "79.99 % at N = 10,000, below the 80.00 %" in result.sentence


def test_a_sum_that_is_off_by_its_rounding_keeps_to_its_limit(runs):
    balanced = runs["a"].scores.balanced_accuracy
    assert one(check(runs["a"], minimum={"balanced_accuracy": balanced + 1e-14})).verdict == "passed"
    assert one(check(runs["a"], minimum={"balanced_accuracy": balanced + 1e-6})).verdict == "failed"


@pytest.mark.parametrize("name", [metric.name for metric in METRICS])
def test_every_metric_can_have_a_limit_and_says_where_it_has_no_interval(runs, name):
    value = metrics_of_answers(runs["a"])[name][0]
    assert one(check(runs["a"], minimum={name: value})).verdict == "passed"
    by_interval = one(check(runs["a"], maximum={name: value}, by="interval"))
    assert by_interval.verdict == "not shown"
    assert ("is not known" in by_interval.sentence) == (name not in MAY_HAVE_INTERVAL)


def test_the_metrics_of_a_runs_probabilities_are_those_of_its_calibration(store):
    run = score_run(store, over_confident(store, 6, 120).run_id)
    probabilities = label_probabilities(run)
    shown, found = calibration(probabilities), metrics_of_probabilities(probabilities)
    data = shown.as_json()
    assert set(found) == {name for name in ALL_METRICS if name not in metrics_of_answers(run)}
    for name, (value, interval) in found.items():
        assert value == data[name], name
        if f"{name}_interval" in data:
            assert list(interval) == data[f"{name}_interval"], name
    assert found["top_3"] == (shown.top[3].value, shown.top[3].interval)
    result = one(check(run, maximum={"brier": 2.0}))
    assert (result.verdict, result.value) == ("passed", shown.brier.value)


def test_a_part_of_the_examples_has_a_number_of_its_own(runs):
    slices = ["label=a", "predicted=b", "text~text 1[0-9]$", "length>7", "length<=6", "all"]
    checked = check(runs["a"], minimum={"accuracy": 0.5}, slices=slices)
    assert [result.part for result in checked.results] == slices
    assert [result.n for result in checked.results] == [100, 100, 10, 300, 10, 400]
    assert [result.value for result in checked.results] == [0.8, 0.8, 0, 1, 0, 0.8]
    assert checked.results[0].interval == wilson_interval(80, 100)
    assert [result.verdict for result in checked.results] == ["passed"] * 2 + ["failed", "passed", "failed", "passed"]
    assert checked.sentence == "Failed: 4 of 6 checks hold, 2 do not."


def test_a_part_by_what_was_predicted_is_not_one_by_the_true_label(store):
    """Of the first 80 examples 20 are unparsed and 60 wrong: "b" is predicted for 80 of its own and for 15 others."""
    run = scored(store, GOLD, answers(range(20, 80), unparsed=range(20)), labels="abcd")
    by_label, by_predicted = check(run, minimum={"accuracy": 0}, slices=["label=b", "predicted=b"]).results
    assert (by_label.n, by_label.value) == (100, 0.8)
    assert (by_predicted.n, by_predicted.value) == (95, pytest.approx(80 / 95))


def test_the_probabilities_of_a_part_are_those_of_its_rows(store):
    run = score_run(store, over_confident(store, 6, 120).run_id)
    probabilities = label_probabilities(run)
    label = run.labels[0]
    result = one(check(run, maximum={"log_loss": 100}, slices=[f"label={label}"]))
    rows = np.flatnonzero(run.y_true == 0)
    assert result.value == pytest.approx(-probabilities.log_true_probability[rows].mean())


@pytest.mark.parametrize("by", ["point", "interval"])
def test_too_few_examples_show_nothing(runs, by):
    assert FEW_EXAMPLES == 10
    few = ["text~^text [0-8]$"]
    limited = one(check(runs["a"], minimum={"accuracy": 0.0}, slices=few, by=by))
    compared = one(check(runs["a"], baseline=runs["b"], no_regression=["accuracy"], slices=few))
    assert limited.verdict == compared.verdict == "not shown"
    assert limited.n == compared.n == 9
    assert limited.sentence == "Accuracy: 9 examples cannot show it; it takes 10."
    assert compared.sentence == "Accuracy: 9 shared examples cannot show it; it takes 10."


def test_not_worse_is_the_exact_test_with_the_90_percent_interval(runs):
    result = one(check(runs["b"], baseline=runs["a"], no_regression=["accuracy"], margin=0.01))
    low, high = tango_interval(20, 10, 400, 0.9)
    assert result.verdict == "passed"
    assert (result.value, result.interval) == (pytest.approx(0.025), (low, high))
    assert (result.confidence, result.p) == (0.9, not_worse_p(20, 10, 400, 0.01))
    assert result.sentence.startswith(
        "Accuracy: +2.5 points, not worse than the baseline's by 1 point, with 95 % confidence (90 % interval +0."
    )


def test_worse_beyond_chance_fails(runs):
    result = one(check(runs["c"], baseline=runs["a"], no_regression=["accuracy"]))
    assert result.verdict == "failed"
    assert result.value == pytest.approx(-0.1)
    assert result.sentence.startswith("Accuracy: −10.0 points, worse than the baseline's (90 % interval −12.7 to −7.8)")
    assert result.sentence.endswith("at N = 400. Exact McNemar p < .001.")


def test_worse_by_less_than_the_margin_passes_and_says_so(runs):
    result = one(check(runs["c"], baseline=runs["a"], no_regression=["accuracy"], margin=0.15))
    assert result.verdict == "passed"
    assert result.sentence.endswith("It is worse beyond chance, but by less than that.")


def test_what_cannot_be_shown_says_how_many_examples_would_do(runs):
    result = one(check(runs["a"], baseline=runs["b"], no_regression=["accuracy"]))
    assert mcnemar_p(20, 10) > 0.05
    assert result.verdict == "not shown"
    needed = examples_to_show(0.02, 30 / 400)
    assert result.needed == needed > 400
    assert "not worse by 2 points, with 95 % confidence: cannot be shown" in result.sentence
    rounded = math.ceil(needed / 10) * 10 if needed >= 1000 else needed
    would_do = f"About {rounded:,} would do, if the two are equally good and disagree as often as here (7.5 %)."
    assert result.sentence.endswith(f"at N = 400. {would_do}")
    assert needed != examples_needed(0.02, 30 / 400)  # that is of seeing a difference, not of showing none


def test_where_enough_examples_were_there_it_is_said_that_the_run_is_behind(runs):
    result = one(check(runs["a"], baseline=runs["b"], no_regression=["accuracy"], margin=0.045))
    assert result.verdict == "not shown"
    assert result.needed < 400
    assert result.sentence.endswith("; but here the run is behind.")


def test_of_several_slices_a_chance_difference_does_not_fail(store, runs):
    """7 broken of one label are p = .016; of four labels, Holm's correction makes that .063. Red without it."""
    run = scored(store, GOLD, answers(set(range(80)) | set(range(100, 128, 4))), labels="abcd")
    options = {"baseline": runs["a"], "no_regression": ["accuracy"]}
    alone = one(check(run, **options, slices=["label=a"]))
    assert mcnemar_p(7, 0) == 2 / 2**7
    assert alone.verdict == "failed"
    assert alone.sentence.endswith("Exact McNemar p = .016.")
    of_four = check(run, **options, slices=[f"label={label}" for label in "abcd"])
    assert [result.verdict for result in of_four.results] == ["not shown"] * 4
    worse = scored(store, GOLD, answers(set(range(80)) | set(range(100, 140, 4))), labels="abcd")
    of_two = check(worse, **options, slices=["label=a", "label=b"])
    assert of_two.results[0].sentence.endswith("Exact McNemar p = .004, corrected for 2 comparisons.")


def test_other_metrics_are_compared_by_the_interval_of_their_difference(runs):
    both = compare(runs["a"], runs["b"])
    rows = {row.name: row for row in both.metrics}
    names = ["macro_f1_present", "kappa", "unparsed_rate"]
    checked = check(runs["b"], baseline=runs["a"], no_regression=names, margin=0.05)
    for result in checked.results:
        row = rows[result.metric]
        assert (result.value, result.interval, result.confidence) == (row.difference, row.interval, 0.95)
        sign = -1 if result.metric == "unparsed_rate" else 1
        worst = min(sign * row.interval[0], sign * row.interval[1])
        assert (result.verdict == "passed") == (worst > -0.05)
    worse = check(runs["a"], baseline=runs["c"], no_regression=["macro_f1_present"])
    assert worse.verdict == "passed"
    assert check(runs["c"], baseline=runs["a"], no_regression=["macro_f1_present"]).verdict == "failed"


def test_more_unparsed_answers_are_worse(store, runs):
    run = scored(store, GOLD, answers(range(20, 80), unparsed=range(20)), labels="abcd")
    options = {"no_regression": ["unparsed_rate"], "margin": 0.01}
    assert check(run, baseline=runs["a"], **options).verdict == "failed"
    assert check(runs["a"], baseline=run, **options).verdict == "passed"


def test_of_a_metric_without_an_exact_test_none_is_said_to_decide(store, runs):
    """Red where the lower bound is looked at of a metric that is better the lower it is."""
    run = scored(store, GOLD, answers(range(2, 80), unparsed=range(2)), labels="abcd")
    result = one(check(run, baseline=runs["a"], no_regression=["unparsed_rate"], margin=0.012))
    assert result.verdict == "not shown"
    assert result.interval[0] > -0.012
    assert "exact test" not in result.sentence


def test_runs_that_share_some_examples_are_compared_on_these(store, runs):
    texts = [f"text {at}" if at < 150 else f"other {at}" for at in range(400)]
    other = scored(store, GOLD, answers(range(80)), labels="abcd", texts=texts)
    result = one(check(runs["b"], baseline=other, no_regression=["accuracy"]))
    assert result.n == 150


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "nothing is asked"),
        ({"minimum": {"acuracy": 0.8}}, "there is no metric 'acuracy'. Choose among accuracy, macro_f1_present"),
        ({"minimum": {"accuracy": 80}}, "80 is no value of accuracy. It is a share: give 0.8 or 80%."),
        ({"minimum": {"mcc": math.nan}}, "nan is no value of mcc"),
        ({"minimum": {"accuracy": 0.8}, "slices": ["label=x"]}, "there is no label 'x'"),
        ({"minimum": {"accuracy": 0.8}, "slices": ["nothing"]}, "'nothing' names no part"),
        ({"minimum": {"accuracy": 0.8}, "slices": ["label~a"]}, "'label~a' names no part"),
        ({"minimum": {"accuracy": 0.8}, "slices": ["length>many"]}, "'many' is no number"),
        ({"minimum": {"accuracy": 0.8}, "slices": ["text~("]}, "this is no regular expression"),
        ({"minimum": {"macro_f1_present": 0.8}, "slices": ["label=a"]}, "is no metric of a part"),
        ({"maximum": {"brier": 1}}, "held no probabilities"),
        ({"no_regression": ["accuracy"]}, "there is no baseline"),
        ({"minimum": {"accuracy": 0.8}, "baseline": "b"}, "nothing is compared with the baseline"),
        ({"no_regression": ["accuracy"], "baseline": "b", "margin": 0}, "the margin 0 is out of range"),
        ({"no_regression": ["favourites_share"], "baseline": "b"}, "neither direction of favourites_share"),
        ({"no_regression": ["weighted_precision"], "baseline": "b"}, "no interval is known"),
        ({"no_regression": ["ece"], "baseline": "b"}, "no interval is known"),
        ({"no_regression": ["brier"], "baseline": "b"}, "cannot be compared"),
        ({"no_regression": ["accuracy"], "baseline": "b", "slices": ["predicted=a"]}, "cannot choose the examples"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(runs, asked, says):
    if "baseline" in asked:
        asked = asked | {"baseline": runs[asked["baseline"]]}
    with pytest.raises(SpecError) as error:
        check(runs["a"], **asked)
    assert says in str(error.value)


def test_a_part_by_its_texts_cannot_be_had_of_a_run_without_texts(store):
    """Red without the refusal: such a check could never be shown, and `--accept-not-shown` would pass it."""
    run = scored(store, GOLD, GOLD, labels="abcd", texts=[""] * 400)
    for part in ("text~bill", "length>5"):
        with pytest.raises(SpecError, match="this run has no texts"):
            check(run, minimum={"accuracy": 0.8}, slices=[part])


def test_runs_of_other_labels_or_other_examples_are_not_compared(store, runs):
    other_labels = scored(store, list("xy") * 20, list("xy") * 20)
    other_texts = scored(store, GOLD, GOLD, labels="abcd", texts=[f"new {at}" for at in range(400)])
    for baseline, says in ((other_labels, "their label sets differ"), (other_texts, "they share no example")):
        with pytest.raises(SpecError, match=says):
            check(runs["a"], baseline=baseline, no_regression=["accuracy"])


def test_the_verdict_is_the_worst_of_all(runs):
    def verdict(*verdicts):
        results = tuple(
            one(check(runs["a"], minimum={"accuracy": limit}, by="interval"))
            for limit in ({"passed": 0.5, "failed": 0.99, "not shown": 0.8}[verdict] for verdict in verdicts)
        )
        return CheckedRun("run", "", results)

    assert verdict("passed", "passed").sentence == "Passed: 2 of 2 checks hold."
    assert verdict("passed", "not shown").sentence == "Not shown: 1 of 2 checks holds, 1 cannot be shown at this N."
    mixed = verdict("not shown", "failed", "passed")
    assert mixed.verdict == "failed"
    assert mixed.sentence == "Failed: 1 of 3 checks holds, 1 does not, 1 cannot be shown at this N."
    assert mixed.as_json()["verdict"] == "failed"
