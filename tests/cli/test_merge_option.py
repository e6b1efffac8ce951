"""`--merge`: a run with another label list, and the command that gives it again."""

import argparse
import shlex

import pytest

from evalcore.cli.main import main
from evalcore.cli.options import add_spec, add_task, spec_of, task_of
from evalcore.output.command import command_of, python_of
from evalcore.store import RunSpec, Store
from evalcore.tasks import Example, LabelMerge, TaskSource
from tests.conftest import write_csv

LABELS = ("plain", "with, comma", "with=sign", 'with "quotes"', "-1", "other")


@pytest.fixture
def task(tmp_path):
    rows = [Example(f"{label} {number}", label) for label in LABELS for number in range(4)]
    write_csv(tmp_path / "odd" / "train.csv", rows[::2])
    write_csv(tmp_path / "odd" / "test.csv", rows)
    return str(tmp_path / "odd")


def reread(command, cache):
    """The spec that a command asks for."""
    parser = argparse.ArgumentParser()
    add_task(parser)
    add_spec(parser)
    parser.add_argument("--prompt", default=RunSpec.prompt)
    options = parser.parse_args(shlex.split(command)[4:], argparse.Namespace(cache=cache))
    return spec_of(options, task_of(options), prompt=options.prompt)


def test_a_run_with_another_list_is_run_and_given_again_by_its_command(task, tmp_path, capsys):
    cache = tmp_path / "cache"
    asked = ['"with, comma","with=sign"=pu"n"ctuated', "-1=", 'PLAIN="plain, too"']
    options = [f"--merge={one}" for one in asked]
    run = ["run", "--task", task, "--model", "majority", "--prompt", "article", "--n", "20"]
    assert main([*run, *options, "--cache", str(cache)]) == 0
    assert "odd, 4 of 6 labels" in capsys.readouterr().out
    (record,) = [run for run in Store(cache).runs() if run.spec.model == "majority"]
    assert set(record.labels) == {"plain, too", 'pu"n"ctuated', 'with "quotes"', "other"}
    assert record.n == 20
    assert record.task_name.startswith("odd, 4 of 6 labels (")
    assert reread(command_of(record.spec), cache) == record.spec
    namespace = {"TaskSource": TaskSource}
    source = next(line for line in python_of(record.spec).splitlines() if line.startswith("run = "))
    exec(source.replace("evalcore.run", "dict").replace("dict('majority', ", "dict("), namespace)
    assert namespace["run"]["task"] == record.spec.task


def test_each_odd_label_can_be_named_in_a_command(task, tmp_path):
    for old in LABELS:
        for groups in ({"new": [old]}, {"": [old]}, {"a=b, c": [old]}):
            spec = RunSpec(TaskSource(task, merge=LabelMerge.of(groups).to_text()))
            assert reread(command_of(spec), tmp_path) == spec, (old, groups)


def test_all_that_is_wrong_is_said_and_nothing_is_run(task, tmp_path, capsys):
    options = ["--merge", "nonsense=x", "--merge", "plain"]
    assert main(["run", "--task", task, "--model", "majority", *options, "--cache", str(tmp_path / "c")]) != 0
    said = capsys.readouterr().err
    assert "there is no label 'nonsense'" in said
    assert "'plain' does not say which labels become which" in said
    assert not Store(tmp_path / "c").runs()


def test_the_prompt_lists_the_new_labels(task, tmp_path, capsys):
    options = ["--merge", "plain,other=both", "--cache", str(tmp_path / "c"), "--model", "http://127.0.0.1:9/v1#m"]
    assert main(["prompt", "article", "--task", task, *options]) == 0
    said = capsys.readouterr().out
    assert "both" in said
    assert "plain," not in said
