"""Local models (F35 to F37): what cannot be loaded is said and leaves nothing behind; no code of a model ever runs."""

import ast
import json
import shutil
import sys

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.errors import ModelError
from evalcore.paths import DEMO_MODELS
from evalcore.predictors.files.source import check_folder
from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import TaskSource
from tests.conftest import ROOT
from tests.faults.victim import Logged, asked, spec, write_task
from tests.tools.hub import Repo, serving_hub

REPO = "owner/name"


@pytest.fixture
def task(tmp_path):
    return write_task(tmp_path / "messages", 64)


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(DEMO_MODELS / "demo", tmp_path / "model")


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub on this machine. The client has read its own address long ago, so that it is told the new one."""
    from huggingface_hub import constants

    with serving_hub() as serving:
        monkeypatch.setattr(constants, "ENDPOINT", serving.url)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", serving.url + "/{repo_id}/resolve/{revision}/{filename}"
        )
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        yield serving


SPOILT = {
    "no such folder": (lambda folder: shutil.rmtree(folder), "no such model or folder", "Give `demo`"),
    "no config": (lambda folder: (folder / "config.json").unlink(), "no config.json", "Give the folder"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "no weights", "Save it with safe"),
    "weights of a pickle": (
        lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"), "pickle form", "Save it"
    ),
    "weights that are none": (
        lambda folder: (folder / "model.safetensors").write_bytes(b"\xff" * 999), "cannot be loaded", "Check that its"
    ),
    "weights cut in half": (
        lambda folder: cut(folder / "model.safetensors"), "cannot be loaded", "Check that its files are whole"
    ),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), "no tokenizer", "Save the model's tokenizer"),
    "an adapter": (
        lambda folder: (folder / "config.json").rename(folder / "adapter_config.json"), "which of them", "of its own"
    ),
    "an unknown architecture": (
        lambda folder: edit(folder / "config.json", model_type="own"), "no architecture 'own'", "Choose a model"
    ),
}  # fmt: skip


def cut(file):
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def edit(file, **changes):
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


@pytest.mark.parametrize("fault", SPOILT)
def test_a_spoilt_model_is_said_with_its_name_cause_and_remedy_and_nothing_is_kept(store, task, folder, fault):
    """F35. Red with the library's own error passed on, or with the weights of a pickle looked at."""
    spoil, cause, remedy = SPOILT[fault]
    spoil(folder)
    with pytest.raises(ModelError) as caught:
        execute(RunSpec(TaskSource(str(task)), str(folder), n=8), store)
    assert cause in str(caught.value)
    assert remedy in caught.value.do
    assert str(folder) in caught.value.where
    assert all(store.count_done(run.run_id) == 0 for run in store.runs())


@pytest.mark.parametrize(
    ("refusal", "says"),
    [
        ((404, "RepoNotFound"), "no such model, or it is private"),
        ((403, "GatedRepo"), "gated"),
        ((503, ""), "cannot be reached"),
    ],
)
def test_a_model_that_the_hub_does_not_give_is_said_and_nothing_is_kept(store, task, hub, refusal, says):
    """F35. Red with any of them taken for "offline"."""
    hub.repos[REPO] = Repo(DEMO_MODELS / "demo", refusal=refusal)
    with pytest.raises(ModelError, match=says) as caught:
        execute(RunSpec(TaskSource(str(task)), REPO, n=8), store)
    assert caught.value.where == REPO
    assert caught.value.do
    assert store.runs() == []


def test_out_of_memory_stops_keeps_what_is_done_and_says_what_was_asked_for(store, task, tmp_path):
    """F36. Red with the error passed on, or with a batch that is halved under the old key."""
    import torch

    from evalcore.predictors import room

    message = "CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total capacity of 14.7 GiB"
    calls = []

    class Full(Logged):
        def predict(self, prompts):
            if len(calls) == 2:
                do = "Choose a smaller batch size."
                raise room.out_of_memory(torch.OutOfMemoryError(message), "m", do, torch.device("cpu"))
            calls.append(len(prompts))
            return super().predict(prompts)

    log = tmp_path / "log"
    with pytest.raises(ModelError, match=r"Tried to allocate 2\.50 GiB") as caught:
        execute(spec(task, n=64), store, loader=lambda i, on_phase: Full(i.identity, log))
    assert "smaller batch size" in str(caught.value)
    assert store.count_done(store.runs()[0].run_id) == 32
    outcome = execute(spec(task, n=64), store, loader=lambda i, on_phase: Logged(i.identity, log))
    assert (outcome.from_cache, len(asked(log))) == (32, 64)


@pytest.mark.gpu
def test_out_of_memory_on_a_gpu_says_what_is_free(tmp_path):
    """F36. Red with the message of a CPU."""
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    from evalcore.predictors import room

    try:
        torch.empty(int(torch.cuda.mem_get_info()[1] * 2), dtype=torch.uint8, device="cuda")
    except torch.OutOfMemoryError as error:
        said = str(room.out_of_memory(error, "m", "Choose less.", torch.device("cuda")))
        assert "GB are free" in said
        assert "Tried to allocate" in said


