"""Data sets of the hub, from a stand-in on this machine, each in a process of its own with a cache of its own."""

import json
import os
from typing import ClassVar

import datasets
import pyarrow
import pytest

from evalcore.errors import DataError
from evalcore.tasks import hub_data, shown_name
from evalcore.tasks.hub_name import HubName, is_hub, parse_hub_name
from tests.tools.hub import Repo, serving_hub
from tests.tools.processes import finished

COMMIT = "a" * 40
LATER = "b" * 40
README = """---
configs:
- config_name: {first}
  data_files:
  - {{split: train, path: data/train.jsonl}}
  - {{split: test, path: data/test.jsonl}}
- config_name: small
  data_files:
  - {{split: train, path: data/train.jsonl}}
dataset_info:
  config_name: {first}
  features:
  - {{name: review, dtype: string}}
  - name: label
    dtype:
      class_label:
        names: {{'0': unhappy, '1': happy}}
---
"""


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (f"hub:o/n:c@{COMMIT}#test", f"o/n, c, test, {COMMIT[:12]}"),
        ("hub:o/n@main", "o/n, main"),
        ("hub:no name", "hub:no name"),
        ("demo", "demo"),
    ],
)
def test_a_name_is_shown_without_all_the_digits_of_its_commit(tmp_path, name, shown):
    assert shown_name(name, tmp_path) == shown


@pytest.fixture(scope="module")
def hub():
    with serving_hub() as serving:
        yield serving


def serve(hub, folder, name, *, first="default", **more):
    """A data set with integers for labels, whose names its description holds."""
    (folder / "data").mkdir(parents=True)
    for split, n in (("train", 12), ("test", 8)):
        rows = [{"review": f"{split} text number {i} of this set", "label": i % 2} for i in range(n)]
        (folder / "data" / f"{split}.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    (folder / "README.md").write_text(README.format(first=first))
    hub.repos[name] = Repo(folder, "datasets", **more)


SCRIPT = """
import json, pathlib, sys
from evalcore.errors import BlindspotError
from evalcore.running import current_run_for, execute
from evalcore.running.plan import plan_run
from evalcore.store import RunSpec, Store, checked
from evalcore.tasks import TaskSource, load_task
from evalcore.tasks.hub_data import hub_choices, pinned
cache = pathlib.Path(sys.argv[1])
for asked in json.loads(sys.argv[2]):
    try:
        if asked[0] == "choices":
            found = hub_choices(asked[1])
            said = [str(found.name), found.configs, found.splits, found.columns, found.download_bytes]
        elif asked[0] == "run":
            spec, store = RunSpec(TaskSource(asked[1], train="train"), "majority", n=8), Store(cache)
            record = execute(spec, store).record
            last = store.runs_for(record.spec) and current_run_for(checked(spec), store)
            said = [record.run_id, plan_run(spec, store).record.spec.task.name, record.origin, last.record.run_id]
        elif asked[0] == "pinned":
            said = pinned(asked[1])
        else:
            task = load_task(TaskSource(asked[1], train=asked[2]), cache)
            said = [task.name, task.origin, task.columns, len(task.test), len(task.train), task.labels]
    except BlindspotError as error:
        said = str(error)
    print("said", json.dumps(said))
"""


@pytest.fixture(scope="module")
def ask(tmp_path_factory, hub):
    """Asks in one process what `SCRIPT` can be asked; the same cache at each call."""
    folder = tmp_path_factory.mktemp("asking")
    (folder / "cache").mkdir()

    def asking(*asked, hub_url=None):
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
            "HF_ENDPOINT": hub_url or hub.url, "HF_HOME": str(folder / "hf"), "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_ETAG_TIMEOUT": "2",
        }  # fmt: skip
        done = finished("-c", SCRIPT, folder / "cache", json.dumps(asked), env=environment)
        assert done.returncode == 0, done.stderr
        return [json.loads(line[5:]) for line in done.stdout.splitlines() if line.startswith("said ")]

    return asking


def test_a_name_has_its_parts():
    assert parse_hub_name("hub:me/it") == HubName("me/it")
    whole = f"hub:me/it.2:en-US@{COMMIT}#test"
    assert parse_hub_name(whole) == HubName("me/it.2", "en-US", COMMIT, "test")
    assert str(parse_hub_name(whole)) == whole
    assert [parse_hub_name(name).is_pinned for name in (whole, "hub:me/it@main", "hub:me/it")] == [True, False, False]
    assert (is_hub(whole), is_hub("me/it"), parse_hub_name("hub:a/b@refs/convert/parquet").revision) == (
        True, False, "refs/convert/parquet"
    )  # fmt: skip


