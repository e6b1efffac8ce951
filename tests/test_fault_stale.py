"""Staleness (F10 to F16): what must be asked again is, what need not be is not, and nothing old is shown as new."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from evalcore import parse, runspec
from evalcore.errors import SpecError
from evalcore.predictors import identify, local, server
from evalcore.predictors.source import DEMO_MODELS, locate
from evalcore.prompt import Renderer, built_in, own
from evalcore.run import execute, prepare
from evalcore.runspec import RunSpec, canonical, checked, completion_keys, run_id
from evalcore.scoring import read
from evalcore.store import Store
from evalcore.task import Example, TaskSource, draw, load_task
from tests.conftest import ROOT, write_csv
from tests.victim import Logged, asked, spec, write_task

N = 12


@pytest.fixture
def model(tmp_path):
    """A model folder of one's own, to change."""
    return shutil.copytree(DEMO_MODELS / "demo", tmp_path / "model")


@pytest.fixture
def task(tmp_path):
    return write_task(tmp_path / "messages", 64)


def keys(store, asked_for):
    return set(prepare(asked_for, store).keys)


def rewrite(file, **changes):
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


def one_byte(file):
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def one_label_more(folder):
    rows = (folder / "train.csv").read_text(encoding="utf-8")
    (folder / "train.csv").write_text(rows + "another example,another_label\n", encoding="utf-8")


def another_label_order(folder):
    labels = list(load_task(TaskSource(str(folder))).labels)
    (folder / "labels.json").write_text(json.dumps(labels[::-1]), encoding="utf-8")


MISSES = {
    "one prompt character": lambda base, task, model: replace(base, prompt="dotted"),
    "one label added": lambda base, task, model: one_label_more(task),
    "label order": lambda base, task, model: another_label_order(task),
    "system prompt": lambda base, task, model: replace(base, prompt="bare"),
    "model": lambda base, task, model: replace(base, model="demo-early"),
    "one byte of the weights": lambda base, task, model: one_byte(model / "model.safetensors"),
    "tokenizer file": lambda base, task, model: rewrite(model / "tokenizer_config.json", padding_side="left", x=1),
    "chat template": lambda base, task, model: (model / "chat_template.jinja").write_text("{{ messages }}"),
    "dtype": lambda base, task, model: replace(base, dtype="bfloat16"),
    "batch size": lambda base, task, model: replace(base, batch_size=base.batch_size + 1),
    "max_new_tokens": lambda base, task, model: replace(base, max_new_tokens=base.max_new_tokens + 1),
    "decoding": lambda base, task, model: replace(base, decoding="as-shipped"),
}


@pytest.mark.parametrize("change", MISSES)
def test_a_change_of_one_input_makes_every_completion_another(store, task, model, change):
    """F10, F14. Red with any of these left out of the identity, or with the weights known by name alone."""
    article = built_in("article")
    store.save_prompt(own("plain", article.system, "{text}"))
    store.save_prompt(own("dotted", article.system, "{text}."))
    base = RunSpec(TaskSource(str(task)), str(model), "plain", n=N)
    before = keys(store, base)
    changed = MISSES[change](base, task, model)
    after = keys(store, changed if isinstance(changed, RunSpec) else base)
    assert len(before) == len(after) == N
    assert not before & after


def test_another_endpoint_or_model_on_it_is_another_key(store, task):
    """F10. Red with the server's address left out of the identity."""
    names = ("http://a:1/v1#m", "http://b:1/v1#m", "http://a:2/v1#m", "http://a:1/v2#m", "http://a:1/v1#n")
    found = [keys(store, RunSpec(TaskSource(str(task)), name, n=N)) for name in names]
    assert len(set().union(*found)) == len(names) * N
    assert server.endpoint("HTTP://A:1/v1/#m") == server.endpoint(names[0])


def test_a_branch_that_moved_is_another_model(store, monkeypatch):
    """F10, F14. Red with the branch's name in the key instead of its commit (lighteval#1364)."""
    found = []
    for commit in ("a" * 40, "b" * 40):
        monkeypatch.setattr("evalcore.predictors.source._resolve_commit", lambda repo, revision, sha=commit: sha)
        found.append(keys(store, RunSpec(model="owner/name", n=N)))
    assert not found[0] & found[1]


SAME = {
    "path of the data set": lambda task: task.rename(task.parent / "elsewhere"),
    "time of the file": lambda task: os.utime(task / "test.csv", (1, 1)),
    "rows shuffled": lambda task: shuffle(task / "test.csv"),
    "line ends": lambda task: (task / "test.csv").write_bytes((task / "test.csv").read_bytes().replace(b"\r\n", b"\n")),
    "format": lambda task: as_json_lines(task / "test.csv"),
}


