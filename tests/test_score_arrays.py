"""`evalcore.score` of arrays, series and frames: the numbers of scikit-learn, and an error for what has no meaning."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

import evalcore
from evalcore.errors import DataError, SpecError

LABELS = ["card", "cash", "top_up", "refund"]


@pytest.fixture
def arrays():
    rng = np.random.default_rng(7)
    y_true = rng.choice(LABELS, 300, p=[0.5, 0.3, 0.15, 0.05])
    y_pred = np.where(rng.random(300) < 0.7, y_true, rng.choice(LABELS, 300))
    return y_true, y_pred


def test_its_numbers_are_those_of_scikit_learn(arrays):
    y_true, y_pred = arrays
    scored = evalcore.score(y_true, y_pred, labels=LABELS)
    s = scored.scores
    assert s.accuracy == metrics.accuracy_score(y_true, y_pred)
    assert s.macro_f1_present == pytest.approx(metrics.f1_score(y_true, y_pred, average="macro"))
    assert s.balanced_accuracy == pytest.approx(metrics.balanced_accuracy_score(y_true, y_pred))
    assert s.mcc == pytest.approx(metrics.matthews_corrcoef(y_true, y_pred))
    assert (scored.confusion[:, :-1] == metrics.confusion_matrix(y_true, y_pred, labels=LABELS)).all()
    assert not scored.confusion[:, -1].any()


@pytest.mark.parametrize(
    ("y_true", "y_pred"),
    [
        ([1, -1, 1, -1], [1, 1, 1, -1]),
        ([True, False, True, False], [True, True, True, False]),
        (["1.0", "10", "1.0", "10"], ["1.0", "1.0", "1.0", "10"]),
        (pd.Series([1, 2, 1, 2]), pd.Series([1.0, 1.0, 1.0, 2.0])),  # as pandas makes of whole numbers and a NaN
        (pd.Series(["a", "b", "a", "b"], dtype="category"), pd.Series(["a", "a", "a", "b"], index=[9, 8, 7, 6])),
        (np.array(["a", "b", "a", "b"], dtype=object), ("a", "a", "a", "b")),
        (["not a", "a", "not a", "a"], ["not a", "not a", "not a", "a"]),
        (["C", "C++", "C", "C++"], ["C", "C", "C", "C++"]),
    ],
    ids=str,
)
@pytest.mark.parametrize("scoring", ["lenient", "strict"])
def test_classes_of_any_kind_are_told_apart(y_true, y_pred, scoring):
    """Three of four are right: with two classes taken for one it would be all four."""
    scored = evalcore.score(y_true, y_pred, scoring=scoring)
    assert (scored.scores.correct, scored.scores.n, scored.scores.labels_present) == (3, 4, 2)


@pytest.mark.parametrize("missing", [None, float("nan"), "", pd.NA, pd.NaT, np.nan], ids=repr)
def test_a_missing_prediction_is_unparsed_and_a_missing_label_an_error_that_names_its_row(missing):
    scored = evalcore.score(["a", "b", "a"], ["a", missing, "a"])
    assert (scored.scores.unparsed, scored.scores.correct) == (1, 2)
    with pytest.raises(DataError, match=r"^y_true\[1\]: there is no value"):
        evalcore.score(["a", missing, "a"], ["a", "b", "a"])


def test_labels_may_be_more_than_occur_and_then_a_prediction_may_be_raw_output():
    scored = evalcore.score(
        ["card", "cash"], ["The label is: Card.", "I do not know"], labels=["top_up", "cash", "card"]
    )
    assert scored.labels == ("top_up", "cash", "card")
    assert [answer.predicted for answer in scored.answers] == ["card", None]
    assert scored.scores.labels_present == 2


def test_a_prediction_in_another_spelling_is_read_under_lenient_scoring_alone():
    assert evalcore.score(["Top up", "card"], ["top_up", "card"]).scores.correct == 2
    assert evalcore.score(["Top up", "card"], ["top_up", "card"], scoring="strict").scores.correct == 1


def test_two_classes_that_read_the_same_are_refused_and_never_taken_for_one():
    with pytest.raises(DataError, match="'A' and 'a' read the same"):
        evalcore.score(["A", "a", "b"], ["A", "A", "b"])
    with pytest.raises(DataError, match="'a' stands there twice"):
        evalcore.score(["a", "b"], ["a", "b"], labels=["a", "b", "a"])
    with pytest.raises(DataError, match="'<think>x</think>a' is not read so"):
        evalcore.score(["<think>x</think>a", "b"], ["<think>x</think>a", "b"])


def test_a_frame_is_read_by_the_names_of_its_columns(arrays):
    y_true, y_pred = arrays
    frame = pd.DataFrame({"utterance": [f"text {at}" for at in range(300)], "intent": y_true, "Prediction": y_pred})
    frame.loc[4, "Prediction"] = None
    scored = evalcore.score(frame, name="mine")
    assert (scored.scores.unparsed, scored.record.task_name) == (1, "mine")
    assert scored.answers[3].example.text == "text 3"
    assert scored.scores.correct == evalcore.score(frame["intent"], frame["Prediction"]).scores.correct
    with pytest.raises(DataError, match="nothing in it looks like the true label"):
        evalcore.score(frame.rename(columns={"intent": "column 7"}))


def probabilities(y_pred, seed=1):
    found = np.random.default_rng(seed).dirichlet(np.ones(len(LABELS)), len(y_pred))
    found[np.arange(len(y_pred)), [LABELS.index(label) for label in y_pred]] += 1
    return found / found.sum(axis=1, keepdims=True)


def test_probabilities_come_as_an_array_as_a_frame_or_in_columns_and_mean_the_same(arrays):
    y_true, y_pred = arrays
    shares = probabilities(y_pred)
    as_frame = pd.DataFrame(shares, columns=LABELS)[LABELS[::-1]]  # its columns say which is which
    in_columns = as_frame.add_prefix("probability:").assign(label=y_true)
    found = [
        evalcore.score(y_true, y_pred, probabilities=shares, labels=LABELS),
        evalcore.score(y_true, probabilities=as_frame, labels=LABELS),
        evalcore.score(in_columns, labels=LABELS),
    ]
    from evalcore.output import sure_of

    scores = [sure_of(scored)[1] for scored in found]
    assert {scored.scores.correct for scored in found} == {int((y_true == y_pred).sum())}
    for of in scores:
        assert of.log_loss.value == pytest.approx(metrics.log_loss(y_true, shares[:, np.argsort(LABELS)]), rel=1e-6)
    assert len({of.ece for of in scores}) == 1


def test_a_confidence_is_the_probability_of_the_prediction(arrays):
    y_true, y_pred = arrays
    shares = probabilities(y_pred).max(axis=1)
    from evalcore.output import sure_of

    scored = evalcore.score(y_true, y_pred, confidence=shares, labels=LABELS)
    probabilities_of, _ = sure_of(scored)
    assert probabilities_of.confidence == pytest.approx(shares, rel=1e-6)
    assert np.isnan(probabilities_of.true_probability[y_true != y_pred]).all()


def test_two_calls_are_compared_row_by_row_by_position_or_by_text(arrays):
    y_true, y_pred = arrays
    a, b = evalcore.score(y_true, y_pred, labels=LABELS), evalcore.score(y_true, y_true, labels=LABELS)
    assert evalcore.compare(a, b).counts.fixed == int((y_true != y_pred).sum())
    order = np.random.default_rng(1).permutation(300)
    texts = np.array([f"text {at}" for at in range(300)])
    a = evalcore.score(y_true, y_pred, texts=texts, labels=LABELS)
    b = evalcore.score(y_true[order][:200], y_true[order][:200], texts=texts[order][:200], labels=LABELS)
    comparison = evalcore.compare(a, b)
    assert (comparison.n, comparison.counts.fixed) == (200, int((y_true != y_pred)[order[:200]].sum()))


def test_without_texts_examples_of_other_arrays_are_never_taken_for_the_same(arrays):
    """Red where blank texts are paired as equal ones: any two rows of one label would be a pair."""
    y_true, y_pred = arrays
    a, b = evalcore.score(y_true, y_pred, labels=LABELS), evalcore.score(y_true[::-1], y_pred, labels=LABELS)
    with pytest.raises(SpecError, match="without texts both must have the same true labels in the same order"):
        evalcore.compare(a, b)


def test_everything_works_on_it_and_nothing_is_written(arrays, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("evalcore.store.DEFAULT_CACHE", tmp_path / "cache")
    y_true, y_pred = arrays
    shares = probabilities(y_pred)
    scored = evalcore.score(y_true, y_pred, labels=LABELS, probabilities=shares, name="mine")
    assert "ECE" in evalcore.report(scored)
    assert evalcore.findings(scored)
    assert os.listdir(tmp_path) == []
    written = evalcore.export(scored, tmp_path / "out", probabilities=True)
    assert pd.read_csv(written[0])["predicted"].tolist() == y_pred.tolist()
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize(
    ("given", "how", "said"),
    [
        ((["a"], ["a", "b"]), {}, r"'y_pred' has 2 values, for 1 true label"),
        ((["a"], ["a"]), {"texts": ["x", "y"]}, r"'texts' has 2 values"),
        (([], []), {}, "holds no rows"),
        ((["a", "b"],), {}, "there are no predictions. Give y_pred"),
        ((["a", "b"], None), {"probabilities": [[1, 0], [0, 1]]}, "does not say which column is of which label"),
        ((["a", "b"], None), {"probabilities": [[1], [0]], "labels": ["a", "b"]}, r"shape \(2, 1\)"),
        ((["a", "b"], None), {"probabilities": [[1, 1], [0, 1]], "labels": ["a", "b"]}, r"predictions\[0\].* sum to 2"),
        ((["a", "b"], None), {"probabilities": [[1, 0], [-2, 1]], "labels": ["a", "b"]}, r"predictions\[1\].*-2"),
        ((["a", "b"], ["a", "b"]), {"confidence": ["high", "low"]}, "'confidence' is no column of numbers"),
        ((["a", "b"], ["a", "b"]), {"confidence": [1, 1], "probabilities": []}, "both given"),
        (([["a"], ["b"]], ["a", "b"]), {}, r"y_true\[0\]: a list is no label"),
        ((np.eye(2), ["a", "b"]), {}, "y_true is no list of values"),
        ((["a", "b"], "ab"), {}, "y_pred is no list of values"),
        ((3, [1]), {}, "y_true is no list of values"),
        ((["a", "?"], ["a", "a"]), {}, "'\\?' has no letter or digit"),
        ((["a", "b\0"], ["a", "a"]), {}, r"y_true\[1\]: this text holds a NUL"),
        ((["a", "b"], ["a", "b"]), {"labels": ["a"]}, "'b'"),
        ((pd.DataFrame({"label": ["a"], "prediction": ["a"]}), ["b"]), {}, "a frame is given, and y_pred beside it"),
        ((["a"], ["a"]), {"scoring": "exact"}, "there is no scoring 'exact'. Choose one of 'strict', 'lenient'"),
    ],
    ids=str,
)
def test_what_has_no_meaning_is_said(given, how, said):
    with pytest.raises((SpecError, DataError), match=said):
        evalcore.score(*given, **how)


def test_a_hundred_thousand_rows_take_seconds(arrays):
    import time

    rng = np.random.default_rng(0)
    y_true = rng.integers(0, 150, 100_000)
    y_pred = np.where(rng.random(100_000) < 0.8, y_true, rng.integers(0, 150, 100_000))
    started = time.process_time()  # not by the clock: other programs may be at work
    scored = evalcore.score(y_true, y_pred)
    assert scored.scores.accuracy == metrics.accuracy_score(y_true, y_pred)
    assert time.process_time() - started < 30  # it takes 2.5
