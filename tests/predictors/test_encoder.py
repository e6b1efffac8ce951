"""Encoder classifiers say what transformers says of one text at a time, under the task's labels and in their order."""

import json
import shutil

import numpy as np
import pytest

from evalcore.errors import ModelError
from evalcore.predictors import identify
from evalcore.predictors.encoder import context_of
from evalcore.predictors.engines.alike import alike, passes
from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec, checked
from evalcore.tasks.load import load_task
from evalcore.tasks.task import TaskSource
from tests.conftest import COLOURS
from tests.tools.adapters import edit
from tests.tools.encoders import CONTEXT, demo_labels, encoder, plainly, random_encoder

EXACT = 1e-5


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A classifier that has learnt the demo's labels, under their names but in another order."""
    folder = tmp_path_factory.mktemp("trained")
    return encoder(folder / "model", "modernbert", demo_labels())


@pytest.fixture(scope="module")
def texts():
    return [example.text for example in load_task(TaskSource()).test[:60]]


def loaded(folder, store, task=None, **settings):
    """The predictor of a folder, and the task."""
    spec = checked(RunSpec(task or TaskSource(), f"encoder:{folder}", **settings))
    read = load_task(spec.task)
    handle = identify(spec, read, read.labels, store, lambda phase: None)
    return handle.load(lambda phase: None), read


def asked(predictor, texts):
    """Labels and probabilities of texts, shape (n_texts, n_labels)."""
    found = predictor.predict([({"role": "user", "content": text},) for text in texts])
    return [one.text for one in found], np.exp(np.array([one.logprobs for one in found]))


def test_it_has_learnt_something_and_says_what_transformers_says(store, trained, texts):
    """Red with another order of the labels, with padding that is attended to, or with texts that change places."""
    predictor, task = loaded(trained, store)
    labels, shares = asked(predictor, texts)
    expected = plainly(trained, texts)
    assert np.abs(shares - expected).max() < EXACT
    assert labels == [task.labels[at] for at in expected.argmax(1)]
    true = [example.label for example in task.test[:60]]
    assert np.mean([a == b for a, b in zip(labels, true, strict=True)]) > 0.4  # 24 labels: 4 % by chance


def test_a_trained_bert_says_what_transformers_says_and_beats_the_most_frequent_label(store, tmp_path, texts):
    folder = encoder(tmp_path / "bert", "bert", [label.replace("_", " ").title() for label in demo_labels()])
    outcome = execute(RunSpec(model=f"encoder:{folder}", n=60), store)
    assert outcome.complete
    predictor, task = loaded(folder, store)
    labels, shares = asked(predictor, texts)
    assert np.abs(shares - plainly(folder, texts)).max() < EXACT
    true = [example.label for example in task.test[:60]]
    assert np.mean([a == b for a, b in zip(labels, true, strict=True)]) > 0.15


def test_the_probabilities_are_stored_in_the_tasks_order(store, tmp_path, trained, texts):
    """Red if they are stored by the model's ids."""
    turned = shutil.copytree(trained, tmp_path / "turned")
    rename(turned, list(demo_labels())[::-1])
    labels, shares = asked(loaded(turned, store)[0], texts)
    expected = plainly(trained, texts)
    assert np.abs(shares - expected[:, ::-1]).max() < EXACT
    assert labels == [demo_labels()[::-1][at] for at in expected.argmax(1)]


OTHERS = {
    "distilbert": {"dim": 64, "hidden_dim": 128, "n_layers": 2, "n_heads": 4},
    "roberta": {"pad_token_id": 0, "type_vocab_size": 1},
    "modernbert": {"num_hidden_layers": 2, "local_attention": 8, "global_attn_every_n_layers": 2},
    "deberta-v2": {"relative_attention": True, "pos_att_type": "p2c|c2p"},
    "electra": {"embedding_size": 64},
    "qwen2": {"num_key_value_heads": 2, "pad_token_id": None},  # a classifier made of a model that writes
}


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("padded", [False, True])
def test_every_architecture_says_the_same_of_many_texts_as_of_one(store, tmp_path, texts, colours, kind, padded):
    """Red with padding on the wrong side, or with positions that count it."""
    folder = random_encoder(tmp_path / "model", kind, id2label=dict(enumerate(COLOURS)), **OTHERS[kind])
    predictor, task = loaded(folder, store, TaskSource(str(colours)))
    assert predictor.can_pad == (kind != "qwen2")
    predictor.padded = padded and predictor.can_pad
    labels, shares = asked(predictor, texts)
    alone = plainly(folder, texts)
    assert np.abs(shares[:, [task.labels.index(label) for label in COLOURS]] - alone).max() < EXACT
    assert labels == [COLOURS[at] for at in alone.argmax(1)]
    assert np.ptp(alone, axis=0).max() > 1000 * EXACT  # so that the comparison says something


