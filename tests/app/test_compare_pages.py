"""Compare, Side by side and Runs in Streamlit's own test runner."""

import re

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import user_key_from_element_id

from evalcore.store.catalog import RunCatalog
from evalcore.store.jobs import Jobs
from evalcore.store.spec import RunSpec, checked
from tests.app.clicking import opened
from tests.conftest import ROOT
from tests.tools.processes import PATIENCE_S
from tests.tools.runs import stored

COMPARE, SIDE, RUNS = "pages/compare.py", "pages/side_by_side.py", "pages/runs.py"
GOLD = list("aabbccddee") * 4
ANSWERS = {
    "good": GOLD,
    "fair": [*GOLD[:30], *"bbccddeeaa"],
    "bad": ["a"] * 40,
}


@pytest.fixture(autouse=True)
def own_store(page_store):
    return page_store


@pytest.fixture
def ids(own_store):
    return {name: stored(own_store, GOLD, answers).run_id for name, answers in ANSWERS.items()}


def rerun(app):
    app.run()
    assert not app.exception, app.exception
    return app


def press(app, one):
    one.click()
    return rerun(app)


def said(app):
    kinds = ("subheader", "markdown", "caption", "info", "warning")
    return "\n".join(element.value for kind in kinds for element in app.get(kind))


def button(app, label):
    return next(one for one in app.button if label in one.label)


@pytest.mark.parametrize("page", [COMPARE, SIDE, RUNS])
def test_an_empty_cache_says_what_to_do(page):
    assert opened(page).info


def test_one_run_alone_is_told_how_much_is_enough(own_store):
    run_id = stored(own_store, GOLD, ANSWERS["fair"]).run_id
    app = opened(COMPARE, run=run_id)
    assert "takes two stored runs" in app.info[0].value
    assert "examples" in said(app)
    assert app.number_input(key="wanted_points").value == 2.0


def test_the_url_chooses_both_runs_and_the_verdict_is_theirs(ids):
    app = opened(COMPARE, a=ids["good"], b=ids["fair"])
    assert (app.selectbox(key="pair_a").value, app.selectbox(key="pair_b").value) == (ids["good"], ids["fair"])
    assert [app.button(key=f"group_{group}").label for group in ("fixed", "broken")] == ["**0** fixed", "**10** broken"]
    assert "B is worse: −25.0 points" in said(app).replace("\\", "")


def test_swapping_turns_the_verdict_round_and_the_url_with_it(ids):
    app = opened(COMPARE, a=ids["good"], b=ids["fair"], door="broken")
    press(app, button(app, "Swap"))
    assert "B is better" in said(app)
    assert (app.query_params["a"], app.query_params["b"]) == (ids["fair"], ids["good"])
    assert app.query_params["door"] == "fixed"


def test_what_both_left_unparsed_has_a_group_of_its_own(own_store):
    runs = [stored(own_store, list("abab"), answers).run_id for answers in (["a", "?", "", "a"], ["a", "-", "no", "a"])]
    app = opened(COMPARE, a=runs[0], b=runs[1], door="both_unparsed")
    groups = {one.key: one.label for one in app.button if (one.key or "").startswith("group_")}
    assert groups["group_both_wrong"] == "**3** both wrong"
    assert sum(int(label.split("**")[1]) for label in groups.values()) == 4
    assert app.segmented_control(key="way_wrong").options == ["all 3", "alike 1", "differently 0", "both unparsed 2"]
    assert list(examples_shown(app)["text"]) == ["text 1", "text 2"]
    assert app.query_params["door"] == "both_unparsed"


def examples_shown(app):
    return next(table.value for table in app.dataframe if list(table.value.columns)[-2:] == ["A", "B"])


def test_what_broke_is_open_at_first_and_another_group_opens_in_its_place(ids):
    app = opened(COMPARE, a=ids["good"], b=ids["fair"])
    table = examples_shown(app)
    assert list(table["A"]) == ["✓"] * 10
    assert list(table["B"]) == [f"✗ {label}" for label in ANSWERS["fair"][30:]]
    assert (app.query_params["door"], app.query_params["example"]) == ("broken", "31")
    press(app, app.button(key="group_both_right"))
    assert list(examples_shown(app)["B"]) == ["✓"] * 30
    assert (app.query_params["door"], app.query_params["example"]) == ("both_right", "1")


def test_runs_that_cannot_be_compared_are_refused_with_the_reason(own_store, ids):
    other = stored(own_store, ["x", "y"], ["x", "x"]).run_id
    app = opened(COMPARE, a=ids["good"], b=other)
    assert "label sets differ" in app.warning[0].value


