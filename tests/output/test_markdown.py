"""Markdown for a pull request: the same figures as elsewhere, short, and nothing in it that data could make active.

It is read by a Markdown library with tables, and by the rules by which GitHub makes links of plain text.
"""

import re

import pytest
from markdown_it import MarkdownIt

from evalcore.analysis import (
    check,
    compare,
    metric_interval_words,
    metric_words,
    score_run,
)
from evalcore.output import check_markdown, comparison_markdown, findings_of, run_markdown
from evalcore.output.markdown import MOST_LABELS, code, plain, said
from evalcore.wording import interval, percent
from tests.tools.runs import scored, stored

HOSTILE = [
    "a|b", "a\\|b", "|", "tick `x`", "``", "`", "@someone", "#1", "GH-12", "owner/repo#3", "https://example.org/x",
    "www.example.org", "a@example.org", "<img src=x onerror=alert(1)>", "</details>", "<!-- hidden", "[x](http://x.y)",
    "![x](http://x.y)", "**bold** _it_", "~~gone~~", "a\nb", "\u202egnp.exe", "&lt;b&gt;", "$x^2$", ":tada:",
    "1. one", "- [ ] task", "> quote", "```", "| --- |", "\\", "”quoted“", "“a|b”", "x" * 500,
]  # fmt: skip
LABELS = [f"{value} {at}" for at, value in enumerate(HOSTILE)]
"""A label has to have a letter or a digit."""
OURS = {"<details>", "</details>", "<summary>", "</summary>"}
ACTIVE_IN_TEXT = re.compile(
    r"@\w|(?<![\w/])#\d|\bgh-\d|\w/\w+#\d|https?://|www\.|\b[0-9a-f]{7,40}\b|:\w+:", re.IGNORECASE
)
"""What GitHub makes a mention, a link or a picture of, outside of code."""


def rendered(markdown):
    """The inline tokens, and the blocks of HTML."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    inline = [child for token in tokens if token.type == "inline" for child in token.children or ()]
    return tokens, inline


def active(markdown):
    """What a reader of the comment could click, see or be notified by, beside what the report itself has."""
    tokens, inline = rendered(markdown)
    kinds = {"link_open", "image", "s_open", "em_open", "html_inline"}
    found = [token.type for token in inline if token.type in kinds]
    found += [token.content for token in inline if token.type == "text" and ACTIVE_IN_TEXT.search(token.content)]
    for token in tokens:
        if token.type == "html_block":
            found += [tag for tag in re.findall(r"<[^>]*>", token.content) if tag not in OURS]
        if token.type in ("fence", "code_block", "blockquote_open", "heading_open", "hr"):
            found.append(token.type)
    return found


def cells(markdown):
    """Every table's rows, each cell as the text that is seen."""
    tokens, _ = rendered(markdown)
    rows = []
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("td_open", "th_open"):
            children = following.children or ()
            rows[-1].append("".join(child.content for child in children if child.type in ("text", "code_inline")))
    return rows


@pytest.fixture
def hostile(store):
    gold = [label for label in LABELS for _ in range(4)]
    shifted = [*gold[4:], *gold[:4]]
    answers = [one if at % 3 else other for at, (one, other) in enumerate(zip(gold, shifted, strict=True))]
    a = scored(store, gold, gold, name="@someone #1.csv")
    return a, scored(store, gold, answers, name="<img src=x>|`.csv")


def test_nothing_of_a_runs_data_becomes_active(store, hostile):
    """Red with a label in a sentence as it is, with one backtick too few, or with a model's name outside of code."""
    for run in hostile:
        assert active(run_markdown(store, run)) == []


def test_nothing_of_a_comparisons_data_becomes_active(hostile):
    assert active(comparison_markdown(compare(*hostile))) == []


def test_nothing_of_a_checks_data_becomes_active(hostile):
    slices = ["text~@someone|`#1`", *(f"label={label}" for label in LABELS if "\n" not in label and len(label) < 50)]
    checked = check(hostile[1], minimum={"accuracy": 0.5}, slices=slices)
    assert active(check_markdown(checked)) == []
    assert [row[2] for row in cells(check_markdown(checked))[1:]] == [re.sub("\u202e", " ", name) for name in slices]


