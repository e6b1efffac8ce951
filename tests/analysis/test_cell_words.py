"""What is picked in the confusion matrix, in figures."""

import pytest

from evalcore.analysis.cell_words import cell_figures
from evalcore.analysis.filters import Filter
from tests.tools.runs import scored


@pytest.fixture
def run(store):
    return scored(store, [*"aaaabbbb", "c"], [*"abbbbbba", "d"], labels="abcd")


@pytest.mark.parametrize(
    ("asked", "count", "said"),
    [
        (Filter(true="a", predicted="b"), 3, "3 of 4 · reverse: 1 of 4 · two-way"),
        (Filter(true="b", predicted="c"), 0, "0 of 4 · reverse: 0 of 1 · too few to tell"),
        (Filter(true="a", predicted="a"), 1, "1 of 4, right"),
        (Filter(true="c", predicted="d"), 1, "1 of 1 · “d” is absent from the sample · too few to tell"),
        (Filter(true="d", predicted="a"), 0, "“d” is absent from the sample"),
        (Filter(true="d"), 0, "“d” is absent from the sample"),
        (Filter(true="a", outcomes=("wrong",)), 3, "3 of 4 examples"),
        (Filter(true="c", outcomes=("unparsed",)), 0, "0 of 1 example"),
        (Filter(predicted="d", outcomes=("wrong",)), 1, "1 of 1 prediction"),
        (Filter(outcomes=("wrong",)), 5, "5 examples"),
    ],
)
def test_a_cell_a_row_and_a_column_say_what_they_are_a_part_of(run, asked, count, said):
    assert cell_figures(run, asked, count) == said
