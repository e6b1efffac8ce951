"""RunPlan -> Estimate: what a run will take, before anything is predicted.

How long earlier runs of the same model with the same settings took is the best thing to go by; without one, it is the
model of time of `predictors/forecast.py` with what was measured of this device. What nobody knows is None, never 0.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from evalcore.predictors import OnPhase
from evalcore.predictors.forecast import Forecast, Span, time_of
from evalcore.predictors.servers.endpoint import parse_endpoint
from evalcore.running import task_cache
from evalcore.running.calibration import busy, calibrate, device_name
from evalcore.running.plan import RunPlan, find_prompt, plan_run
from evalcore.store import CHOOSING, SERVERS_FILE, RunRecord, RunSpec, Store, Usage, file_stamp, price_of, read_servers
from evalcore.store.planned import planned_effort, planned_metadata
from evalcore.tasks import task_files
from evalcore.wording import counted

EARLIER_RUNS = 5
"""So many earlier runs are gone by, the largest."""
FASTER, SLOWER = 0.6, 1.8
"""How much faster than the fastest of them, and slower than the slowest, the next one may be."""
BESIDES_S = 0.25
"""Of any run on this machine: its first batch is slower, and what comes is stored."""
ANSWERS_READ = 200
"""Number of earlier answers whose length is looked at."""
_ANOTHER_RUN = ("choices", "content_free", "max_new_tokens")
"""Parts of an identity that do not decide how long a prediction takes."""


@dataclass(frozen=True)
class Estimate:
    """What a run will take. All times are in seconds, all sizes in bytes; None is not known.

    Attributes:
        run_id: the run.
        n, stored: its examples; those whose prediction is stored.
        predictions: different prompts that are to be predicted.
        tokens_in, shared_tokens: of their prompts; how many of these are computed once instead of with each prompt.
        tokens_out, most_tokens_out: of the answers, as long as they are expected to be, and as they may be. 0 where
            labels are scored instead.
        tokens_from: "tokenizer" (the model's own), "characters", "earlier answers", or empty where there are none.
        effort: what time is proportional to between runs of one model.
        seconds, seconds_low, seconds_high: of predicting.
        load_seconds, load_seconds_low, load_seconds_high: of loading the model.
        rests_on: what the time was estimated by, in words; or why it is not known.
        device: what it will run on; empty for a server.
        download_bytes, free_disk_bytes: what is to be downloaded first; where it goes.
        memory_bytes, free_memory_bytes: that the model needs; that its device has.
        price, most_price: what a server takes for these tokens, in `currency`, and with the longest answers.
        price_as_of: the day on which the table of servers was told the price, as 2026-11-28.
    """

    run_id: str
    n: int
    stored: int
    predictions: int
    tokens_in: float | None = None
    shared_tokens: float = 0.0
    tokens_out: float | None = None
    most_tokens_out: float | None = None
    tokens_from: str = ""
    effort: float = 0.0
    seconds: float | None = None
    seconds_low: float | None = None
    seconds_high: float | None = None
    load_seconds: float | None = None
    load_seconds_low: float | None = None
    load_seconds_high: float | None = None
    rests_on: str = ""
    device: str = ""
    download_bytes: float | None = None
    free_disk_bytes: float | None = None
    memory_bytes: float | None = None
    free_memory_bytes: float | None = None
    price: float | None = None
    most_price: float | None = None
    currency: str = ""
    price_as_of: str = ""

    @classmethod
    def from_json(cls, text: str) -> Estimate | None:
        """The inverse of `to_json`; None if another version wrote it, which says other things of a run."""
        try:
            found = json.loads(text)
            return cls(**found) if found.keys() == {one.name for one in fields(cls)} else None
        except (ValueError, TypeError, AttributeError, RecursionError):
            return None

    def to_json(self) -> str:
        """As text, for a job's result."""
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def span(self) -> Span | None:
        """The time of predicting, with its range."""
        return _span(self.seconds_low, self.seconds, self.seconds_high)

    @property
    def load_span(self) -> Span | None:
        """The time of loading, with its range."""
        return _span(self.load_seconds_low, self.load_seconds, self.load_seconds_high)

    @property
    def as_metadata(self) -> dict[str, str]:
        """What a run keeps of its plan, to be compared with what it took."""
        if self.seconds is None or not self.predictions:
            return {}
        return planned_metadata(seconds=self.seconds, predictions=self.predictions, effort=self.effort, on=self.device)


def request(spec: RunSpec, stored: int, store: Store) -> str:
    """The payload of a plan's job: the spec, and what else decides the answer, so that an old one is not shown for it.

    Args:
        spec: in its normal form.
        stored: number of its predictions that are stored.
        store: holds the user's own prompts and the table of servers.

    Raises:
        BlindspotError: if the task or the prompt cannot be read.
    """
    servers = store.folder / SERVERS_FILE
    depends = {
        "stored": stored,
        "prompt": find_prompt(spec.prompt, store).fingerprint if spec.kind.reads_prompt else "",
        "sample": _sample_id(spec, store),
        "servers": file_stamp(servers) if spec.kind.is_remote and servers.is_file() else "",
    }
    return json.dumps({"spec": json.loads(spec.to_json()), **depends}, sort_keys=True)


def _sample_id(spec: RunSpec, store: Store) -> str:
    """Of the examples that it would ask for; empty for a task of the hub."""
    if not task_files(spec.task, store.folder):
        return ""
    return task_cache.sample_id(spec.task, store, spec.n, spec.sample, spec.seed)


def answer(payload: str, store: Store, on_phase: OnPhase = lambda phase: None) -> str:
    """The result of a plan's job: JSON from which `Estimate.from_json` makes an Estimate.

    Args:
        payload: what `request` returns.
        store: where runs are looked up.
        on_phase: told what is being done.

    Raises:
        BlindspotError: what a run of it would raise before its first prediction.
    """
    spec = RunSpec.from_json(json.dumps(json.loads(payload)["spec"]))
    return estimate(plan_run(spec, store, on_phase), store, on_phase).to_json()


def estimate(plan: RunPlan, store: Store, on_phase: OnPhase = lambda phase: None) -> Estimate:
    """What a run will take. No weights are downloaded or loaded, and nothing of a run is stored.

    Args:
        plan: the run.
        store: what is predicted already, and earlier runs.
        on_phase: told what is being done.
    """
    stored = store.stored_keys(plan.keys)
    missing = {key: messages for key, messages in zip(plan.keys, plan.prompts, strict=True) if key not in stored}
    done = sum(key in stored for key in plan.keys)
    nothing = Estimate(plan.record.run_id, plan.record.n, done, len(missing))
    if not missing:
        return replace(nothing, rests_on="all predictions are stored", seconds=0.0, seconds_low=0.0, seconds_high=0.0)
    earlier = _earlier_runs(plan, store)
    forecast = Forecast()
    effort = 0.0
    if plan.handle.forecast is not None:
        lengths = _lengths(plan, earlier, store)
        forecast = plan.handle.forecast(list(missing.values()), plan.answers, lengths.answer, on_phase)
        effort = forecast.effort  # as an earlier run has it, which had no prompts of before to go by
        if not forecast.counted and lengths.prompt is not None:
            forecast = replace(forecast, tokens_in=lengths.prompt * len(missing))
            nothing = replace(nothing, tokens_from="earlier answers")
    found = replace(_with_tokens(nothing, forecast), effort=effort or len(missing))
    return _with_price(_with_time(found, plan, forecast, earlier, store, on_phase), plan, store)


def _with_tokens(found: Estimate, forecast: Forecast) -> Estimate:
    needs = forecast.needs
    found = replace(
        found,
        device=device_name(forecast.at[0]) if forecast.at[0] else "",
        download_bytes=needs.download,
        free_disk_bytes=needs.free_disk,
        memory_bytes=needs.memory,
        free_memory_bytes=needs.free_memory,
    )
    if not forecast.tokens_in:
        return found
    return replace(
        found,
        tokens_in=forecast.tokens_in,
        shared_tokens=forecast.shared,
        tokens_out=forecast.tokens_out,
        most_tokens_out=forecast.most_out,
        tokens_from=found.tokens_from or ("tokenizer" if forecast.counted else "characters"),
    )


def _with_price(found: Estimate, plan: RunPlan, store: Store) -> Estimate:
    if not plan.record.kind.is_remote or found.tokens_in is None:
        return found
    at = parse_endpoint(plan.record.spec.model)
    price = price_of(read_servers(store.folder), at.url, at.model)
    # A server that tells the labels' probabilities may be sent a prompt once for each place where labels part.
    if price is None or plan.record.spec.decoding in CHOOSING:
        return found

    def cost(out: float | None) -> float:
        return price.of(Usage(input_tokens=round(found.tokens_in or 0.0), output_tokens=round(out or 0.0)))

    return replace(
        found,
        price=cost(found.tokens_out),
        most_price=cost(found.most_tokens_out),
        currency=price.currency,
        price_as_of=price.as_of.isoformat(),
    )


def _with_time(
    found: Estimate, plan: RunPlan, forecast: Forecast, earlier: Sequence[RunRecord], store: Store, on_phase: OnPhase
) -> Estimate:
    units = [unit for record in earlier if (unit := _seconds_an_effort(record, plan, found)) is not None]
    loads = [record.load_seconds for record in earlier if record.load_seconds > 0]
    if units:
        predicting = _around(units).times(found.effort)
        # Other work may have slowed the earlier runs as well; how much is not known.
        predicting = replace(predicting, high=predicting.high * busy(forecast.at[0]) ** 0.5)
        loading = _around(loads) if loads else None
        runs = counted(len(units), "earlier run")
        return _timed(found, predicting, loading, f"{runs} of this model with these settings")
    if forecast.work is None or forecast.size is None:
        return replace(found, rests_on="no earlier run of this model with these settings")
    calibration = calibrate(*forecast.at, store, on_phase)
    if calibration is None:
        return replace(found, rests_on=f"this machine has no device {forecast.at[0]}")
    prompts = forecast.prompt_s * found.predictions
    predicting = time_of(forecast.work, forecast.size, calibration.speed) + Span(prompts, prompts, SLOWER * prompts)
    predicting += Span(0.0, BESIDES_S, SLOWER * BESIDES_S)
    loading = time_of(forecast.loading, forecast.size, calibration.speed) + forecast.reading
    waiting = busy(forecast.at[0])
    speed = f"{calibration.speed.operations / 1e9:,.0f} billion operations a second, measured"
    return _timed(
        found,
        _beside_others(predicting, waiting),
        _beside_others(loading, waiting),
        f"the speed of this device: {speed}",
    )


def _beside_others(alone: Span, waiting: float) -> Span:
    """A time on a machine that other processes want as well: these may end at once, or go on to the end."""
    return Span(alone.low, alone.middle * waiting**0.5, alone.high * waiting)


def _timed(found: Estimate, predicting: Span, loading: Span | None, rests_on: str) -> Estimate:
    return replace(
        found,
        seconds=predicting.middle,
        seconds_low=predicting.low,
        seconds_high=predicting.high,
        load_seconds=loading.middle if loading else None,
        load_seconds_low=loading.low if loading else None,
        load_seconds_high=loading.high if loading else None,
        rests_on=rests_on,
    )


def _around(values: Sequence[float]) -> Span:
    return Span(FASTER * min(values), statistics.median(values), SLOWER * max(values))


def _span(low: float | None, middle: float | None, high: float | None) -> Span | None:
    return None if low is None or middle is None or high is None else Span(low, middle, high)


def _earlier_runs(plan: RunPlan, store: Store) -> list[RunRecord]:
    """The largest runs of the same model with the same settings on the same device, by one process, that were timed."""

    def decides(record: RunRecord) -> dict[str, Any]:
        return {name: value for name, value in record.identity.items() if name not in _ANOTHER_RUN}

    device = plan.record.metadata.get("device")
    same = [
        record
        for record in store.runs()
        if record.predicted > 0
        and record.seconds > 0
        and "workers" not in record.metadata
        and decides(record) == decides(plan.record)
        and record.metadata.get("device") == device
    ]
    return sorted(same, key=lambda record: -record.predicted)[:EARLIER_RUNS]


def _seconds_an_effort(record: RunRecord, plan: RunPlan, found: Estimate) -> float | None:
    """How long an earlier run took for what time is proportional to; None if that cannot be compared."""
    each = record.seconds / record.predicted
    same = (found.effort / found.predictions, found.device) if _asks_the_same(record, plan) else None
    known = planned_effort(record) or same
    if known is None:
        return None
    effort, device = known
    return each / effort if device == found.device else None


def _asks_the_same(record: RunRecord, plan: RunPlan) -> bool:
    """Whether its prompts differ from the plan's in the texts only."""
    return (record.prompt.fingerprint, record.label_order) == (plan.record.prompt.fingerprint, plan.record.label_order)


@dataclass(frozen=True)
class _Lengths:
    """How long this model's prompts and answers were on average, in tokens; None where it is not known."""

    prompt: float | None = None
    answer: float | None = None


def _lengths(plan: RunPlan, earlier: Sequence[RunRecord], store: Store) -> _Lengths:
    """Of the run itself, as far as it is stored, or else of an earlier run with the same prompt."""
    same = [record for record in earlier if _asks_the_same(record, plan)]
    for keys in (plan.keys[:ANSWERS_READ], *(store.first_items(one.run_id, ANSWERS_READ)[1] for one in same)):
        found = list(store.completions(keys).values())
        prompts = [one.prompt_tokens for one in found if one.prompt_tokens]
        answers = [len(one.token_ids) for one in found if one.token_ids]
        if prompts or answers:
            told = _told(same)
            return _Lengths(
                statistics.mean(prompts) if prompts else None, statistics.mean(answers) if answers else told
            )
    return _Lengths()


def _told(same: Sequence[RunRecord]) -> float | None:
    """How many tokens a server wrote for a request, on average over what it told of."""
    usages = [record.usage for record in same if record.usage and record.usage.output_tokens]
    told = sum(usage.requests - usage.untold for usage in usages)
    return sum(usage.output_tokens for usage in usages) / told if told else None
