"""`check`: its exit status, what it prints and writes; `--markdown` of `report` and `compare`."""

import json
import sqlite3
from dataclasses import replace

import pytest
from junitparser import JUnitXml

from evalcore.cli.main import main
from evalcore.store.database import Store
from tests.conftest import Toy
from tests.tools.command_line import evalcore
from tests.tools.runs import stored

GOLD = list("abcd") * 100
WRONG = {"a": "b", "b": "c", "c": "d", "d": "a"}


def answers(n_wrong):
    return [WRONG[label] if at < n_wrong else label for at, label in enumerate(GOLD)]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("check")


@pytest.fixture(scope="module")
def runs(cache):
    store = Store(cache)
    return {n: stored(store, GOLD, answers(n), labels="abcd").run_id for n in (80, 84, 140)}


def status(cache, *words):
    done = evalcore("check", *words, cache=cache, check=False)
    return done.returncode, done.stdout, done.stderr


def test_the_exit_status_says_passed_failed_not_shown(cache, runs):
    """Red with 0 for what cannot be shown, or with 1 for what cannot be checked."""
    assert status(cache, runs[80], "--min", "accuracy=80%")[0] == 0
    assert status(cache, runs[80], "--min", "accuracy=0.81")[0] == 1
    assert status(cache, runs[80], "--min", "accuracy=0.81", "--by", "interval")[0] == 3
    near = (runs[84], "--baseline", runs[80], "--no-regression", "--margin", "0.011")
    code, printed, _ = status(cache, *near)
    assert code == 3
    assert printed.startswith("Not shown: Accuracy: −1.0 points; not worse by 1.1 points")
    assert status(cache, *near, "--accept-not-shown")[0] == 0
    assert status(cache, runs[140], "--baseline", runs[80], "--no-regression", "--accept-not-shown")[0] == 1


def test_the_verdict_comes_first_and_each_check_has_a_line(cache, runs):
    words = ["--min", "accuracy=0.7", "--min", "macro_f1_present=0.9", "--max", "unparsed_rate=2%"]
    code, printed, _ = status(cache, runs[80], *words, "--baseline", runs[84], "--no-regression")
    lines = printed.splitlines()
    assert code == 1
    assert lines[0] == "Failed: 3 of 4 checks hold, 1 does not."
    assert lines[1] == f"run {runs[80]}, baseline {runs[84]}"
    assert [line.split()[0] for line in lines[3:]] == ["passed", "failed", "passed", "passed"]


def test_slices_are_named_beside_their_verdicts(cache, runs):
    code, printed, _ = status(cache, runs[80], "--min", "accuracy=0.5", "--slice", "length<=6", "--slice", "all")
    assert code == 1
    assert "  failed     [length<=6] Accuracy: 0.0 % at N = 10, below" in printed


def test_json_has_the_figures(cache, runs):
    _, printed, _ = status(cache, runs[84], "--baseline", runs[80], "--no-regression", "--max", "mcc=1", "--json")
    data = json.loads(printed)
    assert (data["run"], data["baseline"]) == (runs[84], runs[80])
    limit, pair = data["checks"]
    assert (limit["kind"], limit["interval"], limit["verdict"]) == ("maximum", [None, None], "passed")
    assert (pair["n"], pair["asked"], pair["confidence"]) == (400, 0.02, 0.9)
    assert pair["value"] == pytest.approx(-0.01)
    assert data["sentence"].startswith("Passed: 2 of 2") == (pair["verdict"] == "passed")


def test_junit_and_markdown_are_written_whatever_the_verdict(cache, runs, tmp_path):
    junit, markdown = tmp_path / "out" / "junit.xml", tmp_path / "out" / "check.md"
    code, printed, _ = status(cache, runs[80], "--min", "accuracy=0.9", "--junit", junit, "--markdown", markdown)
    assert code == 1
    assert JUnitXml.fromfile(str(junit)).failures == 1
    assert markdown.read_text().startswith("**Failed: Accuracy: 80.0 % at N = 400, below the 90.0 %")
    assert printed.startswith("Failed: Accuracy")
    code, printed, _ = status(cache, runs[80], "--min", "accuracy=0.9", "--markdown", "-")
    assert (code, printed) == (1, markdown.read_text())


