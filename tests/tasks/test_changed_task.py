"""A task with a changed label list: of every kind of task, on the same texts, with nothing else changed."""

import json
import random
import shutil
from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest

from evalcore.errors import DataError, SpecError
from evalcore.paths import DEMO_DATA
from evalcore.store import RunSpec, Store, Uploads, checked
from evalcore.tasks import SAMPLES, Example, LabelMerge, TaskSource, changed_task, draw_sample, load_task, make_task
from evalcore.tasks.sample import shots

OUTAGES = LabelMerge.of({"outage": ["internet_outage", "internet_drops"], "": ["sim_activation", "plan_change"]})


def becoming(examples, merge):
    """The same by a loop: each example under its new label, without those that are dropped."""
    new_of_old = {old: name for name, olds in merge.groups for old in olds}
    new = [Example(example.text, new_of_old.get(example.label, example.label)) for example in examples]
    return tuple(example for example in new if example.label)


@pytest.fixture(scope="module")
def demo():
    return load_task(TaskSource())


def random_changes(labels, count):
    rng = random.Random(0)
    for _ in range(count):
        groups = {}
        for label in rng.sample(labels, rng.randint(1, len(labels) // 2)):
            groups.setdefault(rng.choice(["", "new", "another", label]), []).append(label)
        if merge := LabelMerge.of(groups, labels):
            yield merge


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_is_that_of_the_old_list_without_what_is_dropped(demo, sample):
    for seed, merge in enumerate(random_changes(demo.labels, 12)):
        changed = changed_task(demo, merge)
        for n in (1, 24, 100, 464):
            expected = becoming(draw_sample(demo, n, sample, seed), merge)
            if expected:
                assert draw_sample(changed, len(expected), sample, seed) == expected


def test_the_same_examples_are_shown_solved(demo):
    merge = LabelMerge.of({"one": demo.labels[:12], "two": demo.labels[12:]})
    assert shots(changed_task(demo, merge), 5) == becoming(shots(demo, 5), merge)
    dropped = LabelMerge.of({"": {example.label for example in shots(demo, 2)}})
    assert shots(changed_task(demo, dropped), 3) == becoming(shots(demo, 5), dropped)


def test_labels_and_examples_change_and_nothing_else(demo):
    changed = changed_task(demo, OUTAGES)
    assert changed.labels == OUTAGES.new_labels(demo.labels)
    assert changed.test == becoming(demo.test, OUTAGES)
    assert changed.train == becoming(demo.train, OUTAGES)
    assert (changed.origin, changed.columns) == (demo.origin, demo.columns)
    assert changed_task(demo, LabelMerge()) is demo


def test_the_name_says_the_change_and_tells_it_from_every_other(demo):
    assert changed_task(demo, OUTAGES).name == "demo, 21 of 24 labels (internet_drops, internet_outage…, f159)"
    renamed = LabelMerge.of({"x": ["plan_change"]})
    assert changed_task(demo, renamed).name == "demo, 1 label renamed (plan_change becomes x)"
    pairs = [LabelMerge.of({new: pair}) for pair in combinations(demo.labels, 2) for new in ("new", "n", pair[0])]
    first, second, third = demo.labels[:3]
    alike = [LabelMerge.of({"x" * 60 + end: [first], "": [second]}) for end in ("\n", " ", "")]
    alike += [LabelMerge.of({f"{second} \n{third}": [first]}), LabelMerge.of({f"{second} {third}": [first]})]
    names = [changed_task(demo, merge).name for merge in (*pairs, *alike)]
    assert len(set(names)) == len(names) > 800
    assert max(map(len, names)) <= len("demo, 23 of 24 labels (…, 1234)") + 32
    assert not [name for name in names if "\n" in name]


def test_every_kind_of_task_can_be_changed(demo, tmp_path):
    for file in DEMO_DATA.glob("t*"):
        shutil.copy(file, tmp_path / file.name)
    (tmp_path / "labels.json").write_text(json.dumps([*demo.labels, "never seen"]))
    test, train, labels = (next(tmp_path.glob(f"{stem}.*")) for stem in ("test", "train", "labels"))
    cache = tmp_path / "cache"
    upload = Uploads(Store(cache)).add(test.name, test.read_bytes()).task_name
    expected = changed_task(demo, OUTAGES)
    sources = {
        "demo": TaskSource("demo"),
        "folder": TaskSource(str(tmp_path)),
        "file": TaskSource(str(test), train=str(train)),
        "listed": TaskSource(str(test), train=str(train), labels=str(labels)),
        "upload": TaskSource(upload, train=str(train)),
    }
    for kind, source in sources.items():
        merge = OUTAGES.then(LabelMerge.of({"": ["never seen"]})) if kind in ("folder", "listed") else OUTAGES
        found = load_task(replace(source, merge=merge.to_text()), cache)
        assert (found.labels, found.test, found.train) == (expected.labels, expected.test, expected.train), kind
        with pytest.raises(SpecError, match="there is no label 'nonsense'"):
            load_task(replace(source, merge='[["x","nonsense"]]'), cache)


def test_what_leaves_nothing_is_refused():
    task = make_task("t", [Example("a", "x")], [Example("b", "y"), Example("c", "z")], None, "")
    with pytest.raises(DataError, match="no example is left"):
        changed_task(task, LabelMerge.of({"": ["x"]}))
    assert not changed_task(task, LabelMerge.of({"": ["y"]})).train[1:]


def test_a_run_on_an_own_list_has_the_key_that_it_always_had():
    """F76: the keys of stored runs, as the version before wrote them."""
    assert RunSpec().key == "83041afe7a023b690771c4cd54a24b6b570b955caa4c83996558d8b8883e195e"
    assert (
        RunSpec(TaskSource("banking77", labels="l.txt"), "m", n=77).key
        == "81d84e987c7fdeaacd6cb82311c1b517ad7896f8a27e0c2d71e32f1fe248acd5"
    )
    assert "merge" not in RunSpec().to_json()
    changed = RunSpec(TaskSource(merge=OUTAGES.to_text()))
    assert RunSpec.from_json(changed.to_json()) == changed
    assert changed.key != RunSpec().key


def test_equal_changes_are_one_run():
    one, other = '[["x","b","a"],["x","c"]]', '[["x","a","b","c"]]'
    assert checked(RunSpec(TaskSource(merge=one))).key == checked(RunSpec(TaskSource(merge=other))).key
    with pytest.raises(SpecError, match="no change of a label list"):
        checked(RunSpec(TaskSource(merge="a=b")))


def test_the_shares_of_a_stratified_sample_are_those_of_the_old_labels(demo):
    """Merging does not make a label rarer or more frequent in the sample than its parts were."""
    merge = LabelMerge.of({"one": demo.labels[:3]})
    old = Counter(example.label for example in draw_sample(demo, 100, "stratified"))
    new = Counter(example.label for example in draw_sample(changed_task(demo, merge), 100, "stratified"))
    assert new["one"] == sum(old[label] for label in demo.labels[:3])
