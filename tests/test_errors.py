"""What becomes of an error that nobody foresaw."""

import pytest

from evalcore.errors import DataError, StoreError, unreadable


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (ZeroDivisionError("division by zero\nand more"), "it cannot be read (ZeroDivisionError: division by zero)."),
        (MemoryError(), "there is not enough memory to read it."),
    ],
)
def test_an_error_that_nobody_foresaw_is_a_sentence(raised, said):
    """Red with an error of a library that comes out as it is."""
    with pytest.raises(DataError) as found, unreadable("a.csv", "Save it as CSV."):
        raise raised
    assert (found.value.what, found.value.where) == (said, "a.csv")
    assert found.value.__cause__ is raised


def test_an_error_that_is_a_sentence_already_stays_it():
    """Red with every error put into other words."""
    said = StoreError("the folder is full.")
    with pytest.raises(StoreError) as found, unreadable("a.csv", "Save it as CSV."):
        raise said
    assert found.value is said
