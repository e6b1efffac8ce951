"""Processes of tests have the signals of a terminal, wherever the tests themselves run."""

import signal
import subprocess

import pytest

from tests.tools import processes
from tests.tools.processes import PATIENCE_S, started, wait_until


def test_a_process_can_be_interrupted_where_the_tests_ignore_it():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = started("-c", "import time; print(1, flush=True); time.sleep(3600)", stdout=subprocess.PIPE)
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == -signal.SIGINT
    finally:
        process.kill()
        signal.signal(signal.SIGINT, before)


def test_waiting_gives_what_the_condition_gave():
    numbers = iter([0, 0, 7])
    assert wait_until(lambda: next(numbers)) == 7


def test_waiting_in_vain_is_said(monkeypatch):
    monkeypatch.setattr(processes, "PATIENCE_S", 0.01)
    with pytest.raises(AssertionError, match="in vain"):
        wait_until(lambda: False)
