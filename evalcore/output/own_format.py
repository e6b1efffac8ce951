"""A run as `run.json`, this program's own format beside `predictions.jsonl`; `schema/` holds the schemas of both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from evalcore.analysis import ScoredRun
from evalcore.importing import RUN_FORMAT, RUN_VERSION
from evalcore.output.report import Sure, findings_of, report_as_json, sure_of
from evalcore.store import Store


def run_json(store: Store, scored: ScoredRun, sure: Sure | None = None) -> bytes:
    """The run's spec, identity, prompt and metadata, and everything that the pages show of it.

    Args:
        sure: what `sure_of` returns; computed if it is not given.
    """
    record, sure = scored.record, sure or sure_of(scored)
    content = {
        "format": RUN_FORMAT,
        "version": RUN_VERSION,
        "run": {
            "run_id": record.run_id,
            "spec": asdict(record.spec),
            "identity": record.identity,
            "prompt": asdict(record.prompt),
            "labels": record.labels,
            "label_order": record.label_order,
            "sample_id": record.sample_id,
            "created": record.created,
            "finished": record.finished,
            "seconds": record.seconds,
            "load_seconds": record.load_seconds,
            "predicted": record.predicted,
            "server_usage": asdict(record.usage) if record.usage else None,
            "facts": record.metadata or {},
        },
        "report": report_as_json(scored, findings_of(store, scored, lambda _: sure), sure=sure),
    }
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")


@lru_cache
def schema(of: Literal["run", "prediction", "decision"]) -> Mapping[str, Any]:
    """The JSON Schema (draft 2020-12): of `run.json`, a line of `predictions.jsonl`, or what `decide --json` prints."""
    text = (files("evalcore.output") / "schema" / f"{of}.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
