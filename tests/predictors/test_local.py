"""Local models: the batched engine against the loop, decoding as shipped, what does not fit, what does not load."""

import json
import math
import re
import shutil

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.errors import ModelError, OutOfMemory
from evalcore.paths import DEMO_MODELS
from evalcore.predictors import loading, local, placement
from evalcore.predictors.files.source import locate
from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from evalcore.tasks import Example, TaskSource, draw_sample, load_task
from evalcore.tasks.prompt import BUILT_IN, Renderer


@pytest.fixture(scope="module")
def demo():
    return load_task(TaskSource("demo"))


@pytest.fixture
def loaded(tmp_path):
    torch = pytest.importorskip("torch")
    store = Store(tmp_path / "cache")

    def load(model="demo", answers=(), **spec):
        spec = RunSpec(model=model, **spec)
        source = locate(spec.model, store)
        at = placement.Placement(torch.device("cpu"), torch.float32)
        identity = local.identity(source, spec, at, answers)
        return local.LocalModel(loading.load(source, at, lambda phase: None), identity, spec, source.name)

    return load


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(DEMO_MODELS / "demo", tmp_path / "copy")


def edit(file, **changes):
    content = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**content, **changes}), encoding="utf-8")


def prompts(task, prompt="article", n=12):
    renderer = Renderer(task, BUILT_IN[prompt])
    return [renderer.messages(example.text) for example in draw_sample(task, n, "stratified")]


def plain_loop(model, messages, limit):
    """Greedy decoding as one would write it down: the whole sequence through the model for each token."""
    import torch

    ids = list(model.renderer.render([messages])[0].ids)
    new = []
    while len(new) < limit:
        with torch.inference_mode():
            logits = model.model(input_ids=torch.tensor([ids + new])).logits[0, -1]
        new.append(int(logits.argmax()))
        if new[-1] in model.generation.eos_token_id:
            break
    return tuple(new)


@pytest.mark.parametrize("prompt", sorted(BUILT_IN))
def test_every_engine_answers_as_the_plain_loop_does(demo, loaded, prompt):
    asked = prompts(demo, prompt)
    one_by_one = loaded(engine="loop")
    expected = [plain_loop(one_by_one, messages, 16) for messages in asked]
    assert [one_by_one.predict([messages])[0].token_ids for messages in asked] == expected
    for engine, runs_as in (("batched", "batched, prefix cached"), ("fast", "fast")):
        at_once = loaded(engine=engine, batch_size=5)
        at_once.prepare(asked, Renderer(demo, BUILT_IN[prompt]).answers, {})
        assert at_once.metadata["engine"] == runs_as
        assert [completion.token_ids for completion in at_once.predict(asked)] == expected


def test_a_completion_says_what_it_cost_and_why_it_ended(demo, loaded):
    whole = loaded().predict(prompts(demo, n=1))[0]
    assert whole.stop == "eos"
    assert whole.text in demo.labels
    assert whole.prompt_tokens > 100
    assert whole.latency_ms > 0
    cut = loaded(max_new_tokens=1).predict(prompts(demo, n=1))[0]
    assert cut.stop == "length"
    assert len(cut.token_ids) == 1


def test_as_shipped_applies_what_generation_config_says_and_plain_does_not(demo, loaded, copy):
    edit(copy / "generation_config.json", repetition_penalty=2.5)
    asked = prompts(demo, "numbered", n=24)
    plain, shipped = loaded(str(copy)), loaded(str(copy), decoding="as-shipped")
    assert plain.metadata["repetition_penalty"] == "1"
    assert shipped.metadata["repetition_penalty"] == "2.5"
    assert plain.identity != shipped.identity
    first, second = plain.predict(asked), shipped.predict(asked)
    assert [c.text for c in first] != [c.text for c in second]  # it falls on the digits that stand in the list
    assert [c.text for c in shipped.predict(asked)] == [c.text for c in second]  # greedy all the same


def test_a_penalty_does_not_depend_on_who_shares_the_batch(demo, loaded, copy):
    edit(copy / "generation_config.json", repetition_penalty=2.5)
    asked = prompts(demo, n=9)
    model = loaded(str(copy), decoding="as-shipped", batch_size=9)
    assert [c.token_ids for c in model.predict(asked)] == [model.predict([one])[0].token_ids for one in asked]


