"""How fast this machine is: measured once, and again when something else is there."""

import json
import stat

import pytest

from evalcore.predictors.engines import speed
from evalcore.predictors.forecast import Speed
from evalcore.running import calibration


@pytest.fixture
def measured(monkeypatch):
    """How often it was measured."""
    times = []

    def measure(device, dtype):
        times.append((device.type, str(dtype)))
        return Speed(1e9 * len(times), 1e9, 1e-6)

    monkeypatch.setattr(speed, "measured", measure)
    monkeypatch.setattr(calibration, "_measured", {})
    return times


def found(store, dtype="float32"):
    """As another process would find it."""
    calibration._measured.clear()
    return calibration.calibrate("cpu", dtype, store, lambda phase: None)


def test_it_is_measured_once_for_a_number_format_and_kept_where_only_its_owner_reads_it(store, measured):
    first = found(store)
    assert found(store) == first
    assert measured == [("cpu", "torch.float32")]
    found(store, "bfloat16")
    assert found(store) == first
    assert len(measured) == 2
    path = store.folder / calibration.CALIBRATION
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in store.folder.glob("calibration*")] == [calibration.CALIBRATION]


@pytest.mark.parametrize("what", ["torch", "device"])
def test_it_is_measured_anew_when_the_device_or_torch_is_another(store, measured, monkeypatch, what):
    import torch

    found(store)
    if what == "torch":
        monkeypatch.setattr(torch, "__version__", "99.0")
    else:
        monkeypatch.setattr(speed, "device_title", lambda device: "another processor")
    found(store)
    assert len(measured) == 2


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a": 1}', '{"a": {"device": "x", "at": 1, "speed": {"operations": 0}}}', "[" * 100_000]
)
def test_a_file_that_says_nothing_is_written_anew(store, measured, text):
    first = found(store)
    path = store.folder / calibration.CALIBRATION
    path.write_text(text, encoding="utf-8")
    assert found(store) != first
    assert len(json.loads(path.read_text())) == 1


def test_a_speed_that_is_none_is_not_believed(store, measured):
    found(store)
    path = store.folder / calibration.CALIBRATION
    kept = json.loads(path.read_text())
    next(iter(kept.values()))["speed"]["operations"] = 0
    path.write_text(json.dumps(kept))
    assert found(store).speed.operations == 2e9


def test_a_device_that_is_not_here_has_no_speed(store, measured):
    assert calibration.calibrate("xpu", "float32", store, lambda phase: None) is None
    assert measured == []


def test_other_processes_make_a_processor_slower(monkeypatch):
    monkeypatch.setattr(calibration.os, "cpu_count", lambda: 2)
    for load, expected in ((0.0, 1.0), (1.0, 1.0), (5.0, 3.0)):
        monkeypatch.setattr(calibration.os, "getloadavg", lambda load=load: (load, 0.0, 0.0))
        assert calibration.busy("cpu") == expected
    assert calibration.busy("cuda") == 1.0


def test_a_measurement_takes_a_moment_and_says_what_a_product_takes():
    import time

    import torch

    started = time.perf_counter()
    here = speed.measured(torch.device("cpu"), torch.float32)
    assert time.perf_counter() - started < 10
    assert here.operations > 1e8
    assert here.bytes > 1e7
    assert 0 < here.operation_s < 0.01
