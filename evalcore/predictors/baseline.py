"""Baselines as models: a language model has to be better than these before its accuracy means anything."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalcore.errors import ModelError
from evalcore.predictors.handle import ModelHandle, OnPhase
from evalcore.store import Completion, Identity, Predictor, RunSpec, Store, digest, log_probabilities
from evalcore.tasks import Messages, Task, fingerprint, in_usual_order

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

FEWEST_HELD_OUT = 50
"""Rows that the probabilities of `tfidf` are fitted on at least: with fewer there are none."""
ENOUGH_HELD_OUT = 1000
"""No more are held out than a third of the train split that holds so many: each third takes another fit."""


def handle(spec: RunSpec, task: Task, answers: Sequence[str], store: Store, on_phase: OnPhase) -> ModelHandle:
    """A baseline, fitted when it is loaded. Arguments as `handle.identify` takes them.

    Raises:
        ModelError: if there is no train split.
    """

    def load(on_phase: OnPhase) -> Predictor:
        on_phase(f"fitting {spec.model}")
        return Majority(task) if spec.model == "majority" else Tfidf(task)

    return ModelHandle(identity(spec.model, task), load, {})


class Majority:
    """Always answers the most frequent label of the train split; of equally frequent ones, the first by name.

    A label's probability is its share of the train split, as if that had one more row with any of the labels: then a
    label that has no row is improbable, not impossible, and the log loss of a run stays a number.
    """

    batch_size = 4096
    metadata: Mapping[str, str] = {}

    def __init__(self, task: Task) -> None:
        self.identity = identity("majority", task)
        counts = Counter(example.label for example in task.train)
        self._label = min(counts, key=lambda label: (-counts[label], label))
        shares = np.array([[counts[label] / len(task.train) for label in task.labels]])
        self._logprobs = _with_one_row_more(shares, len(task.train))[0].tobytes()

    def predict(self, prompts: list[Messages]) -> list[Completion]:
        """The same label for every text."""
        return [Completion(self._label, label_logprobs=self._logprobs) for _ in prompts]


class Tfidf:
    """TF-IDF over words and character n-grams, and a linear support vector machine, fitted on the train split.

    About 91 % on Banking77. Fitting takes seconds, so a fitted model is not stored; its answers are.

    A support vector machine has no probabilities: a label's is the softmax of the decision values times one number, the
    inverse temperature, which leaves every answer what it is. The number is cross-fitted: it is the best for rows of
    the train split that were held out while the machine was fitted on the others.
    """

    batch_size = 512

    def __init__(self, task: Task) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_union

        self.identity = identity("tfidf", task)
        self.metadata: dict[str, str] = {}
        # In a fixed order, so that the fit does not depend on the order of the file.
        train = sorted(task.train, key=lambda example: (example.text, example.label))
        classes = sorted({example.label for example in train})
        self._classes = classes
        self._n_train = len(train)
        self._columns = [task.labels.index(label) for label in classes]
        self._n_labels = len(task.labels)
        self._inverse_temperature = 1.0  # of a single label, whose probability is 1 whatever it is
        if len(classes) == 1:
            return
        self._words = make_union(
            TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b"),
            TfidfVectorizer(sublinear_tf=True, ngram_range=(2, 5), analyzer="char_wb"),
        )
        code_of = {label: code for code, label in enumerate(classes)}
        codes = np.array([code_of[example.label] for example in train])
        try:
            rows = self._words.fit_transform([example.text for example in train])
            self._classifier = _fitted(rows, codes)
        except ValueError as error:
            raise ModelError(
                f"the tfidf baseline cannot be fitted on the train split ({error}).", where=task.name
            ) from error
        held_out = _held_out_decisions(rows, codes)
        self._inverse_temperature = _best_inverse_temperature(*held_out)
        if math.isnan(self._inverse_temperature):
            self.metadata["probabilities"] = (
                f"of {len(train)} rows of the train split too few could be held out to fit them: it takes"
                f" {FEWEST_HELD_OUT}, of labels with several rows"
            )

    def predict(self, prompts: list[Messages]) -> list[Completion]:
        """The label of the highest decision value for each text, with the probability of every label."""
        if not prompts:
            return []
        start = time.perf_counter()
        decisions = self._decisions([messages[-1]["content"] for messages in prompts])
        answers = [self._classes[code] for code in decisions.argmax(axis=1)]
        logprobs = self._logprobs(decisions)
        each_ms = (time.perf_counter() - start) * 1000 / len(prompts)
        return [
            Completion(answer, latency_ms=each_ms, label_logprobs=scores)
            for answer, scores in zip(answers, logprobs, strict=True)
        ]

    def _decisions(self, texts: list[str]) -> Floats:
        """Decision values, shape (n_texts, n_classes)."""
        if len(self._classes) == 1:
            return np.zeros((len(texts), 1))
        return _of_each_class(self._classifier.decision_function(self._words.transform(texts)))

    def _logprobs(self, decisions: Floats) -> list[bytes]:
        """The labels' log-probabilities of each text, in the task's order; empty where they are not known."""
        if math.isnan(self._inverse_temperature):
            return [b""] * len(decisions)
        shares = np.zeros((len(decisions), self._n_labels))
        shares[:, self._columns] = np.exp(log_probabilities(decisions * self._inverse_temperature))
        return [row.tobytes() for row in _with_one_row_more(shares, self._n_train)]


def _fitted(rows: Any, codes: Codes) -> Any:
    """The support vector machine of these rows and the codes of their labels."""
    from scipy.sparse import vstack
    from sklearn.svm import LinearSVC

    # Each row occurs a second time with weight 0, which leaves the fit exactly as it is: where most labels have one
    # row, scikit-learn would take the labels for numbers and print a warning.
    weights = [1.0] * len(codes) + [0.0] * len(codes)
    return LinearSVC(C=1.0, random_state=0).fit(vstack([rows, rows]), np.concatenate([codes, codes]), weights)


def _of_each_class(decisions: Floats) -> Floats:
    """Decision values with a column for each class; of two classes scikit-learn gives only the second's."""
    return decisions if decisions.ndim == 2 else np.column_stack([np.zeros_like(decisions), decisions])


