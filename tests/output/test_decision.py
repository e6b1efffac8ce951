"""A decision as text, JSON, Markdown, tables and HTML: the same figures everywhere, nothing that data makes active."""

import csv
import io
import json
import math

import pyarrow.parquet as parquet
import pytest

from evalcore.analysis import compare
from evalcore.deciding import QUESTIONS, DecisionAsked, decide
from evalcore.output import (
    decision_as_json,
    decision_as_text,
    decision_markdown,
    decision_tables,
    export_tables,
    no_nan,
)
from evalcore.output.decision import ROWS_PRINTED, table_name
from evalcore.output.decision_cells import FIGURES, read_table, read_tables
from evalcore.output.html import comparison_report, run_report
from evalcore.store.database import Store
from evalcore.wording import NOT_ESTIMABLE, interval, percent
from tests.output.test_markdown import active, cells
from tests.tools.decisions import two_runs
from tests.tools.html_report import Report

ASKED = {
    "actions": "label,action\nrate_up,rate\nrate_down,rate\n",
    "costs": "true,predicted,cost\n*,*,3\n",
    "review_cost": 0.4,
    "unit": "EUR",
    "mix": "label,count\ntop|up,10\nrate_up,20\nrate_down,5\n",
    "merge": '[["rate","rate_down","rate_up"]]',
    "hierarchy": 'label,group\nrate_up,r\nrate_down,r\ntop|up,t\n<b>fee</b>,t\n"card, lost",t\n"pin=""wrong""",t\n',
    "target": 80.0,
    "per_label": True,
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("decision"))


@pytest.fixture(scope="module")
def pair(place):
    return two_runs(place)


@pytest.fixture(scope="module", params=["one run", "two runs", "nothing given"])
def decision(request, place, pair):
    a, b = pair
    asked = DecisionAsked() if request.param == "nothing given" else DecisionAsked.of_fields(ASKED)
    return decide(place, a, b if request.param == "two runs" else None, asked)


def test_there_is_an_answer_to_every_question(decision):
    assert [one.name for one in decision.questions] == list(QUESTIONS)
    assert [one.why_not for one in decision.questions] == [""] * 5
    assert all(one.answer.tables() for one in decision.questions)


def test_the_json_has_every_figure_of_every_answer(decision):
    data = decision_as_json(decision)
    for one in decision.questions:
        assert data["questions"][one.name]["answer"] == no_nan(one.answer.as_json())
        assert data["questions"][one.name]["sentences"] == list(one.answer.sentences)
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_the_text_has_every_sentence_and_the_first_rows_of_a_table(decision):
    lines = decision_as_text(decision).splitlines()
    for one in decision.questions:
        at = lines.index(one.question)
        assert lines[at + 1 : at + 1 + len(one.sentences)] == [f"  {sentence}" for sentence in one.sentences]
        printed = lines[at + 1 + len(one.sentences) + 1]
        name = printed.strip(" :").lower().replace(" ", "_")
        rows = one.answer.tables()[name]
        read = read_table(name, rows, ROWS_PRINTED)
        shown = lines[at + 1 + len(one.sentences) + 3 :][: len(read.rows)]
        assert len(shown) == min(len(rows), ROWS_PRINTED)
        for line, row in zip(shown, read.rows, strict=True):
            assert line.strip()
            assert line.strip().startswith(row[0].text)


def test_the_tables_come_back_from_every_format_as_they_were(decision, tmp_path):
    tables = decision_tables(decision)
    assert tables[0].name == "decisions"
    assert {table.name for table in tables[1:]} == {
        table_name(one.name, name) for one in decision.questions for name, rows in one.answer.tables().items() if rows
    }
    export_tables(tables, tmp_path, formats=["csv", "jsonl", "parquet"])
    for one in decision.questions:
        for name, rows in one.answer.tables().items():
            if rows:
                _comes_back(tmp_path / table_name(one.name, name), [no_nan(dict(row)) for row in rows])


def _comes_back(stem, rows):
    assert [json.loads(line) for line in stem.with_suffix(".jsonl").read_text().splitlines()] == rows
    assert parquet.read_table(stem.with_suffix(".parquet")).to_pylist() == rows
    read = list(csv.DictReader(io.StringIO(stem.with_suffix(".csv").read_text("utf-8"), newline="")))
    for got, row in zip(read, rows, strict=True):
        for name, value in row.items():
            if isinstance(value, bool):
                assert got[name] == ("true" if value else "false")
            elif isinstance(value, float):
                assert float(got[name]) == value
            elif isinstance(value, list):
                assert json.loads(got[name]) == value
            else:
                assert got[name] == ("" if value is None else str(value))


