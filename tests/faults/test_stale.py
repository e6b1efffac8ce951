"""Staleness (F10 to F16, F51, F60): what must be asked again is, and nothing else, nothing old is shown as new."""

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from evalcore.analysis.scored_run import score_run
from evalcore.cli.main import main as command_line
from evalcore.errors import SpecError, StoreError
from evalcore.parse import matching as parse
from evalcore.paths import DEMO_MODELS
from evalcore.predictors import local
from evalcore.predictors.files.hub import Commit
from evalcore.predictors.files.source import locate
from evalcore.predictors.handle import identify
from evalcore.predictors.servers import endpoint
from evalcore.running import run as run_module
from evalcore.running import worker
from evalcore.running.run import execute, plan_run
from evalcore.store import spec as runspec
from evalcore.store.completion import Completion
from evalcore.store.database import Store
from evalcore.store.jobs import Jobs
from evalcore.store.spec import RunSpec, canonical, checked, completion_keys, run_id
from evalcore.tasks import Example, TaskSource, draw_sample, load_task
from evalcore.tasks.data_file import NamedFile
from evalcore.tasks.prompt import Renderer, built_in, custom_prompt
from pages.parts.shell.session import ViewState
from tests.conftest import ROOT, write_csv
from tests.faults.victim import LABELS, Logged, asked, spec, write_task
from tests.tools.old_caches import as_in_format
from tests.tools.processes import PATIENCE_S, finished

N = 12


@pytest.fixture
def model(tmp_path):
    """A model folder of one's own, to change."""
    return shutil.copytree(DEMO_MODELS / "demo", tmp_path / "model")


@pytest.fixture
def task(tmp_path):
    return write_task(tmp_path / "messages", 64)


def keys(store, asked_for):
    return set(plan_run(asked_for, store).keys)


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
    store.save_prompt(custom_prompt("plain", article.system, "{text}"))
    store.save_prompt(custom_prompt("dotted", article.system, "{text}."))
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
    assert endpoint.parse_endpoint("HTTP://A:1/v1/#m") == endpoint.parse_endpoint(names[0])


def test_a_branch_that_moved_is_another_model(store, monkeypatch):
    """F10, F14. Red with the branch's name in the key instead of its commit (lighteval#1364)."""
    found = []
    for commit in ("a" * 40, "b" * 40):
        monkeypatch.setattr("evalcore.predictors.files.source.look_up", lambda *_, sha=commit: Commit(sha, ()))
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
        "from evalcore.tasks import *; from evalcore.tasks.prompt import *; from evalcore.store.spec import *\n"
        "chat = Renderer(load_task(TaskSource('demo')), built_in('article')).messages('hello')\n"
        f"print(completion_keys({identity!r}, [chat])[0].hex())"
    )
    for seed in ("0", "1", "2"):
        assert finished("-c", program, env={**os.environ, "PYTHONHASHSEED": seed}).stdout.strip() == here


def test_another_parser_reads_the_stored_answers_anew(store, task, tmp_path, monkeypatch):
    """F12. Red with a score kept in the store, or a reading kept across parsers."""
    record = execute(spec(task, n=64), store, loader=lambda i, on_phase: Logged(i.identity, tmp_path / "log")).record
    before, calls = score_run(store, record.run_id), len(asked(tmp_path / "log"))
    assert {"exact", "extracted", "ambiguous"} <= set(before.matches)
    monkeypatch.setattr(parse, "PARSER_VERSION", parse.PARSER_VERSION + 1)
    monkeypatch.setattr(parse.LabelParser, "_mentions", lambda self, text: [])
    after = score_run(store, record.run_id)
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
    from pages.parts.shell.cached.scored import scored_run_of

    loader = lambda i, on_phase: Logged(i.identity, tmp_path / "log")  # noqa: E731
    stopped = execute(spec(task, n=64), store, loader=loader, on_progress=lambda progress: progress.done < 16)
    assert len(scored_run_of(store, stopped.record, "lenient").answers) == 16
    record = execute(spec(task, n=64), store, loader=loader).record
    assert len(scored_run_of(store, record, "lenient").answers) == 64


def test_what_sessions_share_cannot_be_changed_by_one_of_them(store, task, tmp_path):
    """F16. Red while the arrays of a kept reading could be written to."""
    from pages.parts.shell.cached.scored import scored_run_of

    loader = lambda i, on_phase: Logged(i.identity, tmp_path / "log")  # noqa: E731
    record = execute(spec(task, n=64), store, loader=loader).record
    scored = scored_run_of(store, record, "lenient")
    assert scored_run_of(store, record, "lenient") is scored
    for array in (scored.y_true, scored.y_pred, scored.confusion, scored.per_class.support):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(AttributeError):
        scored.answers = ()


