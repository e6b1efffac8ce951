"""docs/ci.md and the workflow for GitHub Actions: commands work, sentences are those that are printed, steps run."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from junitparser import JUnitXml

from evalcore.store.database import Store
from tests.conftest import ROOT
from tests.tools.command_line import evalcore
from tests.tools.processes import PATIENCE_S
from tests.tools.runs import stored

DOCS = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
WORKFLOW = ROOT / "docs" / "ci" / "blindspot.yml"
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", DOCS, re.DOTALL) for line in block.splitlines()]
SHOWN = [line for block in re.findall(r"```text\n(.*?)```", DOCS, re.DOTALL) for line in block.splitlines()]

pytestmark = pytest.mark.timeout(600)  # a workflow's steps start many processes

LABELS = ("refund_status", "bill_too_high", "sim_activation", "plan_change")
GOLD = LABELS * 100
TEXTS = [f"my bill {at} is {'much ' * (at % 13)}too high" for at in range(400)]


def answers(wrong):
    return [LABELS[(LABELS.index(label) + 1) % 4] if at in wrong else label for at, label in enumerate(GOLD)]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("ci")


@pytest.fixture(scope="module")
def runs(cache):
    """80.0 % right; the same with 5 more broken."""
    store = Store(cache)
    wrong = set(range(80))
    return [
        stored(store, GOLD, answers(found), texts=TEXTS, labels=LABELS).run_id
        for found in (wrong, wrong | {200, 205, 210, 215, 220})
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_documentation_work(cache, runs, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command)
    named = {"RUN": runs[0], "OTHER": runs[1]}
    assert evalcore(*[named.get(word, word) for word in words[3:]], cache=cache).stdout.strip()
    for file in re.findall(r"out/\S+", command):
        assert (tmp_path / file).stat().st_size


def test_the_sentences_of_the_documentation_are_printed(cache, runs):
    of_limit = evalcore("check", runs[0], "--min", "accuracy=79%", cache=cache).stdout
    of_pair = evalcore("check", runs[1], "--baseline", runs[0], "--no-regression", cache=cache, check=False).stdout
    assert [of_limit.splitlines()[0], of_pair.splitlines()[0]] == SHOWN


def workflow():
    return yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))


def steps():
    (job,) = workflow()["jobs"].values()
    return job["steps"]


def test_the_workflow_may_only_read_and_names_its_actions_versions():
    assert workflow()["permissions"] == {"contents": "read", "actions": "read"}
    used = [step["uses"] for step in steps() if "uses" in step]
    assert len(used) == 5
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+\.\d+\.\d+", action) for action in used), used


def test_no_step_pastes_an_expression_into_a_command():
    """An expression in `run` is pasted before the shell reads it: a branch's name could be a command."""
    scripts = [step["run"] for step in steps() if "run" in step]
    assert scripts
    assert not any("${{" in script for script in scripts)
    assert "secrets" not in WORKFLOW.read_text(encoding="utf-8")


GH = """#!/usr/bin/env bash
# Stands in for GitHub's `gh`: the last run of main has its artefact in $ARTEFACT, if there is one.
case "$1 $2" in
  "run list") [[ "$*" == *"--branch main --event push --status success"* ]] || exit 9
    if [ -d "$ARTEFACT" ]; then echo 7; fi ;;
  "run download") [ "$3" = 7 ] || exit 9
    mkdir -p blindspot-baseline && cp "$ARTEFACT"/* blindspot-baseline/ ;;
esac
"""


