"""Other tools on the same prompts: lm-evaluation-harness and vLLM, if they are installed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from evalcore.bench.subjects import Subject
from evalcore.errors import ModelError

LM_EVAL_BATCHES = (1, 8, 32)

Texts = list[str]


@dataclass(frozen=True)
class Measured:
    """A peer's time on some prompts, and its completions.

    Attributes:
        name: the tool, and its batch size if that was chosen here.
        seconds: of its generation only, without loading.
        texts: one completion for each prompt.
    """

    name: str
    seconds: float
    texts: Texts


def measure(peer: str, subject: Subject, prompts: Sequence[str], limit: int) -> Measured:
    """Time a peer on rendered prompts.

    Raises:
        ModelError: if it is not installed, or cannot run here.
    """
    try:
        return _lm_eval(subject, prompts, limit) if peer == "lm-eval" else _vllm(subject, prompts, limit)
    except ImportError as error:
        package = "lm-eval[hf]" if peer == "lm-eval" else "vllm"
        raise ModelError(f"{peer} is not installed ({error}).", do=f"pip install '{package}'") from error


def _lm_eval(subject: Subject, prompts: Sequence[str], limit: int) -> Measured:
    """`generate_until` of its `hf` backend, with the fastest of several batch sizes."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    tokenizer: Any = subject.renderer.tokenizer
    settings = {"until": [tokenizer.eos_token], "max_gen_toks": limit, "do_sample": False, "temperature": 0.0}
    best: Measured | None = None
    for size in LM_EVAL_BATCHES:
        lm = HFLM(pretrained=subject.model, tokenizer=tokenizer, batch_size=size, add_bos_token=False)
        requests = [
            Instance(request_type="generate_until", doc={}, arguments=(text, dict(settings)), idx=at)
            for at, text in enumerate(prompts)
        ]
        started = time.perf_counter()
        texts = lm.generate_until(requests, disable_tqdm=True)
        seconds = time.perf_counter() - started
        if best is None or seconds < best.seconds:
            best = Measured(f"lm-eval, batches of {size}", seconds, list(texts))
    assert best is not None
    return best


def _vllm(subject: Subject, prompts: Sequence[str], limit: int) -> Measured:
    """Its offline engine with prefix caching, on a copy of the model."""
    from vllm import LLM, SamplingParams

    if subject.planted:
        raise ModelError(
            "vLLM loads weights from files; planted completions cannot be given to it.", where=subject.name
        )
    with TemporaryDirectory() as folder:
        subject.model.save_pretrained(folder)
        subject.renderer.tokenizer.save_pretrained(folder)
        engine = LLM(model=str(Path(folder)), enable_prefix_caching=True)
        sampling = SamplingParams(temperature=0.0, max_tokens=limit, repetition_penalty=1.0)
        started = time.perf_counter()
        outputs = engine.generate(list(prompts), sampling, use_tqdm=False)
        return Measured("vllm", time.perf_counter() - started, [output.outputs[0].text for output in outputs])