def test_runs_that_are_not_stored_are_said_to_be_so(ids):
    app = opened(COMPARE, a="../../etc/passwd", b=ids["good"])
    assert any("not stored here" in warning.value for warning in app.warning)


def test_a_run_deleted_while_it_is_open_leaves_a_working_page(own_store, ids):
    app = opened(COMPARE, a=ids["good"], b=ids["bad"])
    RunCatalog(own_store).delete(ids["bad"])
    rerun(app)
    assert ids["bad"] not in (app.selectbox(key="pair_a").value, app.selectbox(key="pair_b").value)


def test_the_pinned_baseline_is_a_unless_it_is_looked_at(own_store, ids):
    RunCatalog(own_store).pin(ids["bad"])
    app = opened(COMPARE, run=ids["fair"])
    assert (app.selectbox(key="pair_a").value, app.selectbox(key="pair_b").value) == (ids["bad"], ids["fair"])


@pytest.mark.parametrize("side", ["a", "b"])
def test_a_link_that_names_one_run_alone_finds_the_other(ids, side):
    app = opened(COMPARE, **{side: ids["fair"]})
    assert app.selectbox(key=f"pair_{side}").value == ids["fair"]
    assert not app.warning
    assert "exact McNemar" in said(app)


def test_two_sessions_comparing_other_runs_never_see_each_others_state(ids):
    """Twenty interleaved steps: groups, swaps, plain reruns."""
    first = opened(COMPARE, a=ids["good"], b=ids["fair"])
    second = opened(COMPARE, a=ids["bad"], b=ids["fair"])
    third = opened(SIDE, runs=f"{ids['good']},{ids['bad']}")
    expected = {"first": [ids["good"], ids["fair"], ""], "second": [ids["bad"], ids["fair"], ""]}
    steps = ("group_broken", "swap", "", "group_fixed", "swap", "group_both_right", "", "swap", "group_fixed", "")
    for number, step in enumerate(steps):
        for name, app in (("first", first), ("second", second)):
            act = step if name == "first" else steps[-1 - number]
            session = expected[name]
            if act == "swap":
                button(app, "Swap").click()
                session[:2] = reversed(session[:2])
                session[2] = {"fixed": "broken", "broken": "fixed"}.get(session[2], session[2])
            elif act:
                app.button(key=act).click()
                session[2] = act.removeprefix("group_")
            rerun(app)
            for other, shown in (("first", first), ("second", second)):
                a, b, group = expected[other]
                assert (shown.selectbox(key="pair_a").value, shown.selectbox(key="pair_b").value) == (a, b)
                at_first = "fixed" if (a, b) == (ids["fair"], ids["good"]) else "broken"  # where anything is
                assert shown.query_params["door"] == (group or at_first)
        assert rerun(third).multiselect(key="picked_runs").value == [ids["good"], ids["bad"]]


def test_side_by_side_serves_any_runs_of_the_url(ids):
    app = opened(SIDE, runs=",".join(ids.values()))
    assert "lowest 20.0 %" in said(app).replace("\\", "")
    assert "highest 100.0 %" in said(app).replace("\\", "")
    assert len(app.dataframe[0].value) == 3
    for tab, rows in (("pairs", 3), ("examples", 40)):
        app = opened(SIDE, runs=",".join(ids.values()), tab=tab)
        assert len(app.dataframe[0].value) == rows


def test_one_click_queues_every_chosen_prompt_once(own_store):
    app = opened(SIDE)
    app.multiselect(key="sweep_prompts").set_value(["article", "bare", "numbered"])
    rerun(app)
    press(app, button(app, "Run all of them"))
    queued = [job.spec for job in Jobs(own_store).active()]
    assert [spec.prompt for spec in queued] == ["article", "bare", "numbered"]
    assert len({(spec.n, spec.sample, spec.model, spec.seed) for spec in queued}) == 1
    press(app, button(app, "Run all of them"))
    assert len(Jobs(own_store).active()) == 3


def test_two_spellings_of_one_prompt_are_run_once_and_an_unknown_one_is_refused(own_store):
    app = opened(SIDE)
    app.multiselect(key="sweep_prompts").set_value(["article", "few-shot"])
    rerun(app)
    app.session_state["sweep_prompts"] = ["article", "few-shot", "few-shot:5"]
    rerun(app)
    press(app, button(app, "Run all of them"))
    assert [job.spec.prompt for job in Jobs(own_store).active()] == ["article", "few-shot"]
    app.session_state["sweep_prompts"] = ["article", "nothing"]
    rerun(app)
    assert button(app, "Run all of them").disabled
    assert any("there is no prompt" in warning.value for warning in app.warning)
    assert len(Jobs(own_store).active()) == 2


