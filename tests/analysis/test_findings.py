import inspect

import pytest

from evalcore.analysis.findings import FINDERS, answers, find, labels, sample, scores
from evalcore.analysis.scored_run import score_run
from evalcore.importing.predictions import import_table
from evalcore.output.report import report_as_json, report_as_text
from evalcore.store.completion import Completion
from evalcore.tasks.data_file import Table
from tests.tools.runs import put


def scored_run_of(store, rows, labels=None, scoring="lenient", texts=None):
    """A scored run of (label, completion) rows."""
    texts = texts or [f"text {i}" for i in range(len(rows))]
    table = Table(
        "rows.csv",
        ["text", "label", "completion"],
        [[text, gold, answer] for text, (gold, answer) in zip(texts, rows, strict=True)],
        list(range(2, len(rows) + 2)),
    )
    return score_run(store, import_table(table, "rows.csv", store, labels=labels).run_id, scoring)


def kinds(found):
    return [finding.kind for finding in found]


def named(found, kind):
    return next(finding for finding in found if finding.kind == kind)


def test_a_perfect_model_on_a_sample_of_few_labels_is_told_its_ceiling(store):
    labels = [f"label_{i}" for i in range(77)]
    scored = scored_run_of(store, [(f"label_{i % 10}", f"label_{i % 10}") for i in range(400)], labels)
    finding = find(scored)[0]
    assert finding.kind == "sample_misses_labels"
    assert "covers 10 of 77 labels: a perfect model would score 13.0 % macro-F1" in finding.sentence
    assert finding.figures["macro_f1_ceiling"] == pytest.approx(10 / 77)
    assert finding.figures["macro_f1_present"] == 1.0
    assert len(finding.labels) == 67


def test_a_collapse_names_its_labels_and_the_examples_wrongly_given_them(store):
    labels = list("abcdefgh")
    rows = [(label, "a" if i % 3 else "b") for label in labels for i in range(6)]
    finding = named(find(scored_run_of(store, rows)), "collapse")
    assert finding.labels == ("a", "b")
    assert "100.0 % of the answers are two labels: “a” and “b”, which are 25.0 % of the examples" in finding.sentence
    assert len(finding.positions) == 48 - sum(gold == answer for gold, answer in rows)


def test_a_model_that_does_not_collapse_is_not_accused(store):
    rows = [(label, label) for label in "abcdefgh" for _ in range(10)]
    assert kinds(find(scored_run_of(store, rows))) == ["micro_f1_says_nothing_new"]


def test_never_predicted_zero_recall_and_absent_are_kept_apart(store):
    rows = [("a", "a")] * 30 + [("b", "a")] * 5 + [("c", "d")] * 5 + [("d", "c")] * 5
    found = find(scored_run_of(store, rows, list("abcde")))
    assert named(found, "sample_misses_labels").labels == ("e",)
    assert named(found, "never_predicted").labels == ("b",)
    assert named(found, "never_predicted").positions == tuple(range(30, 35))
    assert named(found, "zero_recall").labels == ("c", "d")


def test_unparsed_completions_are_counted_in_words(store):
    found = find(scored_run_of(store, [("a", "a")] * 7 + [("b", "b")] * 2 + [("b", "who knows")]))
    finding = named(found, "unparsed")
    assert finding.sentence.startswith("1 completion (10.0 %) names no label")
    assert finding.positions == (9,)
    assert "micro_f1_says_nothing_new" not in kinds(found)


def test_answers_that_only_a_lenient_parser_takes_are_counted(store):
    rows = [("a", "a")] * 5 + [("b", "it is B.")] * 3
    finding = named(find(scored_run_of(store, rows)), "depends_on_the_parser")
    assert (finding.figures["lenient"], finding.figures["strict"]) == (1.0, 5 / 8)
    assert finding.positions == (5, 6, 7)


def test_few_examples_a_label_forbid_a_ranking(store):
    rows = [(label, label if i else "a") for label in "abcdef" for i in range(5)]
    finding = named(find(scored_run_of(store, rows)), "too_uncertain_to_rank")
    assert finding.figures["median_support"] == 5
    many = [(label, label if i % 10 else "a") for label in "abcdef" for i in range(200)]
    assert "too_uncertain_to_rank" not in kinds(find(scored_run_of(store, many)))


