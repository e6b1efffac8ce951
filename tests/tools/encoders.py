"""Tiny encoder classifiers, trained for a second or two on the demo's task, and saved as people save theirs."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from evalcore.tasks.load import load_task
from evalcore.tasks.task import TaskSource

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CONTEXT = 64
SIZES = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "max_position_embeddings": CONTEXT,
    "pad_token_id": 0,
    "cls_token_id": 2,
    "bos_token_id": 2,
    "sep_token_id": 3,
    "eos_token_id": 3,
}
TRAINED = {
    "bert": {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "initializer_range": 0.1},
    "modernbert": {"classifier_pooling": "mean"},
}
"""Architectures, each made so that it learns something at once."""
_LEARNT = {"bert": (3, 5e-3), "modernbert": (2, 8e-3)}
"""Epochs, and the rate of learning at its highest."""


def demo_labels():
    return load_task(TaskSource()).labels


def tokenizer_of(texts):
    """A WordPiece tokenizer, trained on these texts."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=900, special_tokens=SPECIAL))
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=CONTEXT, **names)


@cache
def _trained(kind: str) -> Path:
    """Once a process: a folder with a classifier whose ids are the demo's labels in their order, named LABEL_0, ..."""
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification

    task = load_task(TaskSource())
    train = list(task.train)
    tokenizer = tokenizer_of([example.text for example in train])
    ids = tokenizer([example.text for example in train])["input_ids"]
    true = torch.tensor([task.labels.index(example.label) for example in train])
    config = AutoConfig.for_model(
        kind, vocab_size=len(tokenizer), num_labels=len(task.labels), **{**SIZES, **TRAINED[kind]}
    )
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_config(config)
    epochs, fastest = _LEARNT[kind]
    steps = epochs * -(-len(ids) // 64)
    optimiser = torch.optim.AdamW(model.parameters(), lr=fastest, foreach=True)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, fastest, total_steps=steps)
    for _ in range(epochs):
        for rows in torch.randperm(len(ids)).split(64):
            batch = tokenizer.pad({"input_ids": [ids[row] for row in rows]}, return_tensors="pt")
            out = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=true[rows])
            optimiser.zero_grad()
            out.loss.backward()
            optimiser.step()
            rate.step()
    folder = Path(mkdtemp(prefix=f"trained-{kind}-"))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def encoder(folder: Path, kind: str = "bert", labels=None, **config) -> Path:
    """A copy of the trained classifier.

    Args:
        labels: its labels by id, instead of LABEL_0, LABEL_1, ...
        config: further entries of its config.json.
    """
    import json

    shutil.copytree(_trained(kind), folder)
    file = folder / "config.json"
    changed = {**json.loads(file.read_text(encoding="utf-8")), **config}
    if labels is not None:
        changed["id2label"] = {str(at): label for at, label in enumerate(labels)}
        changed["label2id"] = {label: at for at, label in enumerate(labels)}
    file.write_text(json.dumps(changed), encoding="utf-8")
    return folder


def random_encoder(folder: Path, kind: str, n_labels: int = 4, **changes) -> Path:
    """A classifier of another architecture with random weights, large enough that its answers vary."""
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification

    tokenizer = tokenizer_of([example.text for example in load_task(TaskSource()).train[:400]])
    tokenizer.model_max_length = 10**6
    sizes = {**SIZES, "max_position_embeddings": 512, "vocab_size": len(tokenizer), "num_labels": n_labels}
    config = AutoConfig.for_model(kind, **{**sizes, **changes})
    torch.manual_seed(1)
    model = AutoModelForSequenceClassification.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter *= 4
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def plainly(folder: Path, texts: list[str]):
    """What transformers itself says, one text after another: probabilities, shape (n_texts, n_labels), by id."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    takes = ("input_ids", "attention_mask")
    with torch.inference_mode():
        return torch.cat(
            [
                model(**{name: made[name] for name in takes}).logits.softmax(-1)
                for made in (tokenizer([text], return_tensors="pt") for text in texts)
            ]
        ).numpy()
