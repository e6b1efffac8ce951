"""Batches that do not fit into the memory: run in smaller ones, remembered, and said in the run."""

import math

import pytest

torch = pytest.importorskip("torch")

from evalcore.analysis import score_run  # noqa: E402
from evalcore.analysis.findings import find  # noqa: E402
from evalcore.predictors.engines import memory  # noqa: E402
from evalcore.predictors.engines.fast import FastDecoder  # noqa: E402
from evalcore.predictors.engines.generate import CachedDecoder, GenerateDecoder  # noqa: E402
from evalcore.predictors.engines.label_likelihood import ForwardScorer, TrieScorer  # noqa: E402
from evalcore.predictors.engines.memory import Shortage, in_memory, main_memory  # noqa: E402
from evalcore.running.run import execute  # noqa: E402
from evalcore.store.spec import RunSpec  # noqa: E402

CPU = torch.device("cpu")
FULL = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"


class Device:
    """Runs batches of at most so many items, and notes the sizes that were tried."""

    def __init__(self, most):
        self.most, self.tried = most, []

    def run(self, items):
        self.tried.append(len(items))
        if len(items) > self.most:
            raise torch.OutOfMemoryError("out of memory")
        return [-item for item in items]


@pytest.mark.parametrize("n", [1, 2, 7, 64, 65])
@pytest.mark.parametrize("most", [1, 2, 3, 5, 31, 64])
def test_every_item_has_its_result_whatever_fits(n, most):
    device, shortage = Device(most), Shortage()
    assert in_memory(range(n), device.run, CPU, shortage=shortage) == [-item for item in range(n)]
    assert bool(shortage.halvings) == (n > most)
    if n > most:
        assert shortage.asked == n
        assert most / 2 < shortage.fitted <= most
        assert shortage.most == shortage.fitted


def test_what_did_not_fit_is_not_tried_again():
    device, shortage = Device(16), Shortage()
    for _ in range(3):
        in_memory(range(64), device.run, CPU, shortage=shortage)
    assert device.tried == [64, 32, *[16] * 12]
    assert shortage.facts() == {"batches_halved": "2", "batch_too_large": "64", "batch_that_fits": "16"}
    assert Shortage().facts() == {}


def test_a_batch_whose_estimate_is_too_large_is_noted_and_not_remembered(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda device: 20.0)
    device, shortage = Device(64), Shortage()
    in_memory(range(16), device.run, CPU, len, shortage)
    assert device.tried == [8, 8]
    assert (shortage.halvings, shortage.asked, shortage.fitted, shortage.most) == (1, 16, 8, None)


def test_one_item_that_does_not_fit_is_an_error_and_so_is_another_kind_of_error():
    with pytest.raises(torch.OutOfMemoryError):
        in_memory(range(8), Device(0).run, CPU)

    def broken(items):
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        in_memory(range(8), broken, CPU)


@pytest.mark.parametrize("kind", [FastDecoder, CachedDecoder, GenerateDecoder, TrieScorer, ForwardScorer])
def test_decoders_and_scorers_note_what_did_not_fit(kind, monkeypatch):
    from evalcore.predictors.engines.packed import PackedModel
    from tests.tools.tiny import prompts, settings, tiny_model

    model, answers, asked = tiny_model("qwen2"), [[11, 5], [12, 13, 5], [12, 14, 5], [15, 5]], prompts(12)
    of = PackedModel(model) if kind in (FastDecoder, TrieScorer) else model
    given = answers if kind in (TrieScorer, ForwardScorer) else settings()
    more = {"at_once": 12} if kind in (CachedDecoder, GenerateDecoder, ForwardScorer) else {}
    made = kind(of, given, **more)
    ask = made.score if hasattr(made, "score") else made.decode
    expected = ask(asked)
    assert made.shortage.facts() == {}

    name = next(name for name in ("_score", "_decode", "_batch") if hasattr(made, name))
    run = getattr(made, name)

    def short(*given):
        if len(given[-1]) > 2:
            raise RuntimeError(FULL)
        return run(*given)

    monkeypatch.setattr(made, name, short)
    got = ask(asked)
    assert all(torch.allclose(torch.tensor(a), torch.tensor(b), atol=1e-4) for a, b in zip(got, expected, strict=True))
    assert made.shortage.fitted == 2
    assert made.shortage.asked == (4 if kind is ForwardScorer else 12)


@pytest.mark.parametrize(
    ("dtype", "said"),
    [("float32", "do not depend on the size of a batch"), ("bfloat16", "run it with a batch size of 8")],
)
def test_a_run_that_memory_was_too_short_for_goes_on_and_says_so(store, monkeypatch, dtype, said):
    decode, phases = FastDecoder._decode, []

    def short(self, group, tails):
        if len(tails) > 8:
            raise RuntimeError(FULL)
        return decode(self, group, tails)

    monkeypatch.setattr(FastDecoder, "_decode", short)
    spec = RunSpec(n=48, batch_size=32, dtype=dtype)
    outcome = execute(spec, store, on_progress=lambda progress: phases.append(progress.phase) or True)
    assert outcome.complete
    known = store.run(outcome.record.run_id).metadata
    assert (known["batch_too_large"], known["batch_that_fits"]) == ("32", "8")
    assert phases[-1] == "predicting in smaller batches, for want of memory"
    (finding,) = (one for one in find(score_run(store, outcome.record.run_id)) if one.kind == "batches_halved")
    assert finding.sentence == (
        "The device had not enough memory for 32 texts at once: batches were halved 2 times, down to 8."
    )
    assert said in finding.meaning


def test_a_model_that_is_kept_counts_anew_for_the_next_run(store, monkeypatch):
    from evalcore.running.model_cache import ModelCache

    models = ModelCache()
    decode = FastDecoder._decode

    def short(self, group, tails):
        if len(tails) > 8:
            raise RuntimeError(FULL)
        return decode(self, group, tails)

    with monkeypatch.context() as patched:
        patched.setattr(FastDecoder, "_decode", short)
        first = execute(RunSpec(n=16, seed=1), store, loader=models.load)
    second = execute(RunSpec(n=16, seed=2), store, loader=models.load)
    assert "batches_halved" in store.run(first.record.run_id).metadata
    assert "batches_halved" not in store.run(second.record.run_id).metadata


def test_a_containers_limit_counts(tmp_path):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal: 9000 kB\nMemAvailable: 4000 kB\n")
    assert main_memory(tmp_path) == 4000 * 1024
    group = tmp_path / "sys/fs/cgroup"
    group.mkdir(parents=True)
    (group / "memory.current").write_text("1500000\n")
    (group / "memory.stat").write_text("anon 1000000\ninactive_file 500000\n")
    (group / "memory.max").write_text("max\n")
    assert main_memory(tmp_path) == 4000 * 1024
    (group / "memory.max").write_text("3000000\n")
    assert main_memory(tmp_path) == 2_000_000
    (group / "memory.max").write_text("1\n")
    assert main_memory(tmp_path) == 0
    assert main_memory() < math.inf
