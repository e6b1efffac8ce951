"""What answering some prompts takes of a model on this machine, known by its tokenizer and its config alone."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from evalcore.errors import ModelError
from evalcore.predictors.chat import ChatRenderer, load_tokenizer
from evalcore.predictors.engines.memory import free_memory
from evalcore.predictors.engines.selection import first_engine
from evalcore.predictors.engines.workload import Asked, workload
from evalcore.predictors.forecast import Forecast, ModelSize, Needs, Span, Workload
from evalcore.predictors.loading import Placement
from evalcore.predictors.source import WANTED_FILES, ModelSource, download
from evalcore.store import CHOOSING, RunSpec
from evalcore.tasks import Messages

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedModel

PROMPTS_COUNTED = 256
"""Number of a run's prompts, evenly spaced, whose tokens are counted; the others are as long on average."""
CHARACTERS_A_TOKEN = 4.0
"""Of English text, in tokenizers of today's models."""
ROOM = 1.2
"""So many times the memory of a model's weights is needed to run it."""
SLOWER_READING = 4.0
"""Weights may be read so many times slower than a part of them."""
_READ_BYTES = 2**25
_PREPARING_S = 0.1
"""Of a model that has next to no weights."""
_TIMEOUT_S = 10.0
_TRIED = Workload(tokens=300, decided=40, seen=9_000, passes=40)
"""What goes through a model before its first batch: an engine's answers to three short prompts, and the loop's."""