def perform(folder: Path, event: str, artefact: Path, *, report: bool = False, **changed: str) -> dict[str, int]:
    """Execute the steps' commands as a runner does; the status of each that ran, by its name.

    Args:
        event: `push` on main, or `pull_request`.
        artefact: the folder that main's last run has left; there is none if it is missing.
        report: whether the step "Report" is executed, which takes longer than all others.
        changed: values of the environment. Where `RUN` is among them, it is what "Evaluate" has made.
    """
    folder.mkdir()
    tools = folder / "tools"
    for made in (tools, folder / "blindspot-out"):
        made.mkdir()
    (tools / "gh").write_text(GH)
    (tools / "gh").chmod(0o755)
    environment = {
        **os.environ, **{name: str(value) for name, value in workflow()["env"].items()},
        "PATH": f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
        "GITHUB_WORKFLOW": "Blindspot", "GITHUB_ENV": str(folder / "env"), "ARTEFACT": str(artefact),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "BLINDSPOT_CACHE": str(folder / "cache"), **changed,
    }  # fmt: skip
    holds = {
        "github.event_name == 'pull_request'": event == "pull_request",
        "github.ref == 'refs/heads/main'": event == "push",
    }
    done: dict[str, int] = {}
    for step in steps():
        if "run" not in step or step["name"] == "Install" or (step["name"] == "Evaluate" and "RUN" in changed):
            continue
        if step["name"] == "Report" and not report:
            continue
        condition = step.get("if", "")
        failed = any(done.values())
        if "cancelled" in condition:
            wanted = "RUN" in environment
        else:
            wanted = not failed and holds.get(condition, True)
            assert condition in ("", *holds), condition
        if not wanted:
            continue
        script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        ran = subprocess.run(script, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE_S)
        assert "Traceback" not in ran.stderr, ran.stderr
        done[step["name"]] = ran.returncode
        (folder / f"{step['name']}.txt").write_text(ran.stdout + ran.stderr)
        if (folder / "env").exists():
            environment |= dict(line.split("=", 1) for line in (folder / "env").read_text().splitlines())
    return done


def test_a_pull_request_is_compared_with_mains_last_run(cache, tmp_path):
    """Red with a step that swallows the status of `check`, or a report that is left out when a check fails."""
    evaluated = json.loads(evalcore("run", "--model", "tfidf", "--n", 120, "--json", cache=cache).stdout)["run_id"]
    main = tmp_path / "main"
    main.mkdir()
    evalcore("export", evaluated, "--bundle", main / "run.blindspot.gz", cache=cache)
    (main / "run-id.txt").write_text(f"{evaluated}\n")
    folder = tmp_path / "work"
    done = perform(folder, "pull_request", main, report=True, MODEL="majority", N="120", LIMITS="--min accuracy=0.01")
    assert done == {"Evaluate": 0, "Fetch the baseline": 0, "Check": 1, "Report": 0}
    summary = (folder / "summary.md").read_text()
    assert summary.startswith("**Failed: 1 of 2 checks holds, 1 does not.**")
    assert "of 120 examples are right**" in summary
    assert JUnitXml.fromfile(str(folder / "blindspot-out" / "junit.xml")).failures == 1
    assert (folder / "blindspot-out" / "report.html").read_bytes().startswith(b"<!doctype html>")


def test_without_a_baseline_what_cannot_be_shown_is_a_warning(cache, runs, tmp_path):
    folder = tmp_path / "work"
    changed = {"RUN": runs[0], "BLINDSPOT_CACHE": str(cache), "LIMITS": "--min accuracy=0.79 --by interval"}
    done = perform(folder, "pull_request", tmp_path / "none", **changed)
    assert done == {"Fetch the baseline": 0, "Check": 0}
    assert "main has no run yet" in (folder / "Fetch the baseline.txt").read_text()
    assert "::warning title=Blindspot::Not shown: Accuracy: " in (folder / "Check.txt").read_text()


def test_a_run_of_main_that_passed_is_kept_as_the_next_baseline(cache, runs, tmp_path):
    folder = tmp_path / "work"
    changed = {"RUN": runs[0], "BLINDSPOT_CACHE": str(cache), "LIMITS": "--min accuracy=0.5"}
    done = perform(folder, "push", tmp_path / "none", **changed)
    assert done == {"Check": 0, "Keep main's run as the baseline": 0}
    kept = folder / "blindspot-baseline"
    assert (kept / "run-id.txt").read_text() == f"{runs[0]}\n"
    other = tmp_path / "other"
    evalcore("import", kept / "run.blindspot.gz", cache=other)
    assert [record.run_id for record in Store(other).runs()] == [runs[0]]