def test_without_a_name_by_place_only_where_a_person_says_so(store, tmp_path):
    folder = encoder(tmp_path / "unnamed", "modernbert")
    with pytest.raises(ModelError, match="'LABEL_0'") as caught:
        loaded(folder, store)
    assert "'bill_too_high'" in caught.value.what
    assert "--labels-by id" in caught.value.do
    named = encoder(tmp_path / "named", "modernbert", demo_labels())
    texts = ["my wifi is slow", "the bill is wrong"]
    assert asked(loaded(folder, store, labels_by="id")[0], texts)[0] == asked(loaded(named, store)[0], texts)[0]


def test_two_labels_without_names_are_not_in_the_config_at_all(store, tmp_path, colours):
    """The library writes none down: they are LABEL_0 and LABEL_1."""
    folder = random_encoder(tmp_path / "model", "bert", n_labels=2)
    assert "id2label" not in json.loads((folder / "config.json").read_text(encoding="utf-8"))
    with pytest.raises(ModelError, match="its 2 labels are not the task's 4: it alone has 'LABEL_0', 'LABEL_1'"):
        loaded(folder, store, TaskSource(str(colours)))


def test_a_text_that_is_too_long_has_no_answer_and_the_longest_that_fits_has_one(store, trained):
    """Red if it is cut, or if the limit is off by one."""
    predictor, _ = loaded(trained, store)
    fits, too_long = "the " * (CONTEXT - 2), "the " * (CONTEXT - 1)
    first, second, third = predictor.predict(
        [({"role": "user", "content": text},) for text in (too_long, fits, "hello")]
    )
    assert (first.text, first.stop, first.prompt_tokens, len(first.logprobs)) == ("", "too_long", CONTEXT + 1, 0)
    assert (second.stop, second.prompt_tokens) == ("given", CONTEXT)
    assert third.text in demo_labels()


def test_positions_that_begin_behind_the_paddings_leave_room_for_fewer_tokens(store, tmp_path, colours):
    """Red with max_position_embeddings taken for the longest text: RoBERTa then reads behind its table."""
    folder = random_encoder(
        tmp_path / "m", "roberta", pad_token_id=1, max_position_embeddings=CONTEXT, id2label=dict(enumerate(COLOURS))
    )
    predictor, _ = loaded(folder, store, TaskSource(str(colours)))
    fits, too_long = predictor.predict(
        [({"role": "user", "content": "the " * n},) for n in (CONTEXT - 2 - 2, CONTEXT - 2 - 1)]
    )
    assert (fits.stop, fits.prompt_tokens) == ("given", CONTEXT - 2)
    assert too_long.stop == "too_long"


def test_a_model_that_says_minus_one_has_no_longest_text():
    """Red with that taken for the longest text: every one would be too long."""
    from types import SimpleNamespace

    from transformers import XLNetConfig, XLNetForSequenceClassification

    model = XLNetForSequenceClassification(XLNetConfig(vocab_size=9, d_model=8, n_layer=1, n_head=2, d_inner=8))
    assert model.config.max_position_embeddings == -1
    assert context_of(model, SimpleNamespace(model_max_length=10**30)) is None
    assert context_of(model, SimpleNamespace(model_max_length=512)) == 512


def test_what_looks_like_a_control_token_is_plain_text(store, trained):
    predictor, _ = loaded(trained, store)
    (first, second) = predictor.predict([({"role": "user", "content": text},) for text in ("a [SEP] b", "a b")])
    assert first.prompt_tokens > second.prompt_tokens + 1


def test_what_decides_an_answer_is_in_its_key_and_nothing_else(store, tmp_path, trained):
    labels = list(demo_labels())
    turned, weights = (shutil.copytree(trained, tmp_path / name) for name in ("turned", "weights"))
    rename(turned, labels[::-1])
    change_weights(weights)
    base = dict(loaded(trained, store)[0].identity)
    others = [
        loaded(turned, store)[0],
        loaded(weights, store)[0],
        loaded(trained, store, batch_size=8)[0],
        loaded(trained, store, dtype="bfloat16")[0],
    ]
    identities = [json.dumps(dict(one.identity), sort_keys=True) for one in others]
    assert len({*identities, json.dumps(base, sort_keys=True)}) == 5
    assert base["predictor"] == "encoder"
    # The same labels, matched by name or by place, are the same run.
    assert dict(loaded(trained, store, labels_by="id")[0].identity) == base
    assert dict(loaded(trained, store, prompt="bare", seed=3)[0].identity) == base


def test_another_order_of_the_tasks_labels_is_another_key(tmp_path, store, colours):
    """Red without the labels in the key: the places alone are the same, and a label is another one."""
    folder = random_encoder(tmp_path / "model", "bert")
    (tmp_path / "labels.txt").write_text("\n".join(COLOURS), encoding="utf-8")
    (tmp_path / "turned.txt").write_text("\n".join(COLOURS[::-1]), encoding="utf-8")
    tasks = [TaskSource(str(colours), labels=str(tmp_path / name)) for name in ("labels.txt", "turned.txt")]
    keys = [dict(loaded(folder, store, task, labels_by="id")[0].identity) for task in tasks]
    assert keys[0] != keys[1]


