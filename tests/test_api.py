"""The public functions of the package, as a script calls them."""

import ast
import subprocess
import sys

import pytest

import evalcore
from evalcore.errors import DataError, SpecError, StoreError
from tests.conftest import ROOT


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def test_a_run_is_stored_in_the_folder_that_was_given(cache):
    record = evalcore.run("majority", n=40, cache=cache)
    assert [stored.run_id for stored in evalcore.runs(cache)] == [record.run_id]
    assert evalcore.score(record, cache=cache).scores.n == 40
    assert evalcore.score(record.run_id, cache=str(cache)).record == evalcore.runs(cache)[0]


def test_a_task_of_ones_own_is_named_by_its_folder_and_columns(cache, colours):
    assert evalcore.load_task(colours, label_column="label").labels == ("blue", "dark_blue", "green", "red")
    scored = evalcore.score(evalcore.run("majority", task=colours, n=10, cache=cache), cache=cache)
    assert scored.scores.labels_total == 4


def test_findings_compare_with_the_baselines_in_the_same_cache(cache):
    evalcore.run("tfidf", n=80, cache=cache)
    scored = evalcore.score(evalcore.run("demo-early", n=80, cache=cache), cache=cache)
    assert "baseline_does_as_well" in [finding.kind for finding in evalcore.findings(scored)]
    assert evalcore.findings(scored)[0].sentence in evalcore.report(scored)


def test_a_comparison_has_a_verdict(cache):
    a, b = (evalcore.score(evalcore.run(model, n=80, cache=cache), cache=cache) for model in ("majority", "tfidf"))
    assert evalcore.verdict(evalcore.compare(a, b)).kind == "better"


def test_an_export_writes_its_files(cache, tmp_path):
    scored = evalcore.score(evalcore.run("majority", n=10, cache=cache), cache=cache)
    assert {path.name for path in evalcore.export(scored, tmp_path / "out")} >= {"predictions.csv", "run.json"}


def test_what_is_wrong_is_said_with_what_to_do(cache):
    with pytest.raises(SpecError, match=r"no option 'size'\. Choose among task, model, prompt, n"):
        evalcore.run("majority", size=3, cache=cache)
    with pytest.raises(SpecError, match="Give what `load_task` was given"):
        evalcore.run("majority", task=evalcore.load_task("demo"), cache=cache)
    with pytest.raises(SpecError, match="a task has no 'text'"):
        evalcore.load_task("demo", text="utterance")
    with pytest.raises(DataError, match="no such task, file or folder"):
        evalcore.load_task("nowhere")
    with pytest.raises(StoreError):
        evalcore.score("0123456789ab", cache=cache)


def test_every_public_function_is_exported_under_its_name():
    """Red with a function that is written and not listed, and with one that is listed twice or under another name."""
    written = [
        node.name
        for path in sorted((ROOT / "evalcore" / "api").glob("*.py"))
        if path.stem != "arguments"
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name[0] != "_" and not ast.unparse(node).startswith("@overload")
    ]
    assert sorted([*written, "BlindspotError"]) == evalcore.__all__
    assert [name for name in written if getattr(evalcore, name).__name__ != name] == []


def test_importing_the_package_imports_no_library():
    program = "import evalcore, sys; print({'numpy', 'scipy', 'sqlite3', 'torch', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "set()"
