"""Encoder classifiers on this machine (`AutoModelForSequenceClassification`): a text -> the probability of each label.

They read the text alone, and nothing that they say has to be parsed. A text that is longer than the model's context is
not cut: it has no answer.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from evalcore.errors import ModelError
from evalcore.predictors.chat import load_tokenizer
from evalcore.predictors.engines.alike import alike
from evalcore.predictors.engines.memory import Shortage, in_memory
from evalcore.predictors.files.architecture import labels_in
from evalcore.predictors.files.source import ModelSource, download, locate
from evalcore.predictors.handle import ModelHandle, OnPhase, Weights
from evalcore.predictors.label_mapping import places
from evalcore.predictors.loading import load_weights, metadata
from evalcore.predictors.local_forecast import forecast_of_texts
from evalcore.predictors.placement import Placement, placement
from evalcore.predictors.room import check_room, fits_beside, saying_what_does_not_fit
from evalcore.store import Completion, Identity, RunSpec, Store, digest
from evalcore.tasks import Messages, Task

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

VERSION = 1
"""Raised when the same text may get other probabilities; part of the key."""
BATCH_SIZES = (256, 2048)
"""Texts that are sorted by length together, on a CPU and on an accelerator; a run stops between two batches."""
TOKENS_AT_ONCE = (2048, 65_536)
"""Tokens that go through the model together, on a CPU and on an accelerator: more makes neither faster."""

Text = Mapping[str, list[int]]
"""A tokenized text: what the model takes, by name."""
Floats = NDArray[np.float32]

_NO_LIMIT = 10**9
"""A tokenizer that knows no longest text says that it is longer."""


def handle(spec: RunSpec, task: Task, answers: Sequence[str], store: Store, on_phase: OnPhase) -> ModelHandle:
    """An encoder on this machine. Arguments as `handle.identify` takes them.

    Raises:
        ModelError: if there is no such classifier, its labels are not the task's, or it cannot be loaded safely.
    """
    on_phase("looking the model up")
    source = replace(locate(spec.kind.files_of(spec.model), store), name=spec.model)
    if source.base is not None:
        raise ModelError(
            "this is an adapter for a model that writes, not a classifier.",
            where=spec.model,
            do=f"Write {spec.kind.files_of(spec.model)}",
        )
    # Of a model of the hub this fetches what is small: its labels are part of what it is.
    own = labels_in(download(source, on_phase, weights=False), spec.model)
    place_of = places(own, task.labels, spec.labels_by, spec.model)
    at = placement(spec)
    known_as = identity(source, spec, at, task.labels, place_of)
    weights = Weights(
        name=digest(["encoder", source.fingerprint, at.device_name, str(at.dtype)]),
        fit=lambda: fits_beside(source, at),
        load=lambda on_phase: load(source, at, on_phase),
        predictor=lambda loaded: Encoder(loaded, known_as, task.labels, place_of, batch_size(spec, at), spec.model),
    )
    by_id = {"labels": "by place, as confirmed"} if spec.labels_by == "id" else {}
    at_once = TOKENS_AT_ONCE[at.device.type != "cpu"]
    forecasts = partial(forecast_of_texts, source, at, batch_size(spec, at), at_once)
    return ModelHandle.of_weights(known_as, weights, {**metadata(at), **by_id}, forecasts)


def identity(
    source: ModelSource, spec: RunSpec, at: Placement, labels: Sequence[str], place_of: Sequence[int]
) -> Identity:
    """Everything beside the text that decides a completion.

    Args:
        labels: the task's; the probabilities are stored in their order.
        place_of: of each of the model's ids, the place of its label among them.
    """
    return {
        "predictor": "encoder",
        "version": VERSION,
        "model": source.fingerprint,
        "labels": digest([list(labels), list(place_of)]),
        "device": at.device_name,
        "dtype": at.dtype_name,
        "batch_size": batch_size(spec, at),
    }


def batch_size(spec: RunSpec, at: Placement) -> int:
    """Number of texts that a model is given at once: as asked, or the default on this device."""
    return spec.batch_size or BATCH_SIZES[at.device.type != "cpu"]


@dataclass(frozen=True)
class LoadedEncoder:
    """A classifier in memory, whatever task its labels are mapped to.

    Attributes:
        model: with its weights.
        tokenizer: its own.
        pad_id: the token that the model was made to take for padding; None if there is none.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    pad_id: int | None