def shuffle(file):
    header, *rows = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([header, *rows[::-1]]) + "\n", encoding="utf-8")


def as_json_lines(file):
    rows = [asdict(example) for example in load_task(TaskSource(str(file))).test]
    file.with_suffix(".jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    file.unlink()


@pytest.mark.parametrize("change", SAME)
def test_what_does_not_decide_an_answer_asks_for_none(store, task, tmp_path, change):
    """F11. Red with the task's origin, or the position of an example, in the key."""
    first = execute(spec(task, n=48), store, loader=lambda i, on_phase: Logged(i.identity, tmp_path / "log"))
    moved = SAME[change](task)
    moved = moved if isinstance(moved, Path) else task
    log = tmp_path / "again"
    again = execute(spec(moved, n=48), store, loader=lambda i, on_phase: Logged(i.identity, log))
    assert asked(log) == []
    assert again.record.run_id == first.record.run_id


def test_keys_are_the_same_in_every_process_and_for_every_order_of_a_dict():
    """F11. Red with hash() in the key, or with the identity written out unsorted."""
    chat = Renderer(load_task(TaskSource("demo")), built_in("article")).messages("hello")
    identity = {"predictor": "x", "model": "y", "batch_size": 3}
    here = completion_keys(identity, [chat])[0].hex()
    assert completion_keys(dict(reversed(identity.items())), [chat])[0].hex() == here
    program = (
        "from evalcore.task import *; from evalcore.prompt import *; from evalcore.runspec import *\n"
        "chat = Renderer(load_task(TaskSource('demo')), built_in('article')).messages('hello')\n"
        f"print(completion_keys({identity!r}, [chat])[0].hex())"
    )
    for seed in ("0", "1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, cwd=ROOT, text=True,
            capture_output=True, check=True,
        )  # fmt: skip
        assert done.stdout.strip() == here


def test_another_parser_reads_the_stored_answers_anew(store, task, tmp_path, monkeypatch):
    """F12. Red with a score kept in the store, or a reading kept across parsers."""
    record = execute(spec(task, n=64), store, loader=lambda i, on_phase: Logged(i.identity, tmp_path / "log")).record
    before, calls = read(store, record.run_id), len(asked(tmp_path / "log"))
    assert {"exact", "extracted", "ambiguous"} <= set(before.matches)
    monkeypatch.setattr(parse, "PARSER_VERSION", parse.PARSER_VERSION + 1)
    monkeypatch.setattr(parse.LabelParser, "_mentions", lambda self, text: [])
    after = read(store, record.run_id)
    assert "extracted" not in after.matches
    assert after.scores.accuracy < before.scores.accuracy
    assert len(asked(tmp_path / "log")) == calls
    with store.connect() as db:
        tables = " ".join(sql for (sql,) in db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))
    assert "accuracy" not in tables
    assert "f1" not in tables


@pytest.mark.parametrize("sample", ["stratified", "random", "first"])
def test_sixteen_examples_and_then_all_ask_for_the_others_only(store, tmp_path, sample):
    """F13. Red with a sample whose smaller part is not the beginning of the larger."""
    task = write_task(tmp_path / "more_than_four_hundred", 480)
    log = tmp_path / "log"
    loader = lambda i, on_phase: Logged(i.identity, log)  # noqa: E731
    execute(spec(task, n=16, sample=sample), store, loader=loader)
    assert len(asked(log)) == 16
    execute(spec(task, n=400, sample=sample), store, loader=loader)
    assert len(asked(log)) == len(set(asked(log))) == 400


