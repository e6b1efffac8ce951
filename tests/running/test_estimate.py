"""What a run will take, said before it: what is counted, what it rests on, and that nothing is done."""

import csv
import json
import os
import shutil
from dataclasses import replace

import pytest

from evalcore.errors import BlindspotError
from evalcore.paths import DEMO_MODELS
from evalcore.predictors import loading, local_forecast
from evalcore.predictors.files import source
from evalcore.predictors.forecast import Span
from evalcore.predictors.servers.dialects import AROUND_THE_LABEL
from evalcore.running import calibration, estimate, task_cache
from evalcore.running.estimate_words import in_lines, in_one_line
from evalcore.running.plan import plan_run
from evalcore.running.run import execute
from evalcore.store import SERVERS_FILE, Completion, RunSpec, ServerRow, Store, Usage, checked, write_servers
from evalcore.store.jobs import Jobs
from evalcore.store.planned import planned_and_taken, planned_effort, planned_metadata, planned_seconds
from evalcore.tasks import TaskSource
from tests.conftest import Toy, write_csv
from tests.tools.hub import Repo, serving_hub
from tests.tools.processes import finished

SERVER = "http://127.0.0.1:9/v1#m"


def estimated(spec, store):
    return estimate.estimate(plan_run(spec, store), store)


def rows_of(store):
    """The number of rows of each table, but for what is noted of files."""
    with store.connect() as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
        counts = {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}
    return {name: n for name, n in counts.items() if name not in ("file_digests", "sqlite_sequence")}


def run_by(store, spec, planned=None, **answers):
    """A run by a toy predictor with the identity of the spec's model."""
    how = {} if planned is None else {"planned": planned}
    return execute(spec, store, loader=lambda handle, on_phase: Toy(handle.identity, answers), **how)


def test_tokens_are_those_of_the_models_own_tokenizer_and_nothing_is_stored_or_loaded(store, monkeypatch):
    monkeypatch.setattr(loading, "load_weights", lambda *args, **how: pytest.fail("weights were loaded"))
    before = rows_of(store)
    found = estimated(RunSpec(n=40), store)
    assert rows_of(store) == before
    monkeypatch.undo()
    run = execute(RunSpec(n=40), store)
    completions = store.completions(store.first_items(run.record.run_id, 40)[1]).values()
    assert found.tokens_in == pytest.approx(sum(one.prompt_tokens for one in completions))
    assert found.tokens_out == pytest.approx(sum(len(one.token_ids) for one in completions), rel=0.25)
    assert found.most_tokens_out == 40 * 16
    assert 0.5 * found.tokens_in < found.shared_tokens < found.tokens_in
    assert (found.tokens_from, found.predictions, found.stored, found.n) == ("tokenizer", 40, 0, 40)
    assert found.run_id == run.record.run_id
    assert found.seconds_low <= found.seconds <= found.seconds_high
    assert "measured" in found.rests_on
    assert found.download_bytes == 0


def test_what_is_stored_is_not_planned_again(store):
    part = checked(RunSpec(n=40))
    run_by(store, replace(part, n=16))
    found = estimated(part, store)
    assert (found.predictions, found.stored) == (24, 16)
    run_by(store, part)
    done = estimated(part, store)
    assert (done.predictions, done.stored, done.seconds) == (0, 40, 0.0)
    assert in_one_line(done) == "Nothing to predict: all predictions are stored"


def test_a_text_that_occurs_twice_is_planned_once(store, tmp_path):
    from evalcore.tasks.task import Example

    write_csv(
        tmp_path / "twice" / "test.csv", [Example("same text", "a"), Example("same text", "a"), Example("b", "b")]
    )
    found = estimated(RunSpec(TaskSource(str(tmp_path / "twice")), n=3), store)
    assert (found.n, found.predictions) == (3, 2)


def test_choosing_writes_nothing(store):
    found = estimated(RunSpec(n=20, decoding="choose"), store)
    assert (found.tokens_out, found.most_tokens_out) == (0.0, 0.0)
    assert "no answer is written" in in_one_line(found)


def test_the_expected_length_of_an_answer_is_that_of_earlier_ones(store):
    run_by(store, RunSpec(n=16))  # the toy's answers have two tokens
    assert estimated(RunSpec(n=40), store).tokens_out == 24 * 2
    assert estimated(RunSpec(n=40, seed=3), store).tokens_out == pytest.approx(
        2 * estimated(RunSpec(n=40, seed=3), store).predictions
    )
    assert estimated(RunSpec(n=40, prompt="bare"), store).tokens_out > 100


