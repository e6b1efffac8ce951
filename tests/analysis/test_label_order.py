"""The effect of a label's place in the prompt's list, against simulated runs."""

from dataclasses import replace

import numpy as np
import pytest

from evalcore.analysis.label_order import order_effect
from evalcore.metrics.classification import confusion_counts
from evalcore.tasks.prompt import built_in, label_order
from tests.tools.runs import scored


def in_order(one, seed):
    """The scored run as if the prompt had listed the labels in the order of a seed."""
    prompt = built_in("article" if seed is None else f"shuffled-labels:{seed}")
    order = label_order(prompt, one.labels)
    return replace(one, record=replace(one.record, prompt=prompt, label_order=order))


def simulated(store, slope, seed, n_labels=24, support=25, orders=4):
    """Runs that answer a label the more often, the further down in the list it is."""
    rng = np.random.default_rng(seed)
    labels = [f"label {i:02}" for i in range(n_labels)]
    liking = rng.normal(0, 0.4, n_labels)
    template = in_order(scored(store, labels * support, labels * support), None)
    found = []
    for order in range(orders):
        one = in_order(template, order)
        place = np.array([one.record.label_order.index(label) for label in one.labels]) / (n_labels - 1)
        weight = np.maximum(np.exp(liking) + slope * (place - 0.5), 0.01)
        answers = rng.choice(n_labels, n_labels * support, p=weight / weight.sum())
        confusion = confusion_counts(one.y_true, answers, n_labels)
        found.append(replace(one, y_pred=answers, confusion=confusion))
    return found


def test_a_slope_that_is_there_is_found(store):
    effect = order_effect(simulated(store, 0.8, seed=1))
    assert effect.orders == 4
    assert effect.interval[0] > 0
    assert effect.slope == pytest.approx(0.75, abs=0.25)


def test_no_slope_is_held_to_be_none_about_as_often_as_the_interval_says(store):
    held = 0
    for seed in range(60):
        low, high = order_effect(simulated(store, 0.0, seed)).interval
        held += low <= 0 <= high
    assert held >= 52


def test_one_order_or_no_list_says_nothing(store):
    one = scored(store, list("aabbcc"), list("aabbca"))
    assert order_effect([one, one]) is None
    assert order_effect([in_order(one, 1), in_order(one, 1)]) is None
    assert order_effect([]) is None
