"""A person's own files (F63, F64, F67): what is bad is a sentence wherever it comes in, and nothing is lost."""

import csv
import gzip
import io
import json
import os
import pickle
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalcore.cli.main import main
from evalcore.errors import BlindspotError, DataError
from evalcore.importing import import_data, import_file
from evalcore.running import execute, understand
from evalcore.store import RunSpec, Store, Uploads, checked, uploads
from evalcore.tasks import TaskSource, data_in_memory, load_task
from evalcore.tasks.audit import audit

GOOD = b"text;label\nWo ist mein Paket?;Lieferung\nGeld bitte;Erstattung\n"


def zipped():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("reviews.csv", GOOD)
    return stream.getvalue()


BAD = {
    "0 bytes": ("reviews.csv", b"", "empty"),
    "white space": ("reviews.csv", b" \n\n", "empty"),
    "a zip": ("reviews.zip", zipped(), "Unpack it"),
    "a zip that is named .csv": ("reviews.csv", zipped(), "Unpack it"),
    "a zip that is named .xlsx": ("reviews.xlsx", zipped(), "Unpack it"),
    "gzip": ("reviews.csv", gzip.compress(GOOD), "Unpack it"),
    "a pickle": ("reviews.csv", pickle.dumps(GOOD), "never read"),
    "a web page": ("reviews.csv", b"<!doctype html><p>Not found</p>", "a web page"),
    "another ending": ("reviews.doc", GOOD, "Use one of .csv"),
    "no ending": ("reviews", GOOD, "Use one of .csv"),
    "JSON that is named .csv": ("reviews.csv", b'{"text": "a", "label": "x"}\n', "end in .jsonl"),
    "CSV that is named .jsonl": ("reviews.jsonl", GOOD, "JSON"),
    "CSV that is named .xlsx": ("reviews.xlsx", GOOD, "no Excel workbook"),
    "two headers": ("reviews.csv", b"text;label\n" + GOOD, "second line"),
    "a title above the header": ("reviews.csv", b"Survey;2024\n" + GOOD, "second line"),
    "Windows-1252": ("reviews.csv", "text;label\nKäse;x\n".encode("cp1252"), "CSV UTF-8"),
    "a header alone": ("reviews.csv", b"text;label\n", "no rows"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_a_sentence_on_every_way_in_and_nothing_is_lost(store, tmp_path, capsys, what):
    """F63, F64. Red with a zip read as text with errors ignored, or bytes that are changed before they are kept."""
    name, content, says = BAD[what]
    good = Uploads(store).add("good.csv", GOOD)
    record = execute(RunSpec(TaskSource(good.task_name, train=good.task_name), "majority", n=2), store).record
    path = tmp_path / name
    path.write_bytes(content)
    os.utime(path, (0, 0))  # nobody writes it any more
    said = []
    if content:
        kept = Uploads(store).add(name, content)
        assert Uploads(store).content(kept.digest) == content
        said.append(understand(checked(RunSpec(TaskSource(kept.task_name))), store).problems[0])
    upload = TaskSource(kept.task_name if content else str(path))
    for source in (TaskSource(str(path)), TaskSource(good.task_name, train=str(path)), upload):
        with pytest.raises(DataError) as caught:
            load_task(source, store.folder)
        said.append(str(caught.value))
    found = audit(data_in_memory(name, content))
    assert not found.can_run
    said += [f"{one.sentence} {one.cure}" for one in found.problems if one.blocks][:1]
    assert main(["data", str(path), "--cache", str(store.folder)]) == 1
    printed = capsys.readouterr()
    said.append(printed.out + printed.err)
    assert [(says in one or what == "0 bytes") and "Traceback" not in one for one in said] == [True] * len(said), said
    assert Uploads(store).content(good.digest) == GOOD
    assert [run.run_id for run in store.runs()] == [record.run_id]


@pytest.mark.parametrize("what", ["a zip that is named .csv", "a pickle", "a web page", "another ending", "0 bytes"])
def test_predictions_that_are_no_table_are_the_same_sentence(store, tmp_path, what):
    """F63. Red with a check in the task's reader alone."""
    name, content, says = BAD[what]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BlindspotError, match=says):
        import_file(tmp_path / name, store)
    with pytest.raises(BlindspotError, match=says):
        import_data(data_in_memory(name, content), "uploaded", store)
    assert store.runs() == []


def test_an_upload_above_the_quota_is_a_sentence_and_the_others_stay(store, monkeypatch):
    """F64. Red with a quota that is looked at after the bytes were written."""
    monkeypatch.setattr(uploads, "QUOTA", len(GOOD) + 10)
    kept = Uploads(store).add("a.csv", GOOD)
    with pytest.raises(DataError, match="no room for its") as caught:
        Uploads(store).add("b.csv", GOOD + b"a;b\n")
    assert "no run uses 'a.csv'" in caught.value.do
    assert Uploads(Store(store.folder)).all() == [kept]
    assert {path.name for path in (store.folder / "uploads").iterdir()} == {
        kept.digest, f"{kept.digest}.json", "uploads.lock"
    }  # fmt: skip


words = st.text("abcdefgh ", min_size=12, max_size=40).filter(
    lambda text: len(text.split()) > 1 and text == text.strip()
)
labels = st.sampled_from(["refund", "delivery", "other"])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(words, labels), min_size=30, max_size=40, unique_by=lambda row: row[0]),
    st.sampled_from(["none", "twice", "a title", "right"]),
    st.sampled_from([("text", "label"), ("Nachricht", "Kategorie")]),
)
def test_no_example_is_lost_to_a_header_and_no_header_is_an_example(tmp_path_factory, rows, header, names):
    """F67. Red with a header that is always the first line: an example was taken for it, or it for an example."""
    heads = {"none": [], "twice": [names, names], "a title": [("Survey", "2024"), ("text", "label")], "right": [names]}
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=";").writerows([*heads[header], *rows])
    path = tmp_path_factory.mktemp("own") / "a.csv"
    path.write_text(stream.getvalue(), encoding="utf-8")
    os.utime(path, (0, 0))
    try:
        task = load_task(TaskSource(str(path)))
    except DataError:
        assert header != "right" or len({label for _, label in rows}) < 2
    else:
        assert (header, [(one.text, one.label) for one in task.test]) == ("right", rows)


def test_what_the_audit_says_is_json(store, capsys, tmp_path):
    """F63. Red with a value that JSON does not have."""
    (tmp_path / "a.csv").write_bytes(GOOD)
    assert main(["data", str(tmp_path / "a.csv"), "--json", "--cache", str(store.folder)]) == 0
    assert json.loads(capsys.readouterr().out)["labels"] == {"Lieferung": 1, "Erstattung": 1}
