"""From an adapter's run to the comparison with its base model: a button that runs the base, then a link; in Compare."""

from dataclasses import replace

import pytest

from evalcore.running.run import execute
from evalcore.store.catalog import RunCatalog
from evalcore.store.jobs import Jobs
from evalcore.store.spec import RunSpec, checked
from tests.tools.adapters import edit, save_adapter

COMPARE = "pages/compare.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with an adapter of the demo's model."""
    from transformers import AutoModelForCausalLM

    from evalcore.paths import DEMO_MODELS

    base = AutoModelForCausalLM.from_pretrained(DEMO_MODELS / "demo")
    return save_adapter(base, tmp_path_factory.mktemp("made") / "adapter", "demo")


@pytest.fixture
def adapter(page_store, folder):
    """The stored run of the adapter."""
    return execute(RunSpec(model=str(folder), n=6), page_store).record


def link(app):
    found = [one.proto for one in app.get("page_link") if one.proto.label == "Compare with its base model"]
    return found[0] if found else None


def run_base(app):
    return next((one for one in app.button if one.key == "run_base_model"), None)


def said(app):
    return " ".join(element.value for element in (*app.caption, *app.markdown, *app.subheader)).replace("\\", "")


def test_the_base_is_run_in_one_click_in_the_same_way_and_then_compared_in_one(open_page, page_store, adapter):
    app = open_page("app.py", run=adapter.run_id)
    assert link(app) is None
    assert "demo" in run_base(app).help
    run_base(app).click().run()
    (job,) = Jobs(page_store).active(("run",))
    assert job.spec == replace(adapter.spec, model="demo")
    assert "Its base model: waiting" in said(app)
    assert run_base(app) is None  # a second click would run it twice

    execute(job.spec, page_store)
    Jobs(page_store).finish(job.job_id, "done", "")
    app = open_page("app.py", run=adapter.run_id)
    assert run_base(app) is None
    base = next(run for run in page_store.runs() if run.spec.model == "demo")
    assert f"a={base.run_id}&b={adapter.run_id}" in link(app).query_string
    assert link(open_page("app.py", run=base.run_id)) is None  # a whole model has no base

    execute(RunSpec(model="demo-early", n=6), page_store)  # a newer one, which else would stand first
    app = open_page(COMPARE, a=base.run_id, b=adapter.run_id)
    assert "changed: adapter" in said(app)
    assert app.selectbox(key="pair_a").options[0] == app.selectbox(key="pair_a").format_func(base.run_id)


def test_compare_offers_the_base_first_whatever_else_is_newer(open_page, page_store, adapter):
    base = execute(RunSpec(n=6), page_store).record
    execute(RunSpec(model="demo-early", n=6), page_store)
    app = open_page(COMPARE, b=adapter.run_id)
    assert (app.selectbox(key="pair_a").value, app.selectbox(key="pair_b").value) == (base.run_id, adapter.run_id)
    RunCatalog(page_store).pin(adapter.run_id)  # what is looked at is no reference for itself
    app = open_page(COMPARE, run=adapter.run_id)
    assert (app.selectbox(key="pair_a").value, app.selectbox(key="pair_b").value) == (base.run_id, adapter.run_id)


def test_what_kept_the_base_from_running_is_said_and_it_can_be_tried_again(open_page, page_store, adapter):
    spec = checked(replace(adapter.spec, model="demo"))
    jobs = Jobs(page_store)
    job_id = jobs.enqueue("run", spec.to_json())
    jobs.finish(job_id, "failed", "demo: the weights are gone.")
    app = open_page("app.py", run=adapter.run_id)
    assert "the weights are gone" in said(app)
    assert not run_base(app).disabled


def test_a_base_that_has_changed_since_is_said(open_page, page_store, folder, tmp_path):
    """Red with the button alone: whoever presses it gets no comparison, and presses it again."""
    import shutil

    from evalcore.paths import DEMO_MODELS

    base = shutil.copytree(DEMO_MODELS / "demo", tmp_path / "base")
    own = shutil.copytree(folder, tmp_path / "own")
    edit(own / "adapter_config.json", base_model_name_or_path=str(base))
    record = execute(RunSpec(model=str(own), n=6), page_store).record
    edit(base / "generation_config.json", repetition_penalty=1.5)
    execute(replace(record.spec, model=record.metadata["base"]), page_store)
    app = open_page("app.py", run=record.run_id)
    assert link(app) is None
    assert "The base model has changed since this run" in said(app)
