"""Transformers models on this machine that write: what identifies them, and their completions.

The engines run the prompts through a model; this module prepares what goes in and interprets what comes out.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from evalcore.predictors import quantised
from evalcore.predictors.chat import ChatRenderer, Rendered
from evalcore.predictors.engines.generate import GenerateDecoder
from evalcore.predictors.engines.label_likelihood import LabelScores
from evalcore.predictors.engines.memory import Shortage
from evalcore.predictors.engines.selection import BATCH_SIZES, Scorer, choose_engine, rounds
from evalcore.predictors.files.architecture import check_that_it_writes
from evalcore.predictors.files.source import ModelSource, locate
from evalcore.predictors.forecast import evenly
from evalcore.predictors.handle import ModelHandle, OnPhase, Weights
from evalcore.predictors.loading import Loaded, load, metadata
from evalcore.predictors.local_forecast import PROMPTS_COMPARED, forecast
from evalcore.predictors.placement import Placement, placement
from evalcore.predictors.room import fits_beside, saying_what_does_not_fit
from evalcore.store import CHOOSING, CONTENT_FREE, Completion, Identity, LabelReference, RunSpec, Stop, Store, digest
from evalcore.tasks import Messages, Task

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedModel

ENGINE_VERSION = 1
"""Increased when an engine may return another completion for the same prompt; part of the key."""

PROMPTS_LOOKED_AT = 64
"""Number of a run's prompts, evenly spaced, in which common prefixes are looked for."""


def handle(spec: RunSpec, task: Task, answers: Sequence[str], store: Store, on_phase: OnPhase) -> ModelHandle:
    """A transformers model on this machine. Arguments as `handle.identify` takes them.

    Raises:
        ModelError: if there is no such model, or it cannot be loaded safely.
    """
    on_phase("looking the model up")
    source = locate(spec.model, store)
    check_that_it_writes(source.parts[-1].folder, source.parts[-1].name)
    at = placement(spec)
    known_as = identity(source, spec, at, answers)
    weights = Weights(
        name=digest([source.fingerprints, at.device_name, str(at.dtype)]),
        fit=lambda: fits_beside(source, at),
        load=lambda on_phase: load(source, at, on_phase),
        predictor=lambda loaded: LocalModel(loaded, known_as, spec, source.name),
    )
    base = {} if source.base is None else {"base": source.base.name}
    forecasts = partial(forecast, source, spec, at, batch_size(spec, at.device))
    return ModelHandle.of_weights(known_as, weights, {**metadata(at), **base}, forecasts)


def identity(source: ModelSource, spec: RunSpec, at: Placement, answers: Sequence[str]) -> Identity:
    """Everything beside the prompt that decides a completion; tokenizer and template are in the model's files.

    Args:
        source: the model.
        spec: the settings.
        at: where it runs; of the device only the type is part of the identity.
        answers: the answers to choose from; part of the identity if the decoding chooses.
    """
    choices: Identity = {}
    if spec.decoding in CHOOSING:
        choices = {"choices": digest(list(answers))}
    if CHOOSING.get(spec.decoding) == "calibrated":
        choices = {**choices, "content_free": digest(list(CONTENT_FREE))}
    return {
        "predictor": "transformers",
        **source.fingerprints,
        "device": at.device_name,
        "dtype": at.dtype_name,
        "decoding": spec.decoding,
        "max_new_tokens": spec.max_new_tokens,
        "engine": f"{spec.engine} {ENGINE_VERSION}",
        "batch_size": batch_size(spec, at.device),
        **choices,
    }


def batch_size(spec: RunSpec, device: torch.device) -> int:
    """Number of prompts that a model is given at once: as asked, or the default of the engine on this device."""
    return spec.batch_size or BATCH_SIZES[spec.engine][device.type != "cpu"]


