"""A run's accuracy while it is predicted equals that of the run as it is stored at that moment."""

import pytest

from evalcore.analysis import running_score
from evalcore.analysis.running_score import RunningScore
from evalcore.analysis.scored_run import score_run
from evalcore.parse.matching import LabelParser
from evalcore.running.run import execute
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import Example, TaskSource
from tests.conftest import Toy, write_csv
from tests.tools.generated import imported

SPEC = {"n": 40, "model": "majority"}


class Answers(Toy):
    """Says the colour of a text rightly for even numbers, wrongly or nothing for others."""

    def predict(self, prompts):
        texts = [messages[-1]["content"] for messages in prompts]
        for text in texts:
            colour, _, number = text.partition(" thing ")
            self.answers[text] = colour if int(number) % 2 == 0 else "none" if int(number) % 3 == 0 else "red"
        return super().predict(prompts)


@pytest.fixture
def part_of(store, colours):
    """Predicts a run until so many examples are done: `part_of(8)`."""

    def run(done):
        loader = lambda handle, on_phase: Answers(handle.identity, {})  # noqa: E731
        spec = RunSpec(TaskSource(str(colours)), **SPEC)
        return execute(spec, store, loader=loader, on_progress=lambda progress: progress.done < done).record

    return run


def figures(score):
    return score.n, score.correct, score.unparsed


def stored_figures(store, record):
    scores = score_run(store, record.run_id).scores
    return scores.n, scores.correct, scores.unparsed


def test_it_is_that_of_the_stored_run_at_every_moment(store, part_of):
    record = part_of(4)
    score = RunningScore(store, record)
    for done in (4, 12, 12, 28, 40):
        part_of(done)
        score.update(6)
        assert figures(score) == stored_figures(store, record)
    assert score.n == 40
    assert score.accuracy_interval == score_run(store, record.run_id).accuracy_interval


def test_each_completion_is_parsed_once(store, part_of, monkeypatch):
    record = part_of(8)
    score, parsed = RunningScore(store, record), []
    original = LabelParser.parse
    monkeypatch.setattr(LabelParser, "parse", lambda self, text: parsed.append(text) or original(self, text))
    for done in (8, 8, 20, 40, 40):
        part_of(done)
        parsed_before = len(parsed)
        score.update(6)
        assert len(parsed) - parsed_before <= 20
    assert len(parsed) == 40


def test_what_is_complete_is_asked_for_no_more(store, part_of, monkeypatch):
    record = part_of(40)
    score = RunningScore(store, record)
    score.update(6)
    monkeypatch.setattr(store, "completions", lambda keys: pytest.fail("asked again"))
    score.update(6)
    assert score.n == 40


def test_the_latest_are_those_that_come_last_in_the_sample(store, part_of):
    record = part_of(20)
    score = RunningScore(store, record)
    score.update(3)
    assert score.latest(3) == list(reversed(score_run(store, record.run_id).answers[-3:]))


def test_nothing_predicted_has_no_accuracy(store, part_of):
    record = part_of(4)
    with store.connect(write=True) as db:
        db.execute("DELETE FROM completions")
    score = RunningScore(store, record)
    score.update(6)
    assert score.accuracy != score.accuracy
    assert score.latest(6) == []


def test_examples_that_share_a_completion_count_each(store, tmp_path):
    rows = [Example("the same", "red"), Example("the same", "blue"), Example("another", "red")]
    path = write_csv(tmp_path / "rows.csv", rows)
    loader = lambda handle, on_phase: Toy(handle.identity, {})  # noqa: E731
    spec = RunSpec(TaskSource(str(path), train=str(path)), "majority", n=3)
    record = execute(spec, store, loader=loader).record
    score = RunningScore(store, record)
    score.update(6)
    assert figures(score) == stored_figures(store, record) == (3, 2, 0)


def test_what_was_stored_before_is_found_wherever_it_lies(store, monkeypatch):
    monkeypatch.setattr(running_score, "_BLOCK", 4)
    record = imported(store, 24, 1500)
    distinct = list(dict.fromkeys(store.first_items(record.run_id, 1500)[1]))
    with store.connect(write=True) as db:
        for key in distinct[:-1]:
            db.execute("DELETE FROM completions WHERE key = ?", (key,))
    score = RunningScore(store, record)
    score.update(6)
    assert figures(score) == stored_figures(store, record)
    assert score.n > 0
