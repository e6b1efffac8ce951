"""Models whose weights were quantised before they were saved: made here, loaded and run; packages that are missing."""

import json
import re
import shutil

import pytest

torch = pytest.importorskip("torch")

from evalcore.analysis.scored_run import score_run  # noqa: E402
from evalcore.errors import ModelError  # noqa: E402
from evalcore.paths import DEMO_MODELS  # noqa: E402
from evalcore.predictors import quantised  # noqa: E402
from evalcore.predictors.files import sizes  # noqa: E402
from evalcore.predictors.files.source import ModelSource  # noqa: E402
from evalcore.predictors.loading import load_weights  # noqa: E402
from evalcore.predictors.placement import Placement  # noqa: E402
from evalcore.running.run import execute  # noqa: E402
from evalcore.store.spec import RunSpec  # noqa: E402

METHODS = {
    "bitsandbytes-8": "bitsandbytes, 8 bits",
    "bitsandbytes-4": "bitsandbytes, 4 bits",
    "torchao-8": "torchao",
}
"""What is quantised here, and how a run names it."""


def quantisation(method):
    from transformers import BitsAndBytesConfig, TorchAoConfig

    if method == "bitsandbytes-8":
        return BitsAndBytesConfig(load_in_8bit=True)
    if method == "bitsandbytes-4":
        return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)
    from torchao.quantization import Int8WeightOnlyConfig

    return TorchAoConfig(Int8WeightOnlyConfig(version=2))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The demo's model, quantised in each way; made when it is first asked for."""
    for package in ("accelerate", "bitsandbytes", "torchao"):
        pytest.importorskip(package)
    from transformers import AutoModelForCausalLM

    made = {}

    def get(method):
        if method not in made:
            made[method] = shutil.copytree(DEMO_MODELS / "demo", tmp_path_factory.mktemp("quantised") / method)
            model = AutoModelForCausalLM.from_pretrained(
                DEMO_MODELS / "demo", quantization_config=quantisation(method), dtype=torch.float32, device_map="cpu"
            )
            model.save_pretrained(made[method])
        return made[method]

    return get


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_quantised_model_runs_as_any_other_and_says_what_it_is(folders, store, method):
    plain = execute(RunSpec(n=60), store)
    run = execute(RunSpec(model=str(folders(method)), n=60, device="cpu", dtype="float32"), store).record
    known = store.run(run.run_id).metadata
    assert known["quantised"] == METHODS[method]
    assert known["engine"] == "fast"
    assert re.fullmatch(r"\d of 8", known["differing_from_loop"])
    accuracy = [score_run(store, run_id).scores.accuracy for run_id in (plain.record.run_id, run.run_id)]
    assert abs(accuracy[0] - accuracy[1]) < 0.1
    assert accuracy[1] > 0.5


@pytest.mark.parametrize("method", sorted(METHODS))
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_is_not_quantised_is_in_the_number_format_that_was_asked_for(folders, method, dtype):
    model = load_weights(folders(method), "m", Placement(torch.device("cpu"), dtype))
    assert model.dtype == dtype
    assert model.get_input_embeddings().weight.dtype == dtype
    for module in model.modules():
        if type(module).__name__ == "Linear4bit":
            assert module.compute_dtype == dtype


def test_a_quantised_model_needs_less_memory_than_a_whole_one(folders):
    whole = sizes.sizes(ModelSource("demo", "", DEMO_MODELS / "demo")).in_memory(4)
    needed = {method: sizes.sizes(ModelSource(method, "", folders(method))).in_memory(4) for method in METHODS}
    assert needed["bitsandbytes-4"] < needed["bitsandbytes-8"] < whole


@pytest.mark.parametrize(
    ("method", "package", "command"),
    [
        ("bitsandbytes", "bitsandbytes", "requirements-large.txt"),
        ("torchao", "torchao", "requirements-large.txt"),
        ("gptq", "optimum", "requirements-gptq.txt"),
        ("gptq", "gptqmodel", "requirements-gptq.txt"),
        ("awq", "gptqmodel", "requirements-gptq.txt"),
    ],
)
def test_a_missing_package_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch, method, package, command):
    folder = shutil.copytree(DEMO_MODELS / "demo", tmp_path / "model")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    how = {"quant_method": method, "bits": 4, "group_size": 64}
    (folder / "config.json").write_text(json.dumps({**config, "quantization_config": how}), encoding="utf-8")
    there = {"accelerate", "optimum", "gptqmodel", "bitsandbytes", "torchao"} - {package}
    monkeypatch.setattr("evalcore.extras.find_spec", lambda name: None if name == package else name in there)
    with pytest.raises(ModelError) as caught:
        load_weights(folder, "m", Placement(torch.device("cpu"), torch.float32))
    assert f"A model quantised with {method} needs the package {package}" in str(caught.value)
    assert f"pip install -r {command}" in str(caught.value)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"quant_method": "no_such_method"}, "in a way that transformers does not know: no_such_method"),
        ({"bits": 4}, "in a way that transformers does not know: unnamed"),
        ({"quant_method": "hqq"}, r"cannot be loaded \(.+\)"),
    ],
)
def test_a_method_that_cannot_be_read_is_refused_with_its_reason(tmp_path, how, said):
    folder = shutil.copytree(DEMO_MODELS / "demo", tmp_path / "model")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "quantization_config": how}), encoding="utf-8")
    with pytest.raises(ModelError, match=said):
        load_weights(folder, "m", Placement(torch.device("cpu"), torch.float32))


def test_a_whole_model_is_not_called_quantised(store):
    run = execute(RunSpec(n=4), store).record
    assert "quantised" not in store.run(run.run_id).metadata
    assert quantised.config_of(DEMO_MODELS / "demo", "demo", torch.float32) is None


@pytest.mark.gpu
def test_four_bits_run_on_a_gpu(folders, store):
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    folder = folders("bitsandbytes-4")
    run = execute(RunSpec(model=str(folder), n=60), store).record
    assert run.identity["device"] == "cuda"
    assert score_run(store, run.run_id).scores.accuracy > 0.5
