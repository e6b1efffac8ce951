import numpy as np
import pytest

from evalcore.errors import ModelError
from evalcore.predictors.baseline import Majority, Tfidf, identity
from evalcore.tasks import Example, TaskSource, load_task, make_task
from tests.conftest import BANKING77, needs_banking77

TRAIN = [Example("a warm day", "sun"), Example("hot sun", "sun"), Example("wet and cold", "rain")]
TASK = make_task("weather", [Example("hot", "sun")], TRAIN, None, "")


def ask(predictor, *texts):
    return [completion.text for completion in predictor.predict([({"role": "user", "content": t},) for t in texts])]


def test_majority_answers_the_most_frequent_label_and_breaks_ties_by_name():
    assert ask(Majority(TASK), "x", "y") == ["sun", "sun"]
    assert ask(Majority(make_task("t", [], TRAIN[1:], None, "")), "x") == ["rain"]


def test_tfidf_learns_from_the_train_split():
    assert ask(Tfidf(TASK), "so hot", "cold") == ["sun", "rain"]


def test_tfidf_does_not_depend_on_the_order_of_the_file():
    turned = make_task("weather", TASK.test, TRAIN[::-1], None, "")
    texts = ["hot and wet", "day", "cold sun", "qqq"]
    assert ask(Tfidf(TASK), *texts) == ask(Tfidf(turned), *texts)
    assert identity("tfidf", TASK) == identity("tfidf", turned)


def test_a_change_of_the_train_split_is_another_model():
    assert identity("tfidf", TASK) != identity("tfidf", make_task("w", TASK.test, TRAIN[:2], TASK.labels, ""))


@pytest.mark.parametrize("model", [Majority, Tfidf])
@pytest.mark.parametrize("labels", [["sun", "rain"], ["rain", "snow", "sun"]])
def test_another_label_list_is_another_model_since_its_probabilities_are_stored_in_that_order(model, labels):
    as_usual, other = model(TASK), model(make_task("weather", TASK.test, TRAIN, labels, ""))
    assert as_usual.identity.keys() == {"predictor", "version", "train"}  # as runs of first versions are stored
    assert other.identity != as_usual.identity
    assert model(make_task("weather", TASK.test, TRAIN, ["rain", "sun"], "")).identity == as_usual.identity


def test_a_train_split_of_one_label_is_answered_with_it():
    assert ask(Tfidf(make_task("t", [], TRAIN[:2], ["sun", "rain"], "")), "wet") == ["sun"]


def test_many_labels_of_one_example_each_are_no_numbers_and_no_warning(recwarn):
    train = [Example(f"word{i} and {i % 7}", f"label {i}") for i in range(60)]
    predictor = Tfidf(make_task("t", [], train, None, ""))
    assert ask(predictor, "word3 and 3", "word41 and 6") == ["label 3", "label 41"]
    assert [str(warning.message) for warning in recwarn] == []


def test_a_row_without_weight_leaves_the_fit_as_it_is():
    from scipy.sparse import csr_matrix, vstack
    from sklearn.svm import LinearSVC

    rng = np.random.default_rng(0)
    rows, labels = csr_matrix(rng.random((90, 30))), [f"label {i % 9}" for i in range(90)]
    plain = LinearSVC(C=1.0, random_state=0).fit(rows, labels)
    twice = LinearSVC(C=1.0, random_state=0).fit(vstack([rows, rows]), labels * 2, [1.0] * 90 + [0.0] * 90)
    assert (plain.coef_ == twice.coef_).all()
    assert (plain.intercept_ == twice.intercept_).all()


@pytest.mark.parametrize("name", ["majority", "tfidf"])
def test_without_a_train_split_a_baseline_says_so(name):
    with pytest.raises(ModelError, match="fitted on a train split"):
        identity(name, make_task("t", TASK.test, [], None, ""))


@needs_banking77
def test_tfidf_gets_about_91_percent_on_banking77():
    task = load_task(TaskSource(str(BANKING77)))
    predictor = Tfidf(task)
    answers = ask(predictor, *(example.text for example in task.test))
    right = sum(answer == example.label for answer, example in zip(answers, task.test, strict=True))
    assert 0.905 < right / 3080 < 0.925