@pytest.mark.gpu
def test_a_run_on_a_gpu_is_never_mixed_with_one_on_a_cpu(tmp_path):
    """F3, F36. Red with the device left out of the identity."""
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    store = Store(tmp_path / "cache")
    outcome = execute(RunSpec(n=32, dtype="float32"), store)
    assert outcome.record.identity["device"] == "cuda"
    again = execute(RunSpec(n=32, dtype="float32"), Store(tmp_path / "second"))
    texts = [
        [a.completion.text for a in score_run(s, outcome.record.run_id).answers]
        for s in (store, Store(tmp_path / "second"))
    ]
    assert again.record.run_id == outcome.record.run_id
    assert texts[0] == texts[1]


def test_the_device_is_a_part_of_every_key():
    """F36. Red with the device left out of the identity: half of a run on a GPU, half on a CPU, without a word."""
    torch = pytest.importorskip("torch")
    from evalcore.predictors import local, placement
    from evalcore.predictors.files.source import ModelSource

    source = ModelSource("m", "sha256:a", None)
    places = [placement.Placement(torch.device(name), torch.float32) for name in ("cpu", "cuda", "mps")]
    places.append(placement.Placement(torch.device("cuda"), torch.float32, spread=True))
    identities = [local.identity(source, RunSpec(), at, ()) for at in places]
    assert len({json.dumps(dict(identity), sort_keys=True) for identity in identities}) == 4


OWN_CODE = """
from pathlib import Path
Path({marker!r}).write_text("own code has run")
from transformers import Qwen2ForCausalLM, Qwen2Config
class Own(Qwen2ForCausalLM): pass
class OwnConfig(Qwen2Config): pass
class OwnTokenizer: pass
"""


def test_a_models_own_code_never_runs_though_its_config_names_it(store, task, folder, tmp_path):
    """F37. Red with trust_remote_code=True."""
    marker = tmp_path / "marker"
    (folder / "own.py").write_text(OWN_CODE.format(marker=str(marker)), encoding="utf-8")
    names = {
        "AutoConfig": "own.OwnConfig",
        "AutoModelForCausalLM": "own.Own",
        "AutoTokenizer": ["own.OwnTokenizer", None],
    }
    edit(folder / "config.json", auto_map=names)
    edit(folder / "tokenizer_config.json", auto_map={"AutoTokenizer": ["own.OwnTokenizer", None]})
    outcome = execute(RunSpec(TaskSource("demo"), str(folder), n=4), store)
    assert outcome.complete
    assert not marker.exists()
    assert "own" not in sys.modules


class Bomb:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return (open, (self.marker, "w"))


def test_a_pickle_beside_the_weights_is_never_opened(store, folder, tmp_path):
    """F37. Red with use_safetensors left to the library and the safetensors gone."""
    import pickle

    marker = tmp_path / "marker"
    for name in ("pytorch_model.bin", "training_args.bin", "model.pt", "optimizer.pt"):
        (folder / name).write_bytes(pickle.dumps(Bomb(str(marker))))
    execute(RunSpec(TaskSource("demo"), str(folder), n=2), store)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="pickle form"):
        execute(RunSpec(TaskSource("demo"), str(folder), n=2), store)
    assert not marker.exists()


@pytest.mark.parametrize(
    "content", ["[1]", '"x"', "null", '{"model_type": ["qwen2"]}', '{"model_type": null}', "\x00", "[" * 99999]
)
def test_a_config_of_any_shape_is_refused_with_its_reason(folder, content):
    """F35. Red with a config that is believed to be an object: an AttributeError, or a TypeError."""
    (folder / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError):
        check_folder(folder, "m")


HOSTILE_TEMPLATES = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ cycler.__init__.__globals__.os.system('touch MARKER') }}",
    "{{ messages.append(1) }}",
    "{% for i in range(10**9) %}x{% endfor %}",
    "{% include '/etc/passwd' %}",
    "{{ 1/0 }}",
    "{% if %}",
)


@pytest.mark.parametrize("template", HOSTILE_TEMPLATES)
def test_a_chat_template_can_do_nothing_but_fail(store, folder, tmp_path, template, monkeypatch):
    """F37. Red while what a template raises was passed on: a fault of Blindspot, as it seemed."""
    monkeypatch.chdir(tmp_path)
    (folder / "chat_template.jinja").write_text(template.replace("MARKER", str(tmp_path / "marker")), encoding="utf-8")
    with pytest.raises(ModelError, match="chat template"):
        execute(RunSpec(TaskSource("demo"), str(folder), n=2), store)
    assert not (tmp_path / "marker").exists()


def test_no_module_asks_a_library_to_trust_code_or_unpickle():
    """F37, F42. Red with `trust_remote_code=True`, `torch.load` or `use_safetensors=False` anywhere in the package."""
    loads = 0
    for path in (ROOT / "evalcore").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "load" and isinstance(node.value, ast.Name):
                assert node.value.id not in ("torch", "pickle", "joblib", "yaml", "np", "numpy"), path
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "from_pretrained"
            ):
                keywords = {k.arg: getattr(k.value, "value", None) for k in node.keywords}
                assert "trust_remote_code" not in keywords
                assert keywords.get("local_files_only") is True, path
                if not any(name in ast.dump(node.func) for name in ("Config", "Tokenizer")):  # then it loads weights
                    assert keywords.get("use_safetensors") is True, path
                    loads += 1
    assert loads >= 1
