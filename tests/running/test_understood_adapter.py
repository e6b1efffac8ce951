"""What an adapter's folder means, and its runs while its files change: without torch, peft and the network."""

import json
import shutil

import pytest

from evalcore import extras
from evalcore.paths import DEMO_MODELS
from evalcore.predictors.files.adapter_config import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from evalcore.running import current_run_for, understand
from evalcore.running.run import execute
from evalcore.store.spec import RunSpec, checked
from tests.conftest import ROOT
from tests.tools.adapters import edit, save_adapter
from tests.tools.processes import finished


@pytest.fixture
def adapter(tmp_path):
    folder = tmp_path / "adapter"
    folder.mkdir()
    config = {"peft_type": "LORA", "r": 8, "base_model_name_or_path": "Qwen/Qwen2.5-0.5B"}
    (folder / ADAPTER_CONFIG).write_text(json.dumps(config), encoding="utf-8")
    (folder / ADAPTER_WEIGHTS).write_bytes(b"0" * 200_000)
    return folder


def test_an_adapter_is_said_with_its_rank_its_size_and_its_base(adapter, store):
    found = understand(RunSpec(model=str(adapter)), store)
    assert found.model == (
        "LoRA adapter (r = 8, 200.0 KB) of Qwen/Qwen2.5-0.5B, downloaded from the Hugging Face hub at the first run"
    )
    edit(adapter / ADAPTER_CONFIG, base_model_name_or_path="demo", rank_pattern={"q_proj": 2})
    found = understand(RunSpec(model=str(adapter)), store)
    assert found.model == "LoRA adapter (r = 2 to 8, 200.0 KB) of demo"
    assert not found.problems


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"base_model_name_or_path": "/no/such/base"}, "'/no/such/base' is not here"),
        ({"peft_type": "IA3"}, "not LORA"),
        ({"base_model_name_or_path": "."}, "this is an adapter, not a whole model"),
    ],
)
def test_what_keeps_an_adapter_from_running_is_a_problem_before_it_is_run(adapter, store, changes, said):
    edit(adapter / ADAPTER_CONFIG, **changes)
    found = understand(RunSpec(model=str(adapter)), store)
    assert said in found.problems[0]
    assert not found.model


def test_without_peft_the_form_names_the_one_command(adapter, store, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda package: None)
    assert "pip install -r requirements-adapters.txt" in understand(RunSpec(model=str(adapter)), store).problems[0]


def test_neither_torch_nor_peft_is_imported_to_understand_an_adapter(adapter, tmp_path):
    script = (
        "import sys; from evalcore.running import understand; from evalcore.store import RunSpec, Store\n"
        f"found = understand(RunSpec(model={str(adapter)!r}), Store({str(tmp_path / 'cache')!r}))\n"
        "assert found.model.startswith('LoRA adapter'), found\n"
        "assert not {'torch', 'peft', 'transformers'} & {*sys.modules}"
    )
    done = finished("-c", script, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_a_run_is_current_until_adapter_or_base_changes(store, tmp_path):
    from transformers import AutoModelForCausalLM

    base = shutil.copytree(DEMO_MODELS / "demo", tmp_path / "base")
    folder = save_adapter(AutoModelForCausalLM.from_pretrained(base), tmp_path / "adapter", base)
    spec = checked(RunSpec(model=str(folder), n=4))
    run = execute(spec, store).record
    assert current_run_for(spec, store).record.run_id == run.run_id
    for file, changes in (
        (base / "generation_config.json", {"top_k": 3}),
        (folder / ADAPTER_CONFIG, {"lora_alpha": 1}),
    ):
        kept = file.read_bytes()
        edit(file, **changes)
        now = current_run_for(spec, store)
        assert (now.record, now.changed) == (None, ("the model",))
        file.write_bytes(kept)
        assert current_run_for(spec, store).record.run_id == run.run_id
