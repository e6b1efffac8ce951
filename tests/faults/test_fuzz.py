"""Random cases for what must hold in all of them. Some hundreds here; `make soak` asks for 10,000 of each."""

import json
import math
import os
import re
import string
import unicodedata
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalcore.errors import BlindspotError, DataError
from evalcore.metrics.classification import UNPARSED, confusion_counts, confusion_pairs, per_class
from evalcore.metrics.overall import scores
from evalcore.parse.matching import ACCEPTED, LabelParser, collisions, normal_form
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec, canonical, completion_keys, run_id
from evalcore.tasks import Example, TaskSource, draw_sample, make_task
from evalcore.tasks.data_file import parse_table
from evalcore.tasks.prompt import Prompt

CASES = int(os.environ.get("BLINDSPOT_FUZZ", "250"))
fuzz = settings(
    max_examples=CASES, deadline=None, database=None, derandomize=True, print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
)  # fmt: skip

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
LABELS = st.lists(TEXT.filter(normal_form), min_size=1, max_size=8, unique_by=normal_form)
WORDS = (
    "card arrival", "card_arrival", "top_up", "TOP-UP", "top", "up", "failed", "ß", "ss", "é", "e\u0301", "İ",
    "<think>",
    "</think>", "Label:", "3", "2.", "\u200b", "\u202e", "_", "-", " ", "\n", ".", '"', "**", "?", "ﬁ", "ﬁn", "fin",
)  # fmt: skip
COMPLETION = st.one_of(TEXT, st.lists(st.sampled_from(WORDS), max_size=12).map("".join))
COMMON = ["card_arrival", "top_up", "top_up_failed", "straße", "café", "fin", "3"]


@fuzz
@given(LABELS, COMPLETION, st.booleans())
def test_a_parser_never_raises_and_never_makes_a_label_up(labels, completion, numbered):
    """F32. Red with a completion's number looked up unchecked, or a span that is out by a folded letter."""
    parser = LabelParser(labels, numbered=numbered)
    parsed = parser.parse(completion)
    assert parsed.label is None or parsed.label in labels
    assert (parsed.label is None) == (parsed.match in ("ambiguous", "none")) == (parsed.span is None)
    if parsed.span is not None:
        start, end = parsed.span
        assert 0 <= start < end <= len(completion)
    assert parsed.under("strict") in (None, parsed.under("lenient"))
    assert ACCEPTED["strict"] < ACCEPTED["lenient"]


@fuzz
@given(COMPLETION)
def test_the_order_of_the_labels_does_not_decide_what_is_read(completion):
    """F31. Red with the first match of a list taken."""
    there, back = (LabelParser(labels).parse(completion) for labels in (COMMON, COMMON[::-1]))
    assert (there.label, there.match, there.span) == (back.label, back.match, back.span)


@fuzz
@given(LABELS)
def test_every_label_is_read_as_itself(labels):
    """F31. Red with a normal form that two labels share, or a label that its own pattern does not find."""
    assert collisions(labels) == []
    parser = LabelParser(labels)
    for label in labels:
        parsed = parser.parse(label)
        # An answer may be wrapped in a block of thinking; so a label that begins like one is not read at all.
        assert parsed.label == label or label.lstrip().startswith("<think>")


@fuzz
@given(COMPLETION)
def test_a_normal_form_is_its_own_normal_form(text):
    """F29. Red with the folding of case before the composing of accents only."""
    once = normal_form(text)
    assert normal_form(once) == once


SIGNS = st.text(st.sampled_from("ab1-_ .+#'\"*,!\u2212\u0301\u3000"), max_size=8)


