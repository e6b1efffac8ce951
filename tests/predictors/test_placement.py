"""Where a model computes and in what number format; devices that are not here; models that are spread."""

import re

import pytest

torch = pytest.importorskip("torch")

from evalcore.errors import ModelError, OutOfMemory  # noqa: E402
from evalcore.paths import DEMO_MODELS  # noqa: E402
from evalcore.predictors import loading, room  # noqa: E402
from evalcore.predictors.engines.packed import why_not  # noqa: E402
from evalcore.predictors.engines.selection import choose_engine  # noqa: E402
from evalcore.predictors.files.source import locate  # noqa: E402
from evalcore.predictors.placement import Placement, devices, placement  # noqa: E402
from evalcore.running.plan import plan_run  # noqa: E402
from evalcore.running.run import execute  # noqa: E402
from evalcore.store.spec import RunSpec  # noqa: E402
from tests.tools.tiny import prompts, settings, tiny_model  # noqa: E402


@pytest.fixture
def accelerator(monkeypatch):
    def have(kind, capability=(8, 0), n=1):
        device = None if kind == "cpu" else torch.device(kind)
        monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available=False: device)
        monkeypatch.setattr(torch.accelerator, "device_count", lambda: 0 if device is None else n)
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: capability)

    return have


@pytest.mark.parametrize(
    ("here", "capability", "device", "dtype", "name", "found"),
    [
        ("cpu", None, "auto", "auto", "cpu", torch.float32),
        ("cpu", None, "spread", "auto", "spread cpu", torch.float32),
        ("cpu", None, "cuda", "bfloat16", "cuda", torch.bfloat16),
        ("cpu", None, "mps", "auto", "mps", torch.float16),
        ("cpu", None, "xpu", "auto", "xpu", torch.bfloat16),
        ("cuda", (8, 0), "auto", "auto", "cuda", torch.bfloat16),
        ("cuda", (7, 5), "auto", "auto", "cuda", torch.float16),
        ("cuda", (7, 5), "spread", "auto", "spread cuda", torch.float16),
        ("cuda", (9, 0), "cuda", "float32", "cuda", torch.float32),
        ("cuda", (9, 0), "cpu", "auto", "cpu", torch.float32),
        ("mps", None, "auto", "auto", "mps", torch.float16),
        ("xpu", None, "auto", "auto", "xpu", torch.bfloat16),
    ],
)
def test_device_and_number_format_are_as_asked_or_suit_each_other(
    accelerator, here, capability, device, dtype, name, found
):
    accelerator(here, capability)
    at = placement(RunSpec(device=device, dtype=dtype))
    assert (at.device_name, at.dtype) == (name, found)


def test_a_spread_model_lies_on_all_devices_of_its_kind(accelerator):
    accelerator("cuda", n=2)
    assert devices(placement(RunSpec(device="spread"))) == [torch.device("cuda", 0), torch.device("cuda", 1)]
    assert devices(placement(RunSpec())) == [torch.device("cuda")]
    accelerator("cpu")
    assert devices(placement(RunSpec(device="spread"))) == []


def test_a_run_of_another_machine_is_named_and_looked_up_here_but_not_predicted(store):
    if torch.cuda.is_available():
        pytest.skip("this machine has the device that others lack")
    with pytest.raises(ModelError, match=r"number format that suits it is not known\. Give --dtype bfloat16"):
        plan_run(RunSpec(n=4, device="cuda"), store)
    spec = RunSpec(n=4, device="cuda", dtype="bfloat16")
    assert plan_run(spec, store).record.identity["device"] == "cuda"
    with pytest.raises(ModelError, match="no device of the kind cuda") as caught:
        execute(spec, store)
    assert "choose the device cpu" in str(caught.value)


def test_a_spread_model_answers_as_any_other_and_is_another_run(store):
    pytest.importorskip("accelerate")
    plain, spread = execute(RunSpec(n=12), store), execute(RunSpec(n=12, device="spread"), store)
    assert spread.predicted_now == 12
    assert spread.record.run_id != plain.record.run_id
    assert store.run(spread.record.run_id).metadata["engine"] == "fast"
    texts = [[a.completion.text for a in _answers(store, run.record.run_id)] for run in (plain, spread)]
    if not torch.accelerator.is_available():
        assert texts[0] == texts[1]


def _answers(store, run):
    from evalcore.analysis.scored_run import score_run

    return score_run(store, run).answers


