"""LoRA adapters: the same answers as peft's own, what is refused, which base is meant, and what the identity covers."""

import copy
import json
import math
import shutil
import warnings

import pytest

from evalcore.errors import ModelError
from evalcore.paths import DEMO_MODELS
from evalcore.predictors.files.adapter_config import ADAPTER_CONFIG, ADAPTER_WEIGHTS, read_adapter
from evalcore.predictors.files.source import folders_of, locate
from tests.tools.adapters import edit, save_adapter
from tests.tools.tiny import PACKABLE, REFUSED, prompts, settings, tiny_model

TIED = {"tie_word_embeddings": True}
SMALL = {"num_hidden_layers": 2, "tie_word_embeddings": False}

MERGED = {
    "plain": ("qwen2", {}, {}),
    "rank-stabilised": ("qwen2", {}, {"use_rslora": True}),
    "with directions and lengths apart (DoRA)": ("qwen2", {}, {"use_dora": True}),
    "with biases": ("qwen2", {}, {"bias": "all"}),
    "ranks and scales by layer": ("qwen2", {}, {"rank_pattern": {"q_proj": 2}, "alpha_pattern": {"v_proj": 4}}),
    "one layer alone": ("qwen2", {}, {"layers_to_transform": [1]}),
    "every linear layer": ("mistral", {}, {"target_modules": "all-linear"}),
    "weights that lie the other way round": ("gpt2", {}, {"target_modules": ["c_attn"], "fan_in_fan_out": True}),
    "experts": (
        "qwen2_moe", {}, {"target_modules": ["q_proj"], "target_parameters": ["mlp.experts.gate_up_proj"]},
    ),
    "a layer trained as a whole": ("llama", TIED, {"modules_to_save": ["lm_head"]}),
    "embeddings that are not shared": ("qwen2", {}, {"target_modules": ["embed_tokens", "lm_head"]}),
    "some tokens": ("qwen2", TIED, {"trainable_token_indices": list(range(3, 300))}),
    "more tokens": ("qwen2", {}, {"tokens": 520}),
    "more tokens, trained as a whole": ("qwen2", {}, {"tokens": 520, "modules_to_save": ["embed_tokens", "lm_head"]}),
}  # fmt: skip
BESIDE = {
    "shared embeddings": ("qwen2", TIED, {"target_modules": ["q_proj", "embed_tokens"]}, "share their weights"),
    "a bias where there is none": ("llama", {}, {"lora_bias": True}, "adds a bias"),
}


def base_of(kind, changes):
    own = PACKABLE[kind] if kind in PACKABLE else REFUSED[kind][0]
    return tiny_model(kind, **{**SMALL, "n_layer": 2, **own, **changes})


def made(tmp_path, kind="qwen2", changes=None, **chosen):
    """A base, and the folder of an adapter for it."""
    base = base_of(kind, changes or {})
    return base, save_adapter(copy.deepcopy(base), tmp_path / "adapter", "base", **chosen)