def test_a_prompt_that_does_not_fit_is_not_cut_and_its_neighbours_are_answered(demo, loaded):
    renderer = Renderer(demo, BUILT_IN["article"])
    long = renderer.messages("slow " * 5000)
    short = renderer.messages("my bill is too high")
    model = loaded(batch_size=3)
    first, second, third = model.predict([short, long, short])
    assert second.stop == "too_long"
    assert second.text == ""
    assert second.prompt_tokens > 4096
    assert first.token_ids == third.token_ids
    assert first.text


def test_it_counts_as_unparsed_in_the_run(tmp_path, demo):
    from tests.conftest import write_csv

    rows = [Example("my bill is too high", "bill_too_high"), Example("slow " * 5000, "internet_slow")]
    path = write_csv(tmp_path / "long.csv", rows)
    store = Store(tmp_path / "cache")
    scored = score_run(store, execute(RunSpec(TaskSource(str(path)), "demo", n=2), store).record.run_id)
    assert scored.scores.unparsed >= 1


def test_out_of_memory_says_what_to_choose(demo, loaded, monkeypatch):
    model = loaded(engine="batched", batch_size=4)
    chooser = loaded(engine="loop", decoding="choose")

    def full(*inputs, **named):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: 9 bytes")

    monkeypatch.setattr(model.model, "forward", full)
    with pytest.raises(ModelError, match="out of memory") as caught:
        model.predict(prompts(demo, n=2))
    assert "Choose a smaller model; what was done is kept" in str(caught.value)
    monkeypatch.setattr(chooser.model, "forward", full)
    (prompt,) = prompts(demo, n=1)
    with pytest.raises(OutOfMemory):  # which the worker tries once more without the other model that it keeps
        chooser.prepare([prompt], demo.labels, {"N/A": prompt})


def test_a_folder_is_known_by_what_is_in_it(copy, store):
    before = locate(str(copy), store).fingerprint
    assert locate("demo", store).fingerprint == before
    assert locate(str(copy), store).fingerprint == before
    edit(copy / "generation_config.json", repetition_penalty=1.5)
    changed = locate(str(copy), store).fingerprint
    assert changed != before
    weights = copy / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert locate(str(copy), store).fingerprint not in {before, changed}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "config.json").unlink(), "no config.json"),
        (lambda folder: (folder / "config.json").write_text("{", encoding="utf-8"), "cannot be read"),
        (lambda folder: (folder / "model.safetensors").unlink(), "no weights"),
        (
            lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"),
            "pickle form",
        ),
        (lambda folder: edit(folder / "config.json", model_type="unheard_of"), "no architecture 'unheard_of'"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"\xff" * 99), "cannot be loaded"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "no tokenizer"),
        (lambda folder: (folder / "tokenizer.json").write_text("{}", encoding="utf-8"), "tokenizer cannot be loaded"),
    ],
)
def test_a_spoilt_folder_is_refused_with_its_reason(copy, loaded, spoil, message):
    spoil(copy)
    with pytest.raises(ModelError, match=message):
        loaded(str(copy))


@pytest.mark.parametrize("name", ["no/such/folder/at/all", "/no/such", "~/no-such", "nothing", "../x", "a b"])
def test_what_is_no_model_is_said(store, name):
    with pytest.raises(ModelError, match="no such model or folder"):
        locate(name, store)


def test_number_formats_fit_the_device():
    import torch

    at = placement.placement(RunSpec())
    assert (at.device.type, at.dtype) == ("cpu", torch.float32) or at.device.type != "cpu"
    assert placement.placement(RunSpec(dtype="bfloat16")).dtype == torch.bfloat16


def test_half_precision_runs_and_is_another_key(demo, tmp_path):
    store = Store(tmp_path / "cache")
    full = execute(RunSpec(n=6), store)
    half = execute(RunSpec(n=6, dtype="bfloat16"), store)
    assert half.predicted_now == 6
    assert half.record.identity != full.record.identity
    assert re.fullmatch(r"\d of 6", half.record.metadata["differing_from_loop"])
    assert "differing_from_loop" not in full.record.metadata
    assert not math.isnan(score_run(store, half.record.run_id).scores.accuracy)
