"""Two files of predictions: what they share is compared at once."""

import json
from pathlib import Path

import pytest

from evalcore.analysis import compare, score_run
from evalcore.analysis.difference import changes, decisions
from evalcore.errors import DataError, SpecError
from evalcore.importing import Asked, import_file, import_files
from tests.tools.command_line import evalcore

RECORDED = Path(__file__).parent / "recorded"


@pytest.fixture
def two(tmp_path, store):
    """Import two CSV files, and compare them."""

    def compared(first, second):
        for name, text in (("a.csv", first), ("b.csv", second)):
            (tmp_path / name).write_text(text)
        records = import_files([(tmp_path / name, Asked()) for name in ("a.csv", "b.csv")], store)
        return compare(*(score_run(store, record.run_id) for record in records))

    return compared


def test_rows_in_another_order_and_missing_ones_are_paired_by_their_texts(two):
    compared = two("text,label,prediction\nq,a,a\nr,b,b\ns,a,b\n", "text,label,prediction\ns,a,a\nq,a,b\n")
    assert [compared.a.answers[at].example.text for at in compared.at_a] == ["q", "s"]
    assert (compared.counts.fixed, compared.counts.broken) == (1, 1)


def test_two_files_of_the_same_examples_differ_in_their_model_and_not_in_their_task(two):
    compared = two("text,label,prediction\nq,a,a\nr,b,b\n", "text,label,prediction\nq,a,b\nr,b,b\n")
    assert decisions(changes(compared.a.record, compared.b.record)) == ["model"]
    compared = two("text,label,prediction\nq,a,a\nr,b,b\n", "text,label,prediction\nr,b,a\nq,a,a\ns,a,a\n")
    assert "task" in decisions(changes(compared.a.record, compared.b.record))


def test_a_label_that_only_one_file_knows_is_a_label_of_both(two):
    compared = two("text,label,prediction\nq,a,x\nr,b,b\n", "text,label,prediction\nq,a,a\nr,b,y\n")
    assert compared.a.labels == compared.b.labels == ("a", "b", "x", "y")


def test_a_label_that_two_files_spell_in_two_ways_is_one_label(two):
    compared = two("text,label,prediction\nq,top_up,top_up\nr,b,c\n", "text,label,prediction\nq,Top up,b\nr,b,Top Up\n")
    assert compared.a.labels == compared.b.labels == ("b", "c", "top_up")
    assert len(compared.at_a) == 2


def test_files_with_the_same_labels_are_the_runs_that_they_are_alone(tmp_path, store):
    for name, answer in (("a.csv", "a"), ("b.csv", "b")):
        (tmp_path / name).write_text(f"text,label,prediction\nq,a,{answer}\nr,b,b\n")
    together = [r.run_id for r in import_files([(tmp_path / n, Asked()) for n in ("a.csv", "b.csv")], store)]
    assert together == [import_file(tmp_path / name, store).run_id for name in ("a.csv", "b.csv")]


def test_without_texts_only_the_same_true_labels_in_the_same_order_are_the_same_examples(two):
    compared = two("label,prediction\na,a\nb,b\na,b\n", "label,prediction\na,b\nb,b\na,a\n")
    assert len(compared.at_a) == 3
    with pytest.raises(SpecError, match="without texts both must have the same true labels in the same order"):
        two("label,prediction\na,a\nb,b\n", "label,prediction\nb,b\na,b\n")


def test_if_one_file_cannot_be_read_nothing_is_stored(tmp_path, store):
    (tmp_path / "a.csv").write_text("text,label,prediction\nq,a,a\n")
    (tmp_path / "b.csv").write_text("text,label,prediction\nq,,a\n")
    with pytest.raises(DataError):
        import_files([(tmp_path / name, Asked()) for name in ("a.csv", "b.csv")], store)
    assert store.runs() == []


def test_two_files_on_the_command_line_are_a_comparison(tmp_path):
    lm_eval = RECORDED / "lm-eval"
    done = evalcore(
        "import", lm_eval / "samples_intents_written.jsonl", lm_eval / "samples_intents_chosen.jsonl",
        "--model", "written", "--model", "chosen", cache=tmp_path,
    )  # fmt: skip
    assert "A and B cannot be told apart: −8.3 points" in done.stdout
    assert "imported:written  ->  imported:chosen" in done.stdout
    assert "read as lm-evaluation-harness samples, filter none (1 of 2): text = doc.text" in done.stderr


def test_two_parts_of_one_file_are_a_comparison(tmp_path):
    path = RECORDED / "promptfoo" / "out.json"
    parts = [word for number in (1, 2) for word in ("--part", f"rules, prompt {number}")]
    done = evalcore("import", path, *parts, "--json", cache=tmp_path)
    assert json.loads(done.stdout)["shared"] == 12


def test_the_same_predictions_twice_are_one_run(tmp_path):
    path = RECORDED / "lm-eval" / "samples_intents_written.jsonl"
    done = evalcore("import", path, path, cache=tmp_path)
    assert "Both hold the same predictions, which are one run." in done.stderr
    assert "62.5 %" in done.stdout


@pytest.mark.parametrize(
    "options", [("--part", "a", "--part", "b", "--part", "c"), ("--model", "a", "--model", "b"), ("--part", "nope")]
)
def test_options_that_mean_nothing_are_refused(tmp_path, options):
    path = RECORDED / "promptfoo" / "out.json"
    assert evalcore("import", path, *options, cache=tmp_path, check=False).returncode
