"""What has not changed is not computed again: counts of calls over clicks."""

from collections import Counter
from functools import wraps
from importlib import import_module

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.parse.matching import LabelParser
from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.jobs import Jobs
from evalcore.store.spec import RunSpec, checked
from evalcore.tasks.task import TaskSource
from pages.parts.explore.matrix_view import ALL
from pages.parts.run.progress import LATEST
from tests.app.clicking import click_item, click_row
from tests.tools.generated import imported
from tests.tools.runs import stored


@pytest.fixture
def calls(monkeypatch):
    """Counts calls of functions by name, from when they are watched: `calls("pages.parts.x", "name", ...)`."""
    counts = Counter()

    def watch(module, *names):
        owner = module if isinstance(module, type) else import_module(module)
        for name in names:
            original = getattr(owner, name)

            @wraps(original)  # what is kept is kept under the function's name
            def counted(*args, original=original, name=name, **kwargs):
                counts[name] += 1
                return original(*args, **kwargs)

            monkeypatch.setattr(owner, name, counted)
        return counts

    return watch


@pytest.fixture
def run_id(page_store):
    return imported(page_store, 77, 1500).run_id


def test_a_click_on_the_confusions_page_orders_draws_and_counts_nothing_again(open_page, run_id, calls):
    app = open_page("pages/confusions.py", run=run_id)
    app.segmented_control(key="matrix_show").set_value(ALL).run()
    calls("pages.parts.explore.matrix_view", "view", "heatmap")
    calls("evalcore.analysis.ranked_confusions", "confusion_pairs", "direction")
    calls("pages.parts.explore.confusion_list", "absorbing", "leaking")
    calls(Store, "runs")
    calls("pages.parts.shell.cached.examples", "select")
    counts = calls("pages.parts.shell.frame", "ensure_worker")
    click_item(app, "heatmap", 0)
    assert counts == {"select": 1, "runs": 1}  # a cell was picked, and other runs answered to its first example
    click_row(app, "confusions_table", 1)
    app.button(key="confusions_next").click().run()
    assert counts == {"select": 1, "runs": 3}

    app.toggle(key="confusions_render_prompt").set_value(True).run()
    app.button(key="back_to_list").click().run()
    assert counts == {"select": 1, "runs": 3}
    app.button(key="confusion_1").click().run()
    assert counts == {"select": 2, "runs": 4, "heatmap": 1, "direction": 1}  # another cell is outlined and described
    for _ in range(2):  # the second time all is there
        app.button(key="back_to_list").click().run()
        app.button(key="confusion_0").click().run()
        assert counts == {"select": 3, "runs": 5, "heatmap": 2, "direction": 2}


def test_a_list_that_is_not_open_is_not_computed(open_page, run_id, calls):
    counts = calls("pages.parts.explore.confusion_list", "absorbing", "leaking")
    app = open_page("pages/confusions.py", run=run_id)
    assert counts == {}
    app.session_state["view"].confusion_list = "Over-predicted"
    app.run()
    app.run()
    assert counts == {"absorbing": 1}


def test_another_way_to_draw_the_matrix_is_computed_and_nothing_else_is(open_page, run_id, calls):
    app = open_page("pages/confusions.py", run=run_id)
    calls("evalcore.analysis.ranked_confusions", "confusion_pairs")
    counts = calls("pages.parts.explore.matrix_view", "view", "heatmap")
    app.toggle(key="matrix_log").set_value(False).run()
    assert counts == {"heatmap": 1}
    app.toggle(key="matrix_diagonal").set_value(False).run()
    assert counts == {"heatmap": 2, "view": 1}


def test_a_click_on_the_class_page_makes_its_table_and_chart_once(open_page, run_id, calls):
    app = open_page("pages/per_class.py", run=run_id)
    counts = calls("pages.parts.explore.classes", "class_table", "sorted_table", "class_chart", "overall_row")
    calls(Store, "runs")
    click_row(app, "classes_", 3)
    click_row(app, "classes_", 5)
    assert counts == {"runs": 2}  # other runs answered to the first example of each label


def test_the_overview_draws_its_charts_once(open_page, page_store, colours, calls):
    run_id = execute(RunSpec(TaskSource(str(colours)), "majority", n=8), page_store).record.run_id
    app = open_page("app.py", run=run_id)
    calls("evalcore.charts", "scores_chart", "small_matrix", "predicted_against_true")
    calls(Store, "runs", "runs_on_sample", "count_done")
    counts = calls("pages.parts.shell.frame", "ensure_worker")
    app.run()
    app.run()
    assert counts == {}


