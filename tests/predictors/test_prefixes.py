"""What prompts share and what answers force, on small integers."""

import random

import pytest

from evalcore.predictors.engines.prefixes import common_length, forced, shared_prefixes, trie


def plain_common_length(first, second):
    length = 0
    while length < min(len(first), len(second)) and first[length] == second[length]:
        length += 1
    return length


def test_a_common_length_is_the_plain_walks():
    rng = random.Random(0)
    for _ in range(300):
        first, second = ([rng.randrange(2) for _ in range(rng.randrange(9))] for _ in range(2))
        assert common_length(first, second) == plain_common_length(first, second)


def test_what_all_share_is_one_prefix_and_a_prompts_last_token_is_never_shared():
    assert shared_prefixes([[1, 2, 3, 4], [1, 2, 3, 5]], 2) == [(1, 2, 3)]
    assert shared_prefixes([[1, 2, 3], [1, 2, 3, 5]], 2) == [(1, 2)]
    assert shared_prefixes([[1, 2, 3]] * 3, 2) == [(1, 2)]
    assert shared_prefixes([[1, 2], [3, 4]], 1) == []
    assert shared_prefixes([], 1) == []


def test_a_prefix_too_short_to_be_worth_it_is_none():
    assert shared_prefixes([[1, 2, 3, 4], [1, 2, 3, 5]], 4) == []


def test_groups_with_prefixes_of_their_own_have_each_their_own():
    first = [[1, *range(10, 40), own] for own in range(5)]
    second = [[1, *range(50, 80), own] for own in range(5)]
    assert shared_prefixes(first + second, 4) == [(1, *range(10, 40)), (1, *range(50, 80))]


def test_an_outlier_does_not_shorten_what_the_others_share():
    prompts = [[*range(30), own] for own in range(100, 120)]
    assert shared_prefixes([*prompts, [*range(29), 99, 7]], 4) == [tuple(range(30))]


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_prompts_does_not_matter(order):
    prompts = [[*range(30), own] for own in range(100, 140)][::order]
    assert shared_prefixes(prompts, 4) == [tuple(range(30))]


def test_what_only_one_answer_could_go_on_with_is_forced():
    root = trie([[1, 2, 3, 9], [1, 4, 9], [5, 9]])
    assert forced(root, 9) == []
    assert forced(root[1], 9) == []
    assert forced(root[1][2], 9) == [3, 9]
    assert forced(root[5], 9) == [9]
    assert forced(root[1][2], 1) == [3]
    assert forced(None, 9) == []


def test_nothing_is_forced_where_an_answer_may_end():
    root = trie([[1, 2], [1, 2, 3]])
    assert forced(root[1], 9) == [2]
    assert forced(root[1][2], 9) == []
