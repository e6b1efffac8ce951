"""The benchmark measures what it says: on the demo, and on random weights with planted completions."""

import json

import pytest

pytest.importorskip("torch")

from evalcore import bench
from evalcore.bench import subjects
from evalcore.cli.main import main
from evalcore.errors import ModelError
from evalcore.store.spec import RunSpec
from evalcore.tasks import TaskSource, draw_sample, load_task
from evalcore.tasks.prompt import BUILT_IN, Renderer


def measured(capsys, tmp_path, *arguments):
    assert main(["bench", "--json", "--rounds", "1", "--cache", str(tmp_path), *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_each_engine_is_a_row_with_its_ratio_and_its_work(capsys, tmp_path):
    report = measured(capsys, tmp_path, "--n", "20", "--loop-n", "4")
    assert report["parameters"] > 1e6
    loop, fast, batched = report["rows"]
    assert [row["engine"] for row in report["rows"]] == ["loop", "fast", "batched, prefix cached"]
    assert (loop["n"], loop["timed"], loop["ratio"]) == (20, 4, 1)
    assert (fast["timed"], fast["differing"], fast["compared"]) == (20, 0, 4)
    assert batched["differing"] == 0
    assert fast["ratio"] == pytest.approx(loop["seconds"] / fast["seconds"])
    # What all prompts begin with goes through the model once, and not 20 times.
    assert loop["tokens"] / 4 * 20 > 4 * fast["tokens"]
    assert all(row["passes"] > 0 and row["matrix_share"] > 0 for row in report["rows"])


def test_choosing_is_measured_against_plain_scoring(capsys, tmp_path):
    report = measured(capsys, tmp_path, "--n", "3", "--loop-n", "3", "--decoding", "choose", "--engines", "fast")
    loop, fast = report["rows"]
    assert loop["passes"] == 3 * 24
    assert (fast["differing"], fast["compared"]) == (0, 3)
    assert fast["passes"] <= 2


def test_planted_completions_are_labels_whatever_the_engine(monkeypatch, store):
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "heads": 4}
    monkeypatch.setitem(subjects.SIZES, "random:small", small)
    monkeypatch.setattr(subjects, "VOCABULARY", 1600)
    task = load_task(TaskSource("demo"))
    renderer = Renderer(task, BUILT_IN["article"])
    prompts = [renderer.messages(example.text) for example in draw_sample(task, 24, "stratified")]
    spec = RunSpec(model="random:small")
    subject = subjects.load(spec, "", renderer.answers, store)
    results = [
        bench._predict(subject.with_engine(engine, spec), prompts, renderer.answers)
        for engine in ("loop", "fast", "batched")
    ]
    texts = [completion.text for completion in results[0]]
    assert set(texts) <= set(task.labels)
    assert len(set(texts)) > 8
    for other in results[1:]:
        assert [completion.token_ids for completion in other] == [completion.token_ids for completion in results[0]]


def test_unknown_dimensions_and_a_missing_peer_are_said(store, capsys, tmp_path):
    with pytest.raises(ModelError, match=r"Give one of random:qwen2.5-0.5b"):
        subjects.load(RunSpec(model="random:huge"), "", ["a"], store)
    arguments = ["--n", "2", "--loop-n", "1", "--rounds", "1", "--engines", "fast", "--peer", "vllm"]
    try:
        import vllm  # noqa: F401
    except ImportError:
        assert main(["bench", "--cache", str(tmp_path), *arguments]) == 1
        assert "pip install 'vllm'" in capsys.readouterr().err


def test_the_table_names_what_was_scaled():
    rows = [bench.Row("loop", 400, 32, 100.0, 1.0, 0, 32, 9, 8, 1_000_000, 0.5), bench.Row("x", 400, 400, 5, 20, 1, 32)]
    table = "\n".join(bench.as_table(rows))
    assert "timed on 32" in table
    assert "1 of 32" in table