def test_the_data_of_a_session_is_its_own(tmp_path):
    """F16. Red with a mutable task shared by those who load it."""
    write_csv(tmp_path / "test.csv", [Example("a", "x"), Example("b", "y")])
    first, second = (load_task(TaskSource(str(tmp_path / "test.csv"))) for _ in range(2))
    with pytest.raises(AttributeError):
        first.test[0].label = "z"
    assert draw_sample(second, 2, "first")[0].label == "x"


def test_identities_hold_no_device_name_or_path(store, task):
    """F11. Red with the path of a model's folder in its identity."""
    handle = identify(RunSpec(TaskSource(str(task)), "demo"), load_task(TaskSource(str(task))), (), store, print)
    assert str(DEMO_MODELS) not in json.dumps(dict(handle.identity))
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


# -- A, B, A: what the words stand for now (F51) ----------------------------------------------------

TEXTS = [f"{label} message number {i}" for i, label in enumerate(LABELS * 2)]
CAREFUL, CARELESS = "Be careful. One of {labels}.", "Guess. One of {labels}."


class Judge:
    """Right where the prompt says `careful`, or a shot of the label comes before; else always the first label."""

    batch_size = 8

    def __init__(self, identity, right=None):
        self.identity, self.metadata, self.right, self.asked = identity, {}, right, 0

    def predict(self, prompts):
        self.asked += len(prompts)
        return [Completion(self._answer(messages), (1,), 5, "eos", 1.0) for messages in prompts]

    def _answer(self, messages):
        gold = messages[-1]["content"].split()[0]
        right = "careful" in messages[0]["content"] if self.right is None else self.right(self.identity, messages)
        return gold if right else LABELS[0]


@pytest.fixture
def judge(monkeypatch):
    """Stands for every local model; what decides whether it is right can be set."""
    made = []
    kind = SimpleNamespace(right=None, asked=lambda: sum(one.asked for one in made))

    def judge_of(loaded, identity, spec, name):
        made.append(Judge(identity, kind.right))
        return made[-1]

    monkeypatch.setattr(local, "load", lambda source, at, on_phase: None)
    monkeypatch.setattr(local, "LocalModel", judge_of)
    return kind


@pytest.fixture
def messages(tmp_path):
    """A task folder; `write(labels)` gives its texts other labels."""
    folder = tmp_path / "messages"

    def write(shift=0):
        rows = [Example(text, LABELS[(i + shift) % len(LABELS)]) for i, text in enumerate(TEXTS)]
        write_csv(folder / "test.csv", rows)

    write()
    write_csv(folder / "train.csv", [Example(f"{label} example", label) for label in LABELS])
    return SimpleNamespace(folder=folder, write=write, test=folder / "test.csv", train=folder / "train.csv")


class Page:
    """The overview of one session, and a worker that does what is asked for there."""

    def __init__(self, store, chosen, **query):
        self.store = store
        self.app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE_S)
        if chosen is not None:
            self.app.session_state["view"] = ViewState(spec=chosen)
        for name, value in query.items():
            self.app.query_params[name] = value
        self.look()

    def look(self):
        self.app.run()
        assert not self.app.exception, self.app.exception
        return self

    def press(self, *labels):
        next(button for button in self.app.button if button.label in labels).click().run()
        jobs, warm = Jobs(self.store), worker.ModelCache()
        while (job := jobs.claim(os.getpid())) is not None:
            worker._do(job, self.store, jobs, warm)
        return self.look()

    @property
    def accuracy(self):
        """As the first card says; None without one."""
        return float(self.app.metric[0].value.rstrip(" %")) / 100 if self.app.metric else None

    @property
    def said(self):
        shown = " ".join(element.value for kind in (self.app.info, self.app.warning) for element in kind)
        return shown.replace("\\", "")  # what plain() escapes


@pytest.fixture
def page_of(store, monkeypatch):
    from pages.parts.run import progress, prompt_preview
    from pages.parts.shell import frame, session

    monkeypatch.setattr(session, "open_store", lambda: store)
    for module in (frame, progress):
        monkeypatch.setattr(module, "ensure_worker", lambda store: None)
    monkeypatch.setattr(prompt_preview, "exact_prompt", lambda *_: None)
    return lambda chosen=None, **query: Page(store, chosen, **query)


RUN = ("Run", "Verify again")


def edit_prompt(system, store, **_):
    store.save_prompt(custom_prompt("mine", system, "{text}"))


