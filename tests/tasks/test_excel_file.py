"""Excel: each cell as it stands there, or refused with its row; and nothing that unfolds into too much."""

import datetime
import io
import resource
import zipfile

import openpyxl
import pytest

from evalcore.errors import DataError
from evalcore.tasks import TaskSource, excel_file, load_task
from evalcore.tasks.data_file import data_in_memory, parse_table
from evalcore.tasks.first_look import first_look
from tests.tools.processes import finished


def workbook(*sheets, **cells):
    """A workbook of these sheets, each a list of rows; cells of the first sheet by their place."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, start=1):
        sheet = book.create_sheet(f"Sheet {number}")
        for row in rows:
            sheet.append(row)
    for place, value in cells.items():
        book.worksheets[0][place] = value
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_texts_are_exactly_what_was_written():
    values = ["NA", "001", "1e5", " two  spaces ", "a\nb", "é😀", "=1", "<b>&amp;", "TRUE", "x" * 30_000]
    rows = [[value, f"label {i}"] for i, value in enumerate(values)]
    book = openpyxl.Workbook()
    for at, row in enumerate([["text", "label"], *rows], start=1):
        for column, value in enumerate(row, start=1):
            cell = book.active.cell(at, column)
            cell.value, cell.data_type = value, "s"
    stream = io.BytesIO()
    book.save(stream)
    read = parse_table("a.xlsx", stream.getvalue())
    assert read.rows == rows
    assert read.place(2) == "a.xlsx, row 4"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1"), (5.0, "5"), (0.1 + 0.2, "0.3"), (1.5, "1.5"), (True, "TRUE"), (False, "FALSE"), (-7, "-7"), (None, "")],
)
def test_a_number_is_the_text_that_a_plain_cell_shows(value, text):
    assert parse_table("a.xlsx", workbook([["text", "label"], ["x", value]])).rows == [["x", text]]


ODD = [datetime.date(2024, 1, 5), datetime.datetime(2024, 1, 5, 3, 4), datetime.time(3, 4), 12345678901234567]


@pytest.mark.parametrize("value", ODD, ids=str)
def test_a_date_and_a_long_number_are_refused_where_they_are_wanted(value):
    content = workbook([["text", "label", "when"], ["a", "x", value], [value, "y", None]])
    assert parse_table("a.xlsx", content, lambda header: ["label"]).rows == [["x"], ["y"]]
    with pytest.raises(DataError, match="column 'text' holds a") as caught:
        parse_table("a.xlsx", content, lambda header: ["text", "label"])
    assert caught.value.where == "a.xlsx, row 3"


def test_empty_rows_and_columns_are_none_and_rows_keep_their_numbers():
    content = workbook([[], ["text", "label", None], ["a", "x", None], [], [None, "y", None]], F1="")
    read = parse_table("a.xlsx", content)
    assert (read.columns, read.rows, read.lines) == (["text", "label"], [["a", "x"], ["", "y"]], [3, 5])


def test_the_first_sheet_that_holds_something_is_read_or_the_one_that_is_named(tmp_path):
    content = workbook([], [["text", "label"], ["a", "x"]], [["text", "label"], ["b", "y"]])
    assert parse_table("a.xlsx", content).rows == [["a", "x"]]
    assert data_in_memory("a.xlsx", content, "Sheet 3").table().rows == [["b", "y"]]
    assert first_look(data_in_memory("a.xlsx", content)).format == "Excel, sheet 'Sheet 2'"
    with pytest.raises(DataError, match=r"no sheet 'Nope'\. Its sheets are: 'Sheet 1', 'Sheet 2', 'Sheet 3'"):
        data_in_memory("a.xlsx", content, "Nope").table()
    (tmp_path / "a.xlsx").write_bytes(content)
    task = load_task(TaskSource(f"{tmp_path / 'a.xlsx'}#Sheet 3"))
    assert (task.name, task.test[0].text) == ("a.xlsx#Sheet 3", "b")


def test_probabilities_of_a_workbook_are_numbers():
    file = data_in_memory("a.xlsx", workbook([["label", "p"], ["x", 0.25], ["y", None]]))
    values = next(iter(file.numbers(["p"]))).values
    assert values[0, 0] == 0.25
    assert values[1, 0] != values[1, 0]


def test_no_rows_and_no_cells_are_refused():
    for content in (workbook([]), workbook([["text", "label"]])):
        with pytest.raises(DataError, match="no rows"):
            parse_table("a.xlsx", content)


def rewritten(content, part, change):
    """A workbook with one of its parts changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info.filename, change(data) if info.filename == part else data)
    return stream.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
