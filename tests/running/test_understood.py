"""What is chosen is checked when it is chosen: said what it means, or why it cannot be run."""

import json
import os
import time

import pytest

from evalcore.running import task_cache, understand
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import TaskSource
from tests.conftest import ROOT
from tests.tools.processes import finished


def messages(folder, name="messages.csv", head="message,intent"):
    folder.mkdir(exist_ok=True)
    rows = [f"text {number},{'abc'[number % 3]}" for number in range(60)]
    path = folder / name
    path.write_text("\n".join([head, *rows, ""]))
    return str(path)


def model_folder(folder, config=None, weights=b"0" * 1_200_000, weights_name="model.safetensors"):
    folder.mkdir()
    if config is not None:
        (folder / "config.json").write_text(config)
    if weights is not None:
        (folder / weights_name).write_bytes(weights)
    return str(folder)


QWEN = json.dumps({"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"]})


def test_a_data_file_is_said_with_its_columns_rows_and_labels(store, tmp_path):
    found = understand(RunSpec(TaskSource(messages(tmp_path))), store)
    assert found.task == "text = message, label = intent, 60 rows, 3 labels, no train split"
    assert not found.problems


def test_one_row_is_not_called_rows(store, tmp_path):
    (tmp_path / "test.csv").write_text("text,label\nhello,a\n")
    (tmp_path / "train.csv").write_text("text,label\ngood day,a\n")
    found = understand(RunSpec(TaskSource(str(tmp_path))), store)
    assert found.task == "text = text, label = label, 1 row, 1 label, 1 row to train on"


def test_a_column_that_was_named_is_the_one_that_is_said(store, tmp_path):
    path = messages(tmp_path, head="message,team")
    found = understand(RunSpec(TaskSource(path, label_column="team")), store)
    assert found.task.startswith("text = message, label = team, 60 rows")


def test_a_train_split_is_said(store, colours):
    found = understand(RunSpec(TaskSource(str(colours)), "tfidf"), store)
    assert found.task == "text = text, label = label, 40 rows, 4 labels, 12 rows to train on"
    assert found.model == "baseline, fitted on the train split"
    assert not found.problems


def test_a_task_of_the_hub_is_said_without_asking_the_hub(store, monkeypatch):
    monkeypatch.delenv("BLINDSPOT_DATA", raising=False)
    monkeypatch.setattr("evalcore.tasks.load.load_banking77_from_hub", lambda: pytest.fail("asked"))
    found = understand(RunSpec(TaskSource("banking77"), "tfidf"), store)
    assert "77 labels" in found.task
    assert "at the first run" in found.task
    assert not found.problems


def test_a_model_folder_is_said_with_its_architecture_and_size(store, tmp_path):
    found = understand(RunSpec(model=model_folder(tmp_path / "m", QWEN)), store)
    assert found.model == "local folder, Qwen2ForCausalLM, 1.2 MB"
    assert not found.problems


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("demo", "bundled, Qwen2ForCausalLM, 3.8 MB"),
        ("Qwen/Qwen2.5-1.5B", "Qwen/Qwen2.5-1.5B, downloaded from the Hugging Face hub at the first run"),
        ("a/b@v2", "a/b, revision v2, downloaded from the Hugging Face hub at the first run"),
        ("http://localhost:8000/v1#m/n", "server at http://localhost:8000/v1, model m/n"),
        ("http://localhost/v1#m", "server at http://localhost/v1 (port 80, since none is given), model m"),
        ("https://x.example/v1#m", "server at https://x.example/v1 (port 443, since none is given), model m"),
    ],
)
def test_a_model_is_said_by_what_its_name_means(store, name, said):
    found = understand(RunSpec(model=name), store)
    assert (found.model, found.problems) == (said, ())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/no/such/file.csv", "there is no such task, file or folder"),
        ("nonsense", "Give `demo`, `banking77`, a CSV"),
        ("a\0b", "there is no such task"),
        ("x" * 5000, "there is no such task"),
        ("~nobody-of-that-name/x", "there is no such task"),
        (" ", "no task is named"),
        ("/dev/zero", "not a plain file"),
        ("/", "the folder holds no test file"),
    ],
)
def test_a_task_that_cannot_be_read_is_a_problem_with_a_way_out(store, name, said):
    found = understand(RunSpec(TaskSource(name)), store)
    assert found.task == ""
    assert found.model  # it is said all the same
    (problem,) = found.problems
    assert said in problem


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("colour,size\nred,1\n", "no column looks like the text"),
        ("text,size\nred,1\n", "no column looks like the label"),
        ("", "empty"),
        ("text,label\n", ""),
        ("text,label\na,b,c\n", "line 2"),
        ("text,label\na,A-b\nb,a_B\n", "read the same"),
    ],
)
def test_a_file_that_is_no_task_is_a_problem(store, tmp_path, content, said):
    path = tmp_path / "data.csv"
    path.write_text(content)
    found = understand(RunSpec(TaskSource(str(path))), store)
    assert found.task == ""
    assert said in found.problems[0]
    assert len(found.problems) == 1