def answers_of_peft(base, folder, asked, tokens=None):
    """What peft's own model generates, with the adapter beside the weights."""
    import torch
    from peft import PeftModel

    own = copy.deepcopy(base)
    if tokens:
        own.resize_token_embeddings(tokens, mean_resizing=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        own = PeftModel.from_pretrained(own, str(folder)).eval()
    generated = [own.generate(input_ids=torch.tensor([ids]), generation_config=settings())[0] for ids in asked]
    return [ids[len(prompt) :].tolist() for ids, prompt in zip(generated, asked, strict=True)]


def answers(model, asked, engine="loop"):
    from evalcore.predictors.engines.selection import choose_engine

    chosen = choose_engine(engine, model, settings(), 8)
    assert chosen.name == engine
    chosen.decoder.prepare(asked, [])
    return chosen.decoder.decode(asked)


def put_on(base, folder):
    from evalcore.predictors.adapter import with_adapter

    return with_adapter(copy.deepcopy(base), folder, "the adapter", "the base")


@pytest.mark.parametrize("variant", MERGED)
def test_a_merged_adapter_answers_as_peft_does(tmp_path, variant):
    kind, changes, chosen = MERGED[variant]
    base, folder = made(tmp_path, kind, changes, **chosen)
    asked = prompts(n=6, shared=30)
    expected = answers_of_peft(base, folder, asked, chosen.get("tokens"))
    assert expected != answers(base, asked)  # the adapter matters
    model, said = put_on(base, folder)
    assert said.startswith("LoRA, r = ")
    assert said.endswith("merged into the weights")
    assert answers(model, asked) == expected
    if kind in PACKABLE:
        assert answers(model, asked, "fast") == expected
    assert not any("lora" in name for name, _ in model.named_parameters())


@pytest.mark.parametrize("variant", BESIDE)
def test_what_cannot_be_merged_exactly_stays_beside_the_weights_and_is_said(tmp_path, variant):
    kind, changes, chosen, why = BESIDE[variant]
    base, folder = made(tmp_path, kind, changes, **chosen)
    asked = prompts(n=6, shared=30)
    model, said = put_on(base, folder)
    assert "not merged" in said
    assert why in said
    assert answers(model, asked) == answers(model, asked, "fast") == answers_of_peft(base, folder, asked)


def test_a_quantised_base_keeps_its_weights_as_they_are(tmp_path):
    """Red with the adapter merged: its changes are smaller than a step of the quantised weights."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    base, folder = made(tmp_path)
    base.save_pretrained(tmp_path / "base")

    def quantised():
        return AutoModelForCausalLM.from_pretrained(
            tmp_path / "base",
            quantization_config=BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=torch.float32),
        )

    from evalcore.predictors.adapter import with_adapter

    model, said = with_adapter(quantised(), folder, "the adapter", "the base")
    assert "not merged: the base model's weights are quantised" in said
    own, ids = PeftModel.from_pretrained(quantised(), str(folder)).eval(), torch.tensor(prompts(n=1))
    with torch.inference_mode():
        assert torch.allclose(model(ids).logits, own(ids).logits, atol=1e-4)


OTHER_BASES = {
    "another width": ({"hidden_size": 32, "head_dim": 16}, "size mismatch"),
    "fewer layers": ({"num_hidden_layers": 1}, "the base has no place for"),
    "more layers": ({"num_hidden_layers": 3}, "adapter_model.safetensors lacks"),
}


@pytest.mark.parametrize("other", OTHER_BASES)
def test_an_adapter_for_another_base_is_refused_with_both_names(tmp_path, other):
    """Red with what peft does: it warns, or says nothing, and the model answers as its base does, in part or in all."""
    changes, why = OTHER_BASES[other]
    _, folder = made(tmp_path)
    with pytest.raises(ModelError, match=why) as caught:
        put_on(base_of("qwen2", changes), folder)
    assert caught.value.where == "the adapter"
    assert "'the base'" in caught.value.what


def test_an_adapter_for_another_architecture_is_refused(tmp_path):
    _, folder = made(tmp_path)
    with pytest.raises(ModelError, match="does not fit its base model 'the base'"):
        put_on(base_of("gpt2", {}), folder)


def test_an_adapter_with_numbers_that_are_none_is_refused(tmp_path):
    from safetensors.torch import load_file, save_file

    base, folder = made(tmp_path)
    weights = load_file(folder / ADAPTER_WEIGHTS)
    next(iter(weights.values()))[0, 0] = math.nan
    save_file(weights, folder / ADAPTER_WEIGHTS)
    with pytest.raises(ModelError, match="does not fit its base model"):
        put_on(base, folder)


def test_added_tokens_without_weights_in_the_output_layer_are_refused(tmp_path):
    """Red with the library's random numbers in their place: the answers would differ from run to run."""
    base, folder = made(tmp_path, tokens=520, target_modules=["q_proj", "embed_tokens"])
    with pytest.raises(ModelError, match="lacks their weights in the output layer"):
        put_on(base, folder)


def test_a_base_that_lies_partly_outside_the_gpus_is_said_to_be_that(tmp_path):
    """Red with the adapter said not to fit: its base is the right one."""
    base, folder = made(tmp_path)
    base.model.layers[1].to("meta")
    with pytest.raises(ModelError, match="lies outside the GPUs"):
        put_on(base, folder)


@pytest.fixture
def adapter(tmp_path):
    """An adapter's folder as far as it can be looked at without torch: its config, and a file in the weights' place."""
    folder = tmp_path / "adapter"
    folder.mkdir()
    config = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 8, "base_model_name_or_path": "demo"}
    (folder / ADAPTER_CONFIG).write_text(json.dumps(config), encoding="utf-8")
    (folder / ADAPTER_WEIGHTS).write_bytes(b"weights")
    return folder


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"peft_type": "LOHA"}, "of the type 'LOHA', not LORA"),
        ({"peft_type": None}, "not LORA"),
        ({"task_type": "SEQ_CLS"}, "encoder:FOLDER"),
        ({"task_type": "SEQ_2_SEQ_LM"}, "not for a model that continues a text"),
        ({"init_lora_weights": "pissa_niter_4"}, "init_lora_weights = pissa_niter_4"),
        ({"init_lora_weights": []}, "cannot be put on its base model exactly"),
        ({"megatron_config": {"a": 1}}, "'megatron_config'"),
        ({"layer_replication": [[0, 4], [2, 5]]}, "'layer_replication'"),
        ({"alora_invocation_tokens": [1, 2]}, "'alora_invocation_tokens'"),
        ({"of_a_later_version": True}, "'of_a_later_version'"),
        ({"base_model_name_or_path": ""}, "does not say which model it is for"),
        ({"base_model_name_or_path": 7}, "does not say which model it is for"),
        ({"r": 0}, "no rank"),
        ({"r": True}, "no rank"),
        ({"rank_pattern": [3]}, "no rank"),
    ],
)
def test_what_cannot_be_put_on_a_base_exactly_is_refused_before_anything_is_loaded(adapter, store, changes, said):
    edit(adapter / ADAPTER_CONFIG, **changes)
    with pytest.raises(ModelError, match="") as caught:
        locate(str(adapter), store)
    assert said in str(caught.value)
    assert caught.value.where == str(adapter)
    assert caught.value.do