def test_what_could_not_be_started_is_said_once(own_store):
    app = opened(SIDE)
    app.session_state["view"].sweep.error = "the cache cannot be written."
    assert "cannot be written" in rerun(app).error[0].value
    assert not rerun(app).error


def test_a_prompt_that_there_is_not_fails_by_the_worker_and_is_retried_here(own_store):
    spec = checked(RunSpec(prompt="article"))
    jobs = Jobs(own_store)
    job = jobs.enqueue("run", spec.to_json())
    jobs.claim(1)
    jobs.finish(job, "failed", "there is no prompt *x*.")
    app = opened(RUNS)
    assert "there is no prompt \\*x\\*" in app.error[0].value
    press(app, button(app, "Retry"))
    assert [again.spec for again in jobs.active()] == [spec]
    assert not app.error


def test_a_waiting_job_is_stopped_on_the_runs_page(own_store):
    jobs = Jobs(own_store)
    job = jobs.enqueue("run", checked(RunSpec()).to_json())
    app = opened(RUNS)
    app.button(key=f"stop_job_{job}").click().run()
    assert jobs.get(job).state == "stopped"


def click_row_of_runs(app, row):
    ids = [user_key_from_element_id(table.proto.id) or "" for table in app.dataframe]
    key = next(key for key in ids if key.startswith("runs_table_"))
    app.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": [[row, "run"]]}}
    return rerun(app)


def test_runs_are_found_named_and_pinned(own_store, ids):
    app = opened(RUNS)
    table = app.dataframe[0].value
    assert set(table["run"]) == set(ids.values())
    row = list(table["run"]).index(ids["fair"])
    assert table["accuracy"][row] == pytest.approx(75.0)
    click_row_of_runs(app, row)
    press(app, button(app, "Pin as baseline"))
    assert RunCatalog(own_store).annotations()[ids["fair"]].pinned
    app.text_input(key="runs_find").set_value("pinned").run()
    assert list(app.dataframe[0].value["run"]) == [ids["fair"]]
    app.text_input(key="runs_find").set_value("no such thing").run()
    assert "No run passes" in app.info[0].value


def test_deleting_asks_before_anything_is_gone(own_store, ids):
    app = opened(RUNS)
    row = list(app.dataframe[0].value["run"]).index(ids["bad"])
    click_row_of_runs(app, row)
    press(app, button(app, "Delete …"))
    assert ids["bad"] in {record.run_id for record in own_store.runs()}
    assert app.button(key="really_delete").label == "Delete"  # pressed in the browser's test: a dialog is a fragment


def test_a_name_shows_in_the_sidebar_and_in_the_pickers(own_store, ids):
    RunCatalog(own_store).write(ids["good"], name="my best", note="")
    compare = opened(COMPARE, a=ids["good"], b=ids["bad"])
    for app, key in ((compare, "pair_a"), (opened("pages/per_class.py", run=ids["bad"]), "picked_run")):
        assert any(option.startswith("my best") for option in app.selectbox(key=key).options), key


def test_a_hostile_name_looks_as_typed(own_store, ids):
    RunCatalog(own_store).write(ids["good"], name="![x](http://127.0.0.1:9/p.png) :red[x]", note="")
    app = opened(RUNS)
    row = list(app.dataframe[0].value["run"]).index(ids["good"])
    click_row_of_runs(app, row)
    drawn = [text.value for text in app.markdown if "x" in text.value and text.value.startswith("**")]
    assert drawn
    assert "![x](" not in "".join(drawn)


def test_the_overview_holds_a_run_against_the_pinned_one(own_store, ids):
    RunCatalog(own_store).pin(ids["bad"])
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE_S)
    app.query_params["run"] = ids["good"]
    rerun(app)
    assert "Baselines on the same examples" in [heading.value for heading in app.subheader]


@pytest.mark.parametrize(("gold", "answers"), [("a", "a"), ("a", "?"), ("aab", "???"), ("aaa", "aaa")])
def test_no_page_of_a_tiny_run_says_nan(own_store, gold, answers):
    runs = [stored(own_store, list(gold), each, labels="ab").run_id for each in (list(answers), ["b", *answers[1:]])]
    pages = [opened(COMPARE, a=runs[0], b=runs[1]), opened(SIDE, runs=",".join(runs)), opened("app.py", run=runs[0])]
    for app in pages:
        figures = [str(part) for metric in app.metric for part in (metric.label, metric.value, metric.delta)]
        cells = [cell for table in app.dataframe for cell in table.value.astype(object).to_numpy().ravel()]
        words = " ".join([said(app), *figures, *(cell for cell in cells if isinstance(cell, str))])
        assert not re.search(r"\bnan\b|undefined are", words), words