def test_every_label_stands_in_the_table_as_it_is(store, hostile, monkeypatch):
    """Red with a pipe that is not escaped, or one escaped that is not in a table."""
    monkeypatch.setattr("evalcore.output.markdown.MOST_LABELS", 100)
    for markdown in (run_markdown(store, hostile[1]), comparison_markdown(compare(*hostile))):
        named = {row[0] for row in cells(markdown)}
        for label in LABELS:
            shown = re.sub("[\n\u202e]", " ", label).strip()
            assert (shown if len(shown) <= 60 else f"{shown[:59]}…") in named, label
        assert all(len(row) == len(cells(markdown)[-1]) for row in cells(markdown)[-len(HOSTILE) :])


@pytest.mark.parametrize("value", [*HOSTILE, "", " ", "` `", "a``b`c", " a "])
def test_a_value_outside_of_a_table_is_one_code_span(value):
    _, inline = rendered(f"see {code(value)} here")
    spans = [token.content for token in inline if token.type == "code_inline"]
    shown = re.sub(r"[\n\u202e]", " ", value).strip() or " "
    assert spans == [shown if len(shown) <= 200 else f"{shown[:199]}…"]
    assert [token.content for token in inline if token.type == "text"] == ["see ", " here"]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_sentence_that_names_data_is_plain(value):
    assert active(f"1. {plain(f'Of {value} it is said')}") == []
    assert active(f"1. {said(f'Of “{value}” and {value} it is said', [value, 'b'])}") == []


def test_the_figures_are_those_of_the_report(store):
    gold = list("abcd") * 30
    run = scored(store, gold, [*gold[1:100], *"a" * 21])
    markdown = run_markdown(store, run)
    of_metrics = {row[0]: row[1:] for row in cells(markdown) if len(row) == 3}
    assert of_metrics["Accuracy"] == [percent(run.scores.accuracy), interval(run.intervals.accuracy)]
    assert of_metrics["Macro-F1, all labels"][1] == interval(run.intervals.macro_f1_all)
    assert of_metrics["Macro precision, labels in the sample"][1] == "–"
    by_label = {row[0]: row[1:] for row in cells(markdown) if len(row) == 7}
    for at, label in enumerate(run.labels):
        each = run.per_class
        assert by_label[label][0] == f"{each.support[at]}"
        assert by_label[label][4] == percent(each.f1[at], "–")
        assert by_label[label][5] == interval(run.intervals.f1[at])
    seen = "".join(token.content for token in rendered(markdown)[1])
    for finding in findings_of(store, run):
        assert re.sub("[“”]", "", finding.sentence) in seen.replace("\u2060", "")
    assert markdown.startswith(f"**{percent(run.scores.accuracy)} of 120 examples are right**")


def test_a_comparison_has_every_metric_with_its_interval(store):
    gold = list("abcd") * 30
    a, b = scored(store, gold, gold[1:] + gold[:1]), scored(store, gold, [*gold[:100], *"?" * 20])
    both = compare(a, b)
    rows = {row[0]: row[1:] for row in cells(comparison_markdown(both))}
    for row in both.metrics:
        assert rows[row.title][:4] == [
            metric_words(row, row.a), metric_words(row, row.b), metric_words(row, row.difference, signed=True),
            metric_interval_words(row),
        ]  # fmt: skip
    assert comparison_markdown(both).startswith("**B is better: +83.3 points (")


def test_hundreds_of_long_labels_fit_into_a_comment(store):
    labels = [f"{'`|@' * 40}{at}" for at in range(400)]
    run = scored(store, labels, [*labels[1:], labels[0]])
    other = scored(store, labels, labels)
    checked = check(run, minimum={"accuracy": 0.5}, slices=[f"label={label}" for label in labels[:100]])
    for markdown in (run_markdown(store, run), comparison_markdown(compare(other, run)), check_markdown(checked)):
        assert len(markdown) < 65_536, "a comment on GitHub has no more characters"
    assert f"The {MOST_LABELS} labels of the lowest F1, of 400 in the sample" in run_markdown(store, run)


def test_a_run_with_nothing_predicted_says_so(store, colours):
    from evalcore.running import execute
    from evalcore.store import RunSpec
    from evalcore.tasks import TaskSource
    from tests.conftest import Toy

    class Stopped(Toy):
        def predict(self, prompts):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(RunSpec(task=TaskSource(str(colours)), n=8), store, loader=lambda h, on_phase: Stopped(h.identity, {}))
    run = score_run(store, store.runs()[0].run_id)
    assert run_markdown(store, run).startswith("**Nothing is predicted yet** in run `")


def test_the_same_run_gives_the_same_bytes(store):
    record = stored(store, list("aabb") * 10, list("abab") * 10)
    once, again = (run_markdown(store, score_run(store, record.run_id)) for _ in range(2))
    assert once == again
