"""A classifier's labels are the task's by name, or by place where a person says so; never by a guess."""

import pytest

from evalcore.errors import ModelError
from evalcore.predictors.label_mapping import by_name, places, to_confirm

TASK = ("card_arrival", "lost_card", "top-up")


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (TASK, (0, 1, 2)),
        (("top-up", "card_arrival", "lost_card"), (2, 0, 1)),
        (("Top up", "CARD-ARRIVAL", "lost card"), (2, 0, 1)),
        (("top-up", "Card Arrival", "lost_card"), (2, 0, 1)),  # some equal, some in normal form only
    ],
)
def test_equal_names_are_taken_and_then_equal_normal_forms(own, expected):
    assert places(own, TASK, "name", "m") == expected


def test_an_equal_name_goes_before_an_equal_normal_form():
    """Red if only normal forms are compared: both labels have one."""
    assert places(("A", "a"), ("a", "A"), "name", "m") == (1, 0)


@pytest.mark.parametrize(
    "own",
    [
        ("LABEL_0", "LABEL_1", "LABEL_2"),
        ("card_arrival", "lost_card"),
        ("card_arrival", "lost_card", "top-up", "more"),
        ("card_arrival", "card_arrival", "top-up"),  # one name twice: which of them is meant?
        ("card_arrival", "Lost card", "lost-card"),  # one normal form twice
        ("card_arrival", "lost_card", "!"),
    ],
)
def test_labels_that_are_not_the_same_are_refused_with_both_lists(own):
    with pytest.raises(ModelError) as caught:
        places(own, TASK, "name", "encoder:x")
    assert caught.value.where == "encoder:x"
    assert caught.value.do
    said = caught.value.what
    missing = [label for label in own if own.count(label) > 1 or label not in TASK]
    assert all(repr(label) in said for label in missing)
    taken = set(by_name(own, TASK).values())
    assert all(repr(label) in said for place, label in enumerate(TASK) if place not in taken)


def test_two_labels_without_any_letter_are_never_the_same():
    """Red if empty normal forms are equal."""
    assert by_name(("!", "a"), ("?", "a")) == {1: 1}


def test_long_lists_are_said_in_short():
    own, task = [f"own {at}" for at in range(5000)], [f"task {at}" for at in range(5000)]
    with pytest.raises(ModelError) as caught:
        places(own, task, "name", "m")
    assert "and 4,992 more" in caught.value.what
    assert len(str(caught.value)) < 900


def test_by_place_only_as_many_labels_as_the_task_has_and_against_no_name():
    unnamed = ("LABEL_0", "LABEL_1", "LABEL_2")
    assert places(unnamed, TASK, "id", "m") == (0, 1, 2)
    with pytest.raises(ModelError, match="2 labels and the task 3"):
        places(unnamed[:2], TASK, "id", "m")
    with pytest.raises(ModelError, match="'lost_card' would be the task's 'card_arrival'") as caught:
        places(("lost_card", "LABEL_1", "LABEL_2"), TASK, "id", "m")
    assert "id2label" in caught.value.do


@pytest.mark.parametrize(
    ("own", "remedy"),
    [
        (("LABEL_0", "LABEL_1", "LABEL_2"), "--labels-by id"),
        (("lost_card", "LABEL_1", "LABEL_2"), "correct id2label"),
        ((*TASK, "more"), "give the label list"),
        (TASK[:2], "trained on this task's labels"),
    ],
)
def test_what_to_do_is_what_helps(own, remedy):
    with pytest.raises(ModelError) as caught:
        places(own, TASK, "name", "m")
    assert remedy in caught.value.do


def test_there_is_something_to_confirm_only_where_a_person_can_know_better():
    unnamed = ("LABEL_0", "LABEL_1", "LABEL_2")
    assert to_confirm(unnamed, TASK) == tuple(zip(unnamed, TASK, strict=True))
    assert to_confirm(("card_arrival", "lost_card", "refill"), TASK)[2] == ("refill", "top-up")
    assert to_confirm(TASK, TASK) == ()  # known
    assert to_confirm(unnamed[:2], TASK) == ()  # another number
    assert to_confirm(("lost_card", "LABEL_1", "LABEL_2"), TASK) == ()  # against a name