class LocalModel:
    """A loaded causal language model that answers greedily, or chooses among given answers.

    Attributes:
        identity: as the function `identity` makes it.
        batch_size: number of prompts at once.
        model: the transformers model.
        renderer: makes token ids of chat messages.
        name: as the user wrote it, for messages.
        decoding: of the spec.
        generation: settings of decoding; penalties are neutral unless it is `as-shipped`.
        engine: runs the model; its name says why it is not the engine that was asked for.
    """

    def __init__(
        self,
        loaded: Loaded,
        identity: Identity,
        spec: RunSpec,
        name: str,
    ) -> None:
        self.identity = identity
        self.batch_size = batch_size(spec, loaded.model.device)
        self.model = loaded.model
        self.renderer = loaded.renderer
        self.name = name
        self.decoding = spec.decoding
        self.generation = generation_settings(self.model, self.renderer, spec, loaded.shipped)
        self._use_own_settings()
        self.engine = choose_engine(spec.engine, self.model, self.generation, self.batch_size)
        self._known = {
            "engine": self.engine.name,
            "repetition_penalty": f"{self.generation.repetition_penalty or 1.0:g}",
            **loaded.metadata,
        }
        if how := quantised.named(self.model):
            self._known["quantised"] = how
        self._answers: list[str] = []
        self._answer_ids: list[list[int]] = []
        self._scorer: Scorer | None = None
        self._reference: LabelReference | None = None

    @property
    def metadata(self) -> dict[str, str]:
        """Engine, repetition penalty and, since `prepare`, more: how the answers differ, what did not fit."""
        return {**self._known, **(self._scorer or self.engine.decoder).shortage.facts()}

    def _use_own_settings(self) -> None:
        """`generate` fills what is left open from the model's own settings, which another predictor may have set."""
        self.model.generation_config = self.generation

    def prepare(
        self, prompts: Sequence[Messages], answers: Sequence[str], content_free: Mapping[str, Messages]
    ) -> LabelReference | None:
        """Prepare for a run: compute the prefixes that its prompts share, and note the expected answers.

        Args:
            prompts: all prompts of the run, or a part.
            answers: what a perfect model would write for each label; with a choosing decoding, what there is to choose.
            content_free: the prompts of texts that say nothing, by text.

        Returns:
            The answers' lengths and what the texts without content give them, if the decoding chooses.

        Raises:
            ModelError: if the device runs out of memory.
        """
        self._use_own_settings()
        ends = self.generation.eos_token_id
        end = [self.renderer.end_id] if self.renderer.end_id in ends else ends[:1]
        self._answers = list(answers)
        self._answer_ids = [[*ids, *end] for ids in self.renderer.answer_ids(answers)]
        some = prompts[:: max(1, len(prompts) // PROMPTS_LOOKED_AT)]
        self.engine.decoder.shortage = Shortage()
        if self.decoding in CHOOSING:
            self._scorer = self.engine.scorer(self._answer_ids)
        ids = [prompt.ids for prompt in self.renderer.render(some) if self._fits(prompt)]
        with self._saying_what_does_not_fit():
            self.engine.decoder.prepare(ids, self._answer_ids)
            if self._scorer is not None:
                self._reference = self._reference_of(content_free, self._scorer)
                return self._reference
            if rounds(self.model):
                self._known["differing_from_loop"] = self._compared(evenly(ids, PROMPTS_COMPARED))
        return None

    def _reference_of(self, content_free: Mapping[str, Messages], scorer: Scorer) -> LabelReference:
        rendered = self.renderer.render(list(content_free.values()))
        fitting = {text: prompt.ids for text, prompt in zip(content_free, rendered, strict=True) if self._fits(prompt)}
        scores = scorer.score(list(fitting.values())) if fitting else []
        of_text = {text: tuple(each.tolist()) for text, each in zip(fitting, scores, strict=True)}
        return LabelReference(tuple(map(len, self._answer_ids)), of_text)

    def _compared(self, prompts: list[list[int]]) -> str:
        """How many completions differ from the loop's: rounding depends on the shape of a batch."""
        expected = GenerateDecoder(self.model, self.generation).decode(prompts)
        got = self.engine.decoder.decode(prompts)
        return f"{sum(a != b for a, b in zip(got, expected, strict=True))} of {len(prompts)}"

    def predict(self, prompts: list[Messages]) -> list[Completion]:
        """Completions: greedy, or the most probable of the answers that `prepare` was given.

        Args:
            prompts: chat messages.

        Returns:
            One completion for each prompt, in order; empty, with stop `too_long`, if a prompt exceeds the context.

        Raises:
            ModelError: if the device runs out of memory.
        """
        self._use_own_settings()
        start = time.perf_counter()
        rendered = self.renderer.render(prompts)
        fits = [self._fits(prompt) for prompt in rendered]
        fitting = [prompt for prompt, fit in zip(rendered, fits, strict=True) if fit]
        with self._saying_what_does_not_fit():
            answered = iter(self._answer(fitting))
        completions = [
            next(answered) if fit else Completion("", prompt_tokens=len(prompt.ids), stop="too_long")
            for prompt, fit in zip(rendered, fits, strict=True)
        ]
        each_ms = (time.perf_counter() - start) * 1000 / max(len(prompts), 1)
        return [replace(completion, latency_ms=each_ms) for completion in completions]

    def _saying_what_does_not_fit(self) -> AbstractContextManager[None]:
        do = "One prompt alone does not fit. Choose a smaller model; what was done is kept."
        return saying_what_does_not_fit(self.name, do, self.model.device)

    def as_given(self, messages: Messages) -> str:
        """The text that the model is given for a chat."""
        return self.renderer.render([messages])[0].text

    def control_tokens_in(self, text: str) -> list[str]:
        """Control tokens of the tokenizer that a text contains: they are given as plain characters."""
        return self.renderer.control_tokens_in(text)

    def _answer(self, prompts: list[Rendered]) -> list[Completion]:
        ids = [prompt.ids for prompt in prompts]
        if self.decoding not in CHOOSING:
            return [self._free(len(p), new) for p, new in zip(ids, self.engine.decoder.decode(ids), strict=True)]
        if self._scorer is None:
            raise ValueError("choosing needs prepare() first, which gives the answers")
        return [self._best(len(p), scores) for p, scores in zip(ids, self._scorer.score(ids), strict=True)]

    def _free(self, prompt_tokens: int, ids: list[int]) -> Completion:
        stop: Stop = "eos" if ids and ids[-1] in self.generation.eos_token_id else "length"
        return Completion(self.renderer.decode(ids), tuple(ids), prompt_tokens, stop)

    def _best(self, prompt_tokens: int, scores: LabelScores) -> Completion:
        if self._reference is None:
            raise ValueError("choosing needs prepare() first, which gives the answers")
        best = int(np.argmax(self._reference.scores(scores, CHOOSING[self.decoding])))
        logprobs = scores.astype("<f4").tobytes()
        return Completion(
            self._answers[best], tuple(self._answer_ids[best]), prompt_tokens, "chosen", label_logprobs=logprobs
        )

    def _fits(self, prompt: Rendered) -> bool:
        """Whether prompt and answer fit into the model's context: a prompt is never truncated."""
        context = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        longest = max(map(len, self._answer_ids), default=0) if self.decoding in CHOOSING else self._limit
        return context is None or len(prompt.ids) + longest <= context

    @property
    def _limit(self) -> int:
        return int(self.generation.max_new_tokens)


def generation_settings(
    model: PreTrainedModel, renderer: ChatRenderer, spec: RunSpec, shipped: GenerationConfig | None
) -> GenerationConfig:
    """Greedy decoding: plain, or with what the model's generation_config adds, such as a repetition penalty.

    `generate(do_sample=False)` alone would apply that penalty as well, also to the prompt's tokens: it would lower the
    scores of the very labels that the prompt lists.
    """
    from transformers import GenerationConfig

    shipped = shipped or GenerationConfig()
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
    settings.pad_token_id = ends[0] if ends else 0  # fills rows that have ended; removed afterwards
    return settings
