"""How much a person must check, against a plain computation of the same; and what is said where nothing can be."""

import json

import numpy as np
import pytest
from scipy.stats import beta, binomtest

from evalcore.analysis import label_probabilities, score_run
from evalcore.deciding import GROUPS, KINDS, ReviewAsked, asked_of_query, compared_review, query_of_asked, review
from evalcore.errors import SpecError
from tests.tools.generated import imported
from tests.tools.probabilities import stored_with_logprobs, with_probabilities
from tests.tools.runs import import_bytes

LABELS = ["refund, fee", 'card "lost"', "a=b", "top up"]


def drawn(seed, n=400, sharpness=4.0, n_labels=4):
    """True labels, and probabilities that are right about them."""
    rng = np.random.default_rng(seed)
    scores = rng.standard_normal((n, n_labels)) * sharpness
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    true = (shares.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(max=n_labels - 1)
    return true, shares


def run_of(store, true, shares, name="run.csv", labels=LABELS, answers=None):
    return with_probabilities(store, labels, [labels[code] for code in true], shares, answers, name=name)


def reviewed(scored, others=(), **asked):
    return review(scored, label_probabilities(scored), ReviewAsked(**asked), others)


def halves(true):
    """Every other example of each label in a random order, by plain Python: seed 0."""
    rank = np.random.default_rng(0).random(len(true))
    order = sorted(range(len(true)), key=lambda i: (true[i], rank[i]))
    return sorted(order[0::2]), sorted(order[1::2])


def lower(right, n, confidence=0.95):
    return beta.ppf(1 - confidence, right, n - right + 1) if right else 0.0


@pytest.mark.parametrize(("seed", "target"), [(0, 60), (1, 80), (2, 90), (3, 80), (4, 90), (5, 95), (6, 70), (7, 85)])
def test_the_threshold_is_chosen_on_one_half_and_tested_once_on_the_other(store, seed, target):
    true, shares = drawn(seed, sharpness=2.5 + seed % 3)
    found = reviewed(run_of(store, true, shares), target=target)
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == true
    choosing, checking = halves(true)
    ways = {"cautious": [], "confident": [], "estimated": []}
    for value in {sure[i] for i in choosing}:
        hits = [right[i] for i in choosing if sure[i] >= value]
        ways["cautious"] += [value] if lower(sum(hits), len(hits), 0.998) >= target / 100 else []
        ways["confident"] += [value] if lower(sum(hits), len(hits)) >= target / 100 else []
        ways["estimated"] += [value] if sum(hits) >= target / 100 * len(hits) else []
    chosen = ways["cautious"] or ways["confident"]
    verified = False
    if chosen:
        hits = [right[i] for i in checking if sure[i] >= min(chosen) - 1e-6]
        assert (found.promised.answered, found.promised.right) == (len(hits), sum(hits))
        verified = lower(sum(hits), len(hits)) >= target / 100
    assert found.verified == verified
    assert (found.promised is None) == (not chosen)
    hits = [right[i] for i in checking if sure[i] >= min(ways["estimated"]) - 1e-6]
    assert (found.estimate.answered, found.estimate.right) == (len(hits), sum(hits))
    assert found.threshold == pytest.approx(min(chosen if verified else ways["estimated"]), abs=1e-6)


def test_every_example_that_verifies_is_wrong_right_or_with_a_person_the_surest_first(store):
    true, shares = drawn(1)
    found = reviewed(run_of(store, true, shares), target=80)
    rows = {kind: found.rows_of(kind) for kind in KINDS}
    assert sorted(np.concatenate(list(rows.values())).tolist()) == halves(true)[1]
    used = found.in_use
    assert (len(rows["wrong"]), len(rows["right"])) == (used.answered - used.right, used.right)
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == true
    for kind, of in rows.items():
        assert (np.diff(sure[of]) <= 1e-6).all(), kind
    assert not right[rows["wrong"]].any()
    assert right[rows["right"]].all()
    assert set(found.rows_of("person", threshold=0.0)) == set()
    of_label = found.rows_of("right", threshold=0.0, label=2)
    assert (shares[of_label].argmax(axis=1) == 2).all()


def test_margin_and_entropy_order_the_answers_as_they_should(store):
    true, shares = drawn(2)
    scored = run_of(store, true, shares)
    found = reviewed(scored, target=80, signal="margin")
    ordered = np.sort(shares, axis=1)
    np.testing.assert_allclose(found.prepared.certainty["margin"], ordered[:, -1] - ordered[:, -2], atol=1e-6)
    entropy = -(shares * np.log2(shares)).sum(axis=1)
    np.testing.assert_allclose(found.prepared.certainty["entropy"], -entropy, atol=1e-5)
    assert reviewed(scored, target=80, signal="entropy").sentences != found.sentences
    assert {one.name: one.aurc for one in found.signals}["margin"] == pytest.approx(found.signals[1].aurc)
    used = next(one for one in found.signals if one.name == "margin")
    assert used.difference == 0
    assert np.isnan(used.difference_interval).all()


def test_answers_without_a_label_go_to_a_person_whatever_their_probabilities(store):
    true, shares = drawn(3)
    answers = [LABELS[code] for code in shares.argmax(axis=1)]
    for at in range(0, 400, 5):
        answers[at] = "I cannot say"
    found = reviewed(run_of(store, true, shares, answers=answers), target=60)
    assert found.unsure == 80
    assert not found.automatic[::5].any()
    assert found.in_use.n == 200
    assert any("80 answers have no confidence" in said for said in found.sentences)
    none = reviewed(run_of(store, true, shares, name="none.csv", answers=["?"] * 400), target=60)
    assert none.signal == "" or not none.automatic.any()
    assert none.sentences


def test_all_right_is_verified_at_no_more_than_its_number_shows(store):
    true, shares = drawn(4)
    shares = np.where(np.arange(4) == true[:, None], 0.9 + 0.05 * shares, 0.01)
    scored = run_of(store, true, shares)
    found = reviewed(scored, target=95)
    assert found.verified
    assert found.in_use.right == found.in_use.answered
    assert found.in_use.lower == pytest.approx(lower(found.in_use.answered, found.in_use.answered))
    beyond = reviewed(scored, target=99.9)
    assert not beyond.verified
    assert "2,995 answers" in beyond.sentences[0] or "2,994 answers" in beyond.sentences[0]
    assert beyond.needed == 2 * 2995  # without a mistake, as here
    assert all(np.isnan(one.interval).all() for one in beyond.signals)


def test_a_target_out_of_reach_says_so_and_what_the_examples_say_without_a_promise(store):
    true, shares = drawn(5, sharpness=1.0)
    found = reviewed(run_of(store, true, shares), target=99.9)
    assert found.sentences[0].startswith("It cannot be promised with these 400 examples that 99.9 %")
    assert found.promised is None
    assert any(said.startswith("Without a promise") for said in found.sentences)


def test_labels_with_few_answers_share_a_threshold_and_the_others_are_tested_with_holm(store):
    true, shares = drawn(6, n=800, sharpness=8.0)
    keep = (shares.argmax(axis=1) != 3) | (np.arange(800) < 40)
    true, shares = true[keep], shares[keep]
    found = reviewed(run_of(store, true, shares), target=80, per_label=True)
    assert [one.own for one in found.labels] == [True, True, True, False]
    assert f"“{LABELS[3]}”" in " ".join(found.sentences)
    predicted, right = shares.argmax(axis=1), shares.argmax(axis=1) == true
    checking = halves(true)[1]
    p = []
    for one in found.labels[:3]:
        hits = [right[i] for i in checking if predicted[i] == one.code and shares[i].max() >= one.threshold - 1e-6]
        assert (one.answered, one.right) == (len(hits), sum(hits))
        p.append(binomtest(sum(hits), len(hits), 0.8, alternative="greater").pvalue)
    order = np.argsort(p)
    adjusted = np.maximum.accumulate(np.minimum(np.array(p)[order] * [3, 2, 1], 1))
    np.testing.assert_allclose(np.array([one.p for one in found.labels[:3]])[order], adjusted, rtol=1e-6)
    assert found.in_use.answered == sum(one.answered for one in found.labels)
    assert np.isnan(found.labels[3].p)


def test_without_probabilities_it_says_which_run_to_make_and_other_runs_can_agree(store):
    scored = score_run(store, imported(store, 8, 300).run_id)
    nothing = reviewed(scored)
    assert nothing.signal == ""
    assert nothing.in_use is None
    assert not nothing.automatic.any()
    assert "Choose other runs" in nothing.sentences[0]
    assert nothing.as_json()["promise"] is None
    assert nothing.tables() == {}
    table = ["text,label,completion"]
    rng = np.random.default_rng(0)
    names = scored.names(scored.y_true)
    examples = [(one.example.text, one.example.label) for one in scored.answers]
    others = []
    for number in range(2):
        said = [label if rng.random() < 0.7 else names[int(rng.integers(0, 300))] for _, label in examples]
        quoted = [f'"{text}",{label},{answer}' for (text, label), answer in zip(examples, said, strict=True)]
        file = "\n".join([*table, *quoted]).encode()
        others.append(score_run(store, import_bytes(f"other-{number}.csv", file, store).run_id))
    found = reviewed(scored, others, target=60)
    assert found.signal == "agreement"
    same = np.mean([[a == b for a, b in zip(scored.names(scored.y_pred), other.names(other.y_pred), strict=True)]
                    for other in others], axis=0)  # fmt: skip
    parsed = scored.y_pred >= 0
    np.testing.assert_array_equal(found.prepared.certainty["agreement"][parsed], same[parsed])
    assert np.isnan(found.prepared.certainty["agreement"][~parsed]).all()
    assert set(np.unique(same)) == {0.0, 0.5, 1.0}
    assert reviewed(scored, [scored]).signal == ""


def test_a_file_with_confidences_alone_has_no_margin_and_says_why(store):
    true, shares = drawn(7)
    rows = ["text,label,prediction,confidence"]
    for at, (code, share) in enumerate(zip(true, shares, strict=True)):
        rows.append(f"text {at},label{code},label{share.argmax()},{share.max():.6f}")
    scored = score_run(store, import_bytes("confident.csv", "\n".join(rows).encode(), store).run_id)
    found = reviewed(scored, target=80, signal="margin")
    assert found.signal == "confidence"
    why = {one.name: one.why_not for one in found.signals}
    assert "probability of every label" in why["margin"]
    assert "probability of every label" in why["entropy"]
    assert any("The confidence is used." in said for said in found.sentences)
    assert reviewed(scored, target=80).promised == found.promised


def test_one_example_a_label_and_one_alone_break_nothing(store):
    for n in (1, 2, 4):
        true = np.arange(n)
        shares = np.full((n, 4), 0.1)
        shares[np.arange(n), true] = 0.7
        found = reviewed(run_of(store, true, shares, name=f"{n}.csv"), per_label=True)
        assert not found.verified
        assert "cannot be promised" in found.sentences[0]
        json.dumps(found.as_json(), allow_nan=False)


def test_hours_and_money_follow_the_share_that_is_sent_to_a_person(store):
    true, shares = drawn(8)
    found = reviewed(run_of(store, true, shares), target=80, minutes=3, price=0.5)
    per = found.as_json()["per_1000"]
    share = 1 - found.in_use.coverage
    assert per["reviews"]["value"] == pytest.approx(1000 * share)
    assert per["hours"]["value"] == pytest.approx(50 * share)
    assert per["price"]["value"] == pytest.approx(500 * share)
    low, high = found.in_use.person_interval
    assert per["hours"]["interval"] == pytest.approx([50 * low, 50 * high])
    words = next(said for said in found.sentences if said.startswith("Per 1,000 texts"))
    assert f"{50 * share:.1f} hours ({50 * low:.1f} to {50 * high:.1f}) at 3 minutes each" in words
    assert f"{500 * share:,.2f} (" in words


def test_two_runs_are_judged_on_the_same_halves_and_their_labels_may_stand_in_another_order(store):
    true, shares = drawn(9, n=600)
    better = np.where(np.arange(4) == true[:, None], shares + 0.5, shares)
    better /= better.sum(axis=1, keepdims=True)
    a = run_of(store, true, shares, name="a.csv")
    turned = LABELS[::-1]
    b = run_of(store, 3 - true, better[:, ::-1], name="b.csv", labels=turned)
    both = compared_review(a, label_probabilities(a), b, label_probabilities(b), ReviewAsked(target=80))
    assert both.n == 600
    assert both.comparable
    checking = both.a.prepared.checking
    of_a, of_b = both.a.automatic[checking], both.b.automatic[checking]
    assert both.coverage_difference == pytest.approx(of_b.mean() - of_a.mean())
    low, high = both.coverage_interval
    assert low < both.coverage_difference < high
    assert low > 0
    assert "B answers" in both.sentences[0]
    assert "more automatically than A" in both.sentences[0]
    counts = {group: len(both.rows_of(group)) for group in GROUPS}
    assert counts["only_b"] == (of_b & ~of_a).sum()
    assert sum(counts.values()) == 300
    one = reviewed(b, target=80)
    assert both.b.signals[0].aurc == pytest.approx(one.signals[0].aurc)
    assert both.aurc_difference == pytest.approx(one.signals[0].aurc - reviewed(a, target=80).signals[0].aurc)
    assert both.aurc_interval[1] < 0
    json.dumps(both.as_json(), allow_nan=False)
    assert set(both.tables()) == {f"{name}_{side}" for name in ("review_curve", "review_signals") for side in "ab"}


def test_a_difference_is_shown_only_where_both_keep_the_promise(store):
    true, shares = drawn(10, n=600, sharpness=1.0)
    better = np.where(np.arange(4) == true[:, None], shares + 1, shares)
    better /= better.sum(axis=1, keepdims=True)
    a, b = run_of(store, true, shares, name="a.csv"), run_of(store, true, better, name="b.csv")
    both = compared_review(a, label_probabilities(a), b, label_probabilities(b), ReviewAsked(target=90))
    assert (both.a.verified, both.b.verified) == (False, True)
    assert np.isnan(both.coverage_difference)
    assert np.isnan(both.coverage_interval).all()
    assert both.sentences[0].startswith("Only of B can it be promised")
    other = run_of(store, true % 2, shares[:, :2] + 1e-9, name="other.csv", labels=["x", "y"])
    with pytest.raises(SpecError, match="label sets differ"):
        compared_review(a, label_probabilities(a), other, label_probabilities(other), ReviewAsked())


def test_the_tables_are_those_of_the_answer_and_of_even_length(store):
    true, shares = drawn(11, n=3000)
    found = reviewed(run_of(store, true, shares), target=80, per_label=True)
    tables = found.tables()
    assert set(tables) == {"review_curve", "review_signals", "review_labels"}
    curve = tables["review_curve"]
    assert 900 < len(curve) <= 1001
    assert curve[-1]["answered"] == 3000
    assert curve[-1]["right"] == int((shares.argmax(axis=1) == true).sum())
    assert [row["label"] for row in tables["review_labels"]] == LABELS
    for rows in tables.values():
        assert len({tuple(row) for row in rows}) == 1
        json.dumps(list(rows), allow_nan=False)


def test_what_is_asked_stands_in_a_url_and_comes_back():
    asked = ReviewAsked(target=90.5, signal="margin", agreeing="a, b,a", per_label=True, minutes=2, price=0.25)
    assert asked_of_query(ReviewAsked, query_of_asked(asked)) == asked
    assert asked.agreeing_ids == ("a", "b")
    assert asked_of_query(ReviewAsked, {"target": "100", "signal": "luck", "price": "-1"}) == ReviewAsked()


def test_nothing_known_of_some_answers_is_no_certainty(store):
    true, shares = drawn(12)
    logprobs = np.log(shares)
    logprobs[:100] = np.nan
    record = stored_with_logprobs(store, LABELS, true.tolist(), logprobs,
                                  answers=[LABELS[code] for code in shares.argmax(axis=1)])  # fmt: skip
    found = reviewed(score_run(store, record.run_id), target=60)
    assert found.unsure == 100
    assert not found.automatic[:100].any()
    assert found.in_use.n == 200