def test_a_file_of_another_kind_and_one_that_is_named_and_missing_are_problems(store, tmp_path):
    (tmp_path / "data.txt").write_text("text,label\na,b\n")
    assert "Use one of .csv" in understand(RunSpec(TaskSource(str(tmp_path / "data.txt"))), store).problems[0]
    path = messages(tmp_path)
    for source in (TaskSource(path, train="/no/train.csv"), TaskSource(path, labels="/no/labels.txt")):
        assert "there is no such file" in understand(RunSpec(source), store).problems[0]


@pytest.mark.parametrize("model", ["tfidf", "majority"])
def test_a_baseline_without_a_train_split_is_a_problem(store, tmp_path, model):
    found = understand(RunSpec(TaskSource(messages(tmp_path)), model), store)
    assert found.problems == (
        f"messages.csv: the {model} baseline is fitted on a train split, and this task has none. "
        "Give a train file, or choose another model.",
    )


def test_a_few_shot_prompt_without_enough_training_examples_is_a_problem(store, tmp_path, colours):
    assert "needs a train split of at least 5" in understand(
        RunSpec(TaskSource(messages(tmp_path)), prompt="few-shot"), store
    ).problems[0]  # fmt: skip
    assert not understand(RunSpec(TaskSource(str(colours)), prompt="few-shot:12"), store).problems
    assert "at least 13; this has 12" in understand(
        RunSpec(TaskSource(str(colours)), prompt="few-shot:13"), store
    ).problems[0]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/no/such/folder", "/no/such/folder: there is no such model or folder. Check the path. Give"),
        ("./models/mine", "./models/mine: there is no such model or folder. Check the path. Give"),
        (str(ROOT / "app.py"), "Give the folder that holds its config.json."),
        ("gpt2", "a hub id (Qwen/Qwen2.5-0.5B, say)"),
        ("a/b/c", "a hub id"),
        ("owner/na me", "a hub id"),
        ("owner/a--b", "a hub id"),
        ("owner/-x", "a hub id"),
        ("owner/" + "x" * 97, "a hub id"),
        ("a\0b", "there is no such model"),
        ("localhost:8000/v1#m", "http://HOST:PORT/v1#MODEL"),
        ("http://localhost:8000/v1", "the model's name is missing"),
        ("http://localhost:99999/v1#m", "Write http://HOST:PORT/v1#MODEL"),
        ("http://", "this is not a server's address"),
        ("http://[::1#m", "this is not an address"),
        ("http://user:secret@host:1/v1#m", "BLINDSPOT_API_KEY"),
        ("", "no model is named"),
    ],
)
def test_a_model_that_cannot_be_is_a_problem_with_a_way_out(store, name, said):
    found = understand(RunSpec(model=name), store)
    assert found.model == ""
    assert found.task  # it is said all the same
    (problem,) = found.problems
    assert said in problem
    assert "secret" not in problem


