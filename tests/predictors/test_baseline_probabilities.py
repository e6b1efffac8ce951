"""Probabilities of the baselines: cross-fitted, of every label, and none where nothing can be held out."""

import math

import numpy as np
import pytest

from evalcore.analysis import label_probabilities, score_run, why_no_probabilities
from evalcore.predictors import baseline
from evalcore.predictors.baseline import FEWEST_HELD_OUT, Majority, Tfidf
from evalcore.running.run import execute
from evalcore.store import RunSpec
from evalcore.tasks import Example, TaskSource, load_task, make_task
from tests.conftest import write_csv

NAMES = ("sun", "rain", "snow")


def weather(rows_of, labels=None):
    """A task with so many train rows of each label, each text with words of its label and one word of another."""
    rng = np.random.default_rng(3)
    words = {name: [f"{name}{i}" for i in range(6)] for name in NAMES}
    train = [
        Example(" ".join([*rng.choice(words[name], 2), rng.choice(words[NAMES[int(rng.integers(3))]]), f"w{i}"]), name)
        for name, count in rows_of.items()
        for i in range(count)
    ]
    return make_task("weather", [Example("sun1", "sun")], train, labels, "")


def asked(predictor, *texts):
    return predictor.predict([({"role": "user", "content": text},) for text in texts])


def probabilities(completions):
    return np.exp(np.stack([completion.logprobs for completion in completions]).astype(float))


def test_the_probabilities_of_majority_are_the_shares_of_the_train_split():
    task = weather({"sun": 30, "rain": 10}, ["snow", "rain", "sun"])
    (completion,) = asked(Majority(task), "x")
    assert completion.text == "sun"
    np.testing.assert_allclose(probabilities([completion])[0], np.array([0 + 1 / 3, 10 + 1 / 3, 30 + 1 / 3]) / 41)


@pytest.mark.parametrize("rows_of", [{"sun": 40, "rain": 40, "snow": 40}, {"sun": 60, "rain": 60}])
def test_the_most_probable_label_is_the_answer_that_the_machine_alone_gives(rows_of):
    task = weather(rows_of, ["snow", "sun", "rain"])
    predictor = Tfidf(task)
    texts = [example.text for example in task.train] + ["sun1 rain1", "nothing of it", ""]
    completions = asked(predictor, *texts)
    answers = [completion.text for completion in completions]
    codes = predictor._classifier.predict(predictor._words.transform(texts))
    assert answers == [sorted(rows_of)[code] for code in codes]
    found = probabilities(completions)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert [task.labels[at] for at in found.argmax(axis=1)] == answers
    assert len({round(each, 6) for each in found.max(axis=1)}) > 20
    assert (found > 0).all()  # of "snow" as well, which in one of the cases has no train row


def test_the_temperature_is_that_of_scikit_learn_for_the_same_folds():
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.svm import LinearSVC

    task = load_task(TaskSource("demo"))
    predictor = Tfidf(task)
    train = sorted(task.train, key=lambda example: (example.text, example.label))
    rows = predictor._words.transform([example.text for example in train])
    labels = np.array([example.label for example in train])
    nth = {label: np.cumsum(labels == label) - 1 for label in set(labels)}
    third = np.array([nth[label][at] % 3 for at, label in enumerate(labels)])
    folds = [(np.flatnonzero(third != fold), np.flatnonzero(third == fold)) for fold in range(3)]
    theirs = CalibratedClassifierCV(LinearSVC(random_state=0), method="temperature", ensemble=False, cv=folds)
    (calibrated,) = theirs.fit(rows, labels).calibrated_classifiers_
    # Ours stops after two of the three thirds, and counts one row more; a factor of 1.03 changes no share by 0.01.
    assert predictor._inverse_temperature == pytest.approx(calibrated.calibrators[0].beta_, rel=0.03)


def test_the_temperature_has_the_least_loss_with_one_row_more():
    rng = np.random.default_rng(5)
    decisions, true = rng.normal(size=(80, 4)), rng.integers(4, size=80)
    decisions[np.arange(80), true] += 1

    def loss(factor):
        shares = np.exp(decisions * factor) / np.exp(decisions * factor).sum(axis=1, keepdims=True)
        return -np.log(shares[np.arange(80), true]).sum() - np.log(shares).mean()

    found = baseline._best_inverse_temperature(decisions, true)
    assert found == pytest.approx(min(np.linspace(0.2, 5, 4801), key=loss), abs=2e-3)
    certain = np.where(np.arange(4) == true[:, None], 1.0, -1.0)
    assert 1 < baseline._best_inverse_temperature(certain, true) < 10
    assert math.isnan(baseline._best_inverse_temperature(decisions[:9], true[:9]))


def test_what_is_held_out_was_not_fitted_on_and_every_label_stays_known(monkeypatch):
    fits = []

    class Machine:
        def __init__(self, rows, codes):
            fits.append((rows[:, 0].tolist(), codes))

        def decision_function(self, rows):
            return np.repeat(rows, 4, axis=1)

    monkeypatch.setattr(baseline, "_fitted", Machine)
    codes = np.array([0] * 40 + [1] * 30 + [2] + [3] * 2)
    decisions, true = baseline._held_out_decisions(np.arange(73.0)[:, None], codes)
    assert sorted(decisions[:, 0]) == [float(row) for row in range(73) if row != 70]  # each once, save the only row
    np.testing.assert_array_equal(true, codes[decisions[:, 0].astype(int)])
    for rows, fitted_codes in fits:
        assert set(fitted_codes) == {0, 1, 2, 3}
        assert len(rows) < 73
    assert len(fits) == 3
    fits.clear()
    monkeypatch.setattr(baseline, "ENOUGH_HELD_OUT", FEWEST_HELD_OUT)
    assert len(baseline._held_out_decisions(np.arange(200.0)[:, None], np.arange(200) % 4)[1]) == 68
    assert len(fits) == 1


@pytest.mark.parametrize(
    ("rows_of", "known"),
    [
        ({"sun": 5}, True),
        ({"sun": 20, "rain": 20}, False),
        ({"sun": 1, "rain": 1}, False),
        ({"sun": 60, "rain": 1}, True),
    ],
)
def test_with_too_few_rows_the_answers_are_there_and_the_probabilities_are_not(recwarn, rows_of, known):
    predictor = Tfidf(weather(rows_of, list(NAMES)))
    completions = asked(predictor, "sun1", "rain2")
    assert all(completion.text in rows_of for completion in completions)
    assert {bool(completion.label_logprobs) for completion in completions} == {known}
    assert ("probabilities" in predictor.metadata) != known
    if len(rows_of) == 1:
        np.testing.assert_allclose(probabilities(completions)[0], [16 / 18, 1 / 18, 1 / 18], rtol=1e-6)
    assert [str(warning.message) for warning in recwarn] == []


def test_a_run_of_the_baseline_has_probabilities_and_one_without_says_why(store, tmp_path):
    tasks = {}
    for name, rows_of in (("much", {"sun": 60, "rain": 60}), ("little", {"sun": 4, "rain": 4})):
        path = write_csv(tmp_path / f"{name}.csv", list(weather(rows_of).train))
        tasks[name] = score_run(
            store, execute(RunSpec(TaskSource(str(path), train=str(path)), "tfidf", n=8), store).record.run_id
        )
    found = label_probabilities(tasks["much"])
    assert found.complete.all()
    assert (found.true_rank >= 1).all()
    assert label_probabilities(tasks["little"]) is None
    assert "of 8 rows of the train split too few" in why_no_probabilities(tasks["little"])
