"""A run of a LoRA adapter, and the run of its base model that it is best compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from evalcore.store import Identity, RunRecord, RunSpec, checked, run_id


def has_adapter(record: RunRecord) -> bool:
    """Whether the run's model is an adapter on a base model."""
    return "adapter" in record.identity


def without_adapter(record: RunRecord) -> Identity:
    """What decides the completions of the run's base model under the same settings; of a whole model, its identity."""
    return {name: value for name, value in record.identity.items() if name != "adapter"}


def base_run(record: RunRecord, others: Iterable[RunRecord]) -> RunRecord | None:
    """The run of an adapter's base model, alike in all else: weights of the base, examples, prompt and settings.

    Args:
        record: any run; one without an adapter has no such other.
        others: the runs to choose from.
    """
    if not has_adapter(record):
        return None
    wanted = run_id(record.sample_id, without_adapter(record), record.prompt.fingerprint)
    return next((other for other in others if other.run_id == wanted), None)


def base_spec(record: RunRecord) -> RunSpec | None:
    """What to run for `base_run`; None where it is not known which name the base had."""
    name = record.metadata.get("base") if has_adapter(record) else None
    return checked(replace(record.spec, model=name)) if name else None
