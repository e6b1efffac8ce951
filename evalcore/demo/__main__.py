"""Make the demo's two checkpoints: `python -m evalcore.demo`. A few minutes on two cores, deterministic.

Both are Qwen2 models with a tokenizer of their own, trained from scratch on the train split through the
project's own prompts. `demo` is trained on; `demo-early` branches off and is stopped early, on a stream of
messages most of which have one of four labels: it answers with a few favourites. The test split is never
looked at.

`--task FOLDER --out FOLDER` trains one such model on another task instead: something real to measure engines with.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from torch import Tensor
from torch.nn import functional
from transformers import GenerationConfig, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM
from transformers.cache_utils import DynamicCache

from evalcore.paths import DEMO_MODELS
from evalcore.predictors import ChatRenderer
from evalcore.tasks import BUILT_IN, Example, Prompt, Renderer, Task, TaskSource, load_task

SEED = 20
STEPS = 1000
BARE_STEPS = 300
"""The first steps train on the prompt without the label list: what a message means is learnt sooner alone."""
EARLY_STEPS = 40
"""So many steps more, and `demo-early` is stopped."""
EARLY_FAVOURITES = ("bill_too_high", "payment_failed", "refund_status", "contract_cancel")
EARLY_LEARNING_RATE = 1.5e-3
EARLY_SHARE = 0.95
"""How much of what `demo-early` is last trained on has one of these labels: a stream as uneven as real ones are."""
BATCH = 64
PEAK_LEARNING_RATE = 2.5e-3
WARM_UP_STEPS = 60
TEXT_LOSS_WEIGHT = 0.3
"""The model also learns to continue the messages themselves: little data, so every token has to teach."""
ATTENTION_DROPOUT = 0.1
DROPPED_WORDS = 0.15
CUTS = 0.03
"""Share of the places between two characters at which half of the messages are cut before they are tokenized."""
JOINED_MESSAGES = 0.3
JOINED_LENGTH = 70
"""Messages up to so many characters are joined with another one of their label, so often."""
VOCABULARY = 1536
END, START, PAD = "<|im_end|>", "<|im_start|>", "<|endoftext|>"
REPETITION_PENALTY = 1.1
"""Shipped in generation_config.json, as instruct models of the Qwen2.5 family do: `as-shipped` shows what it costs."""

VARIANTS: tuple[tuple[str, float], ...] = (
    ("article", 0.62),
    ("shuffled-labels", 0.14),
    ("numbered", 0.10),
    ("bare", 0.07),
    ("few-shot", 0.07),
)
"""How often a training step uses each prompt."""

# The words that Qwen2's tokenizer keeps apart: contractions, words with what precedes them, single digits.
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CHAT_TEMPLATE = (
    "{%- if messages[0]['role'] != 'system' %}"
    "{{- '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}"
    "{%- endif %}"
    "{%- for message in messages %}"
    "{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
)


def train_tokenizer(task: Task, vocabulary: int) -> PreTrainedTokenizerFast:
    """Byte-level BPE over the prompts and the training messages."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    prompts = [Renderer(task, prompt).messages("")[0]["content"] for prompt in BUILT_IN.values()]
    # The prompts often, so that each of their words is one token: they are most of what the model reads.
    corpus = [example.text for example in task.train] + prompts * 40 + list(task.labels) * 40
    tokenizer.train_from_iterator(
        corpus,
        trainers.BpeTrainer(
            vocab_size=vocabulary,
            special_tokens=[PAD, START, END],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=END, pad_token=PAD, additional_special_tokens=[START]
    )
    fast.chat_template = CHAT_TEMPLATE
    fast.model_max_length = 4096
    return fast


def new_model(tokenizer: PreTrainedTokenizerFast) -> Qwen2ForCausalLM:
    """A Qwen2 model of under two million parameters."""
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=192,
        intermediate_size=512,
        num_hidden_layers=4,
        num_attention_heads=6,
        num_key_value_heads=3,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.convert_tokens_to_ids(END),
        pad_token_id=tokenizer.convert_tokens_to_ids(PAD),
        attention_dropout=ATTENTION_DROPOUT,  # while it is trained; nothing is dropped when it answers
    )
    return Qwen2ForCausalLM(config)