@pytest.mark.parametrize("engine", ["fast", "batched", "loop"])
def test_every_engine_runs_a_model_whose_layers_are_fetched_for_each_pass(tmp_path, engine):
    """As those of a spread model are that lie in the main memory of a machine with a GPU: here, from the disk."""
    pytest.importorskip("accelerate")
    from transformers import AutoModelForCausalLM

    plain, how, asked = tiny_model("qwen2"), settings(), prompts(8)
    expected = choose_engine("loop", plain, how, 8).decoder.decode(asked)
    plain.save_pretrained(tmp_path / "model")
    last = f"model.layers.{plain.config.num_hidden_layers - 1}"
    parts = [name for name, _ in plain.model.named_children() if name != "layers"]
    where = {f"model.{name}": "cpu" for name in parts} | {"lm_head": "cpu", last: "disk"}
    where |= {f"model.layers.{at}": "cpu" for at in range(plain.config.num_hidden_layers - 1)}
    fetching = AutoModelForCausalLM.from_pretrained(
        tmp_path / "model", device_map=where, offload_folder=tmp_path / "offloaded", dtype=torch.float32
    ).eval()
    assert any(parameter.is_meta for parameter in fetching.parameters())
    chosen = choose_engine(engine, fetching, how, 8)
    assert chosen.name.startswith(engine)
    assert chosen.decoder.decode(asked) == expected


def test_layers_on_two_gpus_are_not_for_the_fast_engine():
    model = tiny_model("qwen2")
    assert why_not(model, settings()) == ""
    model.hf_device_map = {"model.layers.0": 0, "model.layers.1": "cpu"}
    assert why_not(model, settings()) == ""
    model.hf_device_map = {"model.layers.0": 0, "model.layers.1": 1}
    assert why_not(model, settings()) == "its layers compute on 2 devices"


def test_layers_are_not_left_on_the_disk(monkeypatch):
    pytest.importorskip("accelerate")
    at = Placement(torch.device("cpu"), torch.float32, spread=True)
    monkeypatch.setattr(loading, "main_memory", lambda: 1.5e6)
    with pytest.raises(OutOfMemory, match=r"not all of its layers fit into the memory: .* of the main memory are free"):
        loading.load_weights(DEMO_MODELS / "demo", "demo", at)


def test_spreading_needs_a_package_and_says_which(monkeypatch, store):
    monkeypatch.setattr("evalcore.extras.find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"accelerate.*pip install -r requirements-large\.txt"):
        execute(RunSpec(n=2, device="spread"), store)


@pytest.mark.parametrize(
    ("here", "device", "free", "said"),
    [
        ("cpu", "auto", 1e6, r"1\.0 MB of the main memory are free"),
        ("cuda", "auto", 2e6, r"2\.0 MB of the memory of the GPU are free"),
        ("cuda", "spread", 2e6, r"4\.0 MB of the GPUs and the main memory together are free"),
    ],
)
def test_a_model_that_cannot_fit_says_what_it_needs_before_it_is_loaded(
    accelerator, monkeypatch, store, here, device, free, said
):
    accelerator(here)
    monkeypatch.setattr(room, "free_memory", lambda device: free)
    monkeypatch.setattr(room, "main_memory", lambda: free)
    monkeypatch.setattr(loading, "load_weights", None)
    with pytest.raises(OutOfMemory, match=r"it needs about [\d.]+ MB of memory in \w+, and " + said) as caught:
        execute(RunSpec(n=2, device=device), store)
    assert "--dtype" in str(caught.value)
    assert "--device spread" in str(caught.value)


def test_memory_that_runs_out_while_loading_says_what_is_needed(monkeypatch):
    from transformers import AutoModelForCausalLM

    def full(*given, **named):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.50 GiB.")

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", full)
    at = Placement(torch.device("cpu"), torch.float32)
    with pytest.raises(OutOfMemory) as caught:
        loading.load_weights(DEMO_MODELS / "demo", "demo", at)
    assert re.search(
        r"Tried to allocate 2\.50 GiB.* It needs about [\d.]+ MB of memory in float32\.", str(caught.value)
    )


def test_what_is_said_to_be_free_is_of_the_device_that_is_full(accelerator):
    """Red with the GPU's memory said of a run on the CPU beside it."""
    accelerator("cuda")
    said = str(room.out_of_memory(RuntimeError("can't allocate memory"), "m", "Choose less.", torch.device("cpu")))
    assert "of the main memory are free" in said


@pytest.mark.gpu
def test_a_model_spread_over_a_gpu_and_the_main_memory_answers_as_on_the_gpu(store, monkeypatch):
    pytest.importorskip("accelerate")
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    plain = execute(RunSpec(n=24, dtype="float32"), store)
    half = room.needed_bytes(locate("demo", store), Placement(torch.device("cuda"), torch.float32)) // 2
    monkeypatch.setattr(loading, "free_memory", lambda device: half / loading.FILLED)
    spread = execute(RunSpec(n=24, dtype="float32", device="spread"), store)
    texts = [[a.completion.text for a in _answers(store, run.record.run_id)] for run in (plain, spread)]
    assert texts[0] == texts[1]
