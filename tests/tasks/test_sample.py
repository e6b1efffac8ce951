"""Samples: nested, independent of the file's order, and each rule as it says."""

from collections import Counter

import pytest

from evalcore.errors import SpecError
from evalcore.tasks import Example, TaskSource, draw_sample, fingerprint, load_task, make_task
from evalcore.tasks.sample import shots
from tests.conftest import COLOURS


@pytest.fixture
def task(colours):
    return load_task(TaskSource(str(colours)))


@pytest.mark.parametrize("sample", ["stratified", "random", "first"])
@pytest.mark.parametrize("seed", [0, 1, 5])
def test_a_larger_sample_begins_with_the_smaller_one(task, sample, seed):
    whole = draw_sample(task, 40, sample, seed)
    for n in (1, 4, 7, 39):
        assert draw_sample(task, n, sample, seed) == whole[:n]


@pytest.mark.parametrize("n", [4, 10, 20, 31, 40])
def test_a_stratified_sample_gives_each_label_its_share(task, n):
    counts = Counter(example.label for example in draw_sample(task, n, "stratified", seed=3))
    for label, support in zip(COLOURS, (16, 12, 8, 4), strict=True):
        assert abs(counts[label] - n * support / 40) <= 1


def test_a_stratified_sample_has_every_label_before_any_twice(task):
    assert {example.label for example in draw_sample(task, 4, "stratified")} == set(COLOURS)


@pytest.mark.parametrize("sample", ["stratified", "random"])
def test_a_sample_does_not_depend_on_the_order_of_the_file(task, sample):
    turned = make_task("turned", task.test[::-1], task.train, task.labels, "")
    assert draw_sample(turned, 17, sample, 2) == draw_sample(task, 17, sample, 2)


def test_the_seed_decides_which_examples_are_drawn(task):
    assert set(draw_sample(task, 10, "random", 0)) != set(draw_sample(task, 10, "random", 1))


def test_first_is_the_order_of_the_file(task):
    assert draw_sample(task, 5, "first") == task.test[:5]


def test_texts_that_occur_twice_are_both_kept():
    doubled = make_task("d", [Example("a", "x"), Example("a", "x"), Example("b", "y")], (), None, "")
    assert Counter(draw_sample(doubled, 3, "stratified")) == Counter(doubled.test)


@pytest.mark.parametrize("n", [0, -1])
def test_a_sample_of_nothing_is_refused(task, n):
    with pytest.raises(SpecError, match="at least 1"):
        draw_sample(task, n, "random")


def test_shots_come_from_the_train_split_and_differ_in_label(task):
    drawn = shots(task, 4)
    assert set(drawn) <= set(task.train)
    assert len({shot.label for shot in drawn}) == 4
    with pytest.raises(SpecError, match="at least 13"):
        shots(task, 13)


def test_a_fingerprint_ignores_order_but_nothing_else(task):
    assert fingerprint(task.test) == fingerprint(task.test[::-1])
    assert fingerprint(task.test) != fingerprint(task.test[1:])
    assert fingerprint([Example("a", "b")]) != fingerprint([Example("b", "a")])