def load(source: ModelSource, at: Placement, on_phase: OnPhase) -> LoadedEncoder:
    """Load a classifier's weights and tokenizer, downloading them first if necessary.

    Raises:
        ModelError: if it cannot be downloaded or read, or does not fit into memory.
    """
    check_room(source, at)
    folder = download(source, on_phase)
    on_phase("loading the model")
    tokenizer = load_tokenizer(folder)
    model = load_weights(folder, source.name, at, classifies=True)
    config = model.config.get_text_config()
    pad_id = config.pad_token_id
    if pad_id is None:
        # Of several texts at once, a classifier made of a model that writes looks for the last token that is no
        # padding. These have one length: with an id that no token has, it finds the last token, as it does of one text.
        config.pad_token_id = -1
    return LoadedEncoder(model, tokenizer, pad_id)


class Encoder:
    """A loaded classifier whose labels are the task's.

    Attributes:
        identity: as the function `identity` makes it.
        batch_size: number of texts that are sorted by length together.
        can_pad: whether model and tokenizer agree on a token that fills texts up.
        padded: whether shorter texts are filled up to the longest beside them; otherwise only texts of one length go
            through the model together. Padding costs work, and small batches cost time on an accelerator.
        tokens_at_once: number of tokens that go through the model together, but for a single longer text.
    """

    def __init__(
        self,
        loaded: LoadedEncoder,
        identity: Identity,
        labels: Sequence[str],
        place_of: Sequence[int],
        batch_size: int,
        name: str,
    ) -> None:
        self.identity = identity
        self.batch_size = batch_size
        self._model, self._tokenizer = loaded.model, loaded.tokenizer
        self._labels = [labels[place] for place in place_of]
        self._id_at = np.argsort(place_of)
        self._takes = inspect.signature(loaded.model.forward).parameters.keys()
        self._name = name
        self._context = context_of(loaded.model, loaded.tokenizer)
        on_accelerator = self._model.device.type != "cpu"
        self.can_pad = loaded.pad_id is not None and loaded.tokenizer.pad_token_id == loaded.pad_id
        self.padded = on_accelerator and self.can_pad
        self.tokens_at_once = TOKENS_AT_ONCE[on_accelerator]
        self._shortage = Shortage()
        self._known = {
            "texts at once": "sorted by length, padded" if self.padded else "of one length, without padding",
            **({"longest text": f"{self._context} tokens"} if self._context else {}),
        }

    @property
    def metadata(self) -> dict[str, str]:
        """The longest text, how texts are put together and, since `prepare`, what did not fit into the memory."""
        return {**self._known, **self._shortage.facts()}

    def prepare(
        self, prompts: Sequence[Messages], answers: Sequence[str], content_free: Mapping[str, Messages]
    ) -> None:
        """Nothing to do before a run, but to count anew what does not fit into the memory; as `Preparable` says."""
        self._shortage = Shortage()

    def predict(self, prompts: list[Messages]) -> list[Completion]:
        """The most probable label of each text, with the probability of every label.

        Args:
            prompts: the text is the last message.

        Returns:
            One completion for each text, in order; empty, with stop `too_long`, if a text exceeds the context.

        Raises:
            ModelError: if the device runs out of memory, or the model computes no numbers.
        """
        if not prompts:
            return []
        start = time.perf_counter()
        texts = self._tokenized([messages[-1]["content"] for messages in prompts])
        fitting = [at for at, text in enumerate(texts) if self._context is None or _length(text) <= self._context]
        completions = [Completion("", prompt_tokens=_length(text), stop="too_long") for text in texts]
        logprobs = self._logprobs([texts[at] for at in fitting])
        for at, of_ids in zip(fitting, logprobs, strict=True):
            label, stored = self._labels[int(of_ids.argmax())], of_ids[self._id_at].astype("<f4").tobytes()
            completions[at] = Completion(label, prompt_tokens=_length(texts[at]), label_logprobs=stored)
        each_ms = (time.perf_counter() - start) * 1000 / len(prompts)
        return [replace(completion, latency_ms=each_ms) for completion in completions]

    def _tokenized(self, texts: list[str]) -> list[Text]:
        """With the tokens that begin and end a text; what looks like one in the text itself is plain characters."""
        made = self._tokenizer(texts, split_special_tokens=True)
        names = [name for name in made if name in self._takes]
        return [{name: made[name][at] for name in names} for at in range(len(texts))]

    def _logprobs(self, texts: list[Text]) -> list[Floats]:
        """Of each text, the log-probability of the model's labels by id."""
        found: dict[int, Floats] = {}
        do = "One text alone does not fit. Choose a smaller model; what was done is kept."
        with saying_what_does_not_fit(self._name, do, self._model.device):
            for rows in alike(list(map(_length, texts)), self.tokens_at_once, padded=self.padded):
                together = [texts[row] for row in rows]
                here = in_memory(together, self._forward, self._model.device, self._bytes_for, self._shortage)
                self._shortage.most = None  # of shorter texts more may fit
                found.update(zip(rows, here, strict=True))
        return [found[row] for row in range(len(texts))]

    @torch.inference_mode()
    def _forward(self, texts: Sequence[Text]) -> list[Floats]:
        if self.padded:
            inputs = self._tokenizer.pad(list(texts), return_tensors="pt")
        else:
            inputs = {name: torch.tensor([text[name] for text in texts]) for name in texts[0]}
        on_device = {name: values.to(self._model.device) for name, values in inputs.items()}
        logprobs: Floats = self._model(**on_device).logits.float().log_softmax(-1).cpu().numpy()
        if not np.isfinite(logprobs).all():
            short = self._model.dtype != torch.float32
            raise ModelError(
                f"it computes no numbers in {str(self._model.dtype).removeprefix('torch.')}.",
                where=self._name,
                do=f"{'Give another number format (float32), or s' if short else 'S'}ave the model again.",
            )
        return list(logprobs)

    def _bytes_for(self, texts: Sequence[Text]) -> float:
        """A rough upper bound of what texts take beside the weights: their tokens in one layer, and the attention."""
        config = self._model.config.get_text_config()
        longest = max(map(_length, texts))
        width = 8 * getattr(config, "hidden_size", 0) + 2 * (getattr(config, "intermediate_size", 0) or 0)
        heads = getattr(config, "num_attention_heads", 0) or 0
        return float(len(texts) * longest * (width + heads * longest) * self._model.dtype.itemsize)


def context_of(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int | None:
    """The longest text in tokens, with those that begin and end it; None if neither model nor tokenizer has a limit."""
    limits = [tokenizer.model_max_length] if tokenizer.model_max_length < _NO_LIMIT else []
    learnt = [
        module
        for name, module in model.named_modules()
        if name.endswith("position_embeddings") and isinstance(module, torch.nn.Embedding)
    ]
    if learnt:
        # RoBERTa and its like count positions from behind the padding's.
        first = 0 if learnt[0].padding_idx is None else learnt[0].padding_idx + 1
        limits.append(learnt[0].num_embeddings - first)
    else:
        told = getattr(model.config.get_text_config(), "max_position_embeddings", None) or 0
        limits.append(told if told > 0 else _NO_LIMIT)  # XLNet, which has no limit, says -1
    least = min(limits)
    return least if least < _NO_LIMIT else None


def _length(text: Text) -> int:
    return len(text["input_ids"])