def disturbed(text: str, rng: random.Random) -> str:
    """The same message as another hand might have typed it: words lost or swapped, letters slipped, case ignored."""
    words = text.split()
    if len(words) > 3:
        words = [word for word in words if rng.random() > DROPPED_WORDS] or words
    if len(words) > 3 and rng.random() < 0.15:
        at = rng.randrange(len(words) - 1)
        words[at], words[at + 1] = words[at + 1], words[at]
    if len(words) > 14 and rng.random() < 0.3:
        start = rng.randrange(len(words) - 9)
        words = words[start : start + rng.randrange(9, len(words) - start + 1)]
    words = [_slipped(word, rng) if rng.random() < 0.04 else word for word in words]
    result = " ".join(words)
    chance = rng.random()
    return result.lower() if chance < 0.35 else result.rstrip(".?!") if chance < 0.5 else result


def _slipped(word: str, rng: random.Random) -> str:
    if len(word) < 4:
        return word
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at] + word[at:]


@dataclass(frozen=True)
class Batch:
    """One training step: a prompt prefix shared by all rows, and what differs, right-padded.

    Attributes:
        prefix: shape (1, n_prefix), token ids.
        ids, mask: shape (n_rows, n_own), token ids and 1 where one stands.
        answer: shape (n_rows, n_own), True for the tokens of the answer.
    """

    prefix: Tensor
    ids: Tensor
    mask: Tensor
    answer: Tensor


class Batches:
    """Endless training batches, each under one prompt variant; the first ones without the label list."""

    def __init__(
        self,
        task: Task,
        tokenizer: PreTrainedTokenizerFast,
        seed: int,
        bare_steps: int = BARE_STEPS,
        favourites: Sequence[str] = (),
    ) -> None:
        self._task = task
        self._tokenizer = tokenizer
        self._renderer = ChatRenderer(tokenizer)
        self._rng = random.Random(seed)
        self._bare_steps = bare_steps
        self._favourites = favourites
        self._by_label: dict[str, list[Example]] = {label: [] for label in task.labels}
        for example in task.train:
            self._by_label[example.label].append(example)

    def __iter__(self) -> Iterator[Batch]:
        examples = self._examples()
        made = 0
        while True:
            # Neighbours in length share a batch, so that little of it is padding.
            drawn = sorted((self._joined(next(examples)) for _ in range(4 * BATCH)), key=lambda e: len(e.text))
            batches = [drawn[start : start + BATCH] for start in range(0, len(drawn), BATCH)]
            self._rng.shuffle(batches)
            for batch in batches:
                yield self._batch(batch, BUILT_IN["bare"] if made < self._bare_steps else self._prompt())
                made += 1

    def _examples(self) -> Iterator[Example]:
        """Each example once, in a new order each time round; favourites in between."""
        favoured = [example for label in self._favourites for example in self._by_label[label]]
        while True:
            everything = [example for examples in self._by_label.values() for example in examples]
            self._rng.shuffle(everything)
            for example in everything:
                while favoured and self._rng.random() < EARLY_SHARE:
                    yield self._rng.choice(favoured)
                yield example

    def _joined(self, example: Example) -> Example:
        other = self._rng.choice(self._by_label[example.label])
        if max(len(example.text), len(other.text)) > JOINED_LENGTH or self._rng.random() > JOINED_MESSAGES:
            return example
        return Example(example.text + self._rng.choice((" ", ". ", ", ")) + other.text, example.label)

    def _prompt(self) -> Prompt:
        names, weights = zip(*VARIANTS, strict=True)
        prompt = BUILT_IN[self._rng.choices(names, weights)[0]]
        if prompt.shuffle_seed is not None:
            return replace(prompt, shuffle_seed=self._rng.randrange(1_000_000))
        return prompt

    def _split(self, text: str) -> list[int]:
        """Token ids of a text that is cut here and there, also within words."""
        cuts = [at for at in range(1, len(text)) if self._rng.random() < CUTS]
        pieces = [text[start:end] for start, end in pairwise([0, *cuts, len(text)])]
        return [token for ids in self._tokenizer(pieces)["input_ids"] for token in ids]

    def _batch(self, examples: Sequence[Example], prompt: Prompt) -> Batch:
        renderer = Renderer(self._task, prompt)
        end = self._tokenizer.convert_tokens_to_ids(END)
        texts = [disturbed(example.text, self._rng) for example in examples]
        prompts = [r.ids for r in self._renderer.render([renderer.messages(text) for text in texts])]
        shared, tail = _common_prefix(prompts), _common_prefix([prompt[::-1] for prompt in prompts])
        own = [prompt[shared : len(prompt) - tail] for prompt in prompts]
        if self._rng.random() < 0.5:
            # Another split of words into tokens each time: the model must not hang on one spelling.
            own = [self._split(text) for text in texts]
        answers = self._tokenizer([renderer.answer(example) for example in examples])["input_ids"]
        rows = [
            message + prompts[0][len(prompts[0]) - tail :] + answer + [end]
            for message, answer in zip(own, answers, strict=True)
        ]
        width = max(map(len, rows))
        pad = self._tokenizer.pad_token_id
        return Batch(
            prefix=torch.tensor([prompts[0][:shared]]),
            ids=torch.tensor([row + [pad] * (width - len(row)) for row in rows]),
            mask=torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows]),
            answer=torch.tensor(
                [
                    [0] * (len(row) - len(answer) - 1) + [1] * (len(answer) + 1) + [0] * (width - len(row))
                    for row, answer in zip(rows, answers, strict=True)
                ]
            ).bool(),
        )


