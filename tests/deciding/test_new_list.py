"""The run with a new label list: what is asked for, which stored run it is, and its verdict, against plain loops."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from evalcore.analysis import label_probabilities, score_run
from evalcore.deciding import DOORS, run_with_new_list, spec_with_new_list, verdict
from evalcore.errors import SpecError
from evalcore.running import execute
from evalcore.store import RunSpec, checked
from evalcore.tasks import LabelMerge, TaskSource
from evalcore.wording import figure
from tests.conftest import COLOURS
from tests.tools.generated import imported, labels_of
from tests.tools.runs import scored

LABELS = ("a", "b", "c, d", "e=f", "g")
CHANGES = (
    LabelMerge.of({"ab": ["a", "b"]}),
    LabelMerge.of({"a": ["a", "b"], "": ["g"]}),
    LabelMerge.of({"x": ["c, d"], "y": ["e=f", "g"]}),
    LabelMerge.of({"": ["a", "e=f"]}),
)
WARM = LabelMerge.of({"red": ["red", "green"]})


def made_up(store, seed, merge, *, all_old=False):
    """Two runs with random answers, on texts of which some stand there several times, and of which the new run has
    some that the old one lacks."""
    rng = np.random.default_rng(seed)
    new_of_old = {label: merge.new_of_old.get(label, label) for label in LABELS}
    texts = [f"text {rng.integers(0, 30)}" for _ in range(60)]
    true = rng.choice(LABELS, 60).tolist()
    said = rng.choice([*LABELS, "no idea"], 60).tolist()
    old = list(zip(texts, true, said, strict=True))
    new_labels = list(merge.new_labels(LABELS))
    new = [
        (text, new_of_old[label], rng.choice([new_of_old[label] or "?", *new_labels, "none", "g"]))
        for text, label, _ in old
        if new_of_old[label] and rng.random() < 0.9
    ] + [("another text", new_labels[0], new_labels[0])]
    rng.shuffle(new)
    of_old = scored(store, *[list(column) for column in (true, said)], texts=texts, labels=LABELS, name="old.csv")
    columns = [[str(row[at]) for row in new] for at in range(3)]
    of_new = scored(store, columns[1], columns[2], texts=columns[0], labels=new_labels, name="new.csv")
    return old, [tuple(map(str, row)) for row in new], of_old, of_new


def paired_by_loops(old, new, merge, labels):
    """Each pair as (old answer in the new list, new answer, true label): the n-th copy with the n-th copy."""
    waiting = {}
    for text, true, said in new:
        waiting.setdefault((text, true), []).append(said)
    pairs = []
    for text, true, said in old:
        now = merge.new_of_old.get(true, true)
        rest = waiting.get((text, now), [])
        if now and rest:
            pairs.append((merge.new_of_old.get(said, said), rest.pop(0), now))
    return [(one if one in labels else None, two if two in labels else None, true) for one, two, true in pairs]


@pytest.mark.parametrize("merge", CHANGES, ids=["merged", "dropped", "renamed", "two dropped"])
@pytest.mark.parametrize("seed", range(6))
def test_a_verdict_is_what_loops_and_scipy_say(store, seed, merge):
    old, new, of_old, of_new = made_up(store, seed, merge)
    found = verdict(of_old, of_new, merge)
    pairs = paired_by_loops(old, new, merge, of_new.labels)
    fixed = sum(one != true and two == true for one, two, true in pairs)
    broken = sum(one == true and two != true for one, two, true in pairs)
    assert found.n == len(pairs)
    assert (found.counts.fixed, found.counts.broken) == (fixed, broken)
    assert found.p == pytest.approx(binomtest(fixed, fixed + broken).pvalue if fixed + broken else 1)
    assert found.as_json()["accuracy_new"] == pytest.approx(np.mean([two == true for _, two, true in pairs]))
    assert found.as_json()["accuracy_old_merged"] == pytest.approx(np.mean([one == true for one, _, true in pairs]))
    low, high = found.interval
    for bound in (low, high):  # Tango: where the score test is just at its level
        assert abs(score_statistic(fixed, broken, len(pairs), bound)) == pytest.approx(norm.ppf(0.975), abs=1e-3)
    assert low < (fixed - broken) / len(pairs) < high
    names = sum(two is None and said == "g" and "g" not in of_new.labels for (_, two, _), said in
                zip(pairs, said_of(old, new, merge), strict=True))  # fmt: skip
    assert found.old_names == names
    shown = Counter(row["group"] for row in found.tables()["new_list"])
    assert shown == Counter({"fixed": fixed, "broken": broken})
    for row in found.examples(np.arange(found.n)):
        assert (row["old_answer_merged"], row["new_answer"], row["true_label"]) in pairs
    wrong = [at for at, (one, two, true) in enumerate(pairs) if one != true and two != true]
    assert found.rows_of("both_wrong").tolist() == wrong
    assert sum(len(found.rows_of(door)) for door in DOORS) == fixed + broken + len(wrong)


def said_of(old, new, merge):
    """The new completion of each pair, as it was written."""
    everything = [merge.new_of_old.get(true, true) for _, true, _ in old]
    waiting = {}
    for text, true, said in new:
        waiting.setdefault((text, true), []).append(said)
    return [waiting[text, now].pop(0) for (text, _, _), now in zip(old, everything, strict=True)
            if now and waiting.get((text, now))]  # fmt: skip


def score_statistic(fixed, broken, n, delta):
    """Tango (1998): the score statistic of a paired difference, with the constrained estimate of the nuisance share."""
    a, b, c = 2 * n, -fixed - broken + (2 * n - fixed + broken) * delta, -broken * delta * (1 - delta)
    q = (np.sqrt(b * b - 4 * a * c) - b) / (2 * a)
    return (fixed - broken - n * delta) / np.sqrt(n * (2 * q + delta * (1 - delta)))


def test_the_verdict_is_said_with_its_sign(store):
    texts, true = [f"t{i}" for i in range(40)], ["a", "b", "c, d", "g"] * 10
    merge = CHANGES[0]
    new_true = [merge.new_of_old.get(label, label) for label in true]
    old = scored(store, true, ["g"] * 40, texts=texts, labels=LABELS, name="old.csv")
    labels = merge.new_labels(LABELS)
    for said, answers in (
        ("22.5 points more often", [*new_true[:11], *["g"] * 29]),
        ("25.0 points less often", ["e=f"] * 40),
        ("on the same examples", ["g"] * 40),
        ("as far as can be told: +2.5 points (", [*new_true[:1], *["g"] * 39]),
    ):
        new = scored(store, new_true, answers, texts=texts, labels=labels, name=f"{said}.csv")
        found = verdict(old, new, merge)
        assert said in found.sentences[0], found.sentences[0]
        assert found.sentences[0].startswith("Asked with the new list, the model is right ")
        assert figure(100 * found.interval[1], 1, signed=True) in found.sentences[0]
    assert any("could show a difference" in sentence for sentence in found.sentences)


def test_what_does_not_go_together_is_refused(store):
    _, _, old, new = made_up(store, 0, CHANGES[0])
    with pytest.raises(SpecError, match="another label list than the change makes"):
        verdict(old, new, CHANGES[1])
    with pytest.raises(SpecError, match="no label 'nonsense'"):
        verdict(old, new, LabelMerge.of({"x": ["nonsense"]}))
    with pytest.raises(SpecError, match="scored strict"):
        verdict(score_run(store, old.record.run_id, "strict"), new, CHANGES[0])
    other = scored(store, ["ab"], ["ab"], texts=["far away"], labels=new.labels, name="far.csv")
    with pytest.raises(SpecError, match="no example is in both"):
        verdict(old, other, CHANGES[0])


@pytest.fixture
def task(colours):
    return TaskSource(str(colours))


def run_of(store, spec):
    return score_run(store, execute(spec, store).record.run_id)


@pytest.mark.parametrize("sample", ["stratified", "random", "first"])
def test_the_run_with_the_new_list_is_on_the_same_texts(store, task, sample):
    old = run_of(store, RunSpec(task, "tfidf", n=25, sample=sample, seed=3))
    for merge, left in ((WARM, 25), (WARM.then(LabelMerge.of({"": ["blue"]})), None)):
        assert run_with_new_list(old, merge, store.runs()) is None
        spec = spec_with_new_list(old, merge)
        new = run_of(store, spec)
        kept = [answer.example for answer in old.answers if merge.new_of_old.get(answer.example.label, "x")]
        assert [a.example.text for a in new.answers] == [example.text for example in kept]
        assert [a.example.label for a in new.answers] == [merge.new_of_old.get(e.label, e.label) for e in kept]
        assert left in (None, new.record.n)
        assert run_with_new_list(old, merge, store.runs()) == new.record
        assert verdict(old, new, merge).n == len(kept)


def test_a_list_that_was_changed_can_be_changed_again(store, task):
    first = run_of(store, spec_with_new_list(run_of(store, RunSpec(task, "majority", n=20)), WARM))
    again = LabelMerge.of({"cold": ["blue", "dark_blue"]})
    spec = spec_with_new_list(first, again)
    assert LabelMerge.from_text(spec.task.merge) == LabelMerge.of({**dict(WARM.groups), **dict(again.groups)})
    second = run_of(store, spec)
    assert second.labels == ("red", "cold") or set(second.labels) == {"red", "cold"}
    assert verdict(first, second, again).n == 20
    undone = LabelMerge.of({"azure": ["blue"]})
    renamed = run_of(store, spec_with_new_list(run_of(store, RunSpec(task, "majority", n=20)), undone))
    assert spec_with_new_list(renamed, LabelMerge.of({"blue": ["azure"]})).task.merge == ""


def test_another_model_or_prompt_is_not_taken_for_it(store, task):
    old = run_of(store, RunSpec(task, "tfidf", n=20))
    new = run_of(store, spec_with_new_list(old, WARM)).record
    for other in (
        replace(new, spec=replace(new.spec, n=19)),
        replace(new, spec=replace(new.spec, seed=1)),
        replace(new, prompt=replace(new.prompt, user="{text}!")),
        replace(new, identity={**new.identity, "version": 99}),
    ):
        assert run_with_new_list(old, WARM, [other]) is None
        assert run_with_new_list(old, WARM, [other, new]) == new


def test_a_run_that_cannot_be_asked_again_says_why(store, task):
    bare = LabelMerge.of({"x": labels_of(4)[:2]})
    import_ = score_run(store, imported(store, 4, 30).run_id)
    with pytest.raises(SpecError, match="imported"):
        spec_with_new_list(import_, bare)
    assert run_with_new_list(import_, bare, store.runs()) is None
    old = run_of(store, RunSpec(task, "majority", n=4, sample="first"))
    with pytest.raises(SpecError, match="all examples of this run are of labels that are dropped"):
        spec_with_new_list(old, LabelMerge.of({"": [old.answers[0].example.label]}))
    with pytest.raises(SpecError, match="no label 'nonsense'"):
        spec_with_new_list(old, LabelMerge.of({"x": ["nonsense"]}))
    encoder = replace(old.record, identity={**old.record.identity, "predictor": "encoder"})
    with pytest.raises(SpecError, match="encoder classifier has the labels that it was trained on"):
        spec_with_new_list(replace(old, record=encoder), WARM)
    with pytest.raises(SpecError, match="not complete"):
        spec_with_new_list(replace(old, record=replace(old.record, n=5)), WARM)


def test_a_baseline_is_not_given_the_probabilities_of_another_list(store, colours):
    """The train split is the same under both lists: the label that is dropped has no row in it."""
    (colours / "labels.txt").write_text("\n".join([*COLOURS, "violet"]))
    task = TaskSource(str(colours))
    old = run_of(store, checked(RunSpec(task, "majority", n=12)))
    new = run_of(store, spec_with_new_list(old, LabelMerge.of({"": ["violet"]})))
    for one, n_labels in ((old, 5), (new, 4)):
        found = label_probabilities(one)
        assert found is not None
        assert found.logprobs.shape[-1] == n_labels
        assert np.exp(found.logprobs).sum(axis=1) == pytest.approx(1, abs=1e-5)
