"""Which engine runs a model: the one asked for or, if it cannot run the model, the next one, with the reason.

`fast`, then `batched` with a cached prefix, then `batched` without, then `loop`. Before an engine is used for a model,
it must give the same tokens as the loop for a few random prompts.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import torch

from evalcore.errors import first_line
from evalcore.predictors.engines.fast import FastDecoder
from evalcore.predictors.engines.generate import CachedDecoder, GenerateDecoder
from evalcore.predictors.engines.label_likelihood import ForwardScorer, LabelScores, TrieScorer
from evalcore.predictors.engines.memory import Shortage, is_out_of_memory
from evalcore.predictors.engines.packed import PackedModel, unusual, why_not
from evalcore.predictors.engines.shared_prefix_attention import Unsupported
from evalcore.store import Engine

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedModel

BATCH_SIZES: dict[Engine, tuple[int, int]] = {"fast": (64, 512), "batched": (128, 512), "loop": (1, 1)}
"""Default number of prompts at once: on a CPU, and on an accelerator."""

PADDED_TOGETHER = 32
"""Number of prompts of similar length that go through `generate` together: padding costs more than further passes."""

_PROBE_SHARED = 24
_PROBE_TAILS = (3, 7, 5)
_PROBE_NEW = 4


class Decoder(Protocol):
    """Token ids of prompts -> token ids of greedy completions.

    Attributes:
        shortage: what did not fit into the memory.
    """

    shortage: Shortage

    def prepare(self, prompts: Sequence[list[int]], answers: Sequence[list[int]]) -> None:
        """Called once before a run.

        Args:
            prompts: token ids of some of its prompts.
            answers: token ids of the likely answers, each with its end token.
        """

    def decode(self, prompts: Sequence[list[int]]) -> list[list[int]]:
        """New token ids for each prompt, up to and with the end token."""


class Scorer(Protocol):
    """Token ids of prompts -> log-probabilities of the answers.

    Attributes:
        shortage: what did not fit into the memory.
    """

    shortage: Shortage

    def score(self, prompts: Sequence[list[int]]) -> list[LabelScores]:
        """Each of shape (n_answers,)."""


@dataclass(frozen=True)
class Chosen:
    """An engine that runs a model.

    Attributes:
        decoder: generates free answers.
        scorer: makes a scorer of given answers (token ids, end token included).
        name: the engine and, if it is not the one asked for, why; for display.
    """

    decoder: Decoder
    scorer: Callable[[Sequence[Sequence[int]]], Scorer]
    name: str


def choose_engine(engine: Engine, model: PreTrainedModel, settings: GenerationConfig, batch_size: int) -> Chosen:
    """The engine that was asked for, or the first after it that agrees with the loop.

    Args:
        engine: what was asked for.
        model: a causal language model.
        settings: greedy decoding, with penalties.
        batch_size: prompts at once.
    """
    at_once = min(batch_size, PADDED_TOGETHER)
    refusals: list[str] = []
    for name, make in _candidates(engine, model, at_once, refusals, settings):
        if name != "loop":
            refusal = _disagreement(make, model, settings)
            if refusal:
                refusals.append(f"not {name}: {refusal}")
                continue
        decoder = make(settings)
        packed = decoder.packed if isinstance(decoder, FastDecoder) else None

        def scorer(answers: Sequence[Sequence[int]], packed: PackedModel | None = packed, name: str = name) -> Scorer:
            if packed is not None:
                return TrieScorer(packed, answers)
            return ForwardScorer(model, answers, at_once=1 if name == "loop" else at_once)

        return Chosen(decoder, scorer, "; ".join([name, *refusals]))
    raise AssertionError("the loop runs anything that generate runs")


def first_engine(engine: Engine, model: PreTrainedModel, settings: GenerationConfig) -> str:
    """The engine that `choose_engine` tries first, which needs no weights: almost always the one that it chooses."""
    return next(_candidates(engine, model, PADDED_TOGETHER, [], settings))[0]


Make = Callable[["GenerationConfig"], Decoder]


def _candidates(
    engine: Engine, model: PreTrainedModel, at_once: int, refusals: list[str], settings: GenerationConfig
) -> Iterator[tuple[str, Make]]:
    if engine == "fast":
        refusal = why_not(model, settings)
        if refusal:
            refusals.append(f"not fast: {refusal}")
        else:
            yield "fast", lambda settings: FastDecoder(PackedModel(model), settings)
    if engine in ("fast", "batched") and not unusual(settings):
        yield (
            "batched, prefix cached",
            lambda settings: CachedDecoder(model, settings, at_once=at_once),
        )
    if engine in ("fast", "batched"):
        yield "batched", lambda settings: GenerateDecoder(model, settings, at_once=at_once)
    yield "loop", lambda settings: GenerateDecoder(model, settings)


def _disagreement(make: Make, model: PreTrainedModel, settings: GenerationConfig) -> str:
    """How the tokens of an engine differ from the loop's for a few prompts; empty if they do not."""
    short = copy.deepcopy(settings)
    short.max_new_tokens = _PROBE_NEW
    prompts = _probe(int(model.config.get_text_config().vocab_size))
    expected = GenerateDecoder(model, short).decode(prompts)
    try:
        decoder = make(short)
        decoder.prepare(prompts, expected[:1])
        got = decoder.decode(prompts)
    except (Unsupported, NotImplementedError, TypeError, ValueError, AttributeError, IndexError, RuntimeError) as error:
        # A model's code and the cache library raise many kinds of errors for input that they do not support.
        if is_out_of_memory(error):
            raise
        return first_line(error)[:120]
    alike = sum(a == b for a, b in zip(got, expected, strict=True))
    # Rounding may decide a near tie otherwise; a wrong engine gets everything wrong.
    enough = len(prompts) / 2 if rounds(model) else len(prompts)
    return "" if alike >= enough else f"it answers {len(prompts) - alike} of {len(prompts)} test prompts otherwise"


def rounds(model: PreTrainedModel, dtype: torch.dtype | None = None) -> bool:
    """Whether an answer may depend on what else is in its batch: in short number formats, and with quantised weights.

    A kernel for quantised weights may compute in a short format, and LLM.int8 treats those features apart that are
    large in any row of the batch.

    Args:
        model: it may have no weights yet.
        dtype: the format that it is to be in; None for the one that it is in.
    """
    quantised = getattr(model.config, "quantization_config", None) is not None
    return quantised or (dtype or model.dtype) not in (torch.float32, torch.float64)


def _probe(vocabulary: int) -> list[list[int]]:
    """Random prompts with a common prefix, of several lengths."""
    random = torch.Generator().manual_seed(0)
    ids = torch.randint(vocabulary, (_PROBE_SHARED + sum(_PROBE_TAILS),), generator=random).tolist()
    shared, own = ids[:_PROBE_SHARED], ids[_PROBE_SHARED:]
    return [shared + own[at : at + length] for at, length in zip((0, 3, 10), _PROBE_TAILS, strict=True)]