def test_weights_put_back_with_their_old_date_are_noticed(store, model):
    """F14. Red with the digest of a file remembered by size and modification time alone."""
    weights = model / "model.safetensors"
    before, stamp = locate(str(model), store).fingerprint, weights.stat()
    one_byte(weights)
    os.utime(weights, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert locate(str(model), store).fingerprint != before


def test_two_models_never_share_a_completion(store, task, model):
    """F14 (lm-evaluation-harness#2715). Red with the model left out of the key."""
    one_byte(model / "model.safetensors")
    names = ("demo", "demo-early", str(model), "majority", "tfidf", "http://a/v1#demo")
    found = [keys(store, RunSpec(TaskSource(str(task)), name, n=N)) for name in names]
    assert len(set().union(*found)) == len(names) * N


def test_answers_under_an_older_kind_of_key_are_not_read_as_current(store, task, tmp_path, monkeypatch):
    """F15. Red with the version left out of the key."""
    log = tmp_path / "log"
    loader = lambda i, on_phase: Logged(i.identity, log)  # noqa: E731
    monkeypatch.setattr(runspec, "KEY_VERSION", runspec.KEY_VERSION - 1)
    execute(spec(task, n=32), store, loader=loader)
    monkeypatch.undo()
    outcome = execute(spec(task, n=32), store, loader=loader)
    assert outcome.from_cache == 0
    assert len(asked(log)) == 64


def test_what_a_page_keeps_follows_the_store(store, task, tmp_path, monkeypatch):
    """F16. Red with a page's reading kept under the run's name alone."""
    from pages.parts import state

    loader = lambda i, on_phase: Logged(i.identity, tmp_path / "log")  # noqa: E731
    stopped = execute(spec(task, n=64), store, loader=loader, on_progress=lambda progress: progress.done < 16)
    assert len(state.reading_of(store, stopped.record, "lenient").answers) == 16
    record = execute(spec(task, n=64), store, loader=loader).record
    assert len(state.reading_of(store, record, "lenient").answers) == 64


def test_what_sessions_share_cannot_be_changed_by_one_of_them(store, task, tmp_path):
    """F16. Red while the arrays of a kept reading could be written to."""
    from pages.parts import state

    loader = lambda i, on_phase: Logged(i.identity, tmp_path / "log")  # noqa: E731
    record = execute(spec(task, n=64), store, loader=loader).record
    reading = state.reading_of(store, record, "lenient")
    assert state.reading_of(store, record, "lenient") is reading
    for array in (reading.y_true, reading.y_pred, reading.confusion, reading.per_class.support):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(AttributeError):
        reading.answers = ()


def test_the_data_of_a_session_is_its_own(tmp_path):
    """F16. Red with a mutable task shared by those who load it."""
    write_csv(tmp_path / "test.csv", [Example("a", "x"), Example("b", "y")])
    first, second = (load_task(TaskSource(str(tmp_path / "test.csv"))) for _ in range(2))
    with pytest.raises(AttributeError):
        first.test[0].label = "z"
    assert draw(second, 2, "first")[0].label == "x"


def test_identities_hold_no_device_name_or_path(store, task):
    """F11. Red with the path of a model's folder in its identity."""
    identified = identify(RunSpec(TaskSource(str(task)), "demo"), load_task(TaskSource(str(task))), (), store, print)
    assert str(DEMO_MODELS) not in json.dumps(dict(identified.identity))
    assert locate("demo", Store(store.folder)).fingerprint == locate(str(DEMO_MODELS / "demo"), store).fingerprint
    assert local.ENGINE_VERSION


@pytest.mark.parametrize(
    ("field", "least", "most"), [("n", 1, 10**9), ("max_new_tokens", 1, 4096), ("batch_size", 0, 4096)]
)
def test_a_spec_is_taken_within_its_limits_and_refused_beyond(field, least, most):
    """F10. Red with a limit that is out by one."""
    for value in (least, most):
        assert getattr(checked(replace(RunSpec(), **{field: value})), field) == value
    for value in (least - 1, *([most + 1] if field != "n" else [])):
        with pytest.raises(SpecError, match=str(value)):
            checked(replace(RunSpec(), **{field: value}))


def test_what_a_spec_becomes_is_the_spec_but_for_what_cannot_matter():
    """F11. Red with a normal form that loses a choice, or keeps one that cannot matter."""
    odd = RunSpec(
        TaskSource("x"), "m", "bare", 7, "random", 3, "as-shipped", max_new_tokens=5, batch_size=9, dtype="float16"
    )
    assert checked(odd) == odd
    assert checked(replace(odd, engine="loop")) == replace(odd, engine="loop", batch_size=1)
    assert checked(replace(odd, sample="first")) == replace(odd, sample="first", seed=0)
    plain = RunSpec()
    assert checked(replace(odd, model="tfidf")) == replace(
        plain, task=odd.task, model="tfidf", prompt="none", n=7, sample="random", seed=3
    )
    assert (plain.n, plain.max_new_tokens, plain.decoding, plain.sample) == (400, 16, "plain", "stratified")
    assert len(run_id("s", {}, "p")) == 12
    assert canonical({"b": 1, "a": [True, None]}) == '{"a":[true,null],"b":1}'
