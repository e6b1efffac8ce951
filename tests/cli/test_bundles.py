"""`export --bundle` and `import` of a bundle, as a person types them; and the same from Python."""

import json

import pytest

import evalcore as api
from evalcore.store.database import Store
from tests.tools.bundles import put_run
from tests.tools.command_line import evalcore
from tests.tools.old_caches import old_cache
from tests.tools.runs import stored


@pytest.fixture
def cache(tmp_path):
    store = Store(tmp_path / "rig")
    stored(store, ["a", "b"], ["a", "a"])
    put_run(store, {"predictor": "transformers"}, done=3)
    return store.folder


def test_a_store_goes_from_one_folder_to_another(cache, tmp_path):
    file, laptop = tmp_path / "out" / "rig.blindspot.gz", tmp_path / "laptop"
    printed = evalcore("export", "--all", "--bundle", file, cache=cache).stdout
    assert printed == f"{file}: 2 runs, {file.stat().st_size / 1000:.1f} KB\n"
    assert evalcore("import", file, cache=laptop).stdout == "2 new runs, 4 new completions.\n"
    assert json.loads(evalcore("import", file, "--json", cache=laptop).stdout)["known_runs"] == 2
    rows = [json.loads(evalcore("runs", "--json", cache=folder).stdout) for folder in (cache, laptop)]
    assert rows[0] == rows[1]


def test_one_run_is_taken_by_its_name_and_known_by_its_content(cache, tmp_path):
    run = Store(cache).runs()[0].run_id
    file = tmp_path / "copied without its name"
    assert json.loads(evalcore("export", run, run, "--bundle", file, "--json", cache=cache).stdout) == [str(file)]
    assert evalcore("import", file, cache=tmp_path / "laptop").stdout.startswith("1 new run, ")


def test_damaged_runs_are_named_and_left_out(cache, tmp_path):
    damaged, whole = (record.run_id for record in Store(cache).runs())
    with Store(cache).connect(write=True) as db:
        db.execute("UPDATE sample_items SET text = 'flipped' WHERE sample_id = (SELECT sample_id FROM runs"
                   " WHERE run_id = ?)", (damaged,))  # fmt: skip
    file = tmp_path / "rig.blindspot.gz"
    done = evalcore("export", "--all", "--bundle", file, cache=cache)
    assert done.stderr.startswith(f"left out: run {damaged}: ")
    assert "1 run, " in done.stdout
    assert [record.run_id for record in _imported(file, tmp_path).runs()] == [whole]
    done = evalcore("export", whole, damaged, "--bundle", tmp_path / "b.blindspot.gz", cache=cache, check=False)
    assert f"error: run {damaged}" in done.stderr
    assert not (tmp_path / "b.blindspot.gz").exists()


def _imported(file, tmp_path):
    store = Store(tmp_path / "laptop")
    evalcore("import", file, cache=store.folder)
    return store


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["export", "--bundle", "x"], "--bundle takes runs or --all"),
        (["export", "abc", "--all", "--bundle", "x"], "--bundle takes runs or --all"),
        (["export", "abc", "def", "--out", "x"], "there is no such run"),
        (["export", "--all", "--out", "x"], "--out takes runs by name"),
        (["export", "abc", "--bundle", "x"], "there is no such run"),
        (["export", "abc", "--bundle", "x", "--format", "csv"], "Leave out --format and --probabilities"),
        (["import", "missing.blindspot.gz"], "the file cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_said(cache, words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = evalcore(*words, cache=cache, check=False)
    assert done.returncode == 1
    assert said in done.stderr
    assert not (tmp_path / "x").exists()


def test_what_a_bundle_says_itself_is_not_taken_from_options(cache, tmp_path):
    file = tmp_path / "rig.blindspot.gz"
    evalcore("export", "--all", "--bundle", file, cache=cache)
    for option in ("--labels", "--model"):
        done = evalcore("import", file, option, file, cache=tmp_path / "laptop", check=False)
        assert "a bundle is imported alone" in done.stderr


def test_nothing_to_take_away_is_said(tmp_path):
    for cache in (tmp_path / "empty", old_cache(tmp_path / "old", 1)):
        done = evalcore("export", "--all", "--bundle", tmp_path / "x", cache=cache, check=False)
        assert "no run is stored yet that could be written" in done.stderr


def test_python_does_the_same(cache, tmp_path):
    file = api.export_bundle(api.runs(cache), tmp_path / "rig.blindspot.gz", cache=cache)
    assert api.import_bundle(str(file), cache=tmp_path / "laptop").runs == 2
    assert api.import_bundle(file, cache=tmp_path / "laptop").runs == 0
    assert api.runs(tmp_path / "laptop") == api.runs(cache)
