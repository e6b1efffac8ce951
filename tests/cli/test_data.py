"""`data` and `uploads` on the command line."""

import json

import pytest

from evalcore.store import Uploads
from tests.tools.command_line import evalcore

GOOD = "Nachricht;Kategorie\n" + "".join(
    f"Wo ist mein Paket Nummer {i} denn?;{('Lieferung', 'Erstattung')[i % 2]}\n" for i in range(60)
)


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text(GOOD, encoding="utf-8")
    return path


def test_a_file_with_unusual_names_is_understood_and_just_runs(store, good):
    said = evalcore("data", good, cache=store.folder).stdout
    assert "reviews.csv: CSV, separated by semicolons, 60 rows" in said
    assert "column Kategorie: label (2 values in 60 rows)" in said
    assert "2 labels: Lieferung 30, Erstattung 30" in said
    assert said.endswith("it can be run\n")
    ran = json.loads(
        evalcore("run", "--task", good, "--train", good, "--model", "majority", "--json", cache=store.folder).stdout
    )
    assert ran["n"] == 60


def test_all_problems_are_printed_and_the_status_says_that_it_cannot_be_run(store, good):
    good.write_text(GOOD + "a;b;c\nd;\ne;lieferung\n", encoding="utf-8")
    done = evalcore("data", good, cache=store.folder, check=False)
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if line.startswith("problem: ")] == [
        "problem: 3 fields where the header has 2: line 62. Put a field that contains a separator in double quotes.",
        "problem: 1 row has no label: line 63. Give each a label, or delete it.",
        "problem: Labels read the same once case, spacing and punctuation are folded ('Lieferung' (30) and 'lieferung' "
        "(1)); the rarer spelling: line 64. Spell each in one way, as it is most often: 'Lieferung'.",
    ]
    assert done.stdout.endswith("3 problems keep it from being run\n")
    found = json.loads(evalcore("data", good, "--json", cache=store.folder, check=False).stdout)
    assert (found["can_run"], [one["rows"] for one in found["problems"] if one["blocks"]]) == (
        False,
        [[62], [63], [64]],
    )


def test_a_label_list_that_cannot_be_read_is_a_problem_beside_those_of_the_rows(store, good, tmp_path):
    """Red while it was the only thing that was said."""
    good.write_text(GOOD + "d;\n", encoding="utf-8")
    (tmp_path / "labels.json").write_text("[1, 2")
    done = evalcore("data", good, "--labels", tmp_path / "labels.json", cache=store.folder, check=False)
    said = [line for line in done.stdout.splitlines() if line.startswith("problem: ")]
    assert (done.returncode, len(said)) == (1, 2)
    assert "labels.json" in said[0]
    assert said[0].endswith("Choose another label list, or none.")
    assert "1 row has no label" in said[1]


def test_a_task_whose_files_are_not_here_says_where_they_are(store, monkeypatch):
    monkeypatch.delenv("BLINDSPOT_DATA", raising=False)
    said = evalcore("data", "banking77", cache=store.folder, check=False)
    assert (said.returncode, said.stdout) == (1, "")
    assert "hub:legacy-datasets/banking77" in said.stderr


def test_uploads_are_listed_run_and_deleted(store, good):
    upload = Uploads(store).add("reviews.csv", good.read_bytes())
    assert "it can be run" in evalcore("data", upload.task_name, cache=store.folder).stdout
    evalcore("run", "--task", upload.task_name, "--train", upload.task_name, "--model", "majority", cache=store.folder)
    listed = evalcore("uploads", cache=store.folder).stdout
    assert listed.startswith(upload.task_name)
    assert "1 run  reviews.csv" in listed
    assert json.loads(evalcore("uploads", "--json", cache=store.folder).stdout)[0]["digest"] == upload.digest
    deleted = evalcore("uploads", "--delete", upload.task_name, cache=store.folder).stdout
    assert "1 run on it can be looked at as before" in deleted
    assert evalcore("uploads", cache=store.folder).stdout == "0.0 MB of 500 MB used\n"
    again = evalcore("run", "--task", upload.task_name, "--model", "majority", cache=store.folder, check=False)
    assert (again.returncode, "was deleted" in again.stderr) == (1, True)
