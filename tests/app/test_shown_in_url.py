"""The URL says what a page shows, and nothing else: what a link asks for in vain, or what was open before, is gone."""

import pytest

from evalcore.running.run import execute
from evalcore.store.jobs import Jobs
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import TaskSource
from tests.app.clicking import in_url, opened
from tests.tools.runs import stored

COMPARE, SIDE, PER_CLASS = "pages/compare.py", "pages/side_by_side.py", "pages/per_class.py"
GOLD = list("aabbccddee") * 4


@pytest.fixture
def ids(page_store):
    answers = {"good": GOLD, "fair": [*GOLD[:30], *"bbccddeeaa"], "bad": ["a"] * 40}
    return {name: stored(page_store, GOLD, given).run_id for name, given in answers.items()}


@pytest.mark.parametrize("path", [COMPARE, SIDE])
def test_a_copied_link_has_the_scoring_that_is_shown(ids, path):
    runs = {"a": ids["good"], "b": ids["fair"]} if path == COMPARE else {"runs": f"{ids['good']},{ids['fair']}"}
    app = opened(path, **runs)
    app.button_group(key="scoring").set_value("strict").run()
    assert in_url(app)["scoring"] == "strict"
    again = opened(path, **in_url(app))
    assert again.session_state["view"].scoring == "strict"
    again.button_group(key="scoring").set_value("lenient").run()
    assert "scoring" not in in_url(again)
    assert again.run().session_state["view"].scoring == "lenient"


@pytest.mark.parametrize("asked", [{"outcomes": "right"}, {"true_outside": "1"}, {"true": "no such label"}])
def test_what_no_matrix_has_picks_nothing(ids, asked):
    app = opened(COMPARE, a=ids["good"], b=ids["bad"], tab="matrices", **asked)
    assert not [one for one in app.button if one.key == "pair_close"]
    assert not {"outcomes", "true", "predicted"} & set(in_url(app))


def test_a_label_that_two_runs_do_not_have_is_not_in_the_url(ids):
    app = opened(COMPARE, a=ids["good"], b=ids["bad"], tab="labels", label="no such label", example="3")
    assert not {"label", "example"} & set(in_url(app))


def test_an_example_of_a_label_that_was_left_is_not_in_the_url(page_store):
    run = stored(page_store, list("aabb"), list("aabb"), labels="abc")
    app = opened(PER_CLASS, run=run.run_id, label="a")
    assert in_url(app)["example"] == "1"
    app.selectbox(key="class_label").select("c").run()
    assert "example" not in in_url(app)
    assert not app.exception


def test_the_words_on_a_stopped_job_name_the_button_that_is_there(page_store, colours):
    record = execute(RunSpec(TaskSource(str(colours)), "majority", n=8), page_store).record
    jobs = Jobs(page_store)
    jobs.stop(jobs.enqueue("run", record.spec.to_json()))
    app = opened(run=record.run_id)
    (said,) = [caption.value for caption in app.caption if "Stopped" in caption.value]
    assert app.button(key="run").label == "Verify again"
    assert "“Verify again”" in said
    assert "Go on" not in said
