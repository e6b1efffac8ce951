"""What is chosen stands in the URL before anything is run, and whatever a URL says fills the form at most."""

import random
import string
from dataclasses import fields, replace

import pytest

from evalcore.analysis.filters import Filter
from evalcore.deciding import CostsAsked, FrontierAsked, LabelListAsked, ReviewAsked, TrafficAsked
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import TaskSource
from pages.parts.shell.url import query_of_spec, spec_of_query
from pages.parts.shell.views.per_class import ClassView

CHOSEN = RunSpec(
    TaskSource("/data/my messages.csv", "message", "intent", "train.csv", "labels.txt", '[["","c"],["n, =","a","b"]]'),
    "http://localhost:8000/v1#Qwen/Qwen2.5-7B", "few-shot:3", 1234, "random", 7, "as-shipped", "loop", 32, 8, "float32",
    "cpu", "id",
)  # fmt: skip
ASKED = (CostsAsked, FrontierAsked, LabelListAsked, ReviewAsked, TrafficAsked)
USED_BY_PAGES = {
    *(field.name for used in (Filter, ClassView, *ASKED) for field in fields(used)),
    "run", "scoring", "example", "a", "b", "runs", "door",
}  # fmt: skip


def test_a_choice_comes_back_as_it_was():
    assert spec_of_query(query_of_spec(CHOSEN), RunSpec()) == CHOSEN
    for field in fields(RunSpec):
        one = RunSpec(**{field.name: getattr(CHOSEN, field.name)})
        assert spec_of_query(query_of_spec(one), RunSpec()) == one, field.name


def test_only_what_differs_from_the_default_is_said():
    assert query_of_spec(RunSpec()) == {}
    assert query_of_spec(RunSpec(model="tfidf", n=80)) == {"model": "tfidf", "n": "80"}
    assert query_of_spec(RunSpec(TaskSource("banking77"))) == {"task": "banking77"}


def test_no_parameter_is_one_that_a_page_uses():
    assert len(query_of_spec(CHOSEN)) == len(fields(RunSpec)) - 1 + len(fields(TaskSource))
    assert not query_of_spec(CHOSEN).keys() & USED_BY_PAGES


def test_a_url_that_says_nothing_of_it_or_names_a_run_chooses_nothing():
    assert spec_of_query({}, CHOSEN) is None
    assert spec_of_query({"true": "a", "example": "3"}, CHOSEN) is None
    assert spec_of_query({"model": "tfidf", "run": "258b900efded"}, CHOSEN) is None


def test_what_a_url_leaves_out_is_as_it_usually_is():
    query = {"seed": "0", "prompt": "bare"}
    assert spec_of_query(query, CHOSEN) == replace(CHOSEN, seed=0, prompt="bare")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", "0"), ("n", "-1"), ("n", "1e3"), ("n", "٣"), ("n", ""), ("n", "9" * 400), ("n", "1000001"),
        ("sample", "odd"), ("decoding", "Plain"), ("engine", "x"), ("dtype", "int8"), ("max_new_tokens", "5000"),
        ("batch_size", "4097"), ("seed", "999999999"), ("model", ""), ("model", "  "), ("model", "a\nb"),
        ("task_merge", "[]]"), ("task_merge", '[["a"]]'), ("task_merge", '[["a","b"],["c","b"]]'),
        ("task", "\0"), ("task", "x" * 1001), ("prompt", "\u202e"), ("train", "\ud800"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_left_out_and_the_others_are_kept(name, value):
    other = {"n": "80"} if name != "n" else {"prompt": "bare"}
    assert spec_of_query({name: value, **other}, RunSpec()) == spec_of_query(other, RunSpec())


def test_whatever_a_url_says_is_no_error():
    rng = random.Random(0)
    values = [
        *string.printable,
        "٣",
        "\0",
        "\ud800",
        "tfidf",
        "9" * 5000,
        "http://[::1",
        "imported:x",
        "1",
        "-1",
        "true",
    ]
    for _ in range(2000):
        query = {name: "".join(rng.choices(values, k=rng.randrange(4))) for name in query_of_spec(CHOSEN)}
        spec = spec_of_query(query, RunSpec())
        assert spec is not None
        assert 1 <= spec.n <= 1_000_000
        assert 0 <= spec.seed <= 1_000_000
