"""Encoder classifiers (F35 to F37): what is none, or has other labels, is said and leaves nothing behind."""

import json
import shutil

import pytest

from evalcore.errors import ModelError
from evalcore.paths import DEMO_MODELS
from evalcore.running import understand
from evalcore.running.run import execute
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import TaskSource
from tests.conftest import COLOURS
from tests.tools.encoders import random_encoder


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return random_encoder(tmp_path_factory.mktemp("kept") / "model", "bert", id2label=dict(enumerate(COLOURS)))


@pytest.fixture
def folder(tmp_path, kept):
    return shutil.copytree(kept, tmp_path / "model")


def edit(file, **changes):
    content = {**json.loads(file.read_text(encoding="utf-8")), **changes}
    file.write_text(json.dumps({name: value for name, value in content.items() if value is not None}), encoding="utf-8")


def config(**changes):
    return lambda folder: edit(folder / "config.json", **changes)


def without_head(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    kept = {name: tensor for name, tensor in weights.items() if not name.startswith("classifier")}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})


def without_numbers(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights["classifier.bias"] = weights["classifier.bias"] * float("nan")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def of_a_language_model(folder):
    """A config that says classifier, beside the weights of a model that writes."""
    shutil.rmtree(folder)
    shutil.copytree(DEMO_MODELS / "demo", folder)
    labels = {str(at): label for at, label in enumerate(COLOURS)}
    edit(folder / "config.json", architectures=["Qwen2ForSequenceClassification"], id2label=labels)


SPOILT = {
    "no such folder": (shutil.rmtree, "no such model or folder", "Give `demo`"),
    "other labels": (config(id2label={"0": "a", "1": "b"}), "it alone has 'a', 'b'", "trained on this task's labels"),
    "no label names": (config(id2label=None, num_labels=4), "'LABEL_3'", "--labels-by id"),
    "ids that leave one out": (config(id2label={"0": "a", "2": "b"}), "are not 0, 1, 2", "Correct its config.json"),
    "several labels a text": (config(problem_type="multi_label_classification"), "any number of labels", "Choose"),
    "a number": (config(problem_type="regression"), "a number, not a label", "Choose"),
    "one label": (config(id2label={"0": "red"}), "a number, not a label", "Choose"),
    "a model that writes": (config(architectures=["BertLMHeadModel"]), "not a classifier (BertLMHeadModel)", "Write "),
    "weights without a head": (without_head, "'classifier.bias', 'classifier.weight'", "trained for this use"),
    "weights of a model that writes": (of_a_language_model, "'score.weight'", "trained for this use"),
    "weights that are no numbers": (without_numbers, "computes no numbers in float32", "Save the model again"),
    "weights of a pickle": (
        lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"), "pickle form", "Save it"
    ),
    "weights that are none": (
        lambda folder: (folder / "model.safetensors").write_bytes(b"\xff" * 999), "cannot be loaded", "Check that its"
    ),
    "no config": (lambda folder: (folder / "config.json").unlink(), "no config.json", "Give the folder"),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), "no tokenizer", "Save the model's tokenizer"),
    "a broken tokenizer": (
        lambda folder: (folder / "tokenizer.json").write_text("{", encoding="utf-8"), "tokenizer cannot be", "tokenizer"
    ),
    "an adapter": (
        lambda folder: (
            (folder / "model.safetensors").rename(folder / "adapter_model.safetensors"),
            (folder / "adapter_config.json").write_text(
                '{"peft_type": "LORA", "task_type": "SEQ_CLS", "base_model_name_or_path": "a/b"}', encoding="utf-8"
            ),
        ),
        "adapter",
        "Merge it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", SPOILT)
def test_a_spoilt_classifier_is_said_with_its_name_cause_and_remedy_and_nothing_is_kept(store, colours, folder, fault):
    """F35. Red with the library's own error passed on; with random weights taken for a head; with labels guessed."""
    spoil, cause, remedy = SPOILT[fault]
    spoil(folder)
    with pytest.raises(ModelError) as caught:
        execute(RunSpec(TaskSource(str(colours)), f"encoder:{folder}", n=8), store)
    assert cause in str(caught.value)
    assert remedy in caught.value.do
    assert str(folder) in caught.value.where
    assert len(str(caught.value)) < 2000
    assert all(store.count_done(run.run_id) == 0 for run in store.runs())


def test_weights_that_are_missing_are_refused_of_a_model_that_writes_as_well(store, colours, tmp_path):
    """F35. Red with the library's warning that they were made at random."""
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(DEMO_MODELS / "demo", tmp_path / "model")
    weights = load_file(folder / "model.safetensors")
    lost = next(name for name in weights if name.endswith("q_proj.weight"))
    save_file({n: t for n, t in weights.items() if n != lost}, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="it would answer at random") as caught:
        execute(RunSpec(TaskSource(str(colours)), str(folder), n=8), store)
    assert lost in caught.value.what


def test_a_classifier_named_like_a_model_that_writes_is_told_its_name(store, colours, folder):
    """F35. Red with the classifier loaded as a language model."""
    with pytest.raises(ModelError, match="this is an encoder classifier") as caught:
        execute(RunSpec(TaskSource(str(colours)), str(folder), n=8), store)
    assert caught.value.do == f"Write encoder:{folder}"
    assert store.runs() == []  # said before a run is begun
    assert understand(RunSpec(TaskSource(str(colours)), str(folder)), store).problems == (str(caught.value),)


def test_an_adapter_for_a_model_that_writes_is_no_classifier(store, colours, tmp_path, monkeypatch):
    """F35. Red with its base classified with."""
    from dataclasses import replace

    from evalcore.predictors import encoder, locate

    demo = locate("demo", store)
    monkeypatch.setattr(encoder, "locate", lambda name, store: replace(demo, base=demo))
    with pytest.raises(ModelError, match="an adapter for a model that writes"):
        execute(RunSpec(TaskSource(str(colours)), "encoder:a/b", n=8), store)


@pytest.mark.parametrize("fault", sorted(SPOILT.keys() - {"weights that are no numbers"}))
def test_what_a_run_would_end_with_is_said_before_it_where_the_files_tell(store, colours, folder, fault):
    """F37. Red with a form that says nothing of a folder. What only loading tells is left to the run."""
    spoil, cause, remedy = SPOILT[fault]
    spoil(folder)
    found = understand(RunSpec(TaskSource(str(colours)), f"encoder:{folder}"), store)
    assert len(found.problems) <= 1
    if found.problems:
        assert cause in found.problems[0]
        assert remedy in found.problems[0]
    elif found.labels_by_place:
        assert fault == "no label names"  # a person may know that they are the same
    else:
        assert fault.startswith("weights ") or "tokenizer" in fault
