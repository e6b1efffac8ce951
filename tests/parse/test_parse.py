import json
import random
import unicodedata

import pytest

from evalcore.parse.matching import ACCEPTED, LabelParser, collisions, normal_form
from tests.conftest import BANKING77, needs_banking77

LABELS = ["card_arrival", "exchange_rate", "card_payment_wrong_exchange_rate", "Refund_not_showing_up", "top_up"]
PARSER = LabelParser([*LABELS, "reverted_card_payment?"])


@pytest.mark.parametrize(
    ("completion", "label", "match"),
    [
        ("card_arrival", "card_arrival", "exact"),
        ("  card_arrival\n", "card_arrival", "exact"),
        ("Refund_not_showing_up", "Refund_not_showing_up", "exact"),
        ("reverted_card_payment?", "reverted_card_payment?", "exact"),
        ("Card_Arrival", "card_arrival", "normalized"),
        ("card arrival", "card_arrival", "normalized"),
        ("card-arrival.", "card_arrival", "normalized"),
        ('"card_arrival"', "card_arrival", "normalized"),
        ("**card_arrival**", "card_arrival", "normalized"),
        ("`card_arrival`", "card_arrival", "normalized"),
        ("refund_not_showing_up", "Refund_not_showing_up", "normalized"),
        ("reverted_card_payment", "reverted_card_payment?", "normalized"),
        ("“top up”.", "top_up", "normalized"),
        ("Label: card_arrival.", "card_arrival", "extracted"),
        ("The intent is card arrival, I think", "card_arrival", "extracted"),
        ("card_payment_wrong_exchange_rate it is", "card_payment_wrong_exchange_rate", "extracted"),
        ("card_arrival\n\ncard_arrival", "card_arrival", "extracted"),
        ("<think>top_up or exchange_rate?</think>\ncard_arrival", "card_arrival", "exact"),
        ("It is reverted card payment? yes", "reverted_card_payment?", "extracted"),
        ("card_arrival, top_up", None, "ambiguous"),
        ("either exchange_rate or card_payment_wrong_exchange_rate", None, "ambiguous"),
        (", ".join(LABELS), None, "ambiguous"),
        ("", None, "none"),
        ("   ", None, "none"),
        ("...", None, "none"),
        ("I cannot help with that.", None, "none"),
        ("card_arr", None, "none"),
        ("mycard_arrivals", None, "none"),
        ("card arrivals", None, "none"),
        ("arrival card", None, "none"),
        ("<think>card_arrival", None, "none"),
        ("Kartenlieferung", None, "none"),
        ("top_upset", None, "none"),
    ],
)
def test_a_written_completion_parses_as_recorded(completion, label, match):
    parsed = PARSER.parse(completion)
    assert (parsed.label, parsed.match) == (label, match)


@pytest.mark.parametrize("completion", ["Label: Card  Arrival.", "so: top-up!", "it is\nexchange_rate"])
def test_the_span_marks_what_was_matched(completion):
    parsed = PARSER.parse(completion)
    start, end = parsed.span
    assert normal_form(completion[start:end]) == normal_form(parsed.label)


def test_the_span_is_right_where_folding_changes_lengths():
    parser = LabelParser(["straße", "café"])
    text = "the answer: STRASSE ok"
    start, end = parser.parse(text).span
    assert text[start:end] == "STRASSE"
    decomposed = "well, " + unicodedata.normalize("NFD", "Café") + " then"
    start, end = parser.parse(decomposed).span
    assert unicodedata.normalize("NFC", decomposed[start:end]) == "Café"


def test_overlapping_labels_are_ambiguous_rather_than_guessed():
    assert LabelParser(["a b", "b c"]).parse("say a b c now").match == "ambiguous"


@pytest.mark.parametrize(
    ("completion", "label", "match"),
    [
        ("2", "exchange_rate", "exact"),
        (" 2\n", "exchange_rate", "exact"),
        ("2.", "exchange_rate", "normalized"),
        ("#2", "exchange_rate", "normalized"),
        ("(2)", "exchange_rate", "normalized"),
        ("exchange_rate", "exchange_rate", "normalized"),
        ("2. exchange_rate", "exchange_rate", "extracted"),
        ("Intent 2", "exchange_rate", "extracted"),
        ("3. exchange_rate", None, "ambiguous"),
        ("2 or 3", None, "ambiguous"),
        ("99", None, "none"),
        ("0", None, "none"),
        ("-", None, "none"),
        ("2.5", None, "none"),
        ("²", None, "none"),
    ],
)
def test_a_number_is_a_label_where_numbers_were_asked_for(completion, label, match):
    parsed = LabelParser(LABELS, numbered=True).parse(completion)
    assert (parsed.label, parsed.match) == (label, match)


def test_a_number_is_no_label_where_names_were_asked_for():
    assert PARSER.parse("2").match == "none"


@pytest.mark.parametrize(
    "pair", [("Card Arrival", "card_arrival"), ("straße", "STRASSE"), ("caf\u00e9", "cafe\u0301"), ("a-b", "a b")]
)
def test_labels_with_one_normal_form_are_refused_with_both_names(pair):
    assert collisions(pair) == [pair]
    with pytest.raises(ValueError, match="same normal form") as caught:
        LabelParser(pair)
    assert repr(pair[0]) in str(caught.value)
    assert repr(pair[1]) in str(caught.value)


def test_labels_that_a_text_names_are_whole_words_and_none_stands_inside_another():
    assert PARSER.named_in("my Card arrival, not the top-up") == {"card_arrival", "top_up"}
    assert PARSER.named_in("card_payment_wrong_exchange_rate") == {"card_payment_wrong_exchange_rate"}
    assert PARSER.named_in("a top-upper") == set()


def test_strict_accepts_a_part_of_what_lenient_accepts():
    assert ACCEPTED["strict"] < ACCEPTED["lenient"]
    parsed = PARSER.parse("Card arrival")
    assert parsed.under("strict") is None
    assert parsed.under("lenient") == "card_arrival"


@needs_banking77
def test_no_banking77_label_is_ever_taken_for_another():
    labels = json.loads((BANKING77 / "categories.json").read_text())
    for order in range(3):
        shuffled = labels[:]
        random.Random(order).shuffle(shuffled)
        parser = LabelParser(shuffled)
        for label in labels:
            for completion in (label, f"Label: {label}", label.replace("_", " ").upper(), f"it is {label}."):
                assert parser.parse(completion).label == label


def test_labels_that_contain_others_are_told_apart_in_any_order():
    stems = ["top_up", "card", "transfer", "fee", "cash", "refund", "pin"]
    labels = stems + [f"{stem}_{end}" for stem in stems for end in ("failed", "failed_twice", "not_done", "late")]
    for order in range(3):
        random.Random(order).shuffle(labels)
        parser = LabelParser(labels)
        for label in labels:
            assert parser.parse(f"I would say {label} here").label == label


def test_random_text_never_raises():
    rng = random.Random(7)
    alphabet = "card_arivl topup?.,:*`\"' \n\t<>/think0123456789éßİ́\u202e\u200b😀"
    numbered = LabelParser(LABELS, numbered=True)
    for _ in range(10_000):
        text = "".join(rng.choices(alphabet, k=rng.randrange(30)))
        for parser in (PARSER, numbered):
            parsed = parser.parse(text)
            assert (parsed.label is None) == (parsed.match in ("ambiguous", "none"))
            assert (parsed.span is None) == (parsed.label is None)
