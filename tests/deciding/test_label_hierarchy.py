"""Groups of labels: read from a table, found in names, and refused with a sentence that names the row."""

import numpy as np
import pytest

from evalcore.deciding import groups_by_name, hierarchy_text, read_hierarchy
from evalcore.errors import DataError

LABELS = ("card_arrival", "card_lost", "fee, extra", "top_up=now", "refund")


def test_groups_of_groups_and_labels_that_stand_alone():
    text = (
        "label,group\ncard_arrival,cards\nCARD_LOST,cards\n\"fee, extra\",money\n"
        "top_up=now,money\nrefund,\ncards,things\nmoney,\n"
    )  # fmt: skip
    found = read_hierarchy(text, LABELS)
    assert found.chains == (
        ("things", "cards", "card_arrival"),
        ("things", "cards", "card_lost"),
        ("money", "fee, extra"),
        ("money", "top_up=now"),
        ("refund",),
    )
    assert [level.name for level in found.levels] == ["groups", "groups 2", "labels"]
    assert [level.nodes.tolist() for level in found.levels] == [[0, 0, 1, 1, 2], [0, 0, 1, 2, 3], [0, 1, 2, 3, 4]]
    assert found.members.sum(axis=1).tolist() == [3, 3, 2, 2, 1]
    assert dict(found.as_merge().groups) == {
        "things": ("card_arrival", "card_lost"),
        "money": ("fee, extra", "top_up=now"),
    }


def test_further_columns_are_the_groups_that_groups_are_in():
    rows = {
        "card_arrival": "cards,things,all",
        "card_lost": "cards,things,all",
        '"fee, extra"': "money,,",
        "top_up=now": "money,,",
        "refund": "back,things,all",
    }
    text = "label,group,group2,group3\n" + "".join(f"{label},{groups}\n" for label, groups in rows.items())
    found = read_hierarchy(text, LABELS)
    cards, back = ("all", "things", "cards"), ("all", "things", "back")
    assert found.chains == (
        (*cards, "card_arrival"), (*cards, "card_lost"), ("money", "fee, extra"), ("money", "top_up=now"),
        (*back, "refund"),
    )  # fmt: skip
    assert [len(level.names) for level in found.levels] == [2, 3, 4, 5]
    by_rows = "label,group\n" + "".join(f"{label},{groups.split(',')[0]}\n" for label, groups in rows.items())
    assert read_hierarchy(by_rows + "cards,things\nback,things\nthings,all\n", LABELS) == found
    some = text.replace("back,things,all", "back,things,").replace("cards,things,all", "cards,things,", 1)
    with pytest.raises(DataError, match=r"line 3 puts 'things' into 'all', line 2 into no group"):
        read_hierarchy(some, LABELS)


def test_a_group_may_be_called_as_a_label_is():
    found = read_hierarchy("label,group\na,b\nb,\nc,\n", ("a", "b", "c"))
    assert found.chains == (("b", "a"), ("b",), ("c",))


GOOD = 'label,group\ncard_arrival,cards\ncard_lost,cards\n"fee, extra",m\ntop_up=now,m\nrefund,\n'
BAD = {
    "missing": (GOOD.replace("refund,\n", ""), "no row names the label 'refund'"),
    "two groups": (GOOD + "card_lost,m\n", "line 7 puts 'card_lost' into 'm', line 3 into 'cards'"),
    "a group in two": (GOOD + "cards,x\ncards,y\n", "line 8 puts 'cards' into 'y', line 7 into 'x'"),
    "into itself": (GOOD + "cards,cards\n", "line 7 puts 'cards' into itself"),
    "none and one": (GOOD + "card_lost,\n", "line 7 puts 'card_lost' into no group, line 3 into 'cards'"),
    "a group in two of the next column": (
        "label,group,group2\n" + "".join(f'"{label}",g,{at % 2}\n' for at, label in enumerate(LABELS)),
        "line 3 puts 'g' into '1', line 2 into '0'",
    ),
    "a group left out": (
        "label,group,group2\n" + "".join(f'"{label}",g,x\n' for label in LABELS[1:]) + "card_arrival,,x\n",
        "line 6 names no group to be in 'x'",
    ),
    "a column left out": (GOOD.replace("label,group", "label,group,group3").replace("\n", ",\n"), "no column 'group2'"),
    "a circle": (GOOD + "cards,x\nx,y\ny,cards\n", "line 7 puts 'cards' into itself, by way of 'x', 'y'"),
    "unknown": (GOOD + "card_stolen,cards\n", "line 7 names 'card_stolen', which is neither a label nor a group"),
    "no label": (GOOD + ",cards\n", "line 7 names no label"),
    "one group": ("label,group\n" + "".join(f'"{label}",all\n' for label in LABELS), "all labels are in one group"),
    "no columns": ("name,group\na,b\n", "it has no column 'label'"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_table_that_is_no_hierarchy_is_refused_by_its_row(case):
    text, said = BAD[case]
    with pytest.raises(DataError) as refused:
        read_hierarchy(text, LABELS)
    assert said in str(refused.value)
    assert str(refused.value).startswith("Groups of labels: ")
    read_hierarchy(GOOD, LABELS)


def test_labels_that_begin_with_the_same_word_are_a_group_called_by_all_that_they_share():
    labels = ("top_up_failed", "top_up_limits", "card", "card_lost", "a.b", "a.c", "fees", "topics")
    found = groups_by_name(labels)
    assert found["_"] == {
        "top_up_failed": "top_up", "top_up_limits": "top_up", "card": "card_", "card_lost": "card_",
        "a.b": "", "a.c": "", "fees": "", "topics": "",
    }  # fmt: skip
    assert found["."] == dict.fromkeys(labels, "") | {"a.b": "a", "a.c": "a"}
    assert list(found) == ["_", "."]  # the one that groups most labels first
    for groups in found.values():
        assert read_hierarchy(hierarchy_text(groups), labels).labels == labels


def test_names_without_a_word_in_common_give_no_groups():
    assert groups_by_name(("red", "green", "blue")) == {}
    assert groups_by_name(("a_b", "a_c")) == {}  # one group is none


@pytest.mark.parametrize("seed", range(5))
def test_any_labels_come_back_from_the_text_of_their_groups(seed):
    rng = np.random.default_rng(seed)
    odd = ['"', ",", "=", ";", "\t", "é", "_", " ", "x", "y"]
    labels = [f"{at}{''.join(rng.choice(odd, 6))}z" for at in range(12)]
    groups = {label: f"g{at % 3}" for at, label in enumerate(labels)}
    found = read_hierarchy(hierarchy_text(groups), labels)
    assert [chain[0] for chain in found.chains] == list(groups.values())