@pytest.mark.parametrize(
    ("config", "weights_name", "said"),
    [
        (None, "model.safetensors", "no config.json"),
        ("{", "model.safetensors", "its config.json cannot be read"),
        ("[" * 100_000, "model.safetensors", "its config.json cannot be read"),
        ("[]", "model.safetensors", "it is no JSON object"),
        (QWEN, "notes.md", "no weights"),
        (QWEN, "model.bin", "pickle"),
    ],
)
def test_a_folder_that_is_no_model_is_a_problem(store, tmp_path, config, weights_name, said):
    found = understand(RunSpec(model=model_folder(tmp_path / "m", config, b"0", weights_name)), store)
    assert found.model == ""
    assert said in found.problems[0]


def test_a_very_large_config_is_not_read(store, tmp_path):
    folder = model_folder(tmp_path / "m", QWEN)
    os.truncate(tmp_path / "m" / "config.json", 2**30)  # a sparse file
    started = time.perf_counter()
    assert "too large" in understand(RunSpec(model=folder), store).problems[0]
    assert time.perf_counter() - started < 0.5


def test_an_architecture_of_any_type_is_drawn_as_words(store, tmp_path):
    folder = model_folder(tmp_path / "m", json.dumps({"architectures": [{"a": 1}], "model_type": 3}))
    assert understand(RunSpec(model=folder), store).model == "local folder, unknown architecture, 1.2 MB"


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_a_problem(store, tmp_path):
    folder = model_folder(tmp_path / "m", QWEN)
    os.chmod(folder, 0)
    try:
        assert understand(RunSpec(model=folder), store).problems
    finally:
        os.chmod(folder, 0o700)


def test_an_error_of_the_file_system_is_a_problem_and_no_exception(store, monkeypatch):
    def refuses(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("evalcore.running.understood.model_folder", refuses)
    assert "Permission denied" in understand(RunSpec(), store).problems[0]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (RunSpec(n=0), "N is 0"),
        (RunSpec(decoding="odd"), "there is no decoding 'odd'"),  # type: ignore[arg-type]
        (RunSpec(prompt="nothing"), "there is no prompt 'nothing'"),
        (RunSpec(prompt="few-shot:x"), "'x' is not a whole number"),
        (RunSpec(model="imported:abc"), "imported answers cannot be predicted"),
        (RunSpec(decoding="constrained"), "the decoding constrained is not for a model of the kind transformers"),
    ],
)
def test_settings_that_do_not_go_together_are_a_problem(store, spec, said):
    assert said in understand(spec, store).problems[0]


def test_a_file_is_read_once_until_it_changes(store, tmp_path, monkeypatch):
    path, reads = messages(tmp_path), []
    real = task_cache.load_task
    monkeypatch.setattr(task_cache, "load_task", lambda source, cache: (reads.append(source), real(source, cache))[1])
    for _ in range(3):
        understand(RunSpec(TaskSource(path)), store)
    assert len(reads) == 1
    messages(tmp_path, head="text,label")
    assert understand(RunSpec(TaskSource(path)), store).task.startswith("text = text")
    assert len(reads) == 2


def test_nothing_heavy_is_imported_and_nothing_is_sent(tmp_path):
    program = f"""
import socket, sys
socket.socket.connect = lambda *_: sys.exit("it connects")
from evalcore.running import understand
from evalcore.store import RunSpec, Store
store = Store({str(tmp_path / "cache")!r})
for model in ("demo", "a/b", "http://localhost:1/v1#m", "tfidf"):
    assert not understand(RunSpec(model=model), store).problems
assert not {{"torch", "transformers", "datasets", "huggingface_hub"}} & set(sys.modules), sorted(sys.modules)
"""
    done = finished("-c", program, cwd=ROOT)
    assert done.returncode == 0, done.stderr