def forecast(
    source: ModelSource,
    spec: RunSpec,
    at: Placement,
    batch_size: int,
    prompts: Sequence[Messages],
    answers: Sequence[str],
    new_tokens: float | None,
    on_phase: Callable[[str], None],
) -> Forecast:
    """What answering some prompts takes; `Forecasts` says it of the last four arguments.

    Args:
        source: the model.
        spec: how it is to answer.
        at: where.
        batch_size: prompts at once.
    """
    on_phase("counting tokens")
    choosing = spec.decoding in CHOOSING
    n = len(prompts)
    counted = min(n, PROMPTS_COUNTED)
    some = [prompts[place * n // counted] for place in range(counted)]
    folder = _without_weights(source, on_phase)
    if folder is None:
        characters = sum(len(message["content"]) for messages in some for message in messages)
        mean_answer = sum(map(len, answers)) / len(answers) / CHARACTERS_A_TOKEN + 1
        tokens_in = characters / CHARACTERS_A_TOKEN * n / len(some)
        out = 0.0 if choosing else n * min(new_tokens or mean_answer, spec.max_new_tokens)
        most = 0.0 if choosing else float(n * spec.max_new_tokens)
        return Forecast(tokens_in, 0.0, out, most, at=_names(at), needs=_needs(source, None, at))
    renderer = ChatRenderer(load_tokenizer(folder))
    answer_ids = [[*ids, renderer.end_id or 0] for ids in renderer.answer_ids(answers)]
    started = time.perf_counter()
    ids = [rendered.ids for rendered in renderer.render(some)]
    prompt_s = (time.perf_counter() - started) / len(some)
    mean_new = min(new_tokens or sum(map(len, answer_ids)) / len(answer_ids), spec.max_new_tokens)
    model = _empty_model(folder)
    work, size, shared = None, None, 0.0
    if model is not None:
        size = size_of(model, at.dtype.itemsize)
        vocabulary = int(model.config.get_text_config().vocab_size)
        asked = Asked(ids, n, answer_ids, mean_new, choosing, batch_size, vocabulary)
        work, shared = workload(first_engine(spec.engine, model, _settings(spec, folder)), asked)
    return Forecast(
        tokens_in=sum(map(len, ids)) * n / len(some),
        shared=shared * n,
        tokens_out=0.0 if choosing else mean_new * n,
        most_out=0.0 if choosing else float(n * spec.max_new_tokens),
        counted=True,
        prompt_s=prompt_s,
        work=work,
        size=size,
        reading=_reading(folder),
        loading=_TRIED,
        at=_names(at),
        needs=_needs(source, size, at),
    )


def size_of(model: PreTrainedModel, number_bytes: float = 0.0) -> ModelSize:
    """How large a model is; it may be one without weights.

    Args:
        number_bytes: of a number in memory; of its weights as they are when 0.
    """
    config = model.config.get_text_config()
    given, decided = model.get_input_embeddings(), model.get_output_embeddings()
    parameters = sum(one.numel() for one in model.parameters())
    head = decided.weight.numel() if decided is not None else 0
    tied = decided is not None and decided.weight is given.weight
    heads = int(getattr(config, "num_attention_heads", None) or 1)
    width = heads * int(getattr(config, "head_dim", None) or config.hidden_size // heads)
    return ModelSize(
        parameters=parameters,
        body=parameters - given.weight.numel() - (0 if tied else head),
        head=head,
        layers=int(getattr(config, "num_hidden_layers", None) or 1),
        width=width,
        number_bytes=number_bytes or float(model.dtype.itemsize),
    )


def _without_weights(source: ModelSource, on_phase: Callable[[str], None]) -> Path | None:
    """The folder with the model's tokenizer and config; None if the hub cannot be reached, and they are not here."""
    try:
        folder = download(source, on_phase, weights=False)
        load_tokenizer(folder)
    except ModelError:
        return None
    return folder


def _empty_model(folder: Path) -> PreTrainedModel | None:
    """The model that a config describes, without memory for its weights; None if the library cannot make it."""
    from transformers import AutoConfig, AutoModelForCausalLM

    try:
        config = AutoConfig.from_pretrained(str(folder), local_files_only=True)
        with torch.device("meta"):
            model: PreTrainedModel = AutoModelForCausalLM.from_config(config)
        return model
    except Exception:  # configs and architectures raise errors without a common base; the run will say what is wrong
        return None


def _settings(spec: RunSpec, folder: Path) -> GenerationConfig:
    """What decides whether an engine can run it: nothing, unless the model's own settings are asked for."""
    from transformers import GenerationConfig

    if spec.decoding != "as-shipped" or not (folder / "generation_config.json").is_file():
        return GenerationConfig()
    return GenerationConfig.from_pretrained(str(folder), local_files_only=True)


def _reading(folder: Path) -> Span:
    """How long reading the weights takes: at the rate of a part of them, which may be in memory while others are not.

    Those that are still to be downloaded are in memory then, and take next to nothing.
    """
    files = sorted(folder.glob("*.safetensors"), key=lambda file: -file.stat().st_size)
    total = sum(file.stat().st_size for file in files)
    if not total:
        return Span(0.0, 0.0, 0.0)
    started = time.perf_counter()
    with files[0].open("rb") as stream:
        part = len(stream.read(_READ_BYTES))
    took = (time.perf_counter() - started) * total / part
    return Span(0.5 * took, took + _PREPARING_S, SLOWER_READING * (took + _PREPARING_S))


def _names(at: Placement) -> tuple[str, str]:
    return at.device.type, at.dtype_name


def _needs(source: ModelSource, size: ModelSize | None, at: Placement) -> Needs:
    to_download = _download_bytes(source)
    here = at.device.type == "cpu" or torch.accelerator.is_available()
    return Needs(
        download=to_download,
        free_disk=_free_disk() if to_download else None,
        memory=ROOM * size.weight_bytes if size else None,
        free_memory=free_memory(at.device) if here else None,
    )


def _free_disk() -> float | None:
    from huggingface_hub.constants import HF_HUB_CACHE

    folder = Path(HF_HUB_CACHE)
    there = next((one for one in (folder, *folder.parents) if one.is_dir()), None)
    return float(shutil.disk_usage(there).free) if there else None


def _download_bytes(source: ModelSource) -> float | None:
    """What of a model is not here yet; None if the hub does not say how large it is."""
    if source.folder is not None:
        return 0.0
    from huggingface_hub import HfApi, try_to_load_from_cache

    repo, _, commit = source.fingerprint.partition("@")
    try:
        files = HfApi().model_info(repo, revision=commit, files_metadata=True, timeout=_TIMEOUT_S).siblings or []
    except Exception:  # as for `source`: the library's errors have no common base
        return None
    lacking = [
        file
        for file in files
        if any(fnmatch(file.rfilename, pattern) for pattern in WANTED_FILES)
        and not isinstance(try_to_load_from_cache(repo, file.rfilename, revision=commit), str)
    ]
    return None if any(file.size is None for file in lacking) else float(sum(file.size or 0 for file in lacking))
