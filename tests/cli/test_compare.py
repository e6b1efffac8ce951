"""`compare` and `sweep` on the bundled demo."""

import json

import pytest

from evalcore.store.database import Store
from evalcore.store.planned import planned_seconds
from evalcore.tasks.prompt import BUILT_IN
from tests.tools.command_line import evalcore
from tests.tools.runs import stored

GOLD = list("aabbccdd") * 5
PAIR_KEYS = {"delta", "interval", "fixed", "broken", "mcnemar_p", "shared", "mde"}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("compare")


@pytest.fixture(scope="module")
def ids(cache):
    store = Store(cache)
    return [stored(store, GOLD, answers).run_id for answers in (GOLD, [*GOLD[:20], *"b" * 20])]


def test_two_runs_are_compared_in_words_and_as_json(cache, ids):
    text = evalcore("compare", *ids, cache=cache).stdout
    assert text.startswith("B (new) compared with A (reference)\nB is worse: −40.0 points (")
    assert "at N = 40 · exact McNemar p < .001" in text
    assert "\nchanged: model\n" in text or "\nnothing that was chosen changed\n" in text
    data = json.loads(evalcore("compare", *ids, "--json", cache=cache).stdout)
    assert PAIR_KEYS | {"verdict", "sentence"} <= set(data)
    assert (data["shared"], data["fixed"], data["broken"], data["verdict"]) == (40, 0, 16, "worse")
    assert data["delta"] == pytest.approx(-16 / 40)
    assert data["sentence"] in text


def test_what_cannot_be_compared_is_said_in_one_line(cache, ids):
    other = stored(Store(cache), ["x", "y"], ["x", "x"]).run_id
    done = evalcore("compare", ids[0], other, cache=cache, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: These two runs cannot be compared: their label sets differ")


def test_a_sweep_runs_every_prompt_on_one_sample_and_corrects_for_all_pairs(cache):
    prompts = ["article", "bare", "shuffled-labels:1", "shuffled-labels:2"]
    arguments = ["sweep", "--n", 48, "--prompts", *prompts]
    data = json.loads(evalcore(*arguments, "--json", cache=cache).stdout)
    assert [run["prompt"] for run in data["runs"]] == prompts
    assert data["shared"] == 48
    assert len(data["pairs"]) == 6
    assert PAIR_KEYS | {"holm_p", "distinguishable"} <= set(data["pairs"][0])
    assert sum(data["times_right"]) == 48
    assert data["always_wrong"] == data["times_right"][0]
    assert data["label_order"]["orders"] == 3
    assert all(planned_seconds(record, 48) for record in Store(cache).runs() if record.n == 48)
    text = evalcore(*arguments, cache=cache).stdout  # from the cache
    assert "Holm's correction for 6 comparisons" in text
    assert "Label order. From the first place" in text


def test_a_sweep_takes_the_built_in_prompts_when_none_are_named(cache):
    data = json.loads(evalcore("sweep", "--n", 8, "--json", cache=cache).stdout)
    assert len(data["runs"]) == len(BUILT_IN)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sweep", "--prompts", "article"], "Give 2 to 10"),
        (["sweep", "--prompts", "article", "article"], "Give 2 to 10"),
        (["sweep", "--prompts", "few-shot", "few-shot:5"], "Give 2 to 10"),
        (["sweep", "--prompts", "article", "nothing"], "there is no prompt 'nothing'"),
        (["sweep", "--model", "tfidf"], "reads no prompt"),
        (["compare", "x", "y"], "no such run"),
    ],
)
def test_what_a_person_can_mend_is_said(cache, arguments, says):
    done = evalcore(*arguments, cache=cache, check=False)
    assert done.returncode == 1
    assert says in done.stderr


def test_coverage_and_speed_are_printed(cache):
    only = ("coverage", "--only", "scores", "--datasets", 1)
    covered = json.loads(evalcore(*only, "--json", cache=cache).stdout)["scores"]
    shapes = {tuple(one[key] for key in ("n_labels", "n", "accuracy", "design", "errors")) for one in covered}
    assert len(shapes) == 162
    assert "the lowest:" in evalcore(*only, cache=cache).stdout