def test_an_over_predicted_label_is_named(store):
    rows = [("a", "a")] * 4 + [("b", "b")] * 10 + [("b", "a")] * 8 + [("c", "c")] * 10
    finding = named(find(scored_run_of(store, rows)), "over_predicted")
    assert "“a” is over-predicted: it was predicted 12 times and is the true label of 4 examples" in finding.sentence
    assert finding.positions == tuple(range(14, 22))


def test_one_text_under_two_labels_is_noticed(store):
    rows = [("a", "a"), ("b", "a"), ("a", "a")]
    finding = named(find(scored_run_of(store, rows, texts=["same", "same", "other"])), "same_text_two_labels")
    assert finding.positions == (0, 1)


def test_a_baseline_that_does_as_well_is_a_finding_and_one_that_does_worse_is_not(store):
    gold = [str(i % 4) for i in range(100)]
    texts = [f"t{i}" for i in range(100)]

    def right_on(n):
        rows = [(g, g if i < n else str((int(g) + 1) % 4)) for i, g in enumerate(gold)]
        return scored_run_of(store, rows, texts=texts)

    model = right_on(60)
    better, same, worse = (find(model, [right_on(n)]) for n in (90, 62, 20))
    assert "the baseline does better" in named(better, "baseline_does_as_well").sentence
    assert named(better, "baseline_does_as_well").positions == tuple(range(60, 90))
    assert "no difference that this sample could show" in named(same, "baseline_does_as_well").sentence
    assert "baseline_does_as_well" not in kinds(worse)


def test_truncated_and_too_long_completions_are_told(store):
    scored = scored_run_of(store, [("a", "a"), ("b", "b"), ("b", "")])
    cut = [Completion("a", stop="length"), Completion("b", stop="eos"), Completion("", stop="too_long")]
    put(store, list(zip(scored.columns.keys_of(range(3)), cut, strict=True)))
    found = find(score_run(store, scored.record.run_id))
    assert named(found, "truncated").positions == (0,)
    assert named(found, "too_long").positions == (2,)


def test_an_empty_run_has_no_findings_and_a_report_still(store, tmp_path):
    scored = scored_run_of(store, [("a", "a")])
    with store.connect(write=True) as db:
        db.execute("DELETE FROM completions")
    empty = score_run(store, scored.record.run_id)
    assert find(empty) == []
    assert "nothing is predicted yet" in report_as_text(empty, [])
    assert report_as_json(empty, [])["accuracy"] is None


@pytest.mark.parametrize("scoring", ["strict", "lenient"])
def test_every_finding_carries_figures_and_positions_of_the_sample(store, scoring):
    rows = [(g, a) for g in "abcdef" for a in ("a", "it is b", "nothing", g)]
    for finding in find(scored_run_of(store, rows, list("abcdefgh"), scoring)):
        assert finding.figures
        assert all(0 <= position < len(rows) for position in finding.positions)
        assert finding.positions
        assert finding.opens.startswith(f"{len(finding.positions)} "), "a link says how many examples it opens"


def test_the_report_says_what_it_was_promised_to_say(store):
    rows = [("a", "a"), ("a", "b"), ("b", "b"), ("c", "x")]
    scored = scored_run_of(store, rows)
    data = report_as_json(scored, find(scored))
    promised = (
        "run_id n accuracy accuracy_interval macro_f1_present macro_f1_all macro_f1_ceiling micro_f1 weighted_f1 "
        "balanced_accuracy mcc kappa unparsed labels_total labels_present absent never_predicted zero_recall "
        "effective_labels per_class confusion_pairs findings seconds predicted_now from_cache"
    )
    assert set(promised.split()) <= set(data)
    assert data["confusion_pairs"] == [{"true": "a", "predicted": "b", "count": 1, "share": 0.5, "reverse": 0}]
    assert data["accuracy"] == 0.5


def test_every_function_that_finds_something_is_registered():
    defined = {
        function
        for module in (answers, labels, sample, scores)
        for name, function in vars(module).items()
        if inspect.isgeneratorfunction(function) and function.__module__ == module.__name__
    }
    assert defined == set(FINDERS)
