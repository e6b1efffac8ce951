"""What a worker of a Ray cluster does, and what is done with its answers: without a cluster."""

import re
import shutil
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import evalcore
from evalcore.errors import ModelError, OutOfMemory, Unanswered
from evalcore.running import NotAnswered, execute
from evalcore.running.on_ray import cluster as ray_cluster
from evalcore.running.on_ray import executor as ray_executor
from evalcore.running.on_ray.cluster import Workers
from evalcore.running.on_ray.executor import RayExecutor
from evalcore.running.on_ray.worker import _ROW, Worker, answered, asked
from evalcore.running.plan import plan_run
from evalcore.store import Completion, RunSpec
from evalcore.tasks import TaskSource
from tests.tools.encoders import random_encoder
from tests.tools.ray_workers import DEMO, ToyWorker, on


@pytest.fixture
def demo_plan(store):
    return plan_run(DEMO, store)


def assigned(plan, **changes):
    """What a worker is told of a plan."""
    return {
        "spec": plan.record.spec.to_json(),
        "identity": dict(plan.handle.identity),
        "labels": list(plan.record.labels),
        "answers": list(plan.answers),
        "content_free": dict(plan.content_free),
        "prompts": plan.prompts,
        **changes,
    }


def answer_of(worker, number, keys, prompts):
    (row,) = worker(asked(number, keys, prompts)).to_pylist()
    return answered(row)


def test_a_worker_alone_answers_what_the_local_engine_answers(demo_plan, store):
    execute(DEMO, store)
    worker = Worker(**assigned(demo_plan))
    keys = demo_plan.keys[:8]
    first = answer_of(worker, 3, keys, demo_plan.prompts[:8])
    assert first.number == 3
    assert first.error is first.unanswered is None
    assert first.seconds > 0
    assert [key for key, _ in first.rows] == keys
    stored = store.completions(keys)
    assert {key: replace(each, latency_ms=0) for key, each in first.rows} == {
        key: replace(each, latency_ms=0) for key, each in stored.items()
    }
    assert first.label_reference == store.run(demo_plan.record.run_id).label_reference
    second = answer_of(worker, 4, [], [])
    assert (second.rows, second.label_reference, second.metadata) == ([], None, {})


def test_every_field_of_a_completion_travels():
    completion = Completion("é", (3, 2**40), 7, "eos", 1.5, b"\x00\xff\x80")
    assert [field.name for field in _ROW] == ["key", *(field.name for field in fields(Completion))]

    class Fixed(ToyWorker):
        def load(self, spec, identity, labels, answers):
            toy = super().load(spec, identity, labels, answers)
            toy.predict = lambda prompts: [completion for _ in prompts]
            return toy

    spec = RunSpec().to_json()
    worker = Fixed(spec=spec, identity={}, labels=[], answers=[], content_free={}, prompts=[])
    assert answer_of(worker, 0, [b"k"], [({"role": "user", "content": "x\ud800"},)]).rows == [(b"k", completion)]


def test_a_worker_loads_an_encoder_without_the_tasks_files(colours, store, tmp_path):
    model = random_encoder(tmp_path / "encoder", "bert")
    spec = RunSpec(TaskSource(str(colours)), f"encoder:{model}", n=8, batch_size=4, device="cpu", labels_by="id")
    execute(spec, store)
    plan = plan_run(spec, store)
    shutil.rmtree(colours)
    got = answer_of(Worker(**assigned(plan)), 0, plan.keys[:4], plan.prompts[:4])
    assert got.error is None
    stored = store.completions(plan.keys[:4])
    assert {key: replace(each, latency_ms=0) for key, each in got.rows} == {
        key: replace(each, latency_ms=0) for key, each in stored.items()
    }


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"device": "cuda", "dtype": "bfloat16"},
            "device cpu, dtype float32 there, device cuda, dtype bfloat16",
        ),
        ({"model": "sha256:0"}, "Put the same files at this path on every machine"),
        ({"engine": "batched 0"}, "Use the same version of Blindspot on every machine"),
    ],
)
def test_a_worker_with_another_model_says_what_differs(demo_plan, changes, sentence):
    identity = {**demo_plan.handle.identity, **changes}
    got = answer_of(Worker(**assigned(demo_plan, identity=identity)), 0, demo_plan.keys[:1], demo_plan.prompts[:1])
    assert got.rows == []
    assert isinstance(got.error, ModelError)
    assert sentence in str(got.error)


@pytest.mark.parametrize(
    ("raised", "kind", "sentence"),
    [
        (
            OutOfMemory("out of memory.", where="m", do="Choose a smaller model."),
            OutOfMemory,
            "m: out of memory. Choose",
        ),
        (RuntimeError("oops"), ModelError, r"the worker \S+ failed with RuntimeError \(oops\)"),
    ],
)
def test_what_fails_on_a_worker_is_said_in_the_run(raised, kind, sentence):
    class Failing(ToyWorker):
        def load(self, spec, identity, labels, answers):
            raise raised

    worker = Failing(spec=RunSpec().to_json(), identity={}, labels=[], answers=[], content_free={}, prompts=[])
    error = answer_of(worker, 0, [b"k"], [()]).error
    assert type(error) is kind
    assert re.search(sentence, str(error))


def test_prompts_without_an_answer_come_back_as_such():
    class Partly(ToyWorker):
        def load(self, spec, identity, labels, answers):
            toy = super().load(spec, identity, labels, answers)

            def predict(prompts):
                raise Unanswered("no answer.", where="x", do="y", answers=[None, Completion("a")], give_up=True)

            toy.predict = predict
            return toy

    worker = Partly(spec=RunSpec().to_json(), identity={}, labels=[], answers=[], content_free={}, prompts=[])
    got = answer_of(worker, 0, [b"k", b"l"], [(), ()])
    assert got.rows == [(b"l", Completion("a"))]
    assert (str(got.unanswered), got.unanswered.give_up) == ("x: no answer. y", True)