def test_report_and_compare_write_markdown(cache, runs, tmp_path):
    file = tmp_path / "report.md"
    assert evalcore("report", runs[80], "--markdown", file, cache=cache).stdout.startswith(f"run {runs[80]}: ")
    text = file.read_text()
    assert text.startswith("**80.0 % of 400 examples are right** (95 % interval 75.8 to 83.6).")
    assert evalcore("report", runs[80], "--markdown", "-", cache=cache).stdout == text
    evalcore("compare", runs[80], runs[140], "--markdown", file, cache=cache)
    assert file.read_text().startswith("**B is worse: −15.0 points (")
    assert evalcore("compare", runs[80], runs[140], "--markdown", "-", cache=cache).stdout == file.read_text()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nothing", "--min", "accuracy=0.8"], "there is no such run"),
        (["RUN"], "nothing is asked of the run"),
        (["RUN", "--min", "acc=0.8"], "there is no metric 'acc'"),
        (["RUN", "--min", "accuracy=0.9", "--min", "accuracy=0.5"], "--min is given twice for 'accuracy'"),
        (["RUN", "--no-regression"], "there is no baseline"),
        (["RUN", "--no-regression", "--baseline", "nothing"], "there is no such run"),
        (["RUN", "--no-regression", "--baseline", "OTHER"], "their label sets differ"),
        (["RUN", "--min", "accuracy=0.8", "--junit", "/proc/nothing/junit.xml"], "cannot be written"),
    ],
)
def test_what_cannot_be_checked_is_said_in_a_sentence(cache, runs, words, says):
    """Red with 1, which would be a failed check."""
    other = stored(Store(cache), ["x", "y"], ["x", "x"], name="other.csv").run_id
    code, printed, errors = status(cache, *[{"RUN": runs[80], "OTHER": other}.get(word, word) for word in words])
    assert (code, printed) == (2, "")
    assert errors.startswith("error: ")
    assert says in errors


@pytest.mark.parametrize("words", [["--min", "accuracy"], ["--min", "accuracy=many"], ["--margin", "inf"]])
def test_an_option_that_cannot_be_read_is_a_usage_error(cache, capsys, words):
    with pytest.raises(SystemExit) as exit_:
        main(["check", "run", *words, "--cache", str(cache)])
    assert exit_.value.code == 2
    assert "METRIC=VALUE" in capsys.readouterr().err


def test_an_unfinished_run_is_not_checked(store, colours):
    """Red without the refusal: what is predicted so far would pass."""
    from evalcore.running import execute
    from evalcore.store import RunSpec
    from evalcore.tasks import TaskSource

    class StopsHalfWay(Toy):
        def predict(self, prompts):
            if self.asked:
                raise KeyboardInterrupt
            return super().predict(prompts)

    spec = RunSpec(task=TaskSource(str(colours)), n=8)
    with pytest.raises(KeyboardInterrupt):
        execute(spec, store, loader=lambda handle, on_phase: StopsHalfWay(handle.identity, {}))
    run = store.runs()[0].run_id
    done = evalcore("check", run, "--min", "accuracy=0", cache=store.folder, check=False)
    assert done.returncode == 2
    assert f"run {run}: this run is not finished: 4 of 8 examples are predicted." in done.stderr
    execute(replace(spec, n=8), store, loader=lambda handle, on_phase: Toy(handle.identity, {}))
    assert evalcore("check", run, "--min", "accuracy=0", cache=store.folder, check=False).returncode in (0, 3)


def test_a_damaged_run_is_not_checked(cache, tmp_path):
    store = Store(tmp_path)
    run = stored(store, GOLD, answers(0), labels="abcd").run_id
    with sqlite3.connect(next(tmp_path.glob("*.db"))) as db:
        db.execute("UPDATE completions SET text = text || 'x'")
    done = evalcore("check", run, "--min", "accuracy=0", cache=tmp_path, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
