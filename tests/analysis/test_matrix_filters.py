"""From a cell of the matrix to its examples, and back."""

import pytest

from evalcore.analysis.filters import Filter, select
from evalcore.analysis.matrix_filters import cell_of_filter, filter_of_cell
from evalcore.analysis.scored_run import score_run
from evalcore.charts.heat_map import cells
from evalcore.metrics.matrix import view
from tests.tools.generated import imported


@pytest.mark.parametrize("block", [0, 5])
@pytest.mark.parametrize("diagonal", [True, False])
def test_the_filter_of_a_cell_passes_just_as_many_as_the_cell_says(store, block, diagonal):
    scored = score_run(store, imported(store, 12, 3000).run_id)
    shown = view(scored.confusion, scored.labels, order="errors", block=block, unparsed=True, diagonal=diagonal)
    for row, column in zip(*cells(shown), strict=True):
        asked = filter_of_cell(shown, scored.labels, int(row), int(column))
        assert len(select(scored, asked).rows) == shown.counts[row, column]
        assert cell_of_filter(shown, scored.labels, asked) == (row, column)


def test_a_filter_that_is_about_no_single_cell_has_none(store):
    scored = score_run(store, imported(store, 12, 3000).run_id)
    shown = view(scored.confusion, scored.labels, order="errors", block=5, unparsed=False, diagonal=True)
    folded = scored.labels[shown.folded[0]]
    row = scored.labels[shown.codes[0]]
    for asked in (
        Filter(),
        Filter(true=row),
        Filter(true=row, predicted=folded),
        Filter(true=row, outcomes=("unparsed",)),
        Filter(true=row, predicted_outside=7),
    ):
        assert cell_of_filter(shown, scored.labels, asked) is None, asked
