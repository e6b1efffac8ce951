"""A Ray cluster: one that answers at an address, or one on this machine for as long as a run takes."""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from evalcore.errors import ModelError, first_line
from evalcore.extras import require
from evalcore.paths import PROJECT
from evalcore.wording import counted

PATIENCE_S = 5.0
"""So long a cluster is waited for that does not answer."""
_WITHOUT_GPUS = 2
"""Workers, unless their number is given."""
_FOR_READING = 2
"""CPUs of a cluster that are left to Ray's own tasks: with all of them taken by workers, no batch would reach one."""

# HTTP/2's greeting and an empty settings frame. Whatever speaks gRPC, as Ray does, answers with its own settings.
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
_SETTINGS_FRAME = 4


@dataclass(frozen=True)
class Workers:
    """What is asked of a cluster.

    Attributes:
        address: of a cluster: `host:port`, `ray://host:port`, or `auto` for the one that runs on this machine. Empty
            starts one here, which ends with the run.
        number: of workers; 0 for one to each of the cluster's GPUs, or 2 where the model needs none.
        gpus: of each worker; None for 1 where the model computes on GPUs, and none elsewhere.
        cpus: CPU cores of each worker, and so the threads that it computes with.
    """

    address: str = ""
    number: int = 0
    gpus: float | None = None
    cpus: int = 1


@contextmanager
def connected(workers: Workers) -> Iterator[Workers]:
    """Connect with the cluster; at the end everything that runs there for us is ended.

    Yields:
        the workers, with their number.

    Raises:
        ModelError: if the cluster does not answer, has another version, or is too small.
    """
    require("ray", "ray", "The executor ray")
    if workers.address:
        check_that_it_answers(workers.address)
    ray = _quiet_ray()

    if ray.is_initialized():
        raise ModelError(
            "this process is connected with a Ray cluster already.", do="Disconnect first: ray.shutdown()."
        )
    if not workers.address:
        import torch

        workers = _numbered(workers, torch.cuda.device_count())
    with _signals_kept(), _silent():
        _connect(ray, workers)
    try:
        there = ray.cluster_resources()
        workers = _numbered(workers, there.get("GPU", 0))
        _check_size(there, workers)
        yield workers
    finally:
        ray.shutdown()  # ends a cluster of our own; at another one it ends our job, with all of its workers


def _quiet_ray() -> ModuleType:
    """Ray, which sends no statistics home and writes nothing between our lines: its messages are in its own logs."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # of what is not Python
    logging.getLogger("ray").setLevel(logging.CRITICAL)  # before the import: it would say at once what it sets up
    import ray
    import ray.data

    for handler in logging.getLogger("ray.data").handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setLevel(logging.CRITICAL + 1)
    return ray


def _numbered(workers: Workers, gpus: float) -> Workers:
    """With as many workers as were asked for, or else as there are GPUs for."""
    by_default = max(1, int(gpus // workers.gpus)) if workers.gpus else _WITHOUT_GPUS
    return replace(workers, number=workers.number or by_default)


def _connect(ray: ModuleType, workers: Workers) -> None:
    where: dict[str, Any] = {"address": "local", "include_dashboard": False}
    if workers.address:
        # What we are travels along, so that the workers' version of it is ours.
        where = {"address": workers.address, "runtime_env": {"py_modules": [str(PROJECT / "evalcore")]}}
    else:
        where["num_cpus"] = (workers.number * workers.cpus) + _FOR_READING
    try:
        ray.init(**where, log_to_driver=False, logging_level=logging.CRITICAL)
    except Exception as error:  # of many kinds: other versions, no token, no such cluster
        where_it_is = workers.address or "this machine"
        if "ersion mismatch" in str(error):
            raise ModelError(
                f"the cluster has another version of Ray or Python ({' '.join(str(error).split())}).",
                where=where_it_is,
                do="Use the same versions of both on every machine.",
            ) from error
        raise ModelError(
            f"Ray cannot be started or reached ({first_line(error)}).",
            where=where_it_is,
            do="Check the cluster with `ray status`.",
        ) from error


def check_that_it_answers(address: str) -> None:
    """Look whether anything answers there that may be Ray, within seconds: Ray itself would wait without end.

    Raises:
        ModelError: if nothing does.
    """
    if address == "auto":
        return
    found = re.fullmatch(r"(?:ray://)?\[?([^\[\]/]+?)\]?:(\d{1,5})", address)
    if found is None:
        raise ModelError(
            "this is not the address of a Ray cluster.",
            where=address,
            do="Give HOST:PORT on a machine of the cluster, ray://HOST:PORT from another one, or auto.",
        )
    try:
        with socket.create_connection((found[1], int(found[2])), PATIENCE_S) as connection:
            connection.sendall(_GREETING)
            answer = connection.recv(4)
    except (OSError, OverflowError) as error:
        raise ModelError(
            f"no Ray cluster answers there ({first_line(error)}).",
            where=address,
            do="Start one with `ray start --head`, or leave the address out to use this machine alone.",
        ) from error
    if len(answer) < len(b"len.") or answer[3] != _SETTINGS_FRAME:
        raise ModelError(
            "what answers there is no Ray cluster.",
            where=address,
            do="Give the port of `ray start --head --port` (6379 unless it is given), not that of the dashboard.",
        )


def _check_size(there: dict[str, float], workers: Workers) -> None:
    for what, needed in (
        ("GPU", workers.number * (workers.gpus or 0)),
        ("CPU", workers.number * workers.cpus + 1),  # one at least for Ray's own tasks
    ):
        has = there.get(what, 0)
        if needed > has:
            need = "needs" if workers.number == 1 else "need"
            raise ModelError(
                f"the cluster has {has:g} {what}{'' if has == 1 else 's'}, and"
                f" {counted(workers.number, 'worker')} {need} {needed:g}.",
                where=workers.address or "this machine",
                do="Give a smaller --workers, or start more nodes.",
            )


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray takes SIGTERM for itself; what was to happen then is to happen still."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        with suppress(TypeError):  # a handler that was not set from Python
            signal.signal(signal.SIGTERM, kept)


@contextmanager
def _silent() -> Iterator[None]:
    """Without what compiled code writes on standard error meanwhile. No other thread of ours writes there."""
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
