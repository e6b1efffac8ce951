"""What runs of a classifier and of an adapter will take: counted as for any other model."""

import pytest

from evalcore.running.estimate import estimate
from evalcore.running.plan import plan_run
from evalcore.store import RunSpec
from evalcore.tasks import TaskSource
from tests.tools.adapters import save_adapter
from tests.tools.encoders import random_encoder


def test_a_classifier_is_given_the_text_alone_and_writes_nothing(store, colours, tmp_path):
    from transformers import AutoTokenizer

    folder = random_encoder(tmp_path / "classifier", "bert")
    spec = RunSpec(TaskSource(str(colours)), f"encoder:{folder}", n=12, labels_by="id")
    plan = plan_run(spec, store)
    found = estimate(plan, store)
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    assert found.tokens_in == sum(len(tokenizer(example.text)["input_ids"]) for example in plan.examples)
    assert (found.tokens_out, found.predictions, found.tokens_from) == (0.0, 12, "tokenizer")
    assert 0 < found.seconds_low <= found.seconds <= found.seconds_high
    assert found.download_bytes == 0


def test_an_adapter_takes_what_its_base_takes_and_both_are_read(store, tmp_path):
    from transformers import AutoModelForCausalLM

    from evalcore.paths import DEMO_MODELS

    base = DEMO_MODELS / "demo"
    model = AutoModelForCausalLM.from_pretrained(str(base))
    adapter = save_adapter(model, tmp_path / "adapter", base)
    own = estimate(plan_run(RunSpec(model="demo", n=12), store), store)
    adapted = estimate(plan_run(RunSpec(model=str(adapter), n=12), store), store)
    assert adapted.effort == pytest.approx(own.effort)
    assert (adapted.tokens_in, adapted.shared_tokens) == (own.tokens_in, own.shared_tokens)
    assert adapted.memory_bytes > own.memory_bytes