@fuzz
@given(st.one_of(TEXT, SIGNS))
def test_labels_that_were_told_apart_before_still_are(text):
    """F53. Red with a folding that is coarser than that of version 1: a stored run could no longer be parsed."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    before = lambda t: re.sub(r"[\s_\-]+", " ", t).strip("\"'`*“”‘’«»„ .,;:!?")  # noqa: E731
    assert before(normal_form(text)) == before(folded)
    assert normal_form(normal_form(text)) == normal_form(text)


@fuzz
@given(st.lists(st.tuples(TEXT, TEXT.filter(str.strip)), min_size=1, max_size=6))
def test_rows_survive_every_format(rows):
    """F28. Red with a lone carriage return left unquoted, or lines split at U+2028."""
    import csv
    import io

    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([["text", "label"], *rows])
    lines = "\n".join(json.dumps({"text": t, "label": label}, ensure_ascii=False) for t, label in rows)
    for name, content in (("a.csv", stream.getvalue()), ("a.jsonl", lines)):
        assert [tuple(row) for row in parse_table(name, content.encode()).rows] == rows


HEADER = st.sampled_from(
    [b"", b"text,label\n", b'{"text": "a", "label": "b"}\n', b"\xff\xfe", b"\xef\xbb\xbf", b"PAR1"]
)
NOISE = st.one_of(
    st.binary(max_size=200), st.text(st.sampled_from(',"\r\n\0\ta{}[]:1e\u2028'), max_size=60).map(str.encode)
)


@fuzz
@given(HEADER, NOISE, st.sampled_from(["csv", "tsv", "jsonl", "parquet", "xlsx"]))
def test_random_bytes_as_a_data_file_are_read_or_refused(header, noise, kind):
    """F25. Red with any error but DataError."""
    try:
        table = parse_table(f"a.{kind}", header + noise)
    except DataError as error:
        str(error).encode()
    else:
        assert all(len(row) == len(table.columns) for row in table.rows)
        assert len(table.lines) == len(table.rows)
        for row in table.rows:
            assert all(value is None or "\0" not in value.encode().decode() for value in row)


def test_a_damaged_parquet_file_is_read_or_refused():
    """F25. Red with any error but DataError."""
    import io

    import pyarrow
    import pyarrow.parquet

    stream = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"text": ["a", "b"] * 50, "label": ["x", "y"] * 50}), stream)
    content, chance = stream.getvalue(), np.random.default_rng(2)
    for _ in range(CASES):
        damaged = bytearray(content)
        for at in chance.integers(0, len(content), int(chance.integers(1, 5))):
            damaged[at] = int(chance.integers(0, 256))
        try:
            parse_table("a.parquet", bytes(damaged))
        except DataError as error:
            str(error).encode()


SPECS = st.builds(
    RunSpec,
    task=st.builds(TaskSource, TEXT, TEXT, TEXT, TEXT, TEXT),
    model=TEXT, prompt=TEXT, n=st.integers(1, 10**6), sample=st.sampled_from(["stratified", "random", "first"]),
    seed=st.integers(0, 10**6), max_new_tokens=st.integers(1, 99), batch_size=st.integers(1, 99),
)  # fmt: skip


@fuzz
@given(SPECS, SPECS)
def test_specs_have_one_key_each_and_survive_json(one, other):
    """F10, F11. Red with fields joined by a character that they may hold."""
    assert RunSpec.from_json(one.to_json()) == one
    assert (one.key == other.key) == (one == other)
    assert replace(one, n=one.n + 1).key != one.key


IDENTITIES = st.dictionaries(TEXT, st.one_of(TEXT, st.integers(-(2**60), 2**60)), max_size=4)
CHATS = st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), TEXT), min_size=1, max_size=3)


@fuzz
@given(IDENTITIES, IDENTITIES, CHATS, CHATS)
def test_completions_share_a_key_only_if_everything_is_equal(first, second, chat, other):
    """F10, F14. Red with identity and prompt joined without a boundary, or numbers keyed as their text."""

    def key(identity, turns):
        return completion_keys(identity, [tuple({"role": role, "content": text} for role, text in turns)])[0]

    assert key(first, chat) == key(dict(reversed(first.items())), chat)
    assert (key(first, chat) == key(second, other)) == ((canonical(first), chat) == (canonical(second), other))
    assert (run_id("s", first, "p") == run_id("s", second, "p")) == (canonical(first) == canonical(second))


@fuzz
@given(TEXT, TEXT, TEXT, TEXT)
def test_prompts_share_a_fingerprint_only_if_their_texts_are_equal(system, user, other_system, other_user):
    """F10. Red with the two texts joined without a boundary."""
    one, other = Prompt("a", system, user), Prompt("b", other_system, other_user)
    assert (one.fingerprint == other.fingerprint) == ((system, user) == (other_system, other_user))


@st.composite
def outcomes(draw_from):
    n_labels = draw_from(st.integers(1, 6))
    pairs = draw_from(st.lists(st.tuples(st.integers(0, n_labels - 1), st.integers(-1, n_labels - 1)), max_size=40))
    true, predicted = (np.array([pair[at] for pair in pairs], dtype=np.int64) for at in (0, 1))
    return true, predicted, n_labels


@fuzz
@given(outcomes(), st.randoms(use_true_random=False))
def test_scores_hold_their_sums_and_do_not_depend_on_any_order(outcome, chance):
    """F33. Red with a score that depends on the position of a label, or loses an example."""
    true, predicted, n_labels = outcome
    counts = confusion_counts(true, predicted, n_labels)
    result = scores(counts)
    assert result.correct + result.wrong + result.unparsed == result.n == len(true) == counts.sum()
    each = per_class(counts)
    assert each.support.sum() == result.n
    assert each.predicted.sum() == result.n - result.unparsed
    assert sum(pair.count for pair in confusion_pairs(counts)) == result.wrong
    shares = ("accuracy", "micro_f1", "macro_f1_present", "macro_f1_all", "weighted_f1", "balanced_accuracy")
    for name in shares:
        value = getattr(result, name)
        assert (math.isnan(value) and not result.n) or -1e-12 <= value <= 1 + 1e-12
    if result.n:
        assert result.macro_f1_all <= result.macro_f1_ceiling + 1e-12
        assert result.unparsed or result.micro_f1 == pytest.approx(result.accuracy)
    examples, labels = list(range(len(true))), list(range(n_labels))
    chance.shuffle(examples)
    chance.shuffle(labels)
    renamed = np.array(labels)
    moved = np.where(predicted == UNPARSED, UNPARSED, renamed[predicted])
    other = scores(confusion_counts(renamed[true][examples], moved[examples], n_labels))
    for name in (*shares, "mcc", "kappa", "effective_labels", "unparsed", "labels_present"):
        assert getattr(other, name) == pytest.approx(getattr(result, name), nan_ok=True, abs=1e-12), name


@fuzz
@given(outcomes())
def test_refusing_an_answer_never_makes_a_score_better(outcome):
    """F33: strict never scores above lenient. Red with unparsed left out of what is divided by."""
    true, predicted, n_labels = outcome
    lenient = scores(confusion_counts(true, predicted, n_labels))
    refused = np.where(np.arange(len(true)) % 2 == 0, UNPARSED, predicted)
    strict = scores(confusion_counts(true, refused, n_labels))
    assert strict.correct <= lenient.correct
    assert math.isnan(strict.accuracy) or strict.accuracy <= lenient.accuracy


@fuzz
@given(
    st.lists(st.tuples(TEXT, st.sampled_from(string.ascii_lowercase[:5])), min_size=1, max_size=30), st.integers(0, 3)
)
def test_samples_are_nested_and_lose_nothing(rows, seed):
    """F13. Red with a draw that depends on N, or that takes an example twice."""
    task = make_task("t", [Example(*row) for row in rows], (), None, "")
    for sample in ("stratified", "random", "first"):
        whole = draw_sample(task, len(rows), sample, seed)
        assert sorted(map(repr, whole)) == sorted(map(repr, task.test))
        for n in (1, len(rows) // 2 or 1):
            assert draw_sample(task, n, sample, seed) == whole[:n]


def test_random_names_of_runs_are_unknown_runs(tmp_path):
    """F45. Red with a name that becomes a part of a path or of a statement."""
    store = Store(tmp_path / "cache")

    @fuzz
    @given(TEXT)
    def check(name):
        with pytest.raises(BlindspotError, match="no such run"):
            store.run(name)

    check()