def test_module_names_in_a_config_never_reach_peft(adapter):
    """Red with the whole config passed on: the library imports the modules that these entries name."""
    edit(adapter / ADAPTER_CONFIG, megatron_core="os", auto_mapping={"parent_library": "os", "base_model_class": "x"})
    assert read_adapter(adapter, "a").settings == {"r": 8}


@pytest.mark.parametrize("content", ["[1]", "null", "{", "[" * 99999, "\x00"])
def test_an_adapters_config_of_any_shape_is_refused(adapter, store, content):
    (adapter / ADAPTER_CONFIG).write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"adapter_config\.json cannot be read"):
        locate(str(adapter), store)


def test_an_adapter_with_a_pickle_alone_is_refused(adapter, store):
    (adapter / ADAPTER_WEIGHTS).rename(adapter / "adapter_model.bin")
    with pytest.raises(ModelError, match="pickle form"):
        locate(str(adapter), store)
    (adapter / "adapter_model.bin").unlink()
    with pytest.raises(ModelError, match="no weights"):
        locate(str(adapter), store)


def test_a_base_is_found_by_whatever_its_author_called_it(adapter, store):
    demo = locate("demo", store).fingerprint
    shutil.copytree(DEMO_MODELS / "demo", adapter.parent / "the base")
    for written in ("demo", str(DEMO_MODELS / "demo"), "../the base"):
        edit(adapter / ADAPTER_CONFIG, base_model_name_or_path=written)
        source = locate(str(adapter), store)
        assert source.base.fingerprint == demo
        assert locate(source.base.name, store).fingerprint == demo  # from wherever it is asked for
        assert folders_of(str(adapter))["model"].samefile(source.base.folder)