def in_this_process(monkeypatch, deliver):
    """Replace the cluster by a worker here, whose answers `deliver` may change."""

    @contextmanager
    def connected(workers):
        yield replace(workers, number=2)

    def stream(tables, workers, worker, assignment, *, waiting, on_wait):
        on_wait()
        made = worker(**assignment)
        yield from deliver([row for table in tables for row in made(table).to_pylist()], waiting)

    monkeypatch.setattr(ray_executor, "connected", connected)
    monkeypatch.setattr(ray_executor, "stream", stream)


def test_what_is_delivered_twice_is_taken_once(store, colour_spec, monkeypatch):
    in_this_process(monkeypatch, lambda rows, waiting: [*rows[:3], *rows[:3], *rows[3:]])
    counts = []
    execute(colour_spec, store, executor=on(""), on_progress=lambda now: counts.append(now.done) or True)
    assert max(counts) == 40
    assert store.run(plan_run(colour_spec, store).record.run_id).predicted == 40


def test_what_a_worker_cannot_load_ends_the_run(store, colour_spec, monkeypatch):
    class Failing(ToyWorker):
        def load(self, spec, identity, labels, answers):
            raise ModelError("there is no such model.", where="m")

    in_this_process(monkeypatch, lambda rows, waiting: rows)
    with pytest.raises(ModelError, match="m: there is no such model"):
        execute(colour_spec, store, executor=on("", Failing))


def test_what_was_lost_with_a_worker_is_asked_for_once_more_alone(store, colour_spec, monkeypatch):
    rounds = []

    def losing(rows, waiting):
        rounds.append((waiting, [row["number"] for row in rows]))
        return [row for row in rows if row["number"] not in ((2, 5) if waiting else ())]

    in_this_process(monkeypatch, losing)
    assert execute(colour_spec, store, executor=on("")).complete
    assert rounds == [(True, list(range(10))), (False, [2, 5])]


def test_all_batches_that_are_lost_each_time_are_counted_and_named(store, colour_spec, monkeypatch):
    """Red if the last of them alone is told."""
    in_this_process(monkeypatch, lambda rows, waiting: [row for row in rows if row["number"] not in (2, 5)])
    with pytest.raises(NotAnswered, match="no answer to 8 examples in 2 batches") as caught:
        execute(colour_spec, store, executor=on(""))
    assert caught.value.answered == 32
    plan = plan_run(colour_spec, store)
    for at in (8, 20):
        assert repr(plan.examples[at].text) in str(caught.value)


def test_workers_elsewhere_are_sent_the_whole_package(monkeypatch):
    """Red if this room alone is sent, under its own name: a worker then imports whatever version it has."""
    given = {}
    ray = SimpleNamespace(init=lambda **where: given.update(where))
    ray_cluster._connect(ray, Workers("127.0.0.1:6379"))
    (package,) = map(Path, given["runtime_env"]["py_modules"])
    assert package == Path(evalcore.__file__).parent


def test_what_ranks_the_labels_is_learnt_by_one_worker_if_nothing_else_is_missing(store, monkeypatch):
    in_this_process(monkeypatch, lambda rows, waiting: rows)
    spec = replace(DEMO, decoding="choose-mean", n=8)
    known = execute(spec, store).record.label_reference
    with store.connect(write=True) as db:
        db.execute("UPDATE runs SET label_reference = ''")
    assert not store.run(plan_run(spec, store).record.run_id).label_reference
    assert execute(spec, store, executor=RayExecutor()).predicted_now == 0
    assert store.run(plan_run(spec, store).record.run_id).label_reference == known


@pytest.fixture
def answering():
    """The port of a socket that says the given bytes to whoever connects, and nothing else."""
    listening = []

    def start(said):
        server = socket.create_server(("127.0.0.1", 0))
        listening.append(server)

        def serve():
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    connection.sendall(said)
                    listening.append(connection)

        threading.Thread(target=serve, daemon=True).start()
        return server.getsockname()[1]

    yield start
    for each in listening:
        each.close()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [(b"", "no Ray cluster answers there"), (b"HTTP/1.1 400 Bad Request\r\n", "what answers there is no Ray cluster")],
)
def test_what_is_no_ray_cluster_is_said_within_seconds(answering, said, sentence, monkeypatch):
    monkeypatch.setattr(ray_cluster, "PATIENCE_S", 0.3)
    address = f"127.0.0.1:{answering(said)}"
    started = time.monotonic()
    with pytest.raises(ModelError, match=sentence):
        ray_cluster.check_that_it_answers(address)
    assert time.monotonic() - started < 20  # Ray itself would wait without end


def test_an_address_where_nothing_listens_or_that_is_none_is_said(answering):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with (
        pytest.raises(ModelError, match="no Ray cluster answers there"),
        ray_cluster.connected(Workers(f"ray://127.0.0.1:{port}")),
    ):
        pass
    for address in ("127.0.0.1", "http://127.0.0.1:1", "host:port"):
        with (
            pytest.raises(ModelError, match="not the address of a Ray cluster"),
            ray_cluster.connected(Workers(address)),
        ):
            pass


def test_a_server_is_refused_and_a_baseline_is_computed_here(store, colour_spec):
    with pytest.raises(ModelError, match="a server is asked over the network"):
        execute(replace(colour_spec, model="http://127.0.0.1:9/v1#m"), store, executor=RayExecutor())
