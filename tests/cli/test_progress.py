"""The progress of a run on standard error: a bar on a terminal, and elsewhere only that it waits."""

import io
import sys

import pytest

from evalcore.cli.progress import ProgressBar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(monkeypatch, stream, steps):
    monkeypatch.setattr(sys, "stderr", stream)
    with ProgressBar() as bar:
        for step in steps:
            bar.show(*step)
    return stream.getvalue()


@pytest.fixture
def terminal():
    return Terminal()


def test_a_phase_before_the_task_is_read_shows_no_counts(monkeypatch, terminal):
    said = shown(monkeypatch, terminal, [("reading the task", 0, 0)])
    assert "reading the task" in said
    assert "0/0" not in said


def test_counts_rate_and_phase_are_shown(monkeypatch, terminal):
    said = shown(monkeypatch, terminal, [("predicting", 0, 400), ("predicting", 40, 400), ("predicting", 400, 400)])
    lines = said.split("\r")
    assert any(" 40/400 " in line and "/s, " in line and "left  predicting" in line for line in lines)
    assert any("400/400" in line for line in lines)


def test_a_slow_run_has_examples_a_second_and_not_seconds_an_example(monkeypatch, terminal):
    import tqdm.std

    clock = iter(range(0, 10_000, 5))  # each look at the clock is five seconds later
    monkeypatch.setattr(tqdm.std, "time", lambda: float(next(clock)))
    said = shown(monkeypatch, terminal, [("predicting", 0, 400), ("predicting", 1, 400), ("predicting", 2, 400)])
    assert "2/400" in said
    assert "s/," not in said


def test_the_bar_is_gone_at_the_end(monkeypatch, terminal):
    said = shown(monkeypatch, terminal, [("predicting", 3, 4)])
    assert said.endswith("\r")


def test_where_there_is_no_terminal_waiting_is_said_once(monkeypatch):
    waiting = "waiting for process 7, which is predicting with this model"
    said = shown(monkeypatch, io.StringIO(), [("predicting", 1, 4), (waiting, 1, 4), (waiting, 1, 4)])
    assert said == f"{waiting}\n"
