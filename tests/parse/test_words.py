"""What belongs to a word."""

import re
import sys
import unicodedata

import pytest

from evalcore.parse.words import MARKS, WORD, fold, stands_alone


def test_every_mark_of_unicode_belongs_to_a_word():
    mark = re.compile(f"[{MARKS}]")
    everything = map(chr, range(sys.maxunicode + 1))
    wrong = [c for c in everything if bool(mark.match(c)) != unicodedata.category(c).startswith("M")]
    assert wrong == []


@pytest.mark.parametrize("word", ["naïve", "हिन्दी", "العربية", "a1", "Straße", "e\u0301te\u0301"])
def test_a_word_is_matched_as_a_whole(word):
    assert re.fullmatch(WORD, word)


@pytest.mark.parametrize("text", ["not_spam", "two words", "a-b", "C#"])
def test_what_joins_words_is_no_part_of_one(text):
    assert not re.fullmatch(WORD, text)


def test_case_and_spelling_of_marks_are_folded():
    assert fold("E\u0301TE\u0301") == fold("été")


@pytest.mark.parametrize(
    ("text", "label", "alone"),
    [("it is spam.", "spam", True), ("it is spammy", "spam", False), ("-1", "1", False), ("C++", "C", False),
     ("not_spam", "spam", False), ("(spam)", "spam", True), ("spam.com", "spam", False), ("50%", "50", False)],
)  # fmt: skip
def test_a_label_stands_alone_or_is_part_of_another_word(text, label, alone):
    start = text.index(label)
    assert stands_alone(text, start, start + len(label)) is alone