def timed(store, spec, seconds, planned=None, **metadata):
    """A run of a toy that took so long."""
    outcome = run_by(store, spec, planned)
    with store.connect(write=True) as db:
        facts = {**outcome.record.metadata, **metadata}
        db.execute(
            "UPDATE runs SET seconds = ?, load_seconds = 0.5, facts = ? WHERE run_id = ?",
            (seconds, json.dumps(facts), outcome.record.run_id),
        )
    return outcome.record


def test_an_earlier_run_of_the_model_says_more_than_a_measurement(store, monkeypatch):
    monkeypatch.setattr(estimate, "busy", lambda kind: 1.0)
    timed(store, RunSpec(n=40), 20.0)
    found = estimated(RunSpec(n=60), store)
    assert found.rests_on == "1 earlier run of this model with these settings"
    assert found.predictions == 20
    assert found.seconds == pytest.approx(20 * 20.0 / 40)
    assert (found.seconds_low, found.seconds_high) == (pytest.approx(6.0), pytest.approx(18.0))
    assert found.load_seconds == 0.5
    monkeypatch.setattr(estimate, "busy", lambda kind: 4.0)
    busier = estimated(RunSpec(n=60), store)
    assert (busier.seconds_low, busier.seconds) == (found.seconds_low, found.seconds)
    assert busier.seconds_high == pytest.approx(2 * found.seconds_high)


@pytest.mark.parametrize(
    "other",
    [{"engine": "loop"}, {"decoding": "choose"}, {"model": "demo-early"}, {"batch_size": 3}, {"prompt": "bare"}],
)
def test_a_run_that_asked_for_other_work_says_nothing(store, other):
    timed(store, replace(RunSpec(n=40), **other), 2_000.0)
    assert "measured" in estimated(RunSpec(n=60), store).rests_on


@pytest.mark.parametrize("how", [{"device": "ANOTHER GPU"}, {"workers": "4"}])
def test_a_run_on_another_device_or_by_several_workers_says_nothing(store, how):
    timed(store, RunSpec(n=40), 2_000.0, **how)
    assert "measured" in estimated(RunSpec(n=60), store).rests_on


def test_a_run_with_another_prompt_is_compared_by_what_went_through_the_model(store):
    planned = {}

    def note(plan, done):
        planned.update(estimate.estimate(plan, store).as_metadata)
        return planned

    record = timed(store, RunSpec(n=40, engine="loop", prompt="bare"), 20.0, note)
    assert planned_effort(store.run(record.run_id))[0] == pytest.approx(float(planned["planned effort"]) / 40, rel=1e-4)
    bare = estimated(RunSpec(n=80, engine="loop", prompt="bare", seed=1), store)
    article = estimated(RunSpec(n=80, engine="loop", seed=1), store)
    assert "1 earlier run" in article.rests_on
    assert article.effort / article.predictions > 2 * bare.effort / bare.predictions  # it lists the labels
    assert article.seconds / article.effort == pytest.approx(bare.seconds / bare.effort, rel=0.02)


def test_other_work_on_the_machine_makes_it_later_and_never_earlier(store, monkeypatch):
    monkeypatch.setattr(estimate, "busy", lambda kind: 1.0)
    alone = estimated(RunSpec(n=40), store)
    monkeypatch.setattr(estimate, "busy", lambda kind: 4.0)
    beside = estimate._beside_others(Span(1.0, 2.0, 3.0), 4.0)
    assert (beside.low, beside.middle, beside.high) == (1.0, 4.0, 12.0)
    assert estimated(RunSpec(n=40), store).seconds_high > 2 * alone.seconds_high


def test_a_model_that_only_earlier_runs_can_tell_of_has_no_time_before(store, colours):
    spec = RunSpec(TaskSource(str(colours)), "majority", n=12)
    first = estimated(spec, store)
    assert (first.seconds, first.tokens_in, first.predictions) == (None, None, 12)
    assert in_one_line(first) == "12 predictions · time not known before it was run once"
    execute(spec, store)
    second = estimated(replace(spec, n=20), store)
    assert second.seconds is not None
    assert in_lines(second)["rests on"].startswith("1 earlier run")


def test_a_device_that_is_not_here_has_no_time(store):
    import torch

    if torch.xpu.is_available():
        pytest.skip("an Intel GPU is here")
    found = estimated(RunSpec(n=20, device="xpu", dtype="bfloat16"), store)
    assert (found.seconds, found.device) == (None, "")
    assert found.rests_on == "this machine has no device xpu"


