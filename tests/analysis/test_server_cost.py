"""What a run asked of its server and what that cost, in words and in JSON, on the command line and on the overview."""

import json
from dataclasses import replace
from datetime import date

import pytest

from evalcore.analysis import server_cost, server_cost_words
from evalcore.analysis.scored_run import score_run
from evalcore.output import report_as_json, report_as_text
from evalcore.running.run import execute
from evalcore.store import RunSpec, ServerRow, Usage, write_servers
from evalcore.tasks import TaskSource
from tests.faults.victim import write_task
from tests.tools.chat_server import reply, serving_chat
from tests.tools.command_line import evalcore

TODAY = date(2026, 11, 28)


@pytest.fixture(scope="module")
def chat():
    with serving_chat() as serving:
        serving.answer = lambda text, before: reply(
            {"content": text.split()[0]},
            usage={"prompt_tokens": 1000, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 600}},
        )
        yield serving


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return write_task(tmp_path_factory.mktemp("task") / "messages", 60)


@pytest.fixture
def record(chat, task, store):
    return execute(RunSpec(TaskSource(str(task)), f"{chat.url}#m", n=20), store).record


def row(chat, **more):
    values = {"input_per_million": 2.0, "output_per_million": 10.0, "currency": "USD", "as_of": date(2026, 11, 1)}
    return replace(ServerRow(chat.url, "m"), **{**values, **more})


def words(store, record):
    return server_cost_words(server_cost(store, record), TODAY)


def test_tokens_are_said_and_that_no_price_is_known(store, record):
    said = "20 requests to the server: 20,000 tokens in (12,000 cached), 100 out."
    assert words(store, record) == f"{said} Cost not known: servers.csv has no price for it."
    assert server_cost(store, record).as_json(TODAY) == {
        "requests": 20, "input_tokens": 20_000, "cached_input_tokens": 12_000, "output_tokens": 100, "untold": 0,
        "lower_bound": False, "amount": None, "currency": None, "price_as_of": None, "price_is_old": None,
    }  # fmt: skip


def test_a_price_makes_a_sum_and_an_old_one_is_said_to_be_old(chat, store, record):
    write_servers(store.folder, [row(chat, cached_input_per_million=0.5)])
    assert words(store, record).endswith("Cost: USD 0.0230 (price of 2026-11-01).")
    write_servers(store.folder, [row(chat, as_of=date(2026, 8, 1))])
    assert words(store, record).endswith("Cost: USD 0.0410 (price of 2026-08-01, 119 days old).")
    known = server_cost(store, record).as_json(TODAY)
    assert (known["amount"], known["currency"], known["price_is_old"]) == (pytest.approx(0.041), "USD", True)


def test_what_the_server_did_not_tell_makes_a_lower_bound(chat, store, record):
    write_servers(store.folder, [row(chat)])
    partly = replace(record, usage=replace(record.usage, untold=2))
    assert words(store, partly) == (
        "20 requests to the server: at least 20,000 tokens in (12,000 cached), 100 out, not told for 2 requests."
        " Cost: at least USD 0.0410 (price of 2026-11-01)."
    )
    assert server_cost(store, partly).as_json(TODAY)["lower_bound"]


def test_a_table_that_cannot_be_read_hides_no_report(store, record):
    (store.folder / "servers.csv").write_text("nonsense\n")
    assert "there is no column 'nonsense'" in report_as_text(score_run(store, record.run_id), [])


def test_reports_hold_it_and_those_of_other_models_do_not(chat, task, store, record):
    write_servers(store.folder, [row(chat)])
    scored = score_run(store, record.run_id)
    assert "20 requests to the server:" in report_as_text(scored, [])
    assert report_as_json(scored, [])["server_usage"]["amount"] == pytest.approx(0.041)
    baseline = score_run(store, execute(RunSpec(TaskSource(str(task)), "majority", n=20), store).record.run_id)
    assert "to the server" not in report_as_text(baseline, [])
    assert report_as_json(baseline, [])["server_usage"] is None


def test_a_run_of_before_it_was_kept_has_none(store, record):
    assert server_cost(store, replace(record, usage=None)) is None
    assert record.usage == Usage(20, 20_000, 12_000, 100)


def test_the_command_line_shows_the_table_and_asks_as_it_is_told(chat, task, store):
    cache = store.folder
    assert "No server is in the table" in evalcore("servers", cache=cache).stdout
    write_servers(store.folder, [row(chat, concurrent=3, cached_input_per_million=0.5), ServerRow("http://b/v1")])
    shown = evalcore("servers", cache=cache).stdout
    assert f"{chat.url} · m · 3 at a time · USD 2 in (0.5 cached), 10 out for a million tokens" in shown
    assert "http://b/v1 · all models · no price" in shown
    assert json.loads(evalcore("servers", "--json", cache=cache).stdout)[0]["as_of"] == "2026-11-01"
    chat.most_open = 0
    run = ("run", "--task", task, "--n", "30", "--no-baselines", "--model")
    done = evalcore(*run, f"{chat.url}#m", "--concurrency", "1", cache=cache)
    assert (chat.most_open, "30 requests to the server" in done.stdout) == (1, True)
    refused = evalcore(*run, "majority", "--requests-per-minute", "5", cache=cache, check=False)
    assert "this model is not on a server" in refused.stderr
    refused = evalcore(*run, f"{chat.url}#m", "--concurrency", "999", cache=cache, check=False)
    assert "at most 256" in refused.stderr
