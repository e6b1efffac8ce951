"""A changed label list (F76, F77): no answer to one list is taken for one to another; any text may ask for one."""

import json
import random
import string
from dataclasses import replace

import pytest

from evalcore.analysis import label_probabilities, score_run
from evalcore.errors import BlindspotError, SpecError, StoreError
from evalcore.running.run import execute, plan_run
from evalcore.store import RunSpec, checked
from evalcore.tasks import SAMPLES, LabelMerge, parse_merge
from pages.parts.shell.url import query_of_spec, spec_of_query
from tests.faults.victim import LABELS, Logged, asked, spec, write_task
from tests.tools.bundles import bundle, lines_of, made_of, merged

TRIED = 400


@pytest.fixture
def task(tmp_path):
    return write_task(tmp_path / "messages", 64)


def changed(base, merge):
    return checked(replace(base, task=replace(base.task, merge=merge.to_text())))


def some_changes(rng, count):
    """Random changes of the toy's labels that leave three or more."""
    found = []
    while len(found) < count:
        groups = {}
        for label in rng.sample(LABELS, rng.randint(1, 4)):
            groups.setdefault(rng.choice(["", "new", "bills", label]), []).append(label)
        merge = LabelMerge.of(groups, LABELS)
        if merge and len(merge.new_labels(LABELS)) > 2:
            found.append(merge)
    return found


def test_an_answer_to_one_list_is_never_one_to_another(store, task, tally):
    """F76. Red with a key that leaves the list out: of a prompt that names the labels, and of a baseline's
    probabilities, whose order is that of the list."""
    tried, taken = 0, 0
    for prompt, model in (("article", "demo"), ("numbered", "demo"), ("none", "tfidf"), ("none", "majority")):
        base = checked(spec(task, model, n=24, prompt=prompt))
        known = set(plan_run(base, store).keys)
        for merge in some_changes(random.Random(0), 3):
            keys = set(plan_run(changed(base, merge), store).keys)
            tried, taken = tried + 1, taken + bool(keys & known)
            known |= keys
    tally("F76", "changed lists", tried, lost=taken)
    assert taken == 0


def test_where_the_list_is_not_in_the_prompt_nothing_is_asked_again(store, task, tmp_path):
    """F76. Red with a list that is in every key: a model that is not shown the labels would answer the same."""
    loader = lambda i, on_phase: Logged(i.identity, tmp_path / "log")  # noqa: E731
    base = checked(spec(task, "demo", n=64, prompt="bare"))
    execute(base, store, loader=loader)
    calls = len(asked(tmp_path / "log"))
    for merge in some_changes(random.Random(1), 4):
        execute(changed(base, merge), store, loader=loader)
    assert len(asked(tmp_path / "log")) == calls


def test_a_run_with_its_own_list_stays_what_it_was(store, task, tmp_path):
    """F76. Red with a task that is changed where it is kept: its own list would be gone until a file is written."""
    loader = lambda i, on_phase: Logged(i.identity, tmp_path / "log")  # noqa: E731
    base = checked(spec(task, n=24))
    before = execute(base, store, loader=loader).record
    for merge in some_changes(random.Random(2), 4):
        execute(changed(base, merge), store, loader=loader)
        again = execute(base, store, loader=loader)
        assert (again.record.run_id, again.predicted_now) == (before.run_id, 0)
        assert [found.run_id for found in store.runs_for(base)] == [before.run_id]


@pytest.mark.parametrize("sample", SAMPLES)
def test_both_lists_are_on_the_same_texts(store, task, sample, tally):
    """F76. Red with a sample that is drawn by the new labels: a verdict would compare other texts."""
    base = checked(spec(task, n=40, sample=sample))
    texts = [(example.text, example.label) for example in plan_run(base, store).examples]
    merges, other = some_changes(random.Random(3), 20), 0
    for merge in merges:
        kept = [(text, new) for text, old in texts if (new := merge.new_of_old.get(old, old))]
        drawn = plan_run(changed(base, merge), store).examples[: len(kept)]
        other += [(example.text, example.label) for example in drawn] != kept
    tally("F76", "samples", len(merges), lost=other)
    assert other == 0