@pytest.mark.parametrize(
    "name", ["hub:", "hub:it", "hub:me/it/more", "hub:me/it@", "hub:../it", "hub:a/b#c#d", "hub:a b/c"]
)
def test_a_name_that_is_none_is_a_sentence(name):
    with pytest.raises(DataError, match="names no data set"):
        parse_hub_name(name)


def test_it_is_pinned_downloaded_once_and_then_had_offline(hub, ask, tmp_path):
    serve(hub, tmp_path / "one", "me/reviews")
    task = ["me/reviews", f"hub:me/reviews@{COMMIT}", ["review", "label"], 8, 12, ["happy", "unhappy"]]
    choices = [f"hub:me/reviews@{COMMIT}#test", ["default", "small"], ["train", "test"], ["review", "label"]]
    size = sum(path.stat().st_size for path in (tmp_path / "one" / "data").iterdir())
    assert ask(["pinned", "hub:me/reviews"], ["choices", "hub:me/reviews"], ["load", "hub:me/reviews", "train"]) == [
        f"hub:me/reviews@{COMMIT}", [*choices, size], task
    ]  # fmt: skip
    hub.repos["me/reviews"].branches["main"] = LATER
    assert ask(["pinned", "hub:me/reviews"]) == [f"hub:me/reviews@{LATER}"]
    seen = len(hub.requests)
    offline = ask(
        ["load", f"hub:me/reviews@{COMMIT}", "train"], ["load", "hub:me/reviews", ""],
        ["load", f"hub:me/reviews@{LATER}", ""], hub_url="http://127.0.0.1:9",
    )  # fmt: skip
    assert offline[0] == task
    assert all("the hub cannot be reached" in said and "@COMMIT" in said for said in offline[1:])
    assert len(hub.requests) == seen


def test_what_cannot_be_had_is_a_sentence_each(hub, ask, tmp_path):
    serve(hub, tmp_path / "one", "me/several", first="large")
    serve(hub, tmp_path / "gated", "me/gated", refusal=(403, "GatedRepo"))
    serve(hub, tmp_path / "down", "me/down", refusal=(500, "Down"))
    serve(hub, tmp_path / "huge", "me/huge", claims={"data/train.jsonl": 23_000_000_000})
    for name, file, content in (("code", "code.py", "raise SystemExit(3)"), ("none", "notes.bin", "x")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text(content)
        hub.repos[f"me/{name}"] = Repo(tmp_path / name, "datasets")
    asked = {
        "hub:me/gated": "wants to be asked first",
        "hub:me/missing": "no such data set, or it is private",
        "hub:me/several@nobranch": "no revision 'nobranch'",
        "hub:me/several:nope": "no configuration 'nope'. Write one of 'large', 'small'",
        "hub:me/several:large#nope": "no split 'nope'. Write one of 'train', 'test'",
        "hub:me/code": "such code is never run here",
        "hub:me/none": "no data files that can be read",
        "hub:me/huge:default": "23.0 GB; at most 1.0 GB",
        "hub:me/down": "could not be had from the hub",
    }
    said = ask(*(["load", name, ""] for name in asked))
    assert {
        name: says in sentence or sentence for name, says, sentence in zip(asked, asked.values(), said, strict=True)
    } == (dict.fromkeys(asked, True))


class Rows:
    """Of a split, in which something stands that no Parquet file holds."""

    features: ClassVar = {}

    def __init__(self, error):
        self.error = error

    def __len__(self):
        return 1

    def remove_columns(self, columns):
        return self

    def to_parquet(self, path):
        raise self.error


def test_rows_that_no_parquet_file_holds_are_a_sentence(tmp_path, monkeypatch):
    """Red while the library's own error reached the page."""
    for error, raised in ((pyarrow.ArrowInvalid("no such cast"), DataError), (pyarrow.ArrowMemoryError(), MemoryError)):
        monkeypatch.setattr(datasets, "load_dataset", lambda *_, error=error, **__: Rows(error))
        with pytest.raises(raised) as refused:
            hub_data._write_split(HubName("me/one", revision=COMMIT), "test", tmp_path, tmp_path / "part")
        if raised is DataError:
            assert "cannot be kept as a Parquet file (no such cast)" in str(refused.value)
            assert "Take another split" in str(refused.value)


def test_a_run_holds_the_commit_and_is_found_again_without_the_hub(hub, ask, tmp_path):
    serve(hub, tmp_path / "one", "me/runs")
    pinned = f"hub:me/runs@{COMMIT}"
    [[run, name, origin, current]] = ask(["run", "hub:me/runs"])
    assert (name, origin, current) == (pinned, pinned, run)
    hub.repos["me/runs"].branches["main"] = LATER
    [again, later] = ask(["run", pinned], ["run", "hub:me/runs"])
    assert again == [run, pinned, pinned, run]
    assert later == [run, f"hub:me/runs@{LATER}", pinned, run]  # the examples are the same, and so is the run
