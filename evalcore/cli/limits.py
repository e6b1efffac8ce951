"""Options for how fast a server is asked."""

from __future__ import annotations

import argparse

from evalcore.cli.options import positive
from evalcore.errors import SpecError
from evalcore.predictors import Limited, ModelHandle, OnPhase
from evalcore.running import Loader, load_model
from evalcore.store import MOST_CONCURRENT, Limits, Predictor, RunSpec


def add_limits(command: argparse.ArgumentParser) -> None:
    """How a server is asked, in place of what the table of servers says."""
    of_servers = command.add_argument_group("how a server is asked", "In place of what `evalcore servers` shows.")
    of_servers.add_argument("--concurrency", type=positive, metavar="N", help="requests at the same time")
    of_servers.add_argument("--requests-per-minute", type=positive, metavar="N", help="at most, evenly spread")


def loader_of(options: argparse.Namespace, spec: RunSpec) -> Loader:
    """A loader that lets a server be asked as `add_limits`'s options say.

    Raises:
        SpecError: if they are given for a model that is not on a server, or are too large.
    """
    if options.concurrency is None and options.requests_per_minute is None:
        return load_model
    limits = Limits(options.concurrency, options.requests_per_minute)
    if not spec.kind.is_remote:
        do = "Leave out --concurrency and --requests-per-minute."
        raise SpecError("this model is not on a server.", where=spec.model, do=do)
    if (limits.concurrent or 0) > MOST_CONCURRENT:
        raise SpecError(f"at most {MOST_CONCURRENT} requests are sent at the same time.", where="--concurrency")

    def load(handle: ModelHandle, on_phase: OnPhase) -> Predictor:
        predictor = load_model(handle, on_phase)
        if isinstance(predictor, Limited):
            predictor.limit(limits)
        return predictor

    return load
