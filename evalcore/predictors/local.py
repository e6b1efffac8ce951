"""Transformers models on this machine: device and number format, loading, and greedy decoding.

Two engines: `loop` asks for one prompt at a time, exactly as one would write it down, and is the reference;
`batched` gives many to `generate` at once. Both return what greedy decoding returns.
"""

from __future__ import annotations

import copy
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import torch

from evalcore.chat import ChatRenderer, Rendered, load_tokenizer
from evalcore.completion import Completion, Stop
from evalcore.errors import ModelError
from evalcore.predictors.source import ModelSource, download, locate
from evalcore.prompt import Messages
from evalcore.runspec import Identity, RunSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from transformers import GenerationConfig, PreTrainedModel

__all__ = ["LocalModel", "device_and_dtype", "facts", "identity", "load", "locate"]

ENGINE_VERSION = 1
"""Raised when an engine may return something else for the same prompt."""

_BFLOAT16_SINCE = (8, 0)
"""CUDA compute capability from which bfloat16 is a native format; a T4 has (7, 5)."""


def device_and_dtype(dtype: str) -> tuple[torch.device, torch.dtype]:
    """The device to predict on, and the number format: as asked, or chosen for it.

    float32 on a CPU, float16 on older CUDA devices and Apple's, bfloat16 on the others.
    """
    device = torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
    if dtype != "auto":
        return device, getattr(torch, dtype)
    if device.type == "cpu":
        return device, torch.float32
    if device.type == "mps":
        return device, torch.float16
    if device.type == "cuda" and torch.cuda.get_device_capability() < _BFLOAT16_SINCE:
        return device, torch.float16
    return device, torch.bfloat16


def identity(source: ModelSource, spec: RunSpec, device: torch.device, dtype: torch.dtype) -> Identity:
    """Everything beside the prompt that decides a completion; tokenizer and template are in the model's files."""
    return {
        "predictor": "transformers",
        "model": source.fingerprint,
        "device": device.type,
        "dtype": str(dtype).removeprefix("torch."),
        "decoding": spec.decoding,
        "max_new_tokens": spec.max_new_tokens,
        "engine": f"{spec.engine} {ENGINE_VERSION}",
        "batch_size": spec.batch_size,
    }


def facts(device: torch.device, dtype: torch.dtype) -> dict[str, str]:
    """What people want to know of the machine; decides nothing."""
    name = torch.cuda.get_device_name() if device.type == "cuda" else device.type.upper()
    return {
        "device": name,
        "dtype": str(dtype).removeprefix("torch."),
        "torch": torch.__version__,
        "transformers": version("transformers"),
    }


def load(
    source: ModelSource,
    spec: RunSpec,
    device: torch.device,
    dtype: torch.dtype,
    on_phase: Callable[[str], None],
) -> LocalModel:
    """Load a model, downloading it first where necessary.

    Raises:
        ModelError: if it cannot be had, read, or does not fit into memory.
    """
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    folder = download(source, on_phase)
    on_phase("loading the model")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    tokenizer = load_tokenizer(folder)
    try:
        model = AutoModelForCausalLM.from_pretrained(
            str(folder), dtype=dtype, local_files_only=True, use_safetensors=True
        )
        model.to(device)
    except torch.OutOfMemoryError as error:
        raise out_of_memory(error, source.name, "Choose a smaller model or a shorter number format.") from error
    except Exception as error:  # safetensors, config and architecture errors have no common base
        raise ModelError(
            f"the model cannot be loaded ({(str(error).strip().splitlines() or [type(error).__name__])[0]}).",
            where=source.name,
            do="Check that its files are whole; download or save it again.",
        ) from error
    model.eval()
    return LocalModel(model, ChatRenderer(tokenizer), identity(source, spec, device, dtype), spec, source.name)


