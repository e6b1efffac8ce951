"""What is asked, into a URL and back."""

from dataclasses import dataclass, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalcore.deciding import (
    CostsAsked,
    FrontierAsked,
    LabelListAsked,
    ReviewAsked,
    TrafficAsked,
    asked_of_query,
    query_of_asked,
)
from evalcore.deciding.asked import LONGEST_TEXT, number, one_of, whole

QUESTIONS = (ReviewAsked, CostsAsked, TrafficAsked, LabelListAsked, FrontierAsked)


@dataclass(frozen=True)
class Asks:
    words: str = ""
    share: float = number(0.5, 0, 1)
    count: int = whole(3, 1, 10)
    side: str = one_of("left", ("left", "right"))
    switched: bool = False


asks = st.builds(
    Asks,
    st.text(),
    st.floats(0, 1, allow_nan=False),
    st.integers(1, 10),
    st.sampled_from(("left", "right")),
    st.booleans(),
)


@given(asks)
def test_what_is_asked_comes_back_from_the_url(asked):
    assert asked_of_query(Asks, query_of_asked(asked)) == asked


def test_a_default_is_not_in_the_url():
    assert query_of_asked(Asks()) == {}
    assert query_of_asked(Asks(switched=True, count=4)) == {"switched": "yes", "count": "4"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("share", "1.5"),
        ("share", "nan"),
        ("share", "inf"),
        ("share", "half"),
        ("count", "0"),
        ("count", "2.5"),
        ("count", "9" * 5000),
        ("side", "up"),
        ("switched", "maybe"),
        ("words", "x" * (LONGEST_TEXT + 1)),
    ],
)
def test_a_value_that_cannot_be_is_dropped(name, value):
    assert asked_of_query(Asks, {name: value, "other": "1"}) == Asks()


@pytest.mark.parametrize("cls", QUESTIONS)
def test_each_question_can_be_asked_without_a_word(cls):
    assert asked_of_query(cls, {}) == cls()


def test_no_two_questions_have_a_field_of_the_same_name():
    names = [one.name for cls in QUESTIONS for one in fields(cls)]
    assert len(names) == len(set(names))
    assert not set(names) & {"run", "scoring", "tab", "beside", "opened", "example", "order"}, "of every URL"
