"""What a benchmark measures: a model of any size, real or with random weights, and the work that goes through it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from evalcore.errors import ModelError
from evalcore.paths import DEMO_MODELS
from evalcore.predictors import ChatRenderer, load_tokenizer, loading, local, locate, placement
from evalcore.predictors.engines.speed import matrix_speed
from evalcore.predictors.model_size import size_of
from evalcore.store import Engine, RunSpec, Store

SIZES: dict[str, dict[str, int]] = {
    "random:qwen2.5-0.5b": {"hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24, "heads": 14},
    "random:qwen2.5-1.5b": {"hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28, "heads": 12},
}
VOCABULARY = 151_936
KEY_HEADS = 2
PLANTED = 1e4
_MATRIX, _MATRIX_TIMES = 2048, 8
_MEMORY_EVERY_S = 0.01


@dataclass
class Counted:
    """What went through a model while one engine ran.

    Attributes:
        tokens: number of tokens.
        passes: number of forward passes.
        operations: floating-point operations in matrix products with weights, without those of attention.
        peak_memory_bytes: above the memory in use before; None if it cannot be read.
    """

    tokens: int = 0
    passes: int = 0
    operations: float = 0.0
    peak_memory_bytes: int | None = None


@dataclass
class Subject:
    """A loaded model that the engines share.

    Attributes:
        model: the transformers model.
        renderer: makes token ids of chat messages.
        name: as asked for.
        planted: whether its weights are random and its completions are forced to be labels.
    """

    model: Any
    renderer: ChatRenderer
    name: str
    planted: bool = False
    _counted: Counted = field(default_factory=Counted)

    def __post_init__(self) -> None:
        size = size_of(self.model)

        def count(module: Any, args: Any, inputs: dict[str, Any], out: Any) -> None:
            tokens, decided = inputs["input_ids"].numel(), out.logits.shape[0] * out.logits.shape[1]
            self._counted.passes += 1
            self._counted.tokens += tokens
            self._counted.operations += 2.0 * (tokens * size.body + decided * size.head)

        self.model.register_forward_hook(count, with_kwargs=True)

    @property
    def metadata(self) -> dict[str, str | int]:
        """Machine, number of parameters and kind of weights, for the head of the table."""
        weights = "random, completions planted" if self.planted else "as trained"
        parameters = sum(p.numel() for p in self.model.parameters())
        metadata = loading.metadata(placement.Placement(self.model.device, self.model.dtype))
        return {**metadata, "threads": torch.get_num_threads(), "parameters": parameters, "weights": weights}

    def with_engine(self, engine: Engine, spec: RunSpec) -> local.LocalModel:
        """The model as one engine runs it."""
        loaded = loading.Loaded(self.model, self.renderer, self.model.generation_config)
        return local.LocalModel(loaded, {}, replace(spec, engine=engine), self.name)

    @contextmanager
    def counting(self) -> Iterator[Counted]:
        """Within this context, count what goes through the model and watch the memory."""
        counted = self._counted = Counted()
        with _memory(self.model.device, counted):
            yield counted
        self._counted = Counted()  # what goes through the model from now on is not counted for this engine

    def matrix_speed(self) -> float:
        """Floating-point operations a second of the fastest of some square matrix products in the model's format."""
        return matrix_speed(self.model.device, self.model.dtype, _MATRIX, _MATRIX_TIMES)


def load(spec: RunSpec, tokenizer: str, answers: Sequence[str], store: Store) -> Subject:
    """A model by name, or one of `SIZES` with random weights.

    Raises:
        ModelError: if it cannot be loaded.
    """
    at = placement.placement(spec)
    if not spec.model.startswith("random:"):
        loaded = loading.load(locate(spec.model, store), at, lambda phase: None)
        return Subject(loaded.model, loaded.renderer, spec.model)
    if spec.model not in SIZES:
        raise ModelError("there are no such dimensions.", where=spec.model, do=f"Give one of {', '.join(SIZES)}.")
    renderer = ChatRenderer(load_tokenizer(Path(tokenizer).expanduser() if tokenizer else DEMO_MODELS / "demo"))
    model = _random(spec.model, at.device, at.dtype)
    ends = renderer.answer_ids(answers)
    _plant(model, [[*ids, renderer.end_id or 0] for ids in ends])
    return Subject(model, renderer, spec.model, planted=True)


def _random(name: str, device: torch.device, dtype: torch.dtype) -> Any:
    from transformers import Qwen2Config, Qwen2ForCausalLM

    size = dict(SIZES[name])
    heads = size.pop("heads")
    config = Qwen2Config(
        vocab_size=VOCABULARY,
        num_attention_heads=heads,
        num_key_value_heads=KEY_HEADS,
        max_position_embeddings=32_768,
        tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 1_000_000.0},
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=None,
        **size,
    )
    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with device:
            return Qwen2ForCausalLM(config).eval()
    finally:
        torch.set_default_dtype(before)


def _plant(model: Any, answers: list[list[int]]) -> None:
    """Make a model of random weights complete with labels, so that completions are as long as real ones.

    The next token is forced by the last input token and its position only, so that the model is the same for every
    engine: a prompt that ends at position p is completed with answer p mod n.
    """
    longest = max(map(len, answers))

    def following(token: int, position: int) -> int:
        for read in range(1, longest):
            answer = answers[(position - read) % len(answers)]
            if read < len(answer) and answer[read - 1] == token:
                return answer[read]
        return answers[position % len(answers)][0]

    def force(module: Any, args: Any, inputs: dict[str, Any], out: Any) -> None:
        ids, positions, keep = inputs["input_ids"], inputs.get("position_ids"), inputs.get("logits_to_keep", 0)
        if positions is None:
            positions = torch.arange(ids.shape[1], device=ids.device)[None]
        positions = positions.expand_as(ids)
        at = keep if isinstance(keep, torch.Tensor) else slice(-out.logits.shape[1], None)
        read, where = ids[:, at].tolist(), positions[:, at].tolist()
        for row, (tokens, places) in enumerate(zip(read, where, strict=True)):
            forced = [following(token, place) for token, place in zip(tokens, places, strict=True)]
            out.logits[row, torch.arange(len(forced)), torch.tensor(forced)] += PLANTED

    model.register_forward_hook(force, with_kwargs=True)


@contextmanager
def _memory(device: torch.device, counted: Counted) -> Iterator[None]:
    if device.type == "cuda":
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        yield
        torch.cuda.synchronize()
        counted.peak_memory_bytes = torch.cuda.max_memory_allocated() - before
        return
    first = _resident_bytes()
    if first is None:
        yield
        return
    peak, over = first, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(_MEMORY_EVERY_S):
            peak = max(peak, _resident_bytes() or 0)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()
        counted.peak_memory_bytes = peak - first


def _resident_bytes() -> int | None:
    """Memory of this process in bytes; None on systems without /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
