"""An adapter and its base as two repositories of a hub on this machine."""

import shutil

import pytest

from evalcore.errors import ModelError
from evalcore.paths import DEMO_MODELS
from evalcore.predictors.files.source import download, locate
from evalcore.running.prompt_preview import preview
from evalcore.running.run import execute
from evalcore.store.spec import RunSpec
from evalcore.tasks import TaskSource, built_in
from tests.tools.adapters import edit, save_adapter
from tests.tools.hub import Repo, serving_hub

ADAPTER, BASE = "someone/adapter", "owner/base"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """An adapter of the demo's model."""
    from transformers import AutoModelForCausalLM

    folder = tmp_path_factory.mktemp("trained") / "adapter"
    return save_adapter(AutoModelForCausalLM.from_pretrained(DEMO_MODELS / "demo"), folder, BASE)


@pytest.fixture
def hub(tmp_path, monkeypatch, trained):
    """A hub with both. The client has read its own address long ago, so that it is told the new one."""
    from huggingface_hub import constants

    served = shutil.copytree(trained, tmp_path / "served")
    (served / "training_args.bin").write_bytes(b"pickled")
    with serving_hub() as serving:

        def reach(url):
            monkeypatch.setattr(constants, "ENDPOINT", url)
            pattern = url + "/{repo_id}/resolve/{revision}/{filename}"
            monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", pattern)

        reach(serving.url)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        serving.repos |= {ADAPTER: Repo(served), BASE: Repo(DEMO_MODELS / "demo", branches={"main": "b" * 40})}
        serving.reach = reach
        yield serving


def test_adapter_and_base_are_downloaded_once_and_then_had_offline(hub, store):
    first = execute(RunSpec(model=ADAPTER, n=4), store)
    identity = first.record.identity
    assert (identity["adapter"], identity["model"]) == (f"{ADAPTER}@{'a' * 40}", f"{BASE}@{'b' * 40}")
    assert first.record.metadata["base"] == BASE
    asked = {path for _, path in hub.requests}
    assert not any(path.endswith(".bin") for path in asked)
    downloads = sum("/resolve/" in path for method, path in hub.requests if method == "GET")

    hub.reach("http://127.0.0.1:9")
    offline = execute(RunSpec(model=ADAPTER, n=6), store)
    assert offline.record.identity == identity
    assert (offline.from_cache, offline.predicted_now) == (4, 2)
    assert sum("/resolve/" in path for method, path in hub.requests if method == "GET") == downloads


def test_a_branch_that_moved_is_another_key_whether_it_is_the_adapters_or_the_bases(hub, store):
    seen = [locate(ADAPTER, store).fingerprints]
    for repo in (ADAPTER, BASE):
        hub.repos[repo].branches["main"] = "c" * 40
        seen.append(locate(ADAPTER, store).fingerprints)
    assert len({tuple(sorted(one.items())) for one in seen}) == 3


def test_the_prompt_is_rendered_without_any_weights(hub, store):
    shown = preview(TaskSource("demo"), ADAPTER, built_in("article"), "my bill", store)
    assert shown.tokens > 100
    assert not any(path.endswith(".safetensors") and "/resolve/" in path for _, path in hub.requests)


@pytest.mark.parametrize(
    ("repo", "refusal", "said"),
    [
        (BASE, (403, "GatedRepo"), "its base model 'owner/base' cannot be used: the model is gated"),
        (BASE, (401, "RepoNotFound"), "its base model 'owner/base' cannot be used: the hub has no such model"),
        (ADAPTER, (403, "GatedRepo"), "the model is gated"),
    ],
)
def test_what_the_hub_refuses_is_said_of_adapter_or_base(hub, store, repo, refusal, said):
    hub.repos[repo].refusal = refusal
    with pytest.raises(ModelError, match=said) as caught:
        locate(ADAPTER, store)
    assert caught.value.where == ADAPTER
    assert "hf auth login" in caught.value.do


def test_an_adapter_in_pickle_form_alone_is_refused_before_its_base_is_downloaded(hub, store):
    weights = hub.repos[ADAPTER].folder / "adapter_model.safetensors"
    weights.rename(weights.with_name("adapter_model.bin"))
    with pytest.raises(ModelError, match="no weights"):
        execute(RunSpec(model=ADAPTER, n=2), store)
    assert not any(BASE in path and "/resolve/" in path for _, path in hub.requests)


def test_an_adapter_that_changes_while_it_is_fetched_is_another_model(hub, store):
    source = locate(ADAPTER, store)
    hub.repos[ADAPTER].branches["main"] = "d" * 40
    with pytest.raises(ModelError, match="changed on the hub a moment ago"):
        download(source, lambda phase: None)


def test_an_adapter_of_the_hub_for_an_adapter_is_refused(hub, store):
    edit(hub.repos[ADAPTER].folder / "adapter_config.json", base_model_name_or_path=ADAPTER)
    with pytest.raises(ModelError, match="an adapter as well"):
        locate(ADAPTER, store)
