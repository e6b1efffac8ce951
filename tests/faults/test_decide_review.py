"""A promise on what is answered automatically (F68, F69): luck on the examples that chose it, and answers without any
certainty."""

import numpy as np
import pytest

from evalcore.analysis import label_probabilities, score_run
from evalcore.deciding import KINDS, ReviewAsked, review
from evalcore.store.database import Store
from tests.tools.generated import labels_of
from tests.tools.probabilities import stored_with_logprobs

LUCKY = 150
TARGET = 80


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


def reviewed(store, true, shares, *, name, answers=None, **asked):
    labels = labels_of(shares.shape[1])
    with np.errstate(divide="ignore"):
        record = stored_with_logprobs(store, labels, true.tolist(), np.log(shares), name=name, answers=answers)
    scored = score_run(store, record.run_id)
    return review(scored, label_probabilities(scored), ReviewAsked(**asked))


def test_a_certainty_that_says_nothing_is_seldom_promised(store, tally):
    """F68. Red with a threshold that is verified on the half it was chosen on; a run is right on 79 of 100, not on 80.

    Its confidences are noise: above each threshold the accuracy is that of all. The lowest threshold that looks good
    is found in nearly every sample; on the other half it must not be verified more often than 5 times in 100.
    """
    rng = np.random.default_rng(0)
    looks_good = broken = 0
    for sample in range(LUCKY):
        true = rng.integers(0, 3, 200)
        predicted = np.where(rng.random(200) < 0.79, true, (true + 1) % 3)
        sure = 0.4 + 0.5 * rng.random(200)
        shares = np.repeat((1 - sure)[:, None] / 2, 3, axis=1)
        shares[np.arange(200), predicted] = sure
        found = reviewed(store, true, shares, name=f"{sample}.csv", target=TARGET)
        looks_good += found.estimate is not None
        broken += found.verified
    tally("F68", "samples", LUCKY)
    assert looks_good > 0.9 * LUCKY
    assert broken <= 0.05 * LUCKY + 3 * (0.05 * 0.95 * LUCKY) ** 0.5


@pytest.mark.parametrize("kind", ["unparsed", "unknown", "zero", "infinite logprobs"])
@pytest.mark.parametrize("signal", ["confidence", "margin", "entropy"])
def test_an_answer_without_a_certainty_is_never_answered_automatically(store, tally, kind, signal):
    """F69. Red with an unknown certainty that counts as a high one; no label is named, or it is no number, or wrong."""
    rng = np.random.default_rng(1)
    true = rng.integers(0, 4, 300)
    shares = np.full((300, 4), 0.02)
    shares[np.arange(300), true] = 0.94
    labels = labels_of(4)
    answers = [labels[code] for code in true]
    spoilt = rng.random(300) < 0.3
    if kind == "unparsed":
        answers = ["?" if bad else answer for bad, answer in zip(spoilt, answers, strict=True)]
    elif kind == "unknown":
        shares[spoilt] = np.nan
    elif kind == "zero":
        shares[spoilt] = [0, 0, 0, 1]
        true[spoilt] = 0
        answers = [labels[3] if bad else answer for bad, answer in zip(spoilt, answers, strict=True)]
    else:
        shares[spoilt] = 0.0
    found = reviewed(store, true, shares, name=f"{kind}.csv", answers=answers, signal=signal, target=90)
    tally("F69", "answers", int(spoilt.sum()))
    rows = np.concatenate([found.rows_of(one) for one in KINDS])
    assert len(set(rows.tolist())) == len(found.prepared.checking)
    assert np.isfinite(found.prepared.certainty[found.signal][found.automatic]).all()
    if kind == "zero":  # the surest of all, and wrong: nothing may be promised above them
        assert not found.verified
    else:
        assert not found.automatic[spoilt].any()
        assert found.unsure == spoilt.sum()
        assert found.verified
    assert all("nan" not in said for said in found.sentences)