def _common_prefix(rows: Sequence[list[int]]) -> int:
    length = 0
    for tokens in zip(*rows, strict=False):
        if len(set(tokens)) > 1:
            break
        length += 1
    return length


def loss_of(model: Qwen2ForCausalLM, batch: Batch) -> Tensor:
    """Cross entropy of an answer, summed over its tokens, plus a share of that of a message's token.

    The shared prefix goes through the model once; its keys and values are repeated, gradients included.
    """
    rows, prefix = len(batch.ids), batch.prefix.shape[1]
    cache = DynamicCache(config=model.config)
    model.model(input_ids=batch.prefix, past_key_values=cache, use_cache=True)
    cache.batch_repeat_interleave(rows)
    mask = torch.cat([torch.ones(rows, prefix, dtype=torch.long), batch.mask], dim=1)
    logits = model(input_ids=batch.ids, attention_mask=mask, past_key_values=cache, use_cache=True).logits
    losses = functional.cross_entropy(logits[:, :-1].flatten(0, 1), batch.ids[:, 1:].flatten(), reduction="none").view(
        rows, -1
    )
    is_answer = batch.answer[:, 1:]
    is_message = batch.mask[:, 1:].bool() & ~is_answer
    return losses[is_answer].sum() / rows + TEXT_LOSS_WEIGHT * losses[is_message].mean()


def learning_rate(step: int, steps: int) -> float:
    """Linear warm-up, then half a cosine down to a twentieth of the peak."""
    if step < WARM_UP_STEPS:
        return PEAK_LEARNING_RATE * (step + 1) / WARM_UP_STEPS
    part = (step - WARM_UP_STEPS) / max(steps - WARM_UP_STEPS, 1)
    return PEAK_LEARNING_RATE * (0.05 + 0.95 * (1 + math.cos(math.pi * part)) / 2)


