"""Numbers of the overview's first fold: how an accuracy came about, and what an unfinished run is compared with."""

from types import SimpleNamespace

import numpy as np
import pytest

from evalcore.analysis.reference_accuracies import references
from evalcore.analysis.running_score import _HISTORY, RunningScore
from evalcore.analysis.scored_run import score_run
from evalcore.metrics import wilson
from evalcore.running.run import execute
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import TaskSource
from tests.tools.runs import scored


def test_an_unfinished_run_is_compared_on_the_examples_that_it_has(store):
    gold = list("aabbaabb")
    whole = scored(store, gold, list("aaaaaaaa"))
    other = scored(store, gold, list("bbbbaabb"), name="other.csv")
    part = np.arange(4)
    unfinished = SimpleNamespace(record=whole.record, positions=part, outcomes=whole.outcomes[:4])
    this, baseline = references(unfinished, [other])[:2]
    assert this.accuracy == pytest.approx(0.5)
    assert baseline.accuracy == pytest.approx(0.5)  # 6 of 8 over all
    assert baseline.interval == pytest.approx(tuple(float(bound) for bound in wilson(2, 4)))


def test_a_finished_run_has_the_accuracies_of_its_scores(store):
    gold = list("aabbaabb")
    whole, other = scored(store, gold, list("aaaaaaab")), scored(store, gold, list("bbbbaabb"), name="other.csv")
    found = references(whole, [other])[:2]
    assert [one.accuracy for one in found] == [whole.scores.accuracy, other.scores.accuracy]
    assert [one.interval for one in found] == [whole.intervals.accuracy, other.intervals.accuracy]


def test_the_history_of_a_run_at_work_ends_at_its_accuracy_and_stays_short(store, colours):
    record = execute(RunSpec(TaskSource(str(colours)), "majority", n=8), store).record
    score = RunningScore(store, record)
    score.update(2)
    score.update(2)
    accuracy = score_run(store, record.run_id).scores.accuracy
    assert score.history == [(8, accuracy, *score.accuracy_interval)]
    score.history = [(at, 0.0, 0.0, 0.0) for at in range(-_HISTORY, 0)]
    score.history[-1] = (7, 0.0, 0.0, 0.0)
    score.update(2)
    assert len(score.history) == _HISTORY // 2 + 1
    assert score.history[0][0] == -_HISTORY  # where it began stays
    assert score.history[-1][:2] == (8, accuracy)
