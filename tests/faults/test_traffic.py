"""Other traffic (F72, F73): whatever is given as its mix, and whatever few examples there are to answer from."""

import json
import re
from random import Random

import numpy as np
import pytest

from evalcore.deciding import TrafficAsked, traffic
from evalcore.deciding.traffic_tables import read_mix, read_predicted
from evalcore.errors import DataError
from tests.tools.decisions import LABELS
from tests.tools.timed_runs import timed

TABLES, RUNS = 2_000, 60


def any_mix(chance):
    """A table that is nearly right: labels and numbers as people write them, some of them wrong."""
    columns = chance.choice(
        ["label,share", "share,label", "label,count", "label;count", "predicted", "", "label,label"]
    )
    cells = ["0.5", "50 %", "50%", "0,5", "-1", "nan", "inf", "1e999", "", "12", "½", "0x1p3", "1_000", "half", "100 %"]
    names = [*LABELS, *(label.upper() for label in LABELS), "unparsed", "no label", "", "🙂" * 900, "=1+1"]

    def field(name):
        return f'"{name.replace(chr(34), 2 * chr(34))}"' if chance.random() < 0.8 else name

    separator = ";" if ";" in columns else chance.choice([",", ",", " "])
    rows = [
        separator.join([field(chance.choice(names)), field(chance.choice(cells))]) for _ in range(chance.randrange(6))
    ]
    return "\n".join([columns, *rows])


def read(reader, text):
    """What is read, or the sentence with which it is refused."""
    try:
        return reader(text)
    except DataError as refused:
        return str(refused)


@pytest.mark.parametrize("seed", range(2))
def test_a_mix_is_read_as_it_was_meant_or_refused_with_a_sentence(seed, tally):
    """F72. Red with `float` alone, which takes `nan` and `1_000`, or with shares that are scaled unasked."""
    chance, lost = Random(seed), 0
    for _ in range(TABLES):
        text = any_mix(chance)
        shares = read(lambda text: read_mix(text, LABELS, scale=False).shares, text)
        counts = read(lambda text: read_predicted(text, LABELS), text)
        for found in (shares, counts):
            if isinstance(found, str):
                lost += not 20 < len(found) <= 2000
            else:
                lost += not (np.isfinite(found).all() and (found >= 0).all() and found.sum() > 0)
        if not isinstance(shares, str):
            lost += not np.isclose(shares.sum(), 1) or bool(re.search(r"nan|inf|1_000|0x", text.lower()))
    tally("F72", "random tables", TABLES, lost=lost)
    assert lost == 0


@pytest.mark.parametrize("seed", range(2))
def test_few_examples_give_no_figure_that_they_do_not_allow(store, seed, tally):
    """F73. Red with an interval of few examples, or one figure for all of a traffic that has unseen labels.

    What the sample does not hold is filled in with the worst and with the best recall: the bounds must reach both.
    """
    rng, lost = np.random.default_rng(seed), 0
    for at in range(RUNS // 2):
        n = int(rng.integers(1, 40))
        gold = [LABELS[code] for code in rng.integers(0, int(rng.integers(1, len(LABELS) + 1)), n)]
        answers = [label if rng.random() < 0.7 else str(rng.choice([*LABELS, "?"])) for label in gold]
        scored = timed(store, gold, answers, f"run {seed} {at}", labels=LABELS)
        shares = rng.dirichlet(np.full(len(LABELS), 0.7))
        rows = "".join(
            f'"{label.replace(chr(34), 2 * chr(34))}",{share:.9f}\n'
            for label, share in zip(LABELS, shares, strict=True)
        )
        answer = traffic(scored, None, TrafficAsked(mix=f"label,share\n{rows}", scale_shares=True))
        json.dumps(answer.as_json(), allow_nan=False)
        lost += any("nan" in sentence.split() or "n/a" in sentence for sentence in answer.sentences)
        low, high = answer.accuracy.interval
        lost += low == low and (answer.worth < 40 or not low < high)
        known = float(answer.mix.shares @ np.nan_to_num(answer.recall))
        unseen = float(answer.mix.shares[answer.support == 0].sum())
        if answer.accuracy.on_traffic == answer.accuracy.on_traffic and unseen > 0:
            bounds = answer.bounds
            lost += not (bounds[0] <= known + 1e-9 and known + unseen <= bounds[1] + 1e-9)
            lost += not any("no example in this run" in sentence for sentence in answer.sentences)
    tally("F73", "runs of few examples", RUNS // 2, lost=lost)
    assert lost == 0