def test_what_every_fractional_column_is_was_said(decision):
    """Red with a column that nobody named: it would be shown as another number than the page shows."""
    for one in decision.questions:
        for name, rows in one.answer.tables().items():
            for column in rows[0] if rows else ():
                if any(isinstance(row[column], float) for row in rows):
                    stem = column.removesuffix("_low").removesuffix("_high")
                    assert column in ("low", "high") or stem in FIGURES or f"{name}.{stem}" in FIGURES, (name, column)


def test_the_markdown_has_every_sentence_and_cell_and_nothing_active(decision):
    written = decision_markdown(decision)
    assert active(written.replace("### ", "")) == []
    found = cells(written)
    for one in decision.questions:
        assert f"### {one.question}" in written
        for name, read in read_tables(one.answer, 30).items():
            for row in read.rows:
                assert [" ".join(cell.text.split()) for cell in row] in found, name


def test_the_report_shows_the_same_cells_and_holds_the_same_json(decision, place):
    made = (
        run_report(place, decision.scored, decision=decision)
        if decision.beside is None
        else comparison_report(compare(decision.scored, decision.beside), decision=decision)
    )
    file = Report(made)
    assert file.data["decisions"] == json.loads(json.dumps(decision_as_json(decision)))
    for one in decision.questions:
        for sentence in one.sentences:
            assert " ".join(sentence.split()) in " ".join(file.words.split())
        for name, read in read_tables(one.answer, 300).items():
            head, *rows = file.tables[f"decide-{table_name(one.name, name)}"]
            assert head == [column.title for column in read.columns]
            assert rows == [[" ".join(cell.text.split()) for cell in row] for row in read.rows]


def test_a_row_of_the_report_that_names_labels_opens_their_examples(place, pair):
    a, _ = pair
    file = Report(run_report(place, a, decision=decide(place, a, only=["costs"])))
    first = decide(place, a, only=["costs"])["costs"].tables()["costly_confusions"][0]
    true, predicted = (a.labels.index(first[name]) for name in ("true", "predicted"))
    assert f"true={true}&predicted={predicted}" in file.opens
    assert (
        sum(e["true"] == first["true"] and e["predicted"] == first["predicted"] for e in file.examples())
        == (first["count"])
    )


def test_every_report_of_a_run_answers_what_needs_no_input(place, pair):
    a, b = pair
    assert list(Report(run_report(place, a)).data["decisions"]["questions"]) == ["review", "label_list"]
    assert Report(comparison_report(compare(a, b))).data["decisions"]["beside"] == b.record.run_id


@pytest.mark.parametrize(
    ("row", "texts"),
    [
        ({"recall": 0.2525, "recall_low": 0.2, "recall_high": 0.3}, [percent(0.2525), interval((0.2, 0.3))]),
        ({"gain": 0.025, "low": 0.01, "high": 0.04}, ["+2.5", interval((0.01, 0.04), signed=True)]),
        ({"gain": 0.025, "low": None, "high": None}, ["+2.5"]),
        ({"recall": math.nan, "recall_low": 0.3, "recall_high": 0.3}, ["–", NOT_ESTIMABLE]),
        ({"cost": 1234.5, "count": 1234, "p": 0.0004}, ["1,234", "1,234", "< .001"]),
        ({"cost": 2.5, "share": 1.0, "verified": True}, ["2.50", "100.0 %", "yes"]),
        (
            {"cost": -0.012345, "saved": 0.0, "aurc": 0.151, "aurc_low": 0.1182, "aurc_high": 0.1862},
            ["−0.0123", "0.000", "0.1510", "0.1182 to 0.1862"],
        ),
        ({"threshold": 0.12345, "p": 0.25, "label": None}, ["0.123", ".250", "–"]),
    ],
)
def test_a_figure_is_written_by_what_its_column_is(row, texts):
    (cells_read,) = read_table("any", [row], 10).rows
    assert [cell.text for cell in cells_read] == texts


def test_a_number_and_its_sort_key_are_rounded_alike():
    ((read,),) = read_table("any", [{"recall": 0.2525}], 1).rows
    assert (read.text, read.sort) == ("25.2 %", 25.2)
