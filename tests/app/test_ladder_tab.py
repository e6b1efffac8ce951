"""The tab “Ladder” of the Confidence page: every count opens its examples, and what is missing is led to."""

import json
from dataclasses import replace

import numpy as np
import pytest

from evalcore.analysis import label_probabilities, rankings, score_run
from evalcore.store import Completion, LabelReference, RunSpec
from tests.tools.browser import PAYLOADS
from tests.tools.runs import stored

LABELS = ("refund", "card_lost", PAYLOADS[0])
N = 24
TEXTS = [f"text {i}" if i else PAYLOADS[2] for i in range(N)]
GOLD = [LABELS[i % 3] for i in range(N)]
FREE = [gold if i % 2 else f"Surely {gold}." if i % 4 else "cannot tell" for i, gold in enumerate(GOLD)]
CHOSEN = [gold if i % 6 else LABELS[(i + 1) % 3] for i, gold in enumerate(GOLD)]


def as_local(store, record, decoding, answers=None):
    """Make an import a run by a local model; with answers, one that chose them."""
    identity = {"predictor": "transformers", "model": "x", "dtype": "float32", "decoding": decoding}
    spec = replace(RunSpec(model="demo", decoding=decoding, n=N), task=record.spec.task)
    with store.connect(write=True) as db:
        db.execute("UPDATE runs SET spec = ?, identity = ? WHERE run_id = ?",
                   (spec.to_json(), json.dumps(identity), record.run_id))  # fmt: skip
        if answers is None:
            return record.run_id
        reference = LabelReference((1, 1, 3), {"": (-0.5, -1.0, -3.0)})
        db.execute("UPDATE runs SET label_reference = ? WHERE run_id = ?", (reference.to_json(), record.run_id))
        db.execute("UPDATE run_items SET key = randomblob(32) WHERE run_id = ?", (record.run_id,))
        items = "SELECT key FROM run_items WHERE run_id = ? ORDER BY position"
        keys = [key for (key,) in db.execute(items, (record.run_id,))]
    rows = []
    for key, answer in zip(keys, answers, strict=True):
        logprobs = np.where(np.array(LABELS) == answer, -1.0, -2.0) - np.array([0.0, 0.0, 0.5])
        rows.append((key, Completion(answer, (1,), 5, "chosen", 0.0, logprobs.astype("<f4").tobytes())))
    store.put_batch(record.run_id, rows, 0.0)
    return record.run_id


@pytest.fixture
def free(page_store):
    return as_local(page_store, stored(page_store, GOLD, FREE, texts=TEXTS, labels=LABELS, name="free.csv"), "plain")


@pytest.fixture
def chosen(page_store):
    record = stored(page_store, GOLD, CHOSEN, texts=TEXTS, labels=LABELS, name="chosen.csv")
    return as_local(page_store, record, "choose", CHOSEN)


def opened(open_page, run, **query):
    page = open_page("pages/confidence.py", run=run, tab="ladder", **query)
    assert not page.exception
    return page


def buttons(page):
    return {button.key: button for button in page.button if str(button.key).startswith("ladder_")}


def texts_listed(page):
    (table,) = [frame.value for frame in page.dataframe if "text" in frame.value.columns]
    return list(table["text"])


def test_each_count_opens_just_its_examples(open_page, page_store, free, chosen):
    page = opened(open_page, chosen)
    right = {
        "strict": [FREE[i] == GOLD[i] for i in range(N)],
        "lenient": [i % 2 == 1 or i % 4 != 0 for i in range(N)],
        "choose": [CHOSEN[i] == GOLD[i] for i in range(N)],
    }
    assert score_run(page_store, free).y_pred.tolist() == [
        LABELS.index(GOLD[i]) if right["lenient"][i] else -1 for i in range(N)
    ]
    pairs = {"read leniently": ("strict", "lenient"), "choose": ("lenient", "choose")}
    expected = {}
    for climb, (before, after) in pairs.items():
        expected[f"{climb}:fixed"] = [i for i in range(N) if right[after][i] and not right[before][i]]
        expected[f"{climb}:broken"] = [i for i in range(N) if right[before][i] and not right[after][i]]
    expected["always right"] = [i for i in range(N) if all(step[i] for step in right.values())]
    expected["never right"] = [i for i in range(N) if not any(step[i] for step in right.values())]
    assert sum(map(bool, expected.values())) >= 4
    for door, rows in expected.items():
        button = buttons(page)[f"ladder_{door}"]
        assert button.label.startswith(f"**{len(rows)}** ")
        page = button.click().run()
        assert not page.exception
        if rows:
            assert texts_listed(page) == [TEXTS[i] for i in rows], door
    assert page.query_params["door"] == "never right"


def test_the_free_answer_stands_below_the_chosen_one(open_page, free, chosen):
    page = opened(open_page, chosen, door="choose:fixed")
    first = TEXTS.index(texts_listed(page)[0])
    assert FREE[first] in [code.value for code in page.code]


def test_a_ranking_opens_the_answers_that_it_changes(open_page, page_store, free, chosen):
    page = opened(open_page, chosen, door="ranking:calibrated")
    found = rankings(label_probabilities(score_run(page_store, chosen)))
    calibrated = next(one for one in found if one.score == "calibrated")
    assert len(calibrated.changed())
    assert texts_listed(page) == [TEXTS[row] for row in calibrated.changed()]
    table = next(frame.value for frame in page.dataframe if "ranked by" in frame.value.columns)
    assert table["right"].tolist() == [round(100 * one.accuracy, 1) for one in found]
    assert table["change"].tolist()[0] == "as answered"


def test_without_the_free_run_the_page_leads_to_the_form_for_it(open_page, chosen):
    page = opened(open_page, chosen)
    assert any("missing" in caption.value and "“plain”" in caption.value for caption in page.caption)
    assert list(buttons(page)) == ["ladder_always right", "ladder_never right"]


@pytest.mark.parametrize(
    "door", ["", "up", "ranking:", "ranking:x", "choose:", "read leniently:broken", "../x", "choose:fixed:a"]
)
def test_a_door_that_is_none_or_leads_to_nothing_is_harmless(open_page, free, chosen, door):
    page = opened(open_page, chosen, door=door)
    primary = [button.key for button in page.button if button.proto.type == "primary"]
    known = door == "read leniently:broken"
    assert primary == [f"ladder_{door}" if known else "ladder_choose:broken"]


def test_a_ranking_that_was_open_does_not_break_a_run_without_one(open_page, free):
    page = opened(open_page, free, door="ranking:per-token")  # as the session keeps it when another run is chosen
    primary = [key for key, button in buttons(page).items() if button.proto.type == "primary"]
    assert primary == ["ladder_read leniently:fixed"]