SMALL = workbook([["text", "label"], ["a", "x"]])
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def with_shared_texts(texts, rows):
    """A workbook as Excel writes it: its cells refer to texts that they share.

    Args:
        rows: each the indices of the texts of its cells.
    """
    cells = ("".join(f'<c t="s"><v>{at}</v></c>' for at in row) for row in rows)
    sheet = "".join(f'<row r="{number}">{row}</row>' for number, row in enumerate(cells, start=1))
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r" Type="{KINDS}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{KINDS}"><sheets>'
        '<sheet name="One" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" '
        f'Type="{KINDS}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{KINDS}/sharedStrings" '
        'Target="sharedStrings.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{"".join(f"<si><t>{text}</t></si>" for text in texts)}</sst>',
        SHEET: f'<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return stream.getvalue()


def test_shared_texts_are_read():
    content = with_shared_texts(["text", "label", "a", "x"], [(0, 1), (2, 3), (3, 2)])
    assert parse_table("a.xlsx", content).rows == [["a", "x"], ["x", "a"]]


BOMBS = {
    "a part that is large": lambda: rewritten(SMALL, SHEET, lambda data: data + b" " * 140_000_000),
    "one cell far away": lambda: workbook([["text", "label"], ["a", "x"]], XFD1048576="far"),
    "a cell without a place, far down": lambda: rewritten(
        SMALL, SHEET, lambda data: data.replace(b'<row r="2"', b'<row r="9000000"').replace(b' r="A2"', b"")
    ),
    "a long text that many cells share": lambda: with_shared_texts(
        ["text", "label", "x" * 30_000], [(0, 1), *[(2, 1)] * 20_000]
    ),
    "a document type": lambda: rewritten(
        SMALL, SHEET, lambda data: b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + data.partition(b"?>")[2]
    ),
}


def test_what_unfolds_is_refused_before_it_has(tmp_path):
    """All in a process of their own, which says how much memory the worst of them took."""
    for number, (what, made) in enumerate(BOMBS.items()):
        content = made()
        assert len(content) < 1_000_000, what
        (tmp_path / f"{number}.xlsx").write_bytes(content)
    script = (
        "import pathlib, resource, sys\nfrom evalcore.tasks.data_file import parse_table\n"
        "from evalcore.errors import DataError\nimport evalcore.tasks.excel_file\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for file in sorted(pathlib.Path(sys.argv[1]).iterdir()):\n"
        "    try:\n        parse_table(file.name, file.read_bytes())\n"
        "    except DataError as error:\n        print(error.what)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (6 * 2**30, 6 * 2**30))  # noqa: E731
    done = finished("-c", script, tmp_path, before=limit)
    *said, took_mb = done.stdout.splitlines() or [done.stderr[-500:]]
    assert ["unfolds" in one or "document type" in one for one in said] == [True] * len(BOMBS)
    assert int(took_mb) < 300


def test_a_directory_that_lies_about_sizes_is_not_believed(monkeypatch):
    """The library reads what was counted: a part that says it is small is cut there, and is then no XML."""
    big = rewritten(SMALL, SHEET, lambda data: data + b" " * 3_000_000)
    lying = bytearray(big)
    at = 0
    while (at := lying.find((3_000_000 + len(part(SMALL))).to_bytes(4, "little"), at)) >= 0:
        lying[at : at + 4] = (1_000).to_bytes(4, "little")
        at += 4
    monkeypatch.setattr(excel_file, "MAX_UNPACKED_BYTES", 100_000)
    with pytest.raises(DataError, match="not a readable workbook"):
        parse_table("a.xlsx", bytes(lying))


def part(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(SHEET)


@pytest.mark.parametrize("cut", [0.3, 0.7, 0.95])
def test_a_damaged_workbook_is_a_sentence(cut):
    content = SMALL[: int(len(SMALL) * cut)]
    with pytest.raises(DataError, match="damaged zip archive or workbook"):
        parse_table("a.xlsx", content)
    broken = rewritten(SMALL, SHEET, lambda data: data[: int(len(data) * cut)])
    with pytest.raises(DataError, match="not a readable workbook"):
        parse_table("a.xlsx", broken)