class LocalModel:
    """A loaded causal language model that decodes greedily.

    Attributes:
        generation: the settings that `generate` is given; penalties are neutral unless `as-shipped`.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        renderer: ChatRenderer,
        identity: Identity,
        spec: RunSpec,
        name: str,
    ) -> None:
        self.identity = identity
        self.batch_size = spec.batch_size
        self.model = model
        self.renderer = renderer
        self.name = name
        self.generation = generation_settings(model, renderer, spec)
        self.facts = {"repetition_penalty": f"{self.generation.repetition_penalty or 1.0:g}"}
        # With `generate`, what the model's own configuration says would fill every setting left open.
        model.generation_config = self.generation

    def predict(self, prompts: list[Messages]) -> list[Completion]:
        """Greedy completions.

        Raises:
            ModelError: if the device runs out of memory.
        """
        rendered = self.renderer.render(prompts)
        fits = [self._fits(prompt) for prompt in rendered]
        start = time.perf_counter()
        answers = iter(self._generate([prompt.ids for prompt, fit in zip(rendered, fits, strict=True) if fit]))
        each_ms = (time.perf_counter() - start) * 1000 / max(len(prompts), 1)
        return [
            self._completion(prompt, next(answers), each_ms)
            if fit
            else Completion("", prompt_tokens=len(prompt.ids), stop="too_long")
            for prompt, fit in zip(rendered, fits, strict=True)
        ]

    def _fits(self, prompt: Rendered) -> bool:
        """Whether prompt and answer fit into the model's context: a prompt is never cut silently."""
        context = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        return context is None or len(prompt.ids) + int(self.generation.max_new_tokens) <= context

    def _completion(self, prompt: Rendered, ids: list[int], latency_ms: float) -> Completion:
        stop: Stop = "eos" if ids and ids[-1] in self.generation.eos_token_id else "length"
        return Completion(self.renderer.decode(ids), tuple(ids), len(prompt.ids), stop, latency_ms)

    @torch.inference_mode()
    def _generate(self, prompts: list[list[int]]) -> list[list[int]]:
        """New token ids for each prompt, up to and with the end token; padded on the left for the batch."""
        if not prompts:
            return []
        width = max(len(ids) for ids in prompts)
        # A repetition penalty counts padding as seen, masked or not: pad with a token that stands in the prompt.
        ids = torch.tensor([[prompt[0]] * (width - len(prompt)) + prompt for prompt in prompts])
        mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
        device = self.model.device
        try:
            out: Any = self.model.generate(input_ids=ids.to(device), attention_mask=mask.to(device))
        except RuntimeError as error:  # torch.OutOfMemoryError is one; on a CPU it is a plain one
            if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error):
                do = f"Choose a batch size below {self.batch_size}; what was done is kept."
                raise out_of_memory(error, self.name, do) from error
            raise
        return [self._until_end(row[width:].tolist()) for row in out]

    def _until_end(self, ids: list[int]) -> list[int]:
        for at, token in enumerate(ids):
            if token in self.generation.eos_token_id:
                return ids[: at + 1]
        return ids


def generation_settings(model: PreTrainedModel, renderer: ChatRenderer, spec: RunSpec) -> GenerationConfig:
    """Greedy decoding: plain, or with what the model's generation_config adds, such as a repetition penalty.

    `generate(do_sample=False)` alone would apply that penalty too, and count the prompt's tokens: it punishes
    the very labels that the prompt lists.
    """
    from transformers import GenerationConfig

    shipped = model.generation_config or GenerationConfig()
    end_ids = shipped.eos_token_id if shipped.eos_token_id is not None else model.config.get_text_config().eos_token_id
    ends = [end_ids] if isinstance(end_ids, int) else list(end_ids or [])
    if renderer.end_id is not None and renderer.end_id not in ends:
        ends.append(renderer.end_id)
    settings = copy.deepcopy(shipped) if spec.decoding == "as-shipped" else GenerationConfig()
    settings.do_sample = False
    settings.temperature = settings.top_p = settings.top_k = None
    settings.num_beams = 1
    settings.max_length = None
    settings.max_new_tokens = spec.max_new_tokens
    settings.eos_token_id = ends
    settings.pad_token_id = ends[0] if ends else 0  # fills rows that have ended; cut off again
    return settings


def out_of_memory(error: BaseException, model: str, do: str) -> ModelError:
    """The message for a device without enough memory, with what is free."""
    free = ""
    device = torch.accelerator.current_accelerator(check_available=True)
    if device is not None and device.type == "cuda":
        left, total = torch.cuda.mem_get_info()
        free = f" {left / 1e9:.1f} of {total / 1e9:.1f} GB are free."
    asked = (str(error).strip().splitlines() or [""])[0]
    return ModelError(f"out of memory ({asked}).{free}", where=model, do=do)