def test_tokens_of_a_server_are_estimated_and_then_counted_by_what_it_counted(store):
    first = estimated(RunSpec(model=SERVER, n=20), store)
    assert (first.tokens_from, first.device, first.price) == ("characters", "", None)
    assert in_lines(first)["price"] == "price not known"
    run_by(store, RunSpec(model=SERVER, n=20))  # the toy's prompts have seven tokens
    second = estimated(RunSpec(model=SERVER, n=60), store)
    assert (second.tokens_from, second.tokens_in, second.tokens_out) == ("earlier answers", 40 * 7, 40 * 2)


def test_a_server_that_tells_only_totals_says_how_long_its_answers_are(store):
    class Totals(Toy):
        def predict(self, prompts):
            return [Completion("red", (), 7, "eos", 1.5) for _ in prompts]

    spec = RunSpec(model=SERVER, n=20)
    record = execute(spec, store, loader=lambda handle, on_phase: Totals(handle.identity, {})).record
    with store.connect(write=True) as db:
        usage = Usage(requests=25, input_tokens=100, output_tokens=60, untold=5)
        db.execute("UPDATE runs SET usage = ? WHERE run_id = ?", (usage.to_json(), record.run_id))
    assert estimated(replace(spec, n=60), store).tokens_out == 40 * 60 / 20


def test_a_price_is_that_of_the_table_and_that_of_the_longest_answers_is_beside_it(store):
    from datetime import date

    row = ServerRow(
        "http://127.0.0.1:9/v1",
        "m",
        input_per_million=2.0,
        output_per_million=8.0,
        currency="EUR",
        as_of=date(2026, 3, 1),
    )
    write_servers(store.folder, [row])
    found = estimated(RunSpec(model=SERVER, n=20), store)
    assert found.price == pytest.approx((round(found.tokens_in) * 2.0 + round(found.tokens_out) * 8.0) / 1e6)
    assert found.most_price == pytest.approx((round(found.tokens_in) * 2.0 + 20 * 16 * 8.0) / 1e6)
    assert in_lines(found)["price"].endswith("by prices of 2026-03-01")
    held = estimated(RunSpec(model=SERVER, n=20, decoding="constrained"), store)
    assert held.most_tokens_out == 20 * (16 + AROUND_THE_LABEL)
    (store.folder / SERVERS_FILE).write_text("address\nno address\n", encoding="utf-8")
    with pytest.raises(BlindspotError, match=SERVERS_FILE):
        estimated(RunSpec(model=SERVER, n=20), store)


