"""The line that says what the chosen run will take."""

import pytest

from evalcore.running import estimate
from evalcore.running.estimate import Estimate
from evalcore.running.run import execute
from evalcore.store import RunSpec, checked
from evalcore.store.jobs import Jobs
from evalcore.store.planned import planned_metadata
from tests.app.clicking import change
from tests.conftest import Toy

ASKING, AFTER = "Estimating what it will take", "when the run at work has ended"
FOUND = Estimate(
    "0" * 12, n=77, stored=0, predictions=77, tokens_in=4650.0, tokens_out=253.0, most_tokens_out=1232.0,
    tokens_from="tokenizer", seconds=2.0, seconds_low=1.0, seconds_high=4.0, rests_on="*two* earlier runs",
    device="a processor, 2 threads", download_bytes=0.0,
)  # fmt: skip


def captions(page):
    """All captions, as they are read."""
    return " | ".join(one.value for one in page.caption).replace("\\", "")


def plans(store):
    """All plans that were asked for, the newest first."""
    return Jobs(store)._select("WHERE kind = 'plan' ORDER BY job_id DESC")


def answered(store, state="done", result=None):
    """Do what the worker does with the one plan that waits."""
    jobs = Jobs(store)
    job = jobs.claim(1, ("plan",))
    jobs.finish(job.job_id, state, FOUND.to_json() if result is None else result)
    return job


@pytest.fixture
def page(open_page, page_store):
    return open_page(model="demo-early", n="77")


def test_a_plan_of_what_is_chosen_is_asked_for_once_and_shown_when_it_is_there(page, page_store):
    spec = checked(RunSpec(model="demo-early", n=77))
    assert [(job.payload, job.state) for job in plans(page_store)] == [
        (estimate.request(spec, 0, page_store), "queued")
    ]
    assert ASKING in captions(page)
    page.run()
    assert len(plans(page_store)) == 1
    answered(page_store)
    page.run()
    assert ASKING not in captions(page)
    assert "77 predictions · 4,650 tokens in, 253 out · about 2.0 s on this CPU (1.0 s to 4.0 s)" in captions(page)
    assert "nothing to download" in captions(page)
    page.run()
    assert len(plans(page_store)) == 1


def test_the_answer_for_another_choice_is_never_shown_and_nobody_waits_for_it(page, page_store):
    answered(page_store)
    page.run()
    page.number_input(key="bar_n").set_value(50).run()
    assert "4,650" not in captions(page)
    assert ASKING in captions(page)
    second = plans(page_store)[0]
    page.number_input(key="bar_n").set_value(60).run()
    assert Jobs(page_store).get(second.job_id).state == "stopped"
    assert len(plans(page_store)) == 3


def test_why_a_run_would_fail_is_said_as_text(page, page_store):
    answered(page_store, "failed", "a/b: the hub has no such model, or it is *private*. Check the name.")
    page.run()
    assert "the hub has no such model" in captions(page)
    assert any(r"\*private\*" in one.value for one in page.caption)


@pytest.mark.parametrize(
    ("state", "result"), [("done", '{"newer": 1}'), ("done", ""), ("died", "gone"), ("stopped", "")]
)
def test_an_answer_of_another_version_or_none_says_nothing(page, page_store, state, result):
    answered(page_store, state, result)
    page.run()
    assert not page.exception
    assert not any(word in captions(page) for word in (ASKING, "about", "gone", "newer"))


def test_while_a_run_is_at_work_it_is_said_that_the_plan_comes_after_it(page, page_store):
    jobs = Jobs(page_store)
    jobs.enqueue("run", checked(RunSpec(n=20)).to_json())
    jobs.claim(1, ("run",))
    page.run()
    assert AFTER in captions(page)


def test_what_cannot_run_and_a_folder_that_cannot_be_written_have_no_plan(open_page, page_store, monkeypatch):
    open_page(model="/no/such/folder", n="77")
    assert plans(page_store) == []
    monkeypatch.setattr(page_store, "read_only", True)
    open_page(model="demo-early", n="77")
    assert plans(page_store) == []


def test_what_was_planned_stands_beside_what_it_took(open_page, page_store):
    kept = planned_metadata(seconds=3.0, predictions=20, effort=1.0, on="")
    record = execute(
        RunSpec(n=20),
        page_store,
        loader=lambda handle, on_phase: Toy(handle.identity, {}),
        planned=lambda plan, done: kept,
    ).record
    with page_store.connect(write=True) as db:
        db.execute("UPDATE runs SET seconds = 2.6, predicted = 20")
    page = open_page(run=record.run_id)
    assert any(one.proto.help == "planned 3.0 s, took 2.6 s" for one in page.caption)
    assert plans(page_store) == []
    assert "planned 3.0 s, took 2.6 s" in captions(change(page))