def edit_weights(content, model, **_):
    (model / "vocab.txt").write_text(content)


A_B_A = {
    "prompt": (partial(edit_prompt, CAREFUL), partial(edit_prompt, CARELESS), None),
    "data file": (lambda messages, **_: messages.write(0), lambda messages, **_: messages.write(3), "careful"),
    "weights": (partial(edit_weights, "a"), partial(edit_weights, "b"), "weights"),
    "training examples": (
        lambda messages, **_: write_csv(messages.train, [Example(f"{x} careful", x) for x in LABELS]),
        lambda messages, **_: write_csv(messages.train, [Example(f"{x} example", x) for x in LABELS]),
        "shots",
    ),
}
WHAT = {"prompt": "the prompt has", "data file": "the data has", "weights": "the model has",
        "training examples": "the training examples have"}  # fmt: skip


@pytest.fixture(params=A_B_A)
def a_b(request, store, messages, model, judge):
    """Two states of one thing that the words of a spec do not tell apart: A, all right, and B."""
    to_a, to_b, decides = A_B_A[request.param]
    first_weights = folder_fingerprint_of(model, "a")
    judge.right = {
        None: None,
        "careful": lambda identity, messages: True,
        "weights": lambda identity, messages: identity["model"] == first_weights,
        "shots": lambda identity, messages: "careful" in messages[1]["content"],
    }[decides]
    chosen = RunSpec(TaskSource(str(messages.folder)), str(model), "few-shot:2" if decides == "shots" else "mine", n=12)
    store.save_prompt(custom_prompt("mine", CAREFUL, "{text}"))
    things = {"store": store, "messages": messages, "model": model}
    return SimpleNamespace(
        spec=checked(chosen), a=lambda: to_a(**things), b=lambda: to_b(**things), what=WHAT[request.param]
    )


def folder_fingerprint_of(model, vocabulary):
    (model / "vocab.txt").write_text(vocabulary)
    return locate(str(model), Store(model.parent / "another cache")).fingerprint


def test_the_app_shows_the_run_of_what_is_there_now(store, page_of, a_b, judge):
    """F51. Red while a run was found by its words: edited and put back, they showed the second run's numbers."""
    a_b.a()
    page = page_of(a_b.spec).press(*RUN)
    assert page.accuracy == 1
    a_b.b()
    assert f"{a_b.what[1:]} changed since this run was made" in page.look().said
    page.press(*RUN)
    assert page.accuracy < 0.5
    assert page.said == ""
    a_b.a()
    asked = judge.asked()
    if "training" not in a_b.what:  # their run is one and the same, and has B's answers until it is run again
        assert page.look().accuracy == 1
        assert page_of(a_b.spec).accuracy == 1
    assert page.press(*RUN).accuracy == 1
    assert page.press("Verify again").accuracy == 1
    assert (judge.asked(), page.said) == (asked, "")
    a_b.b()
    page.press(*RUN)
    assert page.accuracy < 0.5
    assert judge.asked() == asked


def test_the_app_says_what_changed_since_the_last_run_and_shows_no_number(store, page_of, a_b):
    """F51. Red while the last run of the same words was shown as the run of what is there now."""
    a_b.a()
    last = execute(a_b.spec, store).record
    a_b.b()
    page = page_of(a_b.spec)
    assert f"This has not been run yet: {a_b.what} changed since the last run of it" in page.said
    assert (page.accuracy, "run" in page.app.query_params) == (None, False)
    opened = page_of(run=last.run_id)  # whoever asks for that very run gets it
    assert opened.accuracy == 1
    assert f"{a_b.what[1:]} changed since this run was made" in opened.said