def test_a_base_of_the_hub_is_asked_for_at_the_revision_that_is_named(adapter, store, monkeypatch):
    from evalcore.predictors.files.hub import Commit

    asked = []
    monkeypatch.setattr(
        "evalcore.predictors.files.source.look_up",
        lambda repo, revision, wanted: asked.append((repo, revision)) or Commit("c" * 40, ("config.json",)),
    )
    edit(adapter / ADAPTER_CONFIG, base_model_name_or_path="owner/base", revision="v2")
    source = locate(str(adapter), store)
    assert asked == [("owner/base", "v2")]
    assert source.fingerprints == {"model": f"owner/base@{'c' * 40}", "adapter": source.fingerprint}
    assert source.base.name == "owner/base@v2"
    assert folders_of(str(adapter)) == {"adapter": adapter}  # the hub is not asked


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("/home/trainer/checkpoints/llama", "'/home/trainer/checkpoints/llama' is not here"),
        (".", "an adapter as well"),
        ("empty", "holds no config.json"),
    ],
)
def test_a_base_that_cannot_be_used_is_said_with_both_names(adapter, store, base, said):
    """Red with "." where the base is looked for again and again."""
    (adapter / "empty").mkdir()
    edit(adapter / ADAPTER_CONFIG, base_model_name_or_path=base)
    with pytest.raises(ModelError, match="") as caught:
        locate(str(adapter), store)
    assert said in str(caught.value)
    assert caught.value.where == str(adapter)
    assert caught.value.do


def test_a_folder_with_a_whole_model_and_an_adapter_is_refused(adapter, store):
    """Red with the whole model taken: with peft installed, transformers loads the adapter's base in its place."""
    shutil.copytree(DEMO_MODELS / "demo", adapter, dirs_exist_ok=True)
    with pytest.raises(ModelError, match="which of them is meant"):
        locate(str(adapter), store)
    (adapter / "model.safetensors").unlink()  # a base's config.json alone is no whole model
    assert locate(str(adapter), store).base is not None


def test_the_identity_covers_adapter_and_base(adapter, store):
    shutil.copytree(DEMO_MODELS / "demo", adapter / "base")
    edit(adapter / ADAPTER_CONFIG, base_model_name_or_path="base")
    seen = [locate(str(adapter), store).fingerprints]
    (adapter / ADAPTER_WEIGHTS).write_bytes(b"others")
    seen.append(locate(str(adapter), store).fingerprints)
    edit(adapter / "base" / "generation_config.json", repetition_penalty=1.5)
    seen.append(locate(str(adapter), store).fingerprints)
    assert seen[0]["model"] == seen[1]["model"] != seen[2]["model"]
    assert seen[0]["adapter"] != seen[1]["adapter"] == seen[2]["adapter"]
    assert locate("demo", store).fingerprints == {"model": seen[0]["model"]}  # a whole model's keys are as they were


def test_without_peft_the_message_names_the_one_command_and_nothing_is_fetched(adapter, store, monkeypatch):
    from evalcore import extras
    from evalcore.predictors import loading
    from evalcore.predictors.placement import placement
    from evalcore.store import RunSpec

    monkeypatch.setattr(extras, "find_spec", lambda package: None)
    monkeypatch.setattr(loading, "download", lambda *_: pytest.fail("something was fetched"))
    source = locate(str(adapter), store)  # stored answers are found without it
    with pytest.raises(ModelError, match=r"pip install -r requirements-adapters\.txt"):
        loading.load(source, placement(RunSpec()), lambda phase: None)


def test_the_adapters_own_tokenizer_and_template_count(tmp_path):
    from evalcore.predictors.chat import ChatRenderer, load_tokenizer

    own, base = tmp_path / "own", DEMO_MODELS / "demo"
    own.mkdir()
    chat = [({"role": "user", "content": "my bill"},)]
    as_base = ChatRenderer(load_tokenizer(own, base)).render(chat)[0].text
    assert as_base == ChatRenderer(load_tokenizer(base)).render(chat)[0].text
    (own / "chat_template.jinja").write_text("OWN {{ messages[0]['content'] }}", encoding="utf-8")
    assert ChatRenderer(load_tokenizer(own, base)).render(chat)[0].text == "OWN my bill"
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(base / name, own)
    edit(own / "tokenizer_config.json", eos_token="<|endoftext|>")
    assert load_tokenizer(own, base).eos_token == "<|endoftext|>" != load_tokenizer(base).eos_token
