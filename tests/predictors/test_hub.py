"""Models and Banking77 from a stand-in for the hub, each in a process of its own with a cache of its own."""

import csv
import json
import os
import shutil

import pytest

from evalcore.paths import DEMO_MODELS
from evalcore.tasks.banking77 import BANKING77_REPO, BANKING77_REVISION
from tests.conftest import BANKING77, needs_banking77
from tests.tools.hub import Repo, serving_hub
from tests.tools.processes import finished

QWEN = "Qwen/Qwen2.5-1.5B-Instruct"


@pytest.fixture
def hub():
    with serving_hub() as serving:
        yield serving


@pytest.fixture
def model(tmp_path):
    """The demo's model as a repository of the hub would hold it, with files that nobody should download."""
    folder = tmp_path / "served"
    shutil.copytree(DEMO_MODELS / "demo", folder)
    (folder / "pytorch_model.bin").write_bytes(b"pickled")
    (folder / "modeling_own.py").write_text("raise SystemExit('own code has run')", encoding="utf-8")
    return folder


@pytest.fixture
def cli(tmp_path, hub):
    def call(*words, hub_url=None, **environment):
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
            "HF_ENDPOINT": hub_url or hub.url,
            "HF_HOME": str(tmp_path / "hf"),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "BLINDSPOT_CACHE": str(tmp_path / "cache"),
            **environment,
        }
        return finished("-m", "evalcore", *words, env=environment)

    return call


RUN = ("run", "--n", "8", "--no-baselines", "--json", "--model")


def predicted(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_hub_model_is_downloaded_once_and_then_had_offline(hub, cli, model):
    hub.repos[QWEN] = Repo(model)
    first = predicted(cli(*RUN, QWEN))
    assert f"{QWEN}@{'a' * 40}" in json.dumps(first)
    asked = {path for _, path in hub.requests}
    assert not any(path.endswith((".bin", ".py")) for path in asked)
    downloads = sum(method == "GET" and "/resolve/" in path for method, path in hub.requests)
    assert downloads > 0

    again = predicted(cli(*RUN, QWEN))
    assert sum(method == "GET" and "/resolve/" in path for method, path in hub.requests) == downloads
    assert again["run_id"] == first["run_id"]

    offline = predicted(cli(*RUN, QWEN, hub_url="http://127.0.0.1:9"))
    assert offline["run_id"] == first["run_id"]
    assert offline["predicted_now"] == 0


def test_a_branch_that_moved_is_another_model(hub, cli, model):
    hub.repos[QWEN] = Repo(model)
    first = predicted(cli(*RUN, QWEN))
    hub.repos[QWEN].branches["main"] = "b" * 40
    second = predicted(cli(*RUN, QWEN))
    pinned = predicted(cli(*RUN, f"{QWEN}@{'b' * 40}"))
    assert first["predicted_now"] == second["predicted_now"] == 8
    assert pinned["predicted_now"] == 0  # the commit that main names now, by its own name


@pytest.mark.parametrize(
    ("refusal", "message"),
    [
        ((403, "GatedRepo"), "gated"),
        ((401, "RepoNotFound"), "no such model, or it is private"),
        ((404, "RepoNotFound"), "no such model, or it is private"),
        ((429, ""), "refused (429)"),
        ((503, ""), "cannot be reached"),
    ],
)
def test_a_refusal_of_the_hub_is_said_in_a_sentence(hub, cli, model, refusal, message):
    hub.repos[QWEN] = Repo(model, refusal=refusal)
    done = cli(*RUN, QWEN)
    assert done.returncode == 1
    assert message in done.stderr
    assert QWEN in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_revision_is_said(hub, cli, model):
    hub.repos[QWEN] = Repo(model)
    done = cli(*RUN, f"{QWEN}@no-such-branch")
    assert done.returncode == 1
    assert "no revision 'no-such-branch'" in done.stderr


def test_a_hub_that_cannot_be_reached_is_said(cli):
    done = cli(*RUN, QWEN, hub_url="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr


def test_pickled_weights_are_refused(hub, cli, model):
    (model / "model.safetensors").unlink()
    hub.repos[QWEN] = Repo(model)
    done = cli(*RUN, QWEN)
    assert done.returncode == 1
    assert "safetensors" in done.stderr


def test_a_models_own_code_never_runs(hub, cli, model):
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    config |= {"model_type": "own", "auto_map": {"AutoModelForCausalLM": "modeling_own.Own"}}
    (model / "config.json").write_text(json.dumps(config), encoding="utf-8")
    hub.repos[QWEN] = Repo(model)
    done = cli(*RUN, QWEN)
    assert done.returncode == 1
    assert "no architecture 'own'" in done.stderr
    assert "own code has run" not in done.stderr


def test_weights_that_are_no_weights_are_said(hub, cli, model):
    (model / "model.safetensors").write_bytes(b"\xff" * 4096)
    hub.repos[QWEN] = Repo(model)
    done = cli(*RUN, QWEN)
    assert done.returncode == 1
    assert "cannot be loaded" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupted_download_goes_on_where_it_stopped(hub, cli, model):
    hub.repos[QWEN] = Repo(model, breaks_after=1_000_000)
    broken = cli(*RUN, QWEN, HF_HUB_DOWNLOAD_TIMEOUT="2")
    hub.repos[QWEN].breaks_after = None
    if broken.returncode:
        offline = cli(*RUN, QWEN, hub_url="http://127.0.0.1:9")
        assert "only a part of the model" in offline.stderr
    whole = predicted(cli(*RUN, QWEN))
    # The client asks again for what is missing: either at once, or in the second call.
    assert broken.returncode in (0, 1)
    assert "Traceback" not in broken.stderr
    assert whole["n"] == 8


@needs_banking77
def test_banking77_comes_from_the_hub_at_its_pinned_revision_and_then_offline(hub, cli, tmp_path):
    import datasets

    names = sorted({row["category"] for row in csv.DictReader((BANKING77 / "train.csv").open(encoding="utf-8"))})
    served = tmp_path / "banking"
    (served / "data").mkdir(parents=True)
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=names)})
    for split in ("train", "test"):
        with (BANKING77 / f"{split}.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        columns = {"text": [r["text"] for r in rows], "label": [names.index(r["category"]) for r in rows]}
        datasets.Dataset.from_dict(columns, features=features).to_parquet(
            str(served / "data" / f"{split}-00000-of-00001.parquet")
        )
    hub.repos[BANKING77_REPO] = Repo(served, "datasets", {"main": "c" * 40, "pinned": BANKING77_REVISION})
    words = ("run", "--task", "banking77", "--model", "majority", "--n", "3080", "--json")
    first = predicted(cli(*words))
    assert (first["n"], first["labels_total"]) == (3080, 77)
    offline = predicted(cli(*words, hub_url="http://127.0.0.1:9"))
    assert offline["accuracy"] == first["accuracy"]
    local = predicted(cli(*words, BLINDSPOT_DATA=str(BANKING77.parent)))
    assert local["accuracy"] == first["accuracy"]