def test_the_command_line_reports_what_is_there_now(store, a_b, judge, capsys):
    """F51. Red with a run found by its words, in place of the one that was resolved."""
    chosen = a_b.spec
    words = ["run", "--task", chosen.task.name, "--model", chosen.model, "--prompt", chosen.prompt, "--n", "12"]
    found = []
    for edit in (a_b.a, a_b.b, a_b.a, a_b.b):
        edit()
        assert command_line([*words, "--json", "--no-baselines", "--cache", str(store.folder)]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert [report["accuracy"] == 1 for report in found] == [True, False, True, False]
    assert [report["predicted_now"] for report in found[2:]] == [0, 0]


def test_a_report_is_held_against_the_baseline_of_todays_train_split(store, messages, judge, capsys):
    """F51. Red while the oldest baseline on a sample was the one, on the command line, and the newest, in the app."""
    labels = {"right": LABELS, "wrong": LABELS[1:] + LABELS[:1]}
    judge.right = lambda identity, messages: False
    found = []
    for kind in ("right", "wrong", "right"):
        rows = zip(LABELS, labels[kind], strict=True)
        write_csv(messages.train, [Example(f"{gold} message number", label) for gold, label in rows])
        words = ["run", "--task", str(messages.folder), "--n", "16", "--json", "--cache", str(store.folder)]
        assert command_line(words) == 0
        sentences = [finding["sentence"] for finding in json.loads(capsys.readouterr().out)["findings"]]
        found.append(any("TF-IDF" in sentence and "gets 100.0 %" in sentence for sentence in sentences))
        record = store.runs_on_sample(store.runs()[0].sample_id)
        assert (
            next(one for one in record if one.spec.model == "tfidf").identity
            == plan_run(RunSpec(TaskSource(str(messages.folder)), "tfidf", n=16), store).record.identity
        )
    assert found == [True, False, True]


def test_a_branch_that_moves_and_comes_back_is_the_run_that_was_resolved_last(
    store, messages, judge, page_of, monkeypatch
):
    """F51. Red with the newest run in place of the one that was resolved last: the page cannot ask the hub."""
    judge.right = lambda identity, messages: identity["model"].endswith("a" * 40)
    asked = []
    monkeypatch.setattr("evalcore.predictors.files.source.look_up", lambda *_: asked.append(1) or Commit(commit, ()))
    chosen = checked(RunSpec(TaskSource(str(messages.folder)), "owner/name", n=12))
    for letter, right in (("a", True), ("b", False), ("a", True)):
        commit = letter * 40
        execute(chosen, store)
        times = len(asked)
        assert (page_of(chosen).accuracy == 1) is right
        assert len(asked) == times


def test_what_cannot_be_looked_at_shows_the_last_run_and_says_why(store, messages, page_of, judge):
    """F51. Red with a page that needs the file: the run is stored, and the file is gone."""
    chosen = checked(RunSpec(TaskSource(str(messages.folder)), "majority", n=12))
    execute(chosen, store)
    messages.test.unlink()
    page = page_of(chosen)
    assert page.accuracy is not None
    assert "the folder holds no test file" in page.said
    assert "What is shown is the last run of it." in page.said
    store.save_prompt(custom_prompt("mine", CAREFUL, "{text}"))
    chosen = checked(RunSpec(TaskSource("demo"), "demo", "mine", n=4))
    execute(chosen, store)
    store.delete_prompt("mine")
    page = page_of(chosen)
    assert page.accuracy is not None
    assert "there is no prompt 'mine'" in page.said


def test_a_page_shows_the_run_of_its_job_although_the_file_was_written_meanwhile(store, messages, page_of, monkeypatch):
    """F51. Red while the page looked for a run of the file as it is now, and found none."""
    chosen = checked(RunSpec(TaskSource(str(messages.folder)), "majority", n=12))
    page = page_of(chosen)
    resolve = run_module.plan_run

    def prepare_and_write(spec, *rest):
        prepared = resolve(spec, *rest)
        messages.write(5)
        return prepared

    monkeypatch.setattr(run_module, "plan_run", prepare_and_write)
    page.press("Run")
    assert page.accuracy is not None
    assert "The data has changed since this run was made" in page.said
    assert page_of(chosen).accuracy is None


def test_a_click_reads_no_file_that_has_not_changed(store, messages, model, page_of, judge, monkeypatch):
    """F51. Red while every minute, and the prompts page at every click, the task was read anew."""
    reads = []
    for module, name in ((NamedFile, "read"), (hashlib, "file_digest")):
        original = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, was=original: reads.append(a) or was(*a))
    chosen = checked(RunSpec(TaskSource(str(messages.folder)), str(model), n=12))
    execute(chosen, store)
    page = page_of(chosen)
    assert reads
    reads.clear()
    page.look()
    assert (page.accuracy is not None, reads) == (True, [])
    prompts = page.app.switch_page("pages/prompts.py").run()
    prompts.run()
    assert (bool(prompts.exception), reads) == (False, [])
    messages.write(1)
    page.look()
    assert len(reads) == 2  # test.csv and train.csv, once


def test_a_run_of_an_older_cache_is_found_as_before(store, messages, judge, page_of):
    """F51. Red with a run looked for only where this version notes what words stood for."""
    chosen = checked(RunSpec(TaskSource(str(messages.folder)), "demo", "mine", n=12))
    for system in (CAREFUL, CARELESS):
        store.save_prompt(custom_prompt("mine", system, "{text}"))
        execute(chosen, store)
    as_in_format(2, store.folder)
    again = Store(store.folder)
    store.save_prompt(custom_prompt("mine", CAREFUL, "{text}"))
    assert len(again.runs_for(chosen)) == 2
    assert page_of(chosen).accuracy == 1
    store.save_prompt(custom_prompt("mine", CARELESS, "{text}"))
    assert page_of(chosen).accuracy < 0.5


