"""What was changed between two runs."""

from dataclasses import replace

from evalcore.analysis.difference import changes, decisions, prompt_diff
from evalcore.tasks.prompt import Prompt, built_in
from tests.tools.runs import stored


def record_of(store, prompt="article", **spec):
    record = stored(store, list("abc"), list("abc"))
    identity = {"predictor": "transformers", "model": "ff" * 32, "device": "cpu", "engine": "x 1"}
    return replace(record, spec=replace(record.spec, model="demo", **spec), prompt=built_in(prompt), identity=identity)


def test_equal_runs_differ_in_nothing(store):
    assert changes(record_of(store), record_of(store)) == []


def test_another_prompt_is_one_decision_with_its_parts(store):
    found = changes(record_of(store), record_of(store, "few-shot:3"))
    assert decisions(found) == ["prompt"]
    assert [(c.detail, c.a, c.b) for c in found] == [("", "article", "few-shot:3"), ("solved examples", "0", "3")]


def test_two_changes_at_once_are_two_decisions(store):
    found = changes(record_of(store), record_of(store, "numbered", decoding="as-shipped"))
    assert decisions(found) == ["prompt", "decoding"]
    assert ("answers are read as", "a label", "a number") in [(c.detail, c.a, c.b) for c in found]


def test_the_same_name_with_other_weights_is_not_overlooked(store):
    a = record_of(store)
    b = replace(a, identity={**a.identity, "model": "ee" * 32})
    assert [(c.what, c.detail) for c in changes(a, b)] == [("model", "model")]


def test_a_baseline_has_neither_prompt_nor_decoding(store):
    a = record_of(store, engine="loop")
    b = stored(store, list("abc"), list("abb"))
    assert decisions(changes(a, b)) == ["model"]


def test_a_newer_version_of_the_engine_is_said(store):
    a = record_of(store)
    b = replace(a, identity={**a.identity, "engine": "x 2"})
    assert [(c.what, c.a, c.b) for c in changes(a, b)] == [("engine", "x 1", "x 2")]


def test_the_prompts_texts_are_shown_line_by_line():
    diff = prompt_diff(built_in("article"), built_in("numbered"))
    assert any(line.startswith("-") and "written exactly" in line for line in diff)
    assert any(line.startswith("+") and "the number of one intent" in line for line in diff)
    assert " [user]" in diff
    assert prompt_diff(built_in("article"), built_in("shuffled-labels")) == []


def test_a_line_of_a_prompt_that_looks_like_a_head_of_a_diff_is_shown():
    """Red with every line left out that begins like one."""
    a, b = (Prompt("own", "Answer.", f"{first}\n{{text}}") for first in ("-- one of:", "++ one of:"))
    assert prompt_diff(a, b)[-3:] == ["--- one of:", "+++ one of:", " {text}"]