def test_one_copy_of_the_weights_serves_every_task_and_batch_size(store, trained):
    handles = []
    for size in (0, 8):
        spec = checked(RunSpec(model=f"encoder:{trained}", batch_size=size))
        task = load_task(spec.task)
        handles.append(identify(spec, task, task.labels, store, lambda phase: None))
    assert handles[0].weights.name == handles[1].weights.name
    assert handles[0].identity != handles[1].identity


def test_a_batch_that_does_not_fit_into_memory_is_halved(store, trained, texts, monkeypatch):
    import torch

    predictor, _ = loaded(trained, store)
    labels, _ = asked(predictor, texts)
    sizes = []
    real = predictor._forward

    def forward(rows):
        sizes.append(len(rows))
        if len(rows) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return real(rows)

    monkeypatch.setattr(predictor, "_forward", forward)
    assert asked(predictor, texts)[0] == labels
    assert max(sizes) > 1


def test_one_text_that_does_not_fit_is_said(store, trained, monkeypatch):
    import torch

    predictor, _ = loaded(trained, store)

    def forward(rows):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(predictor, "_forward", forward)
    with pytest.raises(ModelError, match="out of memory") as caught:
        asked(predictor, ["a"])
    assert str(trained) in caught.value.where


@pytest.mark.parametrize("padded", [False, True])
def test_like_lengths_go_together_the_longest_first(padded):
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 40, 300).tolist()
    groups = list(alike(lengths, 200, padded=padded))
    assert sorted(at for group in groups for at in group) == list(range(300))
    tops = [max(lengths[at] for at in group) for group in groups]
    assert tops == sorted(tops, reverse=True)
    assert all(len(group) * top <= 200 for group, top in zip(groups, tops, strict=True))
    filled = sum(top - lengths[at] for group, top in zip(groups, tops, strict=True) for at in group)
    assert (filled == 0) == (not padded)
    assert filled < 0.15 * sum(lengths)


@pytest.mark.parametrize("padded", [False, True])
def test_how_often_a_model_is_run_is_known_before(padded):
    """Red with the tokens alone counted: on a CPU each length of a batch is another pass."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 40, 300).tolist()
    tokens = 4000 if padded else 200
    batches = (lengths[start : start + 60] for start in range(0, 300, 60))
    runs = sum(1 for batch in batches for _ in alike(batch, tokens, padded=padded))
    assert passes(lengths, 300, 60, tokens, padded=padded) == runs
    assert passes(lengths, 3000, 60, tokens, padded=padded) == 10 * runs


def test_the_passes_of_a_plan_are_those_of_the_run(store, trained, monkeypatch):
    predictor, task = loaded(trained, store)
    chats = [({"role": "user", "content": example.text},) for example in task.test[:60]]
    spec = checked(RunSpec(model=f"encoder:{trained}"))
    handle = identify(spec, task, task.labels, store, lambda phase: None)
    planned = handle.forecast(chats, task.labels, None, lambda phase: None).work
    sizes, real = [], predictor._forward
    monkeypatch.setattr(predictor, "_forward", lambda rows: sizes.append(len(rows)) or real(rows))
    answers = predictor.predict(chats)
    assert planned.passes == len(sizes)
    assert planned.tokens == sum(answer.prompt_tokens for answer in answers)


def test_a_text_longer_than_all_that_goes_together_goes_alone():
    assert list(alike([5, 900, 5], 100, padded=True)) == [[1], [0, 2]]
    assert list(alike([], 100, padded=True)) == []


def test_bench_compares_every_way_to_put_texts_together(store, trained):
    from evalcore.bench import HowMeasured, measure
    from evalcore.errors import SpecError

    with pytest.raises(SpecError, match="models that write"):
        measure(RunSpec(model=f"encoder:{trained}"), HowMeasured(peer="vllm"), store)
    what, rows = measure(RunSpec(model=f"encoder:{trained}", n=40), HowMeasured(rounds=1), store)
    assert [row.engine for row in rows] == ["one at a time", "32 at a time, padded", "sorted, padded", "as used"]
    assert rows[0].ratio == 1
    assert all((row.n, row.differing) == (40, 0) for row in rows)
    assert float(what["largest difference of a probability"]) < EXACT


def test_a_run_is_complete_never_unparsed_and_reused(tmp_path, trained):
    store = Store(tmp_path / "cache")
    spec = RunSpec(model=f"encoder:{trained}", n=30)
    first = execute(spec, store)
    assert (first.predicted_now, first.complete) == (30, True)
    assert execute(spec, store).predicted_now == 0
    assert first.record.kind.name == "encoder"


def rename(folder, labels):
    edit(
        folder / "config.json",
        id2label={str(at): label for at, label in enumerate(labels)},
        label2id={label: at for at, label in enumerate(labels)},
    )


def change_weights(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights["classifier.bias"] = weights["classifier.bias"] + 0.1
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