def test_the_same_run_is_found_by_whatever_words_it_was_asked_for(store, messages, page_of, tmp_path):
    """F51. Red while a run was known by the words that came last: under the others it had not been run."""
    shutil.copytree(messages.folder, tmp_path / "copy")
    first, second = (
        checked(RunSpec(TaskSource(str(f)), "majority", n=500)) for f in (messages.folder, tmp_path / "copy")
    )
    assert execute(first, store).record.run_id == execute(second, store).record.run_id
    for chosen in (first, second, replace(first, n=len(TEXTS))):
        assert page_of(chosen).accuracy is not None


def test_side_by_side_runs_what_is_there_now(store, messages, judge, page_of):
    """F51. Red while an edited prompt counted as run, and its old answers were shown for it."""
    for name, system in (("mine", CAREFUL), ("other", CARELESS)):
        store.save_prompt(custom_prompt(name, system, "{text}"))
    chosen = checked(RunSpec(TaskSource(str(messages.folder)), "demo", "mine", n=12))
    ids = [execute(replace(chosen, prompt=name), store).record.run_id for name in ("mine", "other")]
    store.save_prompt(custom_prompt("mine", "Guess twice. One of {labels}.", "{text}"))
    page = page_of(chosen)
    page.app.session_state["sweep_prompts"] = ["mine", "other"]
    page.app.switch_page("pages/side_by_side.py")
    page.look().press("Run all of them")
    (new,) = {record.run_id for record in store.runs() if record.prompt.name == "mine"} - set(ids)
    assert page.app.session_state["view"].side_by_side.runs == [new, ids[1]]


@dataclass(frozen=True)
class SpecOfTomorrow(RunSpec):
    """A spec with one more field."""

    merged_labels: str = ""


@dataclass(frozen=True)
class TaskOfTomorrow(TaskSource):
    """A task source with one more field."""

    weight_column: str = ""


def test_a_new_field_of_a_spec_orphans_no_stored_run(store, task, tmp_path):
    """F60. Red with a key that is made of every field: each stored run is "not run yet" after an update."""
    loader = lambda i, on_phase: Logged(i.identity, tmp_path / "log")  # noqa: E731
    record = execute(spec(task, n=48), store, loader=loader).record
    calls, old = len(asked(tmp_path / "log")), record.spec
    options = {one.name: getattr(old, one.name) for one in fields(old)}
    newer = [SpecOfTomorrow(**options), replace(old, task=TaskOfTomorrow(**asdict(old.task)))]
    for same in newer:
        assert (same.key, same.to_json()) == (old.key, old.to_json())
        assert [found.run_id for found in store.runs_for(same)] == [record.run_id]
        assert execute(same, store, loader=loader).predicted_now == 0
    assert len(asked(tmp_path / "log")) == calls
    assert SpecOfTomorrow.from_json(old.to_json()) == newer[0]


def test_a_new_field_that_says_something_is_another_spec(store, task):
    """F60. Red with a key that leaves a new field out altogether: two different runs are one."""
    old = checked(spec(task, n=48))
    options = {one.name: getattr(old, one.name) for one in fields(old)}
    newer = [
        SpecOfTomorrow(**options, merged_labels="a+b"),
        replace(old, task=TaskOfTomorrow(**asdict(old.task), weight_column="weight")),
    ]
    assert len({old.key, *(one.key for one in newer)}) == 3
    assert SpecOfTomorrow.from_json(newer[0].to_json()) == newer[0]
    for one in newer:
        with pytest.raises(StoreError, match="which this version does not know: a newer one wrote it"):
            RunSpec.from_json(one.to_json())


def test_the_keys_of_specs_are_those_that_stored_runs_have():
    """F60. Red with any change of how a spec is hashed; these keys are in the caches that people have."""
    assert RunSpec().key == "83041afe7a023b690771c4cd54a24b6b570b955caa4c83996558d8b8883e195e"
    full = RunSpec(
        TaskSource("x.csv", "t", "l", "tr", "la"), "m", "few-shot:3", 7, "random", 3, "choose", "loop", 8, 4, "bfloat16"
    )
    assert full.key == "d8ee8a80954c89d914176605a7d295ffb71f136a77966a54eee610f42c768153"
