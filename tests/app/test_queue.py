"""The jobs on a page: what ended badly, in words, run again or dismissed; baselines; jobs of a newer version."""

import json

import pytest

from evalcore.running.plan import baseline_specs
from evalcore.store.jobs import Jobs
from evalcore.store.spec import RunSpec, checked
from pages.parts.shell.markdown import message_markdown
from tests.app.clicking import opened
from tests.tools.runs import stored

RUNS = "pages/runs.py"


def ended(store, spec, how, result="", done=0):
    jobs = Jobs(store)
    job = jobs.enqueue("run", spec.to_json())
    if how == "stopped" and not done:
        jobs.stop(job)
        return job
    jobs.claim(1)
    jobs.report(job, phase="predicting", run_id=None, done=done, cached=0, total=400, predicting=True)
    jobs.finish(job, how, result)
    return job


def said(app):
    return [element.value.replace("\\", "") for element in (*app.error, *app.info)]


def labels(app):
    return [button.label for button in app.button]


def test_a_failure_is_dismissed_for_good(page_store):
    job = ended(page_store, checked(RunSpec()), "failed", "it broke.")
    app = opened(RUNS)
    assert any("it broke." in text for text in said(app))
    app.button(key=f"dismiss_{job}").click().run()
    assert not app.exception
    for page in (app, opened(RUNS)):
        assert not any("it broke." in text for text in said(page))
        assert "Dismiss" not in labels(page)


def test_an_older_failure_of_the_same_stays_away_when_the_newest_is_dismissed(page_store):
    ended(page_store, checked(RunSpec()), "failed", "it broke.")
    job = ended(page_store, checked(RunSpec()), "failed", "it broke again.")
    app = opened(RUNS)
    app.button(key=f"dismiss_{job}").click().run()
    assert not any("broke" in text for text in said(app))


@pytest.mark.parametrize(
    ("done", "earlier", "button", "says"),
    [
        (0, False, "Run", "was stopped before it began."),
        (0, True, "Go on", "was stopped. What was predicted is kept."),
        (7, False, "Go on", "was stopped. What was predicted is kept."),
    ],
)
def test_a_stopped_job_has_the_words_of_what_was_done(page_store, done, earlier, button, says):
    spec = checked(RunSpec())
    if earlier:
        spec = stored(page_store, "ab", "ab", labels="ab").spec
    ended(page_store, spec, "stopped", done=done)
    app = opened(RUNS)
    assert any(text.endswith(says) for text in said(app)), said(app)
    assert button in labels(app)
    assert ({"Run", "Go on"} - {button}).isdisjoint(labels(app))


def test_commands_in_a_message_are_code_and_all_else_is_as_typed():
    assert message_markdown("Give `demo`, or `a b`.") == "Give `demo`\\, or `a b`\\."
    assert message_markdown("one ` alone *x*") == "one \\` alone \\*x\\*"
    assert message_markdown("`![x](http://y)`") == "`![x](http://y)`"
    assert message_markdown("``x``") == "\\``x`\\`"
    assert "`" not in message_markdown("a\nb <b>")


def test_a_failure_shows_no_literal_backticks(page_store):
    ended(page_store, checked(RunSpec(model="nothing")), "failed", "nothing: there is no such model. Give `demo`.")
    (text,) = [error.value for error in opened(RUNS).error]
    assert "Give `demo`" in text
    assert "\\`" not in text


def test_jobs_of_a_newer_version_are_shown_with_what_can_be_said(page_store):
    newer = json.dumps({**json.loads(RunSpec(model="owner/new").to_json()), "thinking": "long"})
    jobs = Jobs(page_store)
    for payload in (newer, "[]"):
        failed = jobs.enqueue("run", payload)
        jobs.claim(1)
        jobs.finish(failed, "failed", "why")
    jobs.enqueue("run", newer + " ")
    app = opened(RUNS)
    assert any("new, asked for by a newer version failed" in text for text in said(app))
    assert any("a run, asked for by a newer version failed" in text for text in said(app))
    assert any(button.label == "Stop" for button in app.button)


def test_baselines_at_work_stand_on_the_runs_page_and_can_be_stopped(page_store):
    jobs = Jobs(page_store)
    job = jobs.enqueue("baseline", checked(RunSpec(model="tfidf")).to_json())
    app = opened(RUNS)
    app.button(key=f"stop_job_{job}").click().run()
    assert jobs.get(job).state == "stopped"


def test_the_overview_says_that_baselines_are_being_computed_until_they_are(page_store):
    record = stored(page_store, "aabb", "abab", labels="ab")
    jobs = Jobs(page_store)
    job = jobs.enqueue("baseline", baseline_specs(record.spec)[1].to_json())
    jobs.enqueue("baseline", checked(RunSpec(model="tfidf", n=7)).to_json())  # of another run
    app = opened(run=record.run_id)
    (said,) = [caption.value for caption in app.caption if "are being computed" in caption.value]
    assert "tfidf …" in said
    jobs.claim(1, ("baseline",))
    jobs.finish(job, "done")
    app.run()
    assert not app.exception
    assert not [caption for caption in app.caption if "are being computed" in caption.value]