def test_a_plan_is_asked_for_anew_when_what_decides_it_has_changed(store, colours):
    spec = checked(RunSpec(TaskSource(str(colours)), SERVER, n=12))
    first = estimate.request(spec, 0, store)
    assert estimate.request(spec, 0, store) == first
    assert estimate.request(spec, 1, store) != first
    assert estimate.request(replace(spec, prompt="bare"), 0, store) != first
    write_servers(store.folder, [ServerRow("http://127.0.0.1:9/v1", concurrent=2)])
    priced = estimate.request(spec, 0, store)
    assert priced != first
    with (colours / "test.csv").open("a", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerow(["one more", "red"])
    assert estimate.request(spec, 0, store) != priced
    task_cache.read_task(spec.task, store)


def test_what_another_version_said_is_no_estimate(store):
    found = estimated(RunSpec(n=4), store)
    assert estimate.Estimate.from_json(found.to_json()) == found
    fields = json.loads(found.to_json())
    for text in ("", "[]", "3", json.dumps({**fields, "newer": 1}), json.dumps({"n": 3}), "[" * 100_000):
        assert estimate.Estimate.from_json(text) is None


def test_a_plan_of_what_was_missing_is_compared_with_as_many_predictions(store):
    kept = planned_metadata(seconds=3.0, predictions=30, effort=600.0, on="a CPU")
    record = replace(plan_run(RunSpec(n=40), store).record, metadata=kept, predicted=40, seconds=2.6)
    assert planned_seconds(record, 40) == pytest.approx(4.0)
    assert planned_seconds(record, 15) == pytest.approx(1.5)
    assert planned_effort(record) == (20.0, "a CPU")
    by_workers = replace(record, metadata={**record.metadata, "workers": "2"})
    assert planned_seconds(by_workers, 10) is None
    assert planned_and_taken(record) == "planned 4.0 s, took 2.6 s"
    for damaged in ({}, {**kept, "planned predictions": "0"}, {**kept, "planned seconds": "soon"}):
        assert planned_seconds(replace(record, metadata=damaged), 40) is None
    assert planned_and_taken(replace(record, metadata={})) == ""


def test_a_run_keeps_its_plan_and_one_that_predicts_nothing_asks_for_none(store):
    asked = []

    def planned(plan, done):
        asked.append(done)
        return planned_metadata(seconds=1.0, predictions=plan.record.n - done, effort=1.0, on="")

    record = run_by(store, RunSpec(n=16), planned).record
    assert planned_seconds(record, 16) == pytest.approx(1.0)
    run_by(store, RunSpec(n=16), planned)
    assert run_by(store, RunSpec(n=40), planned).record.metadata["planned predictions"] == "24"
    assert asked == [0, 16]


HUB = """
import json, sys
from evalcore.running.estimate import estimate
from evalcore.running.plan import plan_run
from evalcore.store import RunSpec, Store
store = Store(sys.argv[1])
print(estimate(plan_run(RunSpec(model="owner/small", n=8), store), store).to_json())
"""


def test_of_a_model_of_the_hub_no_weights_are_downloaded_and_a_hub_that_is_away_is_said(tmp_path):
    folder = tmp_path / "served"
    shutil.copytree(DEMO_MODELS / "demo", folder)

    def asked(url, home):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        own = {"HF_ENDPOINT": url, "HF_HOME": str(tmp_path / home), "HF_HUB_DISABLE_XET": "1"}
        return finished("-c", HUB, tmp_path / "cache", env={**kept, **own})

    with serving_hub() as hub:
        hub.repos["owner/small"] = Repo(folder)
        found = json.loads(asked(hub.url, "hf").stdout)
        read = {path for method, path in hub.requests if method == "GET" and "/resolve/" in path}
    assert any(path.endswith("tokenizer.json") for path in read)
    assert not any(path.endswith(".safetensors") for path in read)
    assert found["tokens_from"] == "tokenizer"
    assert found["download_bytes"] == (folder / "model.safetensors").stat().st_size
    assert found["free_disk_bytes"] > 0
    away = asked("http://127.0.0.1:9", "elsewhere")
    assert "the hub cannot be reached, and the model is not in the local cache." in away.stderr


def test_without_a_tokenizer_at_hand_tokens_are_estimated(store, monkeypatch):
    exact = estimated(RunSpec(n=20), store)
    monkeypatch.setattr(
        local_forecast, "download", lambda *args, **how: (_ for _ in ()).throw(source.ModelError("away"))
    )
    found = estimated(RunSpec(n=20), store)
    assert found.tokens_from == "characters"
    assert 0.3 * exact.tokens_in < found.tokens_in < 3 * exact.tokens_in
    assert found.seconds is None


def test_a_model_that_is_too_large_says_what_it_needs_and_what_is_free(store, monkeypatch):
    monkeypatch.setattr(local_forecast, "free_bytes", lambda at: 1e6)
    assert "needs 8.1 MB of memory, 1.0 MB are free" in in_one_line(estimated(RunSpec(n=4), store))


def test_the_calibration_is_kept_in_the_folder_of_the_cache(store, monkeypatch):
    monkeypatch.setattr(calibration, "_measured", {})
    estimated(RunSpec(n=4), store)
    assert (store.folder / calibration.CALIBRATION).is_file()
    assert estimated(RunSpec(n=4), Store(store.folder)).rests_on == estimated(RunSpec(n=4), store).rests_on


def test_plans_are_taken_after_questions_and_before_runs_and_are_deleted_after_a_day(store, monkeypatch):
    jobs = Jobs(store)
    run, plan, live = (jobs.enqueue(kind, kind) for kind in ("run", "plan", "live"))
    assert [jobs.claim(1).job_id for _ in range(3)] == [live, plan, run]
    jobs.finish(plan, "done", "first")
    assert jobs.result_of("plan", "plan") == "first"
    again = jobs.enqueue("plan", "plan")
    jobs.claim(1)
    jobs.finish(again, "done", "second")
    assert jobs.result_of("plan", "plan") == "second"
    assert jobs.result_of("plan", "another") is None
    import time

    tomorrow = time.time() + 90_000
    monkeypatch.setattr("evalcore.store.jobs.time.time", lambda: tomorrow)
    jobs.enqueue("plan", "new")
    assert jobs.get(again) is None
    assert jobs.get(live) is not None
