"""An adapter's run beside its base model's: which run that is, how it is asked for, and what is said to differ."""

from dataclasses import replace

import pytest

from evalcore.analysis.base_model import base_run, base_spec, has_adapter
from evalcore.analysis.difference import changes, decisions
from evalcore.analysis.ladder import partner_of
from evalcore.store import run_id
from evalcore.tasks.prompt import built_in
from tests.tools.runs import stored

OF_BASE = {"predictor": "transformers", "model": "sha256:base", "device": "cpu", "dtype": "float32", "engine": "x 1"}
OF_ADAPTER = {**OF_BASE, "adapter": "sha256:adapter"}


@pytest.fixture
def run(store):
    plain = stored(store, list("abc"), list("abc"))

    def of(identity, model, prompt="article", **spec):
        chosen = built_in(prompt)
        return replace(
            plain,
            run_id=run_id(plain.sample_id, identity, chosen.fingerprint),
            spec=replace(plain.spec, model=model, prompt=prompt, **spec),
            prompt=chosen,
            identity=identity,
            metadata={"base": "demo"} if "adapter" in identity else {},
        )

    return of


def test_the_run_of_the_base_is_the_one_that_is_alike_in_all_else(run):
    adapter, base = run(OF_ADAPTER, "/lora"), run(OF_BASE, "demo")
    others = [
        run({**OF_BASE, "model": "sha256:other"}, "demo"),
        run({**OF_BASE, "dtype": "bfloat16"}, "demo", dtype="bfloat16"),
        run(OF_BASE, "demo", "numbered"),
        replace(run(OF_BASE, "demo"), run_id="of another sample"),
        run({**OF_ADAPTER, "adapter": "sha256:another"}, "/lora2"),
    ]
    assert base_run(adapter, [*others, base]) is base
    assert base_run(adapter, others) is None
    assert base_run(base, [adapter, base]) is None
    assert (has_adapter(adapter), has_adapter(base)) == (True, False)


def test_the_base_is_asked_for_in_the_same_way(run):
    adapter = run(OF_ADAPTER, "/lora", "numbered", n=3, decoding="choose", batch_size=5)
    assert base_spec(adapter) == replace(adapter.spec, model="demo")
    assert base_spec(run(OF_BASE, "demo")) is None
    assert base_spec(replace(adapter, metadata={})) is None  # its name is not known


def test_what_changed_between_base_and_adapter_is_the_adapter_alone(run):
    found = changes(run(OF_BASE, "demo"), run(OF_ADAPTER, "/lora"))
    assert [(c.what, c.detail, c.a, c.b) for c in found] == [("adapter", "", "none", "/lora")]
    back = changes(run(OF_ADAPTER, "/lora"), run(OF_BASE, "demo"))
    assert [(c.a, c.b) for c in back] == [("/lora", "none")]


def test_two_adapters_of_one_base_differ_in_the_adapter(run):
    another = {**OF_ADAPTER, "adapter": "sha256:another"}
    assert decisions(changes(run(OF_ADAPTER, "/one"), run(another, "/two"))) == ["adapter"]
    found = changes(run(OF_ADAPTER, "/lora"), run(another, "/lora"))  # trained again, under the same name
    assert [(c.what, c.detail) for c in found] == [("adapter", "files")]
    assert changes(run(OF_ADAPTER, "/lora"), run(OF_ADAPTER, "/lora")) == []


def test_an_adapter_of_another_base_is_another_model(run):
    other = {**OF_ADAPTER, "model": "sha256:other"}
    assert decisions(changes(run(OF_BASE, "demo"), run(other, "/lora"))) == ["model"]


def test_a_ladder_never_stands_with_one_foot_on_the_base(run):
    """Red with the adapter left out of what a ladder's runs have in common."""
    free = run(OF_ADAPTER, "/lora")
    choosing = run({**OF_BASE, "choices": "c"}, "demo", decoding="choose")
    own = run({**OF_ADAPTER, "choices": "c"}, "/lora", decoding="choose")
    assert partner_of(free, [choosing]) is None
    assert partner_of(free, [choosing, own]) is own