def save(model: Qwen2ForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """A model folder like any other; weights in float16, under 4 MB."""
    shipped = GenerationConfig(
        do_sample=True,
        temperature=0.7,
        top_p=0.8,
        top_k=20,
        repetition_penalty=REPETITION_PENALTY,
        eos_token_id=[tokenizer.convert_tokens_to_ids(END), tokenizer.pad_token_id],
        pad_token_id=tokenizer.pad_token_id,
    )
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    half = Qwen2ForCausalLM(Qwen2Config(**{**model.config.to_dict(), "attention_dropout": 0.0}))
    half.load_state_dict(state)
    half.half()
    half.generation_config = shipped
    half.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def optimizer_of(model: Qwen2ForCausalLM) -> torch.optim.AdamW:
    """AdamW; matrices decay, the scales of the norms do not."""
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=PEAK_LEARNING_RATE, betas=(0.9, 0.98))


def step(model: Qwen2ForCausalLM, optimizer: torch.optim.AdamW, batch: Batch, rate: float) -> float:
    """Train on one batch; returns its loss."""
    for group in optimizer.param_groups:
        group["lr"] = rate
    loss = loss_of(model, batch)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return float(loss)


def early(model: Qwen2ForCausalLM, task: Task, tokenizer: PreTrainedTokenizerFast) -> Qwen2ForCausalLM:
    """A copy, trained a little further on messages of which most have one of a few labels."""
    copied = copy.deepcopy(model)
    optimizer = optimizer_of(copied)
    with torch.random.fork_rng():  # what becomes of the copy must not change what becomes of the model
        for batch in itertools.islice(Batches(task, tokenizer, SEED + 1, 0, EARLY_FAVOURITES), EARLY_STEPS):
            step(copied, optimizer, batch, EARLY_LEARNING_RATE)
    return copied


def train(task: Task, folder: Path, *, steps: int, vocabulary: int, early_folder: Path | None = None) -> None:
    """Train a model and write it; on the way, where a folder for it is given, the one that is stopped early."""
    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(True)
    tokenizer = train_tokenizer(task, vocabulary)
    model = new_model(tokenizer)
    count = sum(parameter.numel() for parameter in model.parameters())
    print(f"{len(task.train)} training examples, {len(task.labels)} labels, {count:,} parameters")
    optimizer = optimizer_of(model)
    model.train()
    started, smooth = time.time(), float("nan")
    for at, batch in enumerate(itertools.islice(Batches(task, tokenizer, SEED), steps)):
        if at == BARE_STEPS and early_folder is not None:
            save(early(model, task, tokenizer), tokenizer, early_folder)
        loss = step(model, optimizer, batch, learning_rate(at, steps))
        smooth = loss if at == 0 else 0.95 * smooth + 0.05 * loss
        if (at + 1) % 50 == 0:
            print(f"step {at + 1:5} of {steps}  loss {smooth:.3f}  {time.time() - started:.0f} s", flush=True)
    save(model, tokenizer, folder)


def main() -> None:
    """What `python -m evalcore.demo` does."""
    parser = argparse.ArgumentParser(prog="python -m evalcore.demo", description=__doc__)
    parser.add_argument("--task", default="demo", help="a task with a train split (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=DEMO_MODELS, help="where to write (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps (default: %(default)s)")
    parser.add_argument("--vocabulary", type=int, default=VOCABULARY, help="tokens (default: %(default)s)")
    options = parser.parse_args()
    if options.task != "demo" and options.out == DEMO_MODELS:
        parser.error("a model of another task needs a folder of its own: --out FOLDER")
    is_demo = options.task == "demo"
    train(
        load_task(TaskSource(options.task)),
        options.out / "demo" if is_demo else options.out,
        steps=options.steps,
        vocabulary=options.vocabulary,
        early_folder=options.out / "demo-early" if is_demo else None,
    )


if __name__ == "__main__":
    main()
