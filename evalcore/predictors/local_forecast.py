"""What answering some prompts takes of a model on this machine, known by its tokenizer and its config alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from evalcore.errors import ModelError
from evalcore.predictors.chat import ChatRenderer, load_tokenizer
from evalcore.predictors.engines.alike import passes
from evalcore.predictors.engines.selection import first_engine, rounds
from evalcore.predictors.engines.workload import Asked, workload
from evalcore.predictors.files.sizes import free_disk, sizes
from evalcore.predictors.files.source import ModelSource, download
from evalcore.predictors.forecast import Forecast, Needs, Span, Workload, by_characters, evenly
from evalcore.predictors.handle import OnPhase
from evalcore.predictors.model_size import empty_model, size_of
from evalcore.predictors.placement import Placement, accelerator
from evalcore.predictors.room import free_bytes, needed_bytes
from evalcore.store import CHOOSING, RunSpec
from evalcore.tasks import Messages

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedTokenizerBase

PROMPTS_COMPARED = 8
"""Where rounding depends on the batch, so many completions are compared with the loop's; the run says how many
differ."""
SLOWER_READING = 4.0
"""Weights may be read so many times slower than a part of them."""
_READ_BYTES = 2**25
_PREPARING_S = 0.1
"""Of a model that has next to no weights."""
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
    on_phase: OnPhase,
) -> Forecast:
    """What a model that writes takes; `Forecasts` says it of the last four arguments.

    Args:
        source: the model.
        spec: how it is to answer.
        at: where.
        batch_size: prompts at once.
    """
    on_phase("counting tokens")
    n, some = len(prompts), evenly(prompts)
    choosing = spec.decoding in CHOOSING
    most_out = 0.0 if choosing else float(n * spec.max_new_tokens)
    found = _files(source, on_phase)
    if found is None:
        return replace(by_characters(prompts, answers, most_out, new_tokens), at=_names(at), needs=_needs(source, at))
    folders, tokenizer = found
    renderer = ChatRenderer(tokenizer)
    answer_ids = [[*ids, renderer.end_id or 0] for ids in renderer.answer_ids(answers)]
    started = time.perf_counter()
    ids = [rendered.ids for rendered in renderer.render(some)]
    prompt_s = (time.perf_counter() - started) / len(some)
    mean_new = min(new_tokens or sum(map(len, answer_ids)) / len(answer_ids), spec.max_new_tokens)
    model = empty_model(folders[-1])
    work, size, shared = None, None, 0.0
    if model is not None:
        size = size_of(model, at.dtype.itemsize)
        vocabulary = int(model.config.get_text_config().vocab_size)
        asked = Asked(ids, n, answer_ids, mean_new, choosing, batch_size, vocabulary)
        engine = first_engine(spec.engine, model, _settings(spec, folders[-1]))
        work, shared = workload(engine, asked)
        if rounds(model, at.dtype) and not choosing:
            few = replace(asked, n=min(n, PROMPTS_COMPARED))
            work += workload("loop", few)[0] + workload(engine, few)[0]
    return Forecast(
        tokens_in=sum(map(len, ids)) * n / len(some),
        shared=shared * n,
        tokens_out=0.0 if choosing else mean_new * n,
        most_out=most_out,
        counted=True,
        prompt_s=prompt_s,
        work=work,
        size=size,
        reading=_reading(folders),
        loading=_TRIED,
        at=_names(at),
        needs=_needs(source, at),
    )


def forecast_of_texts(
    source: ModelSource,
    at: Placement,
    batch_size: int,
    tokens_at_once: int,
    prompts: Sequence[Messages],
    answers: Sequence[str],
    new_tokens: float | None,
    on_phase: OnPhase,
) -> Forecast:
    """What a model that classifies takes; `Forecasts` says it of the last four arguments.

    Args:
        source: the model.
        at: where.
        batch_size: texts that are sorted by length together.
        tokens_at_once: that go through the model together.
    """
    on_phase("counting tokens")
    n, some = len(prompts), evenly(prompts)
    found = _files(source, on_phase)
    if found is None:
        return replace(by_characters(prompts, answers, 0.0, None), at=_names(at), needs=_needs(source, at))
    folders, tokenizer = found
    started = time.perf_counter()
    lengths = [len(ids) for ids in tokenizer([messages[-1]["content"] for messages in some])["input_ids"]]
    prompt_s = (time.perf_counter() - started) / len(some)
    tokens = sum(lengths) * n / len(some)
    model = empty_model(folders[-1], classifies=True)
    size = size_of(model, at.dtype.itemsize) if model is not None else None
    seen = sum(length**2 for length in lengths) * n / len(some)
    padded = at.device.type != "cpu"
    work = Workload(tokens, 0.0, seen, passes(lengths, n, batch_size, tokens_at_once, padded=padded))
    return Forecast(
        tokens_in=tokens,
        counted=True,
        prompt_s=prompt_s,
        work=work if size else None,
        size=size,
        reading=_reading(folders),
        at=_names(at),
        needs=_needs(source, at),
    )


def _files(source: ModelSource, on_phase: OnPhase) -> tuple[list[Path], PreTrainedTokenizerBase] | None:
    """The folders of a model's parts, and its tokenizer; None if the hub cannot be reached, and they are not here."""
    try:
        folders = [download(part, on_phase, weights=False) for part in source.parts]
        return folders, load_tokenizer(*folders)
    except ModelError:
        return None


def _settings(spec: RunSpec, folder: Path) -> GenerationConfig:
    """What decides whether an engine can run it: nothing, unless the model's own settings are asked for."""
    from transformers import GenerationConfig

    if spec.decoding == "as-shipped" and (folder / "generation_config.json").is_file():
        with suppress(OSError, ValueError, TypeError):  # a run says what is wrong with them
            return GenerationConfig.from_pretrained(str(folder), local_files_only=True)
    return GenerationConfig()


def _reading(folders: Sequence[Path]) -> Span:
    """How long reading the weights takes: at the rate of a part of them, which may be in memory while others are not.

    Those that are still to be downloaded are in memory then, and take next to nothing.
    """
    files = sorted(
        (file for folder in folders for file in folder.glob("*.safetensors")), key=lambda file: -file.stat().st_size
    )
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


def _needs(source: ModelSource, at: Placement) -> Needs:
    known = [sizes(part) for part in source.parts]
    to_download = [size.to_download for size in known if size is not None]
    download = float(sum(to_download)) if len(to_download) == len(known) else None
    here = at.device.type in ("cpu", accelerator().type)
    return Needs(
        download=download,
        free_disk=float(free_disk()) if download else None,
        memory=needed_bytes(source, at),
        free_memory=free_bytes(at) if here else None,
    )
