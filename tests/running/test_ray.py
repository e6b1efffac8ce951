"""Runs on real Ray clusters on this machine, with workers that are killed."""

import json
import os
import signal
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from evalcore.errors import ModelError
from evalcore.running import NotAnswered, execute
from evalcore.running.on_ray import data as ray_data
from evalcore.running.on_ray.cluster import Workers
from evalcore.running.on_ray.executor import RayExecutor
from evalcore.running.on_ray.worker import Worker
from evalcore.running.plan import plan_run
from evalcore.store import Store
from tests.tools.command_line import evalcore
from tests.tools.processes import finished, wait_until
from tests.tools.ray_workers import DEMO, ToyWorker, on

pytestmark = pytest.mark.timeout(600)  # clusters start slowly on a machine with other work


@pytest.fixture(scope="module")
def cluster():
    """The address of a cluster on this machine that outlives a run, with room for two workers."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 4, "include_dashboard": False})
    yield cluster.address
    cluster.shutdown()


def rows(store):
    """What is stored, but for times."""
    with store.connect() as db:
        return {
            "completions": db.execute(
                "SELECT key, text, token_ids, prompt_tokens, stop, label_logprobs FROM completions ORDER BY key"
            ).fetchall(),
            "run_items": db.execute("SELECT run_id, position, key FROM run_items ORDER BY 1, 2").fetchall(),
            "runs": db.execute("SELECT run_id, spec, labels, prompt, identity, n, predicted FROM runs").fetchall(),
        }


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def environments():
    """Of all processes that can be looked at."""
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            yield path.read_text(errors="replace")


def pids(folder):
    return [int(path.name) for path in folder.iterdir()]


@pytest.mark.slow
def test_two_workers_of_which_one_is_killed_leave_what_one_process_leaves(cluster, tmp_path):
    noted = tmp_path / "pids"
    noted.mkdir()

    class Noted(Worker):
        def __init__(self, **assignment):
            (noted / str(os.getpid())).touch()
            super().__init__(**assignment)

    killed = []

    def kill_one(progress):
        if progress.predicting and not killed and len(pids(noted)) == 2:
            killed.extend(pids(noted)[:1])
            os.kill(killed[0], signal.SIGKILL)
        return True

    here, there = Store(tmp_path / "here"), Store(tmp_path / "there")
    expected = execute(DEMO, here)
    outcome = execute(DEMO, there, executor=on(cluster, Noted), on_progress=kill_one)
    assert killed
    assert not alive(killed[0])
    assert outcome.complete
    assert rows(there) == rows(here)
    first, second = (store.run(expected.record.run_id) for store in (here, there))
    assert first.label_reference == second.label_reference is not None
    assert first.metadata.keys() | {"workers"} == second.metadata.keys()
    assert execute(DEMO, there).predicted_now == 0


@pytest.mark.slow
def test_a_batch_that_always_kills_its_worker_is_left_out_alone_and_named(cluster, store, colour_spec):

    class Dying(ToyWorker):
        def load(self, spec, identity, labels, answers):
            toy = super().load(spec, identity, labels, answers)
            predict = toy.predict

            def dying(prompts):
                if any("green thing 5" in messages[-1]["content"] for messages in prompts):
                    os.kill(os.getpid(), signal.SIGKILL)
                return predict(prompts)

            toy.predict = dying
            return toy

    with pytest.raises(NotAnswered, match="no answer to 4 examples in 1 batch") as caught:
        execute(colour_spec, store, executor=on(cluster, Dying))
    assert caught.value.answered == 36
    plan = plan_run(colour_spec, store)
    lost = [example.text for example, key in zip(plan.examples, plan.keys, strict=True) if not store.stored_keys([key])]
    assert len(lost) == 4
    assert "green thing 5" in lost
    assert repr(lost[0]) in str(caught.value)
    outcome = execute(colour_spec, store, executor=on(cluster))
    assert (outcome.predicted_now, outcome.from_cache, outcome.complete) == (4, 36, True)


@pytest.mark.slow
def test_a_run_that_is_stopped_ends_its_workers_and_goes_on_later(cluster, store, colour_spec, tmp_path):
    noted = tmp_path / "pids"
    noted.mkdir()

    class Slow(ToyWorker):
        def load(self, spec, identity, labels, answers):
            (noted / str(os.getpid())).touch()
            toy = super().load(spec, identity, labels, answers)
            predict, wait = toy.predict, threading.Event().wait
            toy.predict = lambda prompts: (wait(0.5), predict(prompts))[1]
            return toy

    outcome = execute(colour_spec, store, executor=on(cluster, Slow), on_progress=lambda progress: progress.done < 4)
    assert 4 <= outcome.predicted_now < 40
    assert not outcome.complete
    wait_until(lambda: not any(map(alive, pids(noted))))
    stopped = execute(colour_spec, store, executor=on(cluster), on_progress=lambda now: "loading" not in now.phase)
    assert stopped.predicted_now == 0
    rest = execute(colour_spec, store, executor=on(cluster))
    assert (rest.from_cache, rest.predicted_now, rest.complete) == (outcome.predicted_now, 40 - rest.from_cache, True)


@pytest.mark.slow
def test_what_a_worker_cannot_load_is_one_sentence_and_workers_that_always_die_are_another(
    cluster, store, colour_spec, monkeypatch
):

    class WithoutModel(ToyWorker):
        def load(self, spec, identity, labels, answers):
            raise ModelError("there is no such model.", where=spec.model, do="Check the path.")

    with pytest.raises(ModelError) as caught:
        execute(colour_spec, store, executor=on(cluster, WithoutModel))
    assert str(caught.value) == "demo: there is no such model. Check the path."

    class DyingAtOnce(ToyWorker):
        def load(self, spec, identity, labels, answers):
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(ray_data, "MOST_LOST", 1)
    with pytest.raises(ModelError, match="die again and again"):
        execute(colour_spec, store, executor=on(cluster, DyingAtOnce))


@pytest.mark.slow
def test_the_command_starts_a_cluster_prints_only_its_own_lines_and_leaves_nothing(tmp_path):
    words = ("run", "--n", "8", "--engine", "batched", "--no-baselines", "--json")
    local = evalcore(*words, cache=tmp_path / "here")
    marked = {**os.environ, "BLINDSPOT_TEST_RUN": str(tmp_path)}
    more = ("--executor", "ray", "--workers", "1", "--cache", tmp_path / "there")
    # Where torchao is installed, transformers imports it, and it says what it lacks: that is not what is looked for.
    program = "import sys; sys.modules['torchao'] = None; from evalcore.cli.main import main; sys.exit(main())"
    ray = finished("-c", program, *words, *more, env=marked)
    assert (ray.returncode, ray.stderr) == (0, "")
    here, there = (json.loads(done.stdout) for done in (local, ray))
    for same in ("run_id", "identity", "n", "correct", "macro_f1_all", "per_class"):
        assert here.get(same) == there.get(same), same
    assert there["facts"]["workers"] == "1"
    wait_until(lambda: not any(str(tmp_path) in environment for environment in environments()))


def test_a_cluster_that_is_too_small_says_so_before_anything_is_computed(cluster, store, colour_spec):
    with pytest.raises(ModelError, match="the cluster has 4 CPUs, and 9 workers need 10"):
        execute(colour_spec, store, executor=RayExecutor(Workers(cluster, number=9)))
