"""All runs of a store are compared (F78): only answers to the same examples, and none seems worse by chance."""

import random
from itertools import combinations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalcore.analysis import score_run
from evalcore.deciding import CostsAsked, FrontierAsked, frontier
from evalcore.deciding.frontier_effort import EFFORTS
from evalcore.deciding.frontier_found import SCORES
from evalcore.metrics import mcnemar_p
from evalcore.store import Store
from tests.tools.runs import stored
from tests.tools.timed_runs import timed_run

LABELS = ("a", "b, c", 'd="e"', "naïve")


def paired(shown, other):
    """By its definition: how many examples of one run another run answers rightly; None if it has not answered all."""
    left = [((one.example.text, one.example.label), one.outcome == "right") for one in other.answers]
    right = 0
    for one in shown.answers:
        wanted = one.example.text, one.example.label
        at = next((at for at, (content, _) in enumerate(left) if content == wanted and wanted[0].strip()), None)
        if at is None:
            return None
        right += left.pop(at)[1]
    return right


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
def test_just_the_runs_with_answers_to_all_examples_are_compared(seed, tmp_path_factory):
    """F78. Red if a run is paired by position with another sample, or a copy of a text is used twice."""
    rng = random.Random(seed)
    store = Store(tmp_path_factory.mktemp("store") / "cache")
    texts = [rng.choice(["same", "other", "x\ny", f"text {at}"]) for at in range(rng.randint(1, 8))]
    gold = [rng.choice(LABELS[:2]) for _ in texts]
    runs = []
    for number in range(rng.randint(1, 6)):
        chosen = rng.sample(range(len(texts)), rng.randint(1, len(texts))) if rng.random() < 0.5 else range(len(texts))
        labels = list(LABELS) if rng.random() < 0.8 else list(LABELS[:3])
        rng.shuffle(labels)
        of = [texts[at] for at in chosen], [gold[at] for at in chosen]
        answers = [rng.choice([*labels, "?"]) for _ in of[0]]
        if rng.random() < 0.5:
            runs.append(stored(store, of[1], answers, texts=of[0], labels=labels, name=f"{number}.csv").run_id)
        else:
            more = {"texts": of[0], "labels": labels, "seconds": rng.random(), "done": rng.choice([None, None, 1])}
            runs.append(timed_run(store, of[1], answers, f"m{number}", **more))
    shown = score_run(store, rng.choice(runs))
    asked = FrontierAsked(rng.choice(SCORES), rng.choice(EFFORTS), rng.choice([0.0, 2.5]))
    answer = frontier(store, shown, asked, CostsAsked())
    records = {run_id: store.run(run_id) for run_id in dict.fromkeys(runs)}
    expected = {}
    for run_id, record in records.items():
        comparable = run_id == shown.record.run_id or (record.finished and set(record.labels) == set(shown.labels))
        right = paired(shown, score_run(store, run_id)) if comparable else None
        if right is not None:
            expected[run_id] = right
    assert {run.record.run_id: run.right for run in answer.runs} == expected
    assert answer.sentences
    assert not any("nan" in sentence for sentence in answer.sentences)


def test_a_damaged_run_is_listed_and_hides_no_other(store):
    """F78. Red if one run that cannot be read takes the whole answer with it."""
    gold = ["a", "b, c"] * 10
    runs = [timed_run(store, gold, gold[::-1] if at else gold, f"m{at}", labels=LABELS) for at in range(3)]
    with store.connect(write=True) as db:
        db.execute("DELETE FROM completions WHERE key IN (SELECT key FROM run_items WHERE run_id = ? AND position < 3)",
                   (runs[1],))  # fmt: skip
    answer = frontier(store, score_run(store, runs[0]), FrontierAsked(), CostsAsked())
    assert {run.record.run_id for run in answer.runs} == {runs[0], runs[2]}
    assert [one.why for one in answer.left_out] == ["it has no answer to 3 of these examples"]


def test_equal_runs_are_seldom_told_apart(store):
    """F78. Red without a correction for the number of pairs: of so many runs, some would seem worse."""
    rng, k = random.Random(1), 24
    gold = ["a", "b, c"] * 40
    runs = [
        timed_run(store, gold, [label if rng.random() < 0.7 else "?" for label in gold], f"m{at}", labels=LABELS)
        for at in range(k)
    ]
    answer = frontier(store, score_run(store, runs[0]), FrontierAsked(), CostsAsked())
    assert answer.pairs == k * (k - 1) // 2
    assert all(run.together for run in answer.runs)
    right = [{one.position for one in score_run(store, run).answers if one.outcome == "right"} for run in runs]
    assert min(mcnemar_p(len(a - b), len(b - a)) for a, b in combinations(right, 2)) < 0.01
