"""What a matrix shows, against plain loops."""

from itertools import pairwise

import numpy as np
import pytest

from evalcore.metrics.classification import Confusion, confusion_pairs
from evalcore.metrics.matrix import (
    MATRIX_ORDERS,
    absorbing,
    direction,
    leaking,
    most_confused,
    off_diagonal,
    ordered,
    view,
)


@pytest.fixture
def confusion():
    rng = np.random.default_rng(1)
    counts = rng.poisson(0.4, size=(12, 13))
    counts[np.arange(12), np.arange(12)] += 6
    counts[3] = 0  # absent from the sample
    return counts.astype(np.int64)


LABELS = tuple("Lbachdefgkij")


@pytest.mark.parametrize("order", MATRIX_ORDERS)
def test_every_order_holds_every_label_once(confusion, order):
    assert sorted(ordered(confusion, LABELS, order)) == list(range(12))


def test_the_alphabet_ignores_case(confusion):
    assert "".join(LABELS[code] for code in ordered(confusion, LABELS, "alphabet")) == "abcdefghijkL"


def test_errors_first_is_by_row_and_column_together(confusion):
    mass = [sum(confusion[i, j] + confusion[j, i] for j in range(12) if j != i) for i in range(12)]
    assert [mass[code] for code in ordered(confusion, LABELS, "errors")] == sorted(mass, reverse=True)


def test_clustering_puts_blocks_of_confused_labels_side_by_side():
    rng = np.random.default_rng(0)
    family = np.repeat(np.arange(5), 4)
    shuffled = rng.permutation(20)
    counts = np.zeros((20, 21), dtype=np.int64)
    for i in range(20):
        for j in range(20):
            counts[i, j] = 30 if i == j else 5 if family[shuffled[i]] == family[shuffled[j]] else 0
    found = [family[shuffled[code]] for code in ordered(counts, [str(i) for i in range(20)], "clustered")]
    assert sum(a != b for a, b in pairwise(found)) == 4


def test_a_matrix_without_any_confusion_can_be_clustered():
    counts = np.hstack([np.diag([3, 2, 5]), np.zeros((3, 1), dtype=int)]).astype(np.int64)
    assert ordered(counts, "abc", "clustered").tolist() == [0, 1, 2]


@pytest.mark.parametrize("order", MATRIX_ORDERS)
@pytest.mark.parametrize("diagonal", [True, False])
@pytest.mark.parametrize("block", [0, 4, 12])
def test_the_folded_cells_are_the_sums_of_what_they_hide(confusion, order, diagonal, block):
    shown = view(confusion, LABELS, order=order, block=block, unparsed=True, diagonal=diagonal)
    groups = [[code] for code in shown.codes] + ([shown.folded.tolist()] if len(shown.folded) else [])
    assert sorted(code for group in groups for code in group) == list(range(12))
    for row, trues in enumerate(groups):
        for column, answers in enumerate(groups):
            cells = [(t, a) for t in trues for a in answers if diagonal or t != a]
            assert shown.counts[row, column] == sum(confusion[cell] for cell in cells)
        assert shown.counts[row, -1] == sum(confusion[t, 12] for t in trues)
        assert shown.support[row] == confusion[trues].sum()


def test_the_block_holds_the_labels_with_most_confusions(confusion):
    errors = off_diagonal(confusion)
    mass = errors.sum(axis=0) + errors.sum(axis=1)
    kept = most_confused(confusion, 5)
    assert min(mass[kept]) >= max(np.delete(mass, kept))


def test_shares_by_true_label_are_recalls_and_by_answer_precisions(confusion):
    shown = view(confusion, LABELS, order="data set", unparsed=True, diagonal=True)
    by_true, by_answer = shown.values("by true label"), shown.values("by predicted label")
    for code in range(12):
        support, predicted = confusion[code].sum(), confusion[:, code].sum()
        assert by_true[code, code] == (confusion[code, code] / support if support else 0)
        assert by_answer[code, code] == confusion[code, code] / predicted
    assert by_true.sum(axis=1) == pytest.approx([1 if confusion[i].sum() else 0 for i in range(12)])


def test_labels_are_ranked_by_what_they_absorb_and_leak(confusion):
    for sides, across in ((absorbing(confusion), confusion[:, :12].T), (leaking(confusion), confusion[:, :12])):
        totals = {i: int(across[i].sum() - across[i, i]) for i in range(12)}
        assert [side.count for side in sides] == sorted((t for t in totals.values() if t), reverse=True)
        for side in sides:
            assert side.count == totals[side.label]
            assert side.labels == sum(across[side.label, j] > 0 for j in range(12) if j != side.label)
    leaky = leaking(confusion)[0]
    assert leaky.share == pytest.approx(leaky.count / confusion[leaky.label].sum())


@pytest.mark.parametrize(
    ("there", "back", "said"),
    [((18, 40), (3, 40), "one-way"), ((18, 40), (15, 40), "two-way"), ((2, 40), (0, 40), "too few to tell"),
     ((5, 40), (1, 40), "too few to tell"), ((9, 40), (0, 0), "too few to tell"), ((300, 400), (10, 20), "two-way")],
)  # fmt: skip
def test_a_direction_is_only_claimed_where_the_counts_can_show_it(there, back, said):
    counts = np.array([[there[1] - there[0], there[0], 0], [back[0], back[1] - back[0], 0]])
    pair = Confusion(0, 1, there[0], there[0] / there[1], back[0])
    assert direction(pair, counts) == said


def test_every_pair_has_a_direction(confusion):
    for pair in confusion_pairs(confusion):
        assert direction(pair, confusion) in ("one-way", "two-way", "too few to tell")
