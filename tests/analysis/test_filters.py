"""Filters against a plain loop, and their way through a URL and back."""

import random
from dataclasses import replace

import numpy as np
import pytest

from evalcore.analysis.filters import LENGTHS, MENTIONS, OUTCOME_GROUPS, Filter, mentions, search, select
from evalcore.analysis.scored_run import OUTCOMES, score_run
from evalcore.importing.predictions import import_table
from evalcore.metrics.classification import never_predicted
from evalcore.metrics.matrix import most_confused
from evalcore.parse.matching import MATCHES
from evalcore.tasks.data_file import Table
from tests.tools.generated import imported

LABELS = ("card", "card arrival", "top_up", "reverted?", "absent one")
TEXTS = ("", "where is my CARD arrival", "a card", "top-up my card", "was it reverted", "discard it " * 12, "x" * 900)
ANSWERS = ("card", "Card Arrival", "it is top_up", "card or top_up", "no", "absent one")


@pytest.fixture
def scored(store):
    rng = random.Random(3)
    rows = [[rng.choice(TEXTS), rng.choice(LABELS[:4]), rng.choice(ANSWERS)] for _ in range(500)]
    table = Table("x.csv", ["text", "label", "completion"], rows, list(range(500)))
    return score_run(store, import_table(table, "x.csv", store, labels=list(LABELS)).run_id)


def passes(answer, asked):
    text, completion = answer.example.text, answer.completion.text
    low, high = LENGTHS[int(asked.length or 0)]
    return (
        (not asked.outcomes or answer.outcome in asked.outcomes)
        and asked.true in ("", answer.example.label)
        and asked.predicted in ("", answer.predicted)
        and (not asked.matches or answer.parsed.match in asked.matches)
        and (asked.text.casefold() in text.casefold() or asked.text.casefold() in completion.casefold())
        and (not asked.length or low <= len(text) <= high)
    )


def chosen(store, scored, asked):
    found = search(store, scored, asked.text) if asked.text else None
    return select(scored, asked, found=found, mentioned=mentions(store, scored))


ASKED = [
    Filter(),
    Filter(outcomes=("wrong",)),
    Filter(outcomes=("right", "unparsed"), true="card"),
    Filter(true="top_up", predicted="card"),
    Filter(matches=("extracted", "none"), text="CARD"),
    Filter(text="or top"),
    Filter(length="0", outcomes=("wrong",)),
    Filter(length="5"),
    Filter(predicted="absent one", text="discard", length="3"),
]


@pytest.mark.parametrize("asked", ASKED)
def test_just_what_passes_is_chosen_in_order(store, scored, asked):
    expected = [row for row, answer in enumerate(scored.answers) if passes(answer, asked)]
    assert chosen(store, scored, asked).rows.tolist() == expected


@pytest.mark.parametrize("asked", ASKED)
def test_a_count_says_how_many_its_choice_would_leave(store, scored, asked):
    counts = chosen(store, scored, asked).counts
    choices = {
        "outcomes": [(outcome,) for outcome in OUTCOMES],
        "matches": [(match,) for match in MATCHES],
        "true": LABELS,
        "predicted": LABELS,
        "length": [str(at) for at in range(len(LENGTHS))],
    }
    for name, values in choices.items():
        for at, value in enumerate(values):
            one = replace(asked, **{name: value})
            assert counts[name][at] == sum(passes(answer, one) for answer in scored.answers), (name, value)


def test_a_mention_is_a_whole_word_and_the_longest(store, scored):
    said = {
        "": "no label",
        "where is my CARD arrival": "card arrival",
        "a card": "card",
        "was it reverted": "reverted?",
    }
    codes = mentions(store, scored)
    for code, answer in zip(codes, scored.answers, strict=True):
        text, label = answer.example.text, answer.example.label
        if text in said:
            expected = "no label" if not text else "its true label" if label == said[text] else "another label"
        else:
            expected = "another label" if text.startswith("top-up") else "no label"
        assert MENTIONS[code] == expected, (text, label)
    passed = select(scored, Filter(mentions="another label"), mentioned=codes)
    assert passed.rows.tolist() == np.flatnonzero(codes == MENTIONS.index("another label")).tolist()


def test_groups_and_findings_are_filters_of_their_own(store, scored):
    answers = list(scored.answers)
    rows = select(scored, Filter(group="absent")).rows
    assert rows.tolist() == [row for row, answer in enumerate(answers) if answer.predicted == "absent one"]
    never = scored.names(never_predicted(scored.confusion))
    rows = select(scored, Filter(group="never_predicted")).rows
    assert never
    assert rows.tolist() == [row for row, answer in enumerate(answers) if answer.example.label in never]
    assert select(scored, Filter(finding="unparsed"), positions=(3, 7, 499)).rows.tolist() == [3, 7, 499]


@pytest.mark.parametrize("asked", [*ASKED, Filter(group="few", finding="unparsed", mentions="no label"),
                                   Filter(true_outside=2, predicted_outside=3, text="a & b=c, ?x#y")])  # fmt: skip
def test_a_filter_survives_the_url(asked):
    assert Filter.from_query(asked.to_query(), LABELS, ["unparsed"]) == asked


@pytest.mark.parametrize(
    "query",
    [{"true": "../../etc/passwd"}, {"outcomes": "right'; drop table"}, {"group": "__class__"}, {"length": "99"},
     {"length": "-1"}, {"true_outside": "9999999999999"}, {"true_outside": "²"}, {"finding": "unparsed"},
     {"mentions": "x"}],
)  # fmt: skip
def test_what_a_url_may_not_ask_for_is_left_out(query):
    assert Filter.from_query(query, LABELS) == Filter()


def test_outside_the_block_is_what_the_fold_holds(store):
    scored = score_run(store, imported(store, 12, 3000).run_id)
    kept = set(most_confused(scored.confusion, 4).tolist())
    rows = select(scored, Filter(true_outside=4)).rows
    assert rows.tolist() == [row for row, code in enumerate(scored.y_true.tolist()) if code not in kept]


def test_every_group_has_its_words(scored):
    for group in OUTCOME_GROUPS:
        select(scored, Filter(group=group))