def _held_out_decisions(rows: Any, codes: Codes) -> tuple[Floats, Codes]:
    """Decision values of rows that were not fitted on, shape (n_held_out, n_classes), and the codes of their labels.

    A third of each label's rows is held out, and then the next third, until there are enough. The only row of a label
    is never held out: the machine would not know the label.
    """
    # Of each label's rows, which are sorted by text, the first is in the first third, the second in the second, ...
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes)
    nth = np.empty_like(codes)
    nth[order] = np.arange(len(codes)) - np.repeat(np.cumsum(counts) - counts, counts)
    third = np.where(counts[codes] > 1, nth % 3, -1)
    decisions, true = [np.empty((0, len(counts)))], [np.empty(0, dtype=codes.dtype)]
    for held_out in (third == 0, third == 1, third == 2):
        if sum(map(len, true)) < ENOUGH_HELD_OUT and (third >= 0).sum() >= FEWEST_HELD_OUT and held_out.any():
            machine = _fitted(rows[~held_out], codes[~held_out])
            decisions.append(_of_each_class(machine.decision_function(rows[held_out])))
            true.append(codes[held_out])
    return np.concatenate(decisions), np.concatenate(true)


def _best_inverse_temperature(decisions: Floats, true: Codes) -> float:
    """What the decision values are to be multiplied by so that their softmax has the least log loss.

    As if there were one more row of any label, without which rows that are all right would make every answer certain.

    Returns:
        NaN where there are too few rows.
    """
    from scipy.optimize import minimize_scalar

    if len(true) < FEWEST_HELD_OUT:
        return math.nan

    def loss(log_factor: float) -> float:
        log_shares = log_probabilities(decisions * math.exp(log_factor))
        any_label = -log_shares.mean()
        return float(any_label - log_shares[np.arange(len(true)), true].sum())

    return math.exp(minimize_scalar(loss, bounds=(math.log(0.01), math.log(100)), method="bounded").x)


def _with_one_row_more(shares: Floats, n_train: int) -> NDArray[np.float32]:
    """Log-probabilities as they are stored, as if the train split had one more row with any of the labels.

    Args:
        shares: shape (n_rows, n_labels), 0 for labels that are not in the train split.
        n_train: number of rows in it.
    """
    mixed: NDArray[np.float32] = np.log((n_train * shares + 1 / shares.shape[1]) / (n_train + 1)).astype("<f4")
    return mixed


def identity(name: str, task: Task) -> Identity:
    """What decides a baseline's answers and their probabilities: its name, the train split, whatever the order of its
    rows, and the label list.

    Version 2 gives probabilities as well; a run of version 1 has the same answers without them.

    Raises:
        ModelError: if there is no train split.
    """
    if not task.train:
        raise ModelError(
            f"the {name} baseline is fitted on a train split, and this task has none.",
            where=task.name,
            do="Give a train file, or choose another model.",
        )
    # The probabilities are stored in the order of the labels, so that another list is another identity. The usual one,
    # of the labels that are in the train split, is no part of it: the runs of first versions are stored without.
    usual = in_usual_order(example.label for example in task.train)
    labels = {} if task.labels == usual else {"labels": digest(list(task.labels))}
    return {"predictor": name, "version": 2, "train": fingerprint(task.train), **labels}