def test_runs_are_listed_again_when_one_is_written_and_each_session_sees_it(open_page, page_store, run_id, calls):
    sessions = [open_page("pages/runs.py") for _ in range(2)]
    counts = calls(Store, "runs")
    new = imported(page_store, 5, 40).run_id
    counts.clear()
    for app in sessions:
        app.run()
        assert new in set(app.dataframe[0].value["run"])
    assert counts["runs"] == 1


def test_a_worker_is_looked_for_when_a_page_is_opened(open_page, run_id, calls):
    app = open_page("pages/runs.py", run=run_id)
    counts = calls("pages.parts.shell.frame", "ensure_worker")
    app.run()
    app.switch_page("pages/examples.py").run()
    app.run()
    assert counts == {"ensure_worker": 1}


def test_each_completion_of_a_run_at_work_is_parsed_once_however_often_it_is_watched(
    open_page, page_store, colours, calls
):
    spec = checked(RunSpec(TaskSource(str(colours)), "majority", n=40))
    record = execute(spec, page_store).record
    app = open_page("app.py", run=record.run_id)
    jobs = Jobs(page_store)
    job_id = jobs.enqueue("run", spec.to_json())
    jobs.claim(1)
    progress = {"phase": "predicting", "run_id": record.run_id, "cached": 0, "total": 40, "predicting": True}
    jobs.report(job_id, done=40, **progress)
    counts = calls(LabelParser, "parse")
    app.run()
    first = counts["parse"]
    accuracy = next(metric.value for metric in app.metric if metric.label == "Accuracy so far")
    assert first == 40 + LATEST  # the last ones are shown as a table
    app.run()
    app.run()
    assert counts["parse"] == 40 + 3 * LATEST
    assert accuracy == f"{100 * score_run(page_store, record.run_id).scores.accuracy:.1f} %"


@pytest.fixture
def two_runs(page_store):
    """Ids of two runs on one sample."""
    gold = list("abcdefgh") * 20
    wrong = [*gold[3:], *gold[:3]]
    return [stored(page_store, gold, answers).run_id for answers in ([*wrong[:80], *gold[80:]], gold)]


def test_a_click_on_compare_makes_its_tables_and_charts_once_and_hidden_tabs_make_none(open_page, two_runs, calls):
    a, b = two_runs
    watched = ("_rows", "_spec", "_cells", "_changes", "_table")
    calls("pages.parts.compare.pair_examples", "_rows")
    calls("pages.parts.compare.matrices_compared", "_spec", "_cells", "_changes")
    calls("pages.parts.compare.labels_compared", "_table")
    counts = calls("pages.parts.shell.cached.comparisons", "compare")
    app = open_page("pages/compare.py", a=a, b=b)
    assert counts == {"compare": 1, "_rows": 1}
    click_row(app, "behind_", 2)
    app.button(key="pair_next").click().run()
    assert counts == {"compare": 1, "_rows": 1}
    app.button(key="group_both_right").click().run()
    assert counts == {"compare": 1, "_rows": 2}

    app = open_page("pages/compare.py", a=a, b=b, tab="labels")
    click_row(app, "labels_", 1)
    app.button(key="pair_next").click().run()
    assert counts == {"compare": 1, "_rows": 3, "_table": 1}

    app = open_page("pages/compare.py", a=a, b=b, tab="matrices")
    before = {name: counts[name] for name in watched}
    click_item(app, "matrix_", 3)
    app.button(key="pair_next").click().run()
    click_item(app, "matrix_", 4)
    assert {name: counts[name] for name in watched} == {**before, "_rows": before["_rows"] + 2}


def test_a_click_side_by_side_computes_its_pairs_and_tables_once(open_page, two_runs, calls):
    calls("pages.parts.compare.swept", "_runs_chart", "_runs_table", "_pairs_table", "_examples_table")
    counts = calls("pages.parts.shell.cached.comparisons", "gather")
    app = open_page("pages/side_by_side.py", runs=",".join(two_runs), tab="examples")
    click_row(app, "each_", 2)
    app.button(key="side_next").click().run()
    assert counts == {"gather": 1, "_examples_table": 1}
    app = open_page("pages/side_by_side.py", runs=",".join(two_runs), tab="pairs")
    app.run()
    assert counts == {"gather": 1, "_examples_table": 1, "_pairs_table": 1}
