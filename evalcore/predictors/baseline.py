"""Baselines as models: a language model has to be better than these before its accuracy means anything."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence

from evalcore.errors import ModelError
from evalcore.predictors.handle import ModelHandle, OnPhase
from evalcore.store import Completion, Identity, Predictor, RunSpec, Store
from evalcore.tasks import Messages, Task, fingerprint


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
    """Always answers the most frequent label of the train split; of equally frequent ones, the first by name."""

    batch_size = 4096
    metadata: Mapping[str, str] = {}

    def __init__(self, task: Task) -> None:
        self.identity = identity("majority", task)
        counts = Counter(example.label for example in task.train)
        self._label = min(counts, key=lambda label: (-counts[label], label))

    def predict(self, prompts: list[Messages]) -> list[Completion]:
        """The same label for every text."""
        return [Completion(self._label) for _ in prompts]


class Tfidf:
    """TF-IDF over words and character n-grams, and a linear support vector machine, fitted on the train split.

    About 91 % on Banking77. Fitting takes seconds, so a fitted model is not stored; its answers are.
    """

    batch_size = 512
    metadata: Mapping[str, str] = {}

    def __init__(self, task: Task) -> None:
        from scipy.sparse import vstack
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline, make_union
        from sklearn.svm import LinearSVC

        self.identity = identity("tfidf", task)
        # In a fixed order, so that the fit does not depend on the order of the file.
        train = sorted(task.train, key=lambda example: (example.text, example.label))
        self._only_label = train[0].label if len({example.label for example in train}) == 1 else None
        if self._only_label is None:
            words = make_union(
                TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b"),
                TfidfVectorizer(sublinear_tf=True, ngram_range=(2, 5), analyzer="char_wb"),
            )
            classifier = LinearSVC(C=1.0, random_state=0)
            try:
                rows = words.fit_transform([example.text for example in train])
                # Each row occurs a second time with weight 0, which leaves the fit exactly as it is: where most labels
                # have one row, scikit-learn would take the labels for numbers and print a warning.
                weights = [1.0] * len(train) + [0.0] * len(train)
                classifier.fit(vstack([rows, rows]), [example.label for example in train] * 2, weights)
                self._model = make_pipeline(words, classifier)
            except ValueError as error:
                raise ModelError(
                    f"the tfidf baseline cannot be fitted on the train split ({error}).", where=task.name
                ) from error

    def predict(self, prompts: list[Messages]) -> list[Completion]:
        """The label of the highest decision value for each text."""
        texts = [messages[-1]["content"] for messages in prompts]
        if self._only_label is not None:
            return [Completion(self._only_label) for _ in texts]
        start = time.perf_counter()
        labels: Sequence[str] = self._model.predict(texts)
        each_ms = (time.perf_counter() - start) * 1000 / max(len(texts), 1)
        return [Completion(str(label), latency_ms=each_ms) for label in labels]


def identity(name: str, task: Task) -> Identity:
    """What decides a baseline's answers: its name and the train split, whatever the order of its rows.

    Raises:
        ModelError: if there is no train split.
    """
    if not task.train:
        raise ModelError(
            f"the {name} baseline is fitted on a train split, and this task has none.",
            where=task.name,
            do="Give a train file, or choose another model.",
        )
    return {"predictor": name, "version": 1, "train": fingerprint(task.train)}
