"""What CONTRIBUTING.md shows works: each example is carried out in a copy of the project."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(diff|python)\n# (\S+)\n(.*?)```", TEXT, re.DOTALL)
LOOK = """
import sys
from streamlit.testing.v1 import AppTest
from evalcore.store import Store
from pages.parts.shell import frame, session
session.open_store = lambda: Store(sys.argv[1])
frame.ensure_worker = lambda store: None
app = AppTest.from_file("app.py", default_timeout=60)
app.query_params["run"] = sys.argv[2]
app.switch_page("pages/longest.py").run()
assert not app.exception, app.exception
print(app.title[0].value, len(app.markdown))
print(*(one.value for one in app.markdown), sep="\\n")
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy with every block of CONTRIBUTING.md put where it says."""
    copy = tmp_path_factory.mktemp("contributing") / "project"
    for folder in ("evalcore", "pages"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "app.py", copy)
    for kind, file, block in BLOCKS:
        path = copy / file
        if kind == "python":
            assert not path.exists(), file
            path.write_text(block, encoding="utf-8")
            continue
        kept = "".join(line[1:] + "\n" for line in block.splitlines() if line.startswith(" "))
        changed = "".join(line[1:] + "\n" for line in block.splitlines())
        text = path.read_text(encoding="utf-8")
        assert text.count(kept) == 1, f"{kept!r} stands {text.count(kept)} times in {file}"
        path.write_text(text.replace(kept, changed), encoding="utf-8")
    return copy


@pytest.fixture(scope="module")
def report(project):
    words = ["run", "--model", "overlap", "--n", "48", "--no-baselines", "--json", "--cache", "cache"]
    return json.loads(python(project, "-m", "evalcore", *words))


def python(project, *words):
    done = subprocess.run([sys.executable, *words], cwd=project, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_is_one_example_of_each():
    assert [file for _, file, _ in BLOCKS] == [
        "evalcore/metrics/registry.py", "evalcore/metrics/registry.py", "evalcore/predictors/overlap.py",
        "evalcore/store/model_kind.py", "pages/longest.py", "pages/parts/shell/frame.py",
    ]  # fmt: skip


def test_the_kind_of_model_runs_and_is_stored(project, report):
    assert report["model"] == "overlap"
    assert report["predicted_now"] == 48
    again = json.loads(python(project, "-m", "evalcore", "runs", "--json", "--cache", "cache"))
    assert [run["run_id"] for run in again] == [report["run_id"]]
    assert 0.1 < report["accuracy"] < 1  # it reads the text: 1 in 24 would be chance


def test_the_metric_is_in_the_report_and_in_compare(project, report):
    recalls = [row["recall"] for row in report["per_class"] if row["recall"] is not None]
    assert report["least_recall"] == min(recalls)
    words = ["compare", report["run_id"], report["run_id"], "--json", "--cache", "cache"]
    compared = json.loads(python(project, "-m", "evalcore", *words))
    assert compared["metrics"]["least_recall"]["a"] == min(recalls)


def test_the_page_shows_the_run(project, report):
    shown = python(project, "-c", LOOK, str(project / "cache"), report["run_id"])
    assert shown.startswith("Longest texts")
    assert shown.count("(right)") + shown.count("(wrong)") == 5


def test_the_examples_keep_to_the_rules_of_the_house(project):
    files = {str(project / file) for _, file, _ in BLOCKS}
    words = [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), *files]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
