"""A changed label list: how it is written and read, what it makes of a list, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalcore.errors import SpecError
from evalcore.parse import collisions, normal_form
from evalcore.tasks import DROPPED, LabelMerge, parse_merge

LABELS = ("card_arrival", "card_lost", "top_up", "Refund", "fee, cash", "a=b", 'the "old"')

names = st.text(max_size=6).filter(normal_form)
label_lists = st.lists(names, min_size=3, max_size=8).filter(lambda labels: not collisions(labels)).map(tuple)


@st.composite
def changes(draw):
    """A label list and a change of it that may be refused."""
    labels = draw(label_lists)
    new_names = st.sampled_from(["", "new", "another", *labels])
    becomes = draw(st.dictionaries(st.sampled_from(labels), new_names))
    groups = {new: [old for old in becomes if becomes[old] == new] for new in becomes.values()}
    return labels, becomes, LabelMerge.of(groups, labels)


@given(changes())
@settings(max_examples=200, deadline=None)
def test_a_change_does_to_each_label_what_it_says(case):
    labels, becomes, merge = case
    expected = [becomes.get(label, label) for label in labels]
    left = list(dict.fromkeys(name for name in expected if name))
    if len(left) < 2 or collisions(left):
        with pytest.raises(SpecError):
            merge.new_labels(labels)
        return
    assert merge.new_labels(labels) == tuple(left)
    assert merge.codes(labels).tolist() == [left.index(name) if name else DROPPED for name in expected]
    assert merge.codes(labels).dtype == np.int64
    taken_in = {new: tuple(old for old, name in zip(labels, expected, strict=True) if name == new) for new in left}
    assert merge.taken_in(labels) == {new: olds for new, olds in taken_in.items() if olds != (new,)}
    assert set(merge.dropped) == {old for old, name in zip(labels, expected, strict=True) if not name}


@given(changes())
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read_again(case):
    labels, _, merge = case
    assert LabelMerge.from_text(merge.to_text()) == merge
    assert all(character.isascii() and character.isprintable() for character in merge.to_text())  # it is in a URL
    try:
        merge.new_labels(labels)
    except SpecError:
        return
    assert parse_merge(merge.to_options(), labels) == merge


def test_equal_changes_have_one_text():
    one = LabelMerge.of({"x": ["b", "a"], "": ["c"]})
    other = LabelMerge.from_text('[["", "c"], ["x", "a"], ["x", "b", "a"]]')
    assert one == other
    assert one.to_text() == other.to_text() == '[["","c"],["x","a","b"]]'
    assert LabelMerge.of({"a": ["a", "b"]}) == LabelMerge.of({"a": ["b"]}, ["a", "b"])
    assert LabelMerge.of({"a": ["a"]}) == LabelMerge()
    assert not LabelMerge()
    assert LabelMerge().to_text() == ""


@pytest.mark.parametrize(
    ("written", "groups"),
    [
        (["card_arrival,card_lost=card"], {"card": ["card_arrival", "card_lost"]}),
        ([" card_arrival , card_lost = card "], {"card": ["card_arrival", "card_lost"]}),
        (["card_arrival=card", "card_lost=card"], {"card": ["card_arrival", "card_lost"]}),
        (["top_up="], {"": ["top_up"]}),
        (['top_up=""'], {"": ["top_up"]}),
        (["REFUND,Top Up=money"], {"money": ["Refund", "top_up"]}),
        (["Refund=refund"], {"refund": ["Refund"]}),
        (["card_lost=card_arrival"], {"card_arrival": ["card_lost"]}),
        (["card_lost,card_arrival=card_arrival"], {"card_arrival": ["card_lost"]}),
        (['"fee, cash","a=b"="x, y=z"'], {"x, y=z": ["fee, cash", "a=b"]}),
        (['"the ""old"""=new'], {"new": ['the "old"']}),
        (['the "old"=new'], {"new": ['the "old"']}),
        ([], {}),
    ],
)
def test_a_change_as_it_is_typed(written, groups):
    assert parse_merge(written, LABELS) == LabelMerge.of(groups, LABELS)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (["card_arrival"], "'card_arrival' does not say which labels become which"),
        (["card_arrival=a=b"], "does not say which labels become which.*double quotes"),
        (["card_arrival=a,b"], "does not say which"),
        (["card_arrival,=x"], "does not say which"),
        (["=x"], "does not say which"),
        ([""], "does not say which"),
        (["nonsense,top_up=x"], "'nonsense,top_up=x': there is no label 'nonsense'"),
        (["top_up=x", "TOP-UP,Refund=y"], "'top_up' would become two labels at once"),
        (["card_arrival,card_lost=Top-Up"], "'Top-Up' and 'top_up' read the same"),
        (["card_arrival,card_lost=..."], "'...' has no letter or digit"),
        (['card_arrival,card_lost,top_up,Refund,"fee, cash","a=b"=x', '"the ""old"""=x'], "one label would be left"),
    ],
)  # fmt: skip
def test_a_change_that_cannot_be_made_is_refused_with_a_sentence(written, said):
    with pytest.raises(SpecError, match=said):
        parse_merge(written, LABELS)


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(SpecError) as error:
        parse_merge(["nonsense=x", "top_up", "Refund=a", "refund=b"], LABELS)
    for part in ("there is no label 'nonsense'", "'top_up' does not say", "'Refund' would become two"):
        assert part in str(error.value)
    with pytest.raises(SpecError, match="6 more problems") as error:
        parse_merge([f"nonsense{i}=x" for i in range(12)], LABELS)
    assert len(str(error.value)) < 1000


def test_a_change_of_another_list_is_refused():
    merge = LabelMerge.of({"x": ["card_arrival", "gone"], "TOP UP": ["card_lost", "also gone"]})
    for use in (merge.new_labels, merge.codes, merge.taken_in):
        with pytest.raises(SpecError, match="there is no label 'also gone', 'gone'; 'TOP UP' and 'top_up' read the"):
            use(LABELS)


def test_a_name_of_a_label_that_stays_is_refused_unless_it_is_taken_in():
    assert LabelMerge.of({"top_up": ["top_up", "Refund"]}).new_labels(LABELS) == (*LABELS[:3], *LABELS[4:])
    with pytest.raises(SpecError, match="'top_up' is a label that stays: put it into its group"):
        LabelMerge.of({"top_up": ["Refund"]}).new_labels(LABELS)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_one_change_after_another_is_one_change(data):
    labels, _, first = data.draw(changes())
    try:
        between = first.new_labels(labels)
        becomes = data.draw(st.dictionaries(st.sampled_from(between), st.sampled_from(["", "new", "last", *between])))
        groups = {new: [old for old in becomes if becomes[old] == new] for new in becomes.values()}
        second = LabelMerge.of(groups, between)
        new = second.new_labels(between)
    except SpecError:
        return
    both = first.then(second)
    assert both.new_labels(labels) == new
    one_by_one = [second.codes(between)[code] if code != DROPPED else DROPPED for code in first.codes(labels)]
    names = both.new_labels(labels)
    assert [names[code] if code != DROPPED else "" for code in both.codes(labels)] == [
        new[code] if code != DROPPED else "" for code in one_by_one
    ]


@pytest.mark.parametrize(
    "text", ["[", "1", '"ab"', '["ab"]', "[[]]", '[["a", 1]]', '{"a": ["b"]}', "[" * 100_000, '[["a"]]', "null"]
)
def test_a_text_that_is_no_change_is_refused(text):
    with pytest.raises(SpecError):
        LabelMerge.from_text(text)