def test_a_baseline_has_the_probabilities_of_its_own_list(store, task):
    """F76. Red with a baseline's identity that is its train split alone: a label without train rows can be dropped."""
    (task / "labels.json").write_text(json.dumps([*LABELS, "never trained on"]))
    base = checked(spec(task, "majority", n=24))
    for asked_for, n_labels in ((base, 9), (changed(base, LabelMerge.of({"": ["never trained on"]})), 8)):
        found = label_probabilities(score_run(store, execute(asked_for, store).record.run_id))
        assert found is not None
        assert found.known.all()
        assert found.logprobs.shape[1] == n_labels


def random_text(rng):
    """Something like a change, or nothing like it."""
    names = [*LABELS, "", "x", '"', ",", "=", "\n", "\u202e", "é" * 300, "[", 7, None]
    kind = rng.randrange(5)
    if kind == 0:
        return "".join(rng.choices(string.printable + "é\u2028\ud800", k=rng.randrange(30)))
    groups = [[rng.choice(names) for _ in range(rng.randrange(4))] for _ in range(rng.randrange(4))]
    text = json.dumps(rng.choice([groups, {"a": groups}, groups[0] if groups else 0]))
    return text if kind < 4 else text[: rng.randrange(len(text) + 1)]


def refused(use):
    """What is said of it; empty if it can be done."""
    try:
        use()
    except SpecError as error:
        return str(error)
    return ""


def test_any_text_is_a_change_or_is_refused_with_a_sentence(tally):
    """F77. Red with a text that is taken as it stands: a link and a stored run may hold anything."""
    rng, taken = random.Random(4), 0
    for _ in range(TRIED):
        text = random_text(rng)
        try:
            merge = LabelMerge.from_text(text)
        except SpecError:
            continue
        taken += 1
        assert LabelMerge.from_text(merge.to_text()) == merge
        said = refused(lambda merge=merge: merge.codes(LABELS))
        if said:
            assert len(said) <= 2000
            continue
        codes = merge.codes(LABELS)
        assert set(codes.tolist()) - {-1} == set(range(len(merge.new_labels(LABELS))))
    tally("F77", "texts", TRIED)
    assert 0 < taken < TRIED


def test_anything_may_be_typed_as_an_option(tally):
    """F77. Red with an error that is none of ours, or one longer than a person reads."""
    rng = random.Random(5)
    parts = [*LABELS, *string.punctuation, " ", "é", "\u202e", '""', "=", ",", "x" * 3000]
    for _ in range(TRIED):
        typed = ["".join(rng.choices(parts, k=rng.randrange(6))) for _ in range(rng.randrange(1, 4))]
        assert len(refused(lambda typed=typed: parse_merge(typed, LABELS).codes(LABELS))) <= 2000
    tally("F77", "options", TRIED)


def test_a_url_fills_the_form_with_a_change_that_can_be(tally):
    """F77. Red with a value that is not looked at: the form would be filled with what no run can be."""
    rng, base, taken = random.Random(6), spec("messages", n=24), 0
    for _ in range(TRIED):
        text = random_text(rng)
        found = spec_of_query({"task_merge": text, "n": "24"}, base)
        assert found is not None
        checked(found)
        taken += bool(found.task.merge)
        if found.task.merge:
            assert spec_of_query({**query_of_spec(found), "task": "messages"}, base).task.merge == found.task.merge
    tally("F77", "links", TRIED)
    assert taken


@pytest.mark.parametrize("merge", ["[[", '[["x","bill"],["y","bill"]]', "bill=x", '[["bill"]]'])
def test_a_bundle_with_a_change_that_is_none_is_refused(store, task, tmp_path, merge):
    """F77. Red with a bundle's spec that is believed: opening its run would fail on every page."""
    execute(changed(spec(task, "majority", n=8), LabelMerge.of({"x": ["bill"]})), store)
    rows = lines_of(bundle(store))
    for row in rows:
        if "spec" in row:
            row["spec"]["task"]["merge"] = merge
    with pytest.raises(BlindspotError):
        merged(store, made_of(rows))


def test_a_newer_change_is_said_to_be_newer(store):
    """F77. Red with an unknown field that is left out: what a newer version changed would be run as if it had not."""
    row = json.loads(RunSpec().to_json())
    row["task"]["merge_of_tomorrow"] = "x"
    with pytest.raises(StoreError, match="a newer one wrote it"):
        RunSpec.from_json(json.dumps(row))
