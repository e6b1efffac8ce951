"""`run --plan` and `sweep --plan`; after a run, what was planned beside what it took."""

import json

from evalcore.store import Store
from tests.tools.command_line import evalcore

RUN = ("run", "--n", "16", "--no-baselines")


def test_a_plan_says_what_a_run_will_take_and_does_nothing_of_it(tmp_path):
    said = evalcore(*RUN, "--plan", cache=tmp_path).stdout
    lines = dict(line[2:].split("  ", 1) for line in said.splitlines()[1:])
    assert lines["predictions"].strip() == "16; nothing is stored"
    assert "counted by the model's tokenizer" in lines["tokens"]
    assert lines["time"].strip().startswith("about ")
    assert {"shared tokens", "tokens out", "loading", "rests on", "download", "memory"} <= lines.keys()
    found = json.loads(evalcore(*RUN, "--plan", "--json", cache=tmp_path).stdout)
    assert (found["predictions"], found["stored"]) == (16, 0)
    assert Store(tmp_path).runs() == []


def test_a_run_says_what_was_planned_and_one_that_predicts_nothing_does_not(tmp_path):
    assert "(planned: " in evalcore(*RUN, cache=tmp_path).stdout.splitlines()[-1]
    assert "planned" not in evalcore(*RUN, cache=tmp_path).stdout.splitlines()[-1]
    report = json.loads(evalcore("run", "--n", "24", "--no-baselines", "--json", cache=tmp_path).stdout)
    assert report["predicted_now"] < 24
    assert report["planned_seconds"] > 0
    again = json.loads(evalcore(*RUN, "--json", cache=tmp_path).stdout)
    assert (again["predicted_now"], again["planned_seconds"]) == (0, None)


def test_a_plan_fails_with_what_a_run_would_say(tmp_path):
    words = ("run", "--n", "4", "--model", "/no/such/folder")
    plan, run = evalcore(*words, "--plan", cache=tmp_path, check=False), evalcore(*words, cache=tmp_path, check=False)
    assert (plan.returncode, plan.stderr) == (run.returncode, run.stderr) != (0, "")


def test_a_plan_of_several_workers_says_whose_time_it_is(tmp_path):
    said = evalcore(*RUN, "--plan", "--executor", "ray", cache=tmp_path).stdout
    assert said.splitlines()[-1].startswith("Each time is that of this process alone")
    assert "Each time" not in evalcore(*RUN, "--plan", cache=tmp_path).stdout


def test_a_sweep_is_planned_run_by_run_and_in_total(tmp_path):
    words = ("sweep", "--n", "16", "--prompts", "article", "bare", "--plan")
    said = evalcore(*words, cache=tmp_path).stdout
    assert said.count("plan of run") == 2
    assert said.splitlines()[-1].startswith("together: 32 predictions, about ")
    assert [one["predictions"] for one in json.loads(evalcore(*words, "--json", cache=tmp_path).stdout)] == [16, 16]
    assert Store(tmp_path).runs() == []
