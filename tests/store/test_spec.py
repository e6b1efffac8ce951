from dataclasses import replace

import pytest

from evalcore.errors import SpecError
from evalcore.store.spec import RunSpec, checked, completion_keys, run_id, sample_id
from evalcore.tasks.prompt import Renderer, built_in
from evalcore.tasks.task import Example, TaskSource, make_task
from tests.tools.processes import finished

IDENTITY = {"predictor": "transformers", "model": "sha256:a", "dtype": "float32", "batch_size": 32}
TASK = make_task("t", [Example("a", "x"), Example("b", "y")], [Example("c", "x"), Example("d", "y")], None, "")
CHATS = [Renderer(TASK, built_in("article")).messages(text) for text in ("a", "b")]


def test_a_spec_survives_json():
    spec = RunSpec(TaskSource("x.csv", "t", "l", "tr", "la"), "m", "few-shot:3", 7, "random", 3, "as-shipped", "loop")
    assert RunSpec.from_json(spec.to_json()) == spec


def test_keys_are_the_same_in_every_process():
    program = (
        "from tests.store.test_spec import *; print(completion_keys(dict(reversed(IDENTITY.items())), CHATS)[0].hex())"
    )
    for seed in ("0", "1", "2"):
        printed = finished("-c", program, env={"PYTHONHASHSEED": seed, "PATH": ""}).stdout
        assert printed.strip() == completion_keys(IDENTITY, CHATS)[0].hex()


@pytest.mark.parametrize("name", IDENTITY)
def test_a_change_of_anything_in_the_identity_changes_every_key(name):
    changed = {**IDENTITY, name: "other"}
    assert not set(completion_keys(IDENTITY, CHATS)) & set(completion_keys(changed, CHATS))


@pytest.mark.parametrize(
    "chat",
    [
        Renderer(TASK, built_in("shuffled-labels:1")).messages("a"),
        Renderer(make_task("t", TASK.test, TASK.train, ["x", "y", "z"], ""), built_in("article")).messages("a"),
        (CHATS[0][0], {"role": "user", "content": "a "}),
        ({"role": "system", "content": CHATS[0][0]["content"] + "."}, CHATS[0][1]),
        ({"role": "user", "content": CHATS[0][0]["content"]}, CHATS[0][1]),
    ],
)
def test_a_change_of_one_character_role_label_or_label_order_changes_the_key(chat):
    assert completion_keys(IDENTITY, [chat])[0] != completion_keys(IDENTITY, CHATS)[0]


def test_a_sample_is_its_labels_and_examples_in_order():
    base = sample_id(TASK.labels, TASK.test)
    assert base == sample_id(list(TASK.labels), list(TASK.test))
    assert len({base, sample_id(("y", "x"), TASK.test), sample_id(TASK.labels, TASK.test[::-1])}) == 3


def test_a_run_is_its_sample_predictor_and_prompt():
    base = run_id("s", IDENTITY, "p")
    assert (
        len({base, run_id("s2", IDENTITY, "p"), run_id("s", {**IDENTITY, "x": 1}, "p"), run_id("s", IDENTITY, "q")})
        == 4
    )


def test_what_cannot_matter_to_a_baseline_is_set_aside():
    odd = RunSpec(
        model="tfidf", prompt="numbered", decoding="as-shipped", engine="loop", max_new_tokens=3, batch_size=7
    )
    assert checked(odd) == checked(RunSpec(model="tfidf"))


def test_the_seed_of_a_first_n_sample_is_set_aside():
    assert checked(RunSpec(sample="first", seed=5)) == checked(RunSpec(sample="first"))


@pytest.mark.parametrize(
    "change",
    [{"n": 0}, {"sample": "some"}, {"decoding": "warm"}, {"engine": "x"}, {"dtype": "int8"}, {"max_new_tokens": 0},
     {"batch_size": -1}, {"model": " "}],
)  # fmt: skip
def test_a_spec_that_cannot_mean_anything_is_refused(change):
    with pytest.raises(SpecError):
        checked(replace(RunSpec(), **change))
