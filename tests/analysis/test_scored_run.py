"""A scored run against a plain loop over the same rows, and answers that are fetched when they are accessed."""

from collections import Counter

import numpy as np
import pytest

from evalcore.analysis.scored_run import OUTCOMES, score_run
from evalcore.errors import StoreError
from evalcore.importing.predictions import import_table
from evalcore.parse.matching import LabelParser
from evalcore.store.columns import load_columns
from evalcore.tasks.data_file import Table

ANSWERS = ("a", "B", "it is c", "a or b", "nothing", "")


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return [
        (f"text {i}" * (i % 4), "abc"[int(rng.integers(3))], ANSWERS[int(rng.integers(len(ANSWERS)))])
        for i in range(1300)
    ]


@pytest.fixture
def record(store, rows):
    table = Table("x.csv", ["text", "label", "completion"], [list(row) for row in rows], list(range(len(rows))))
    return import_table(table, "x.csv", store, labels=list("abc"))


@pytest.mark.parametrize("scoring", ["strict", "lenient"])
def test_arrays_and_answers_say_what_a_plain_loop_says(store, rows, record, scoring):
    scored = score_run(store, record.run_id, scoring)
    parser = LabelParser("abc")
    expected = []
    for _, label, completion in rows:
        predicted = parser.parse(completion).under(scoring)
        expected.append("unparsed" if predicted is None else "right" if predicted == label else "wrong")
    assert [OUTCOMES[code] for code in scored.outcomes] == expected
    assert [answer.outcome for answer in scored.answers] == expected
    assert [(a.example.text, a.example.label, a.completion.text) for a in scored.answers] == rows
    assert scored.matches == Counter(parser.parse(completion).match for _, _, completion in rows)
    assert scored.columns.chars.tolist() == [len(text) for text, _, _ in rows]


def test_an_answer_is_the_same_by_index_by_slice_and_by_rows(store, record):
    answers = score_run(store, record.run_id).answers
    walked = list(answers)
    assert answers[0] == walked[0]
    assert answers[-1] == walked[-1]
    assert answers[600] == walked[600]
    assert answers[595:605] == walked[595:605]
    assert answers.at([7, 3, 7]) == [walked[7], walked[3], walked[7]]
    with pytest.raises(IndexError):
        answers[len(walked)]


def test_another_scoring_rule_needs_no_second_look_at_the_store(store, record, monkeypatch):
    columns = load_columns(store, record)
    expected = score_run(store, record.run_id, "strict").confusion
    monkeypatch.setattr(type(store), "completions", lambda *a: pytest.fail("the completions were read again"))
    assert (score_run(store, record.run_id, "strict", columns=columns).confusion == expected).all()
    assert not (score_run(store, record.run_id, "lenient", columns=columns).confusion == expected).all()


def test_what_the_switch_changes_is_counted_from_one_reading(store, record):
    strict, lenient = (score_run(store, record.run_id, scoring) for scoring in ("strict", "lenient"))
    assert strict.right_under == {"strict": strict.scores.correct, "lenient": lenient.scores.correct}


def test_equal_answers_of_an_import_are_stored_once(store, record):
    with store.connect() as db:
        assert db.execute("SELECT count(*) FROM completions").fetchone()[0] == len(ANSWERS)
    assert len(score_run(store, record.run_id).answers) == 1300


def test_a_row_without_an_intact_completion_does_not_count(store, rows, record):
    with store.connect(write=True) as db:
        db.execute("UPDATE completions SET text = 'b' WHERE text = 'B'")
    scored = score_run(store, record.run_id)
    assert len(scored.answers) == sum(completion != "B" for _, _, completion in rows)
    assert all(answer.completion.text != "b" for answer in scored.answers)


def test_an_answer_that_is_gone_is_said_to_be_so(store, record):
    scored = score_run(store, record.run_id)
    with store.connect(write=True) as db:
        db.execute("DELETE FROM completions")
    with pytest.raises(StoreError, match="gone or damaged"):
        scored.answers[0]
