"""Files that do harm (F55, F56, F61, F62): what nobody asked for, what unfolds, what is being written, what is long."""

import io
import json
import os
import random
import resource
import sys
from pathlib import Path

import pytest

from evalcore.errors import BlindspotError, DataError, ModelError, SpecError, StoreError, Unanswered
from evalcore.importing.predictions import import_file
from evalcore.output.export import write_file
from evalcore.predictors.files.source import locate
from evalcore.store.spec import RunSpec, checked
from evalcore.tasks import Example, TaskSource, draw_sample, load_task, make_task
from evalcore.tasks.data_file import parse_table, read_table
from evalcore.tasks.prompt import built_in
from tests.conftest import ROOT
from tests.tools.processes import finished
from tests.tools.runs import import_bytes


def parquet(columns, **how):
    import pyarrow
    import pyarrow.parquet

    stream = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), stream, **how)
    return stream.getvalue()


def of_type(kind, *values):
    """An array of a type of pyarrow, by its name, of which the bits are those of `values`."""
    import pyarrow

    name, *arguments = kind.split()
    made = getattr(pyarrow, name)(*arguments)
    bits = b"".join(value.to_bytes(made.bit_width // 8, "little", signed=True) for value in values)
    return pyarrow.Array.from_buffers(made, len(values), [None, pyarrow.py_buffer(bits)])


OUT_OF_RANGE = {
    "timestamp s": 2**50, "timestamp ms": 2**62, "timestamp us": -(2**62), "timestamp s UTC": 2**45,
    "timestamp ns Foo/Bar": 1, "date32": 2**31 - 1, "date64": 86_400_000 * 2**30, "duration s": 2**62,
    "duration ms": -(2**63), "time64 us": 2**60,
}  # fmt: skip
"""Types of pyarrow, and a value of each that Python's own types have no room for."""


def nested(depth):
    return "[" * depth + "]" * depth


ODD_LINES = {
    "400 brackets": nested(400),
    "250 objects": '{"a": ' * 250 + "1" + "}" * 250,
    "half a surrogate pair": '"\\ud800"',
    "a NUL": '"a\\u0000b"',
    "a number of 5,000 digits": "9" * 5000,
}


def two_of_one_name():
    import pyarrow

    return pyarrow.StructArray.from_arrays([pyarrow.array([1, 2])] * 2, names=["a", "a"])


ODD_COLUMNS = {
    **{kind: lambda kind=kind, value=value: of_type(kind, 0, value) for kind, value in OUT_OF_RANGE.items()},
    "bytes": lambda: [b"a", b"\xff"],
    "fields of one name": two_of_one_name,
}


def odd_file(folder, what):
    """A file with a text, a label, a prediction, and a column `odd` in which something odd stands."""
    if what in ODD_COLUMNS:
        path = folder / "a.parquet"
        odd = ODD_COLUMNS[what]()
        path.write_bytes(parquet({"text": ["a", "b"], "label": ["x", "y"], "prediction": ["x", "x"], "odd": odd}))
    else:
        path = folder / "a.jsonl"
        row = '{{"text": "{}", "label": "{}", "prediction": "x", "odd": {}}}\n'
        path.write_text(row.format("a", "x", "1") + row.format("b", "y", ODD_LINES[what]), encoding="utf-8")
    return path


@pytest.mark.parametrize("what", [*ODD_COLUMNS, *ODD_LINES])
def test_what_stands_in_a_column_that_nobody_asked_for_does_no_harm(tmp_path, store, what):
    """F55. Red with all columns converted: OverflowError, RecursionError, or a file that could not be used."""
    path = odd_file(tmp_path, what)
    assert load_task(TaskSource(str(path))).test == (Example("a", "x"), Example("b", "y"))
    assert import_file(path, store).n == 2


@pytest.mark.parametrize("what", [*ODD_COLUMNS, "half a surrogate pair", "a NUL"])
def test_what_cannot_become_text_in_a_wanted_column_is_refused_with_column_and_row(tmp_path, what):
    """F55. Red with the library's own errors let through, or with a message that names no column."""
    path = odd_file(tmp_path, what)
    with pytest.raises(DataError, match="column 'odd' holds") as caught:
        load_task(TaskSource(str(path), text_column="odd"))
    first = what in ("timestamp ns Foo/Bar", "fields of one name")
    assert caught.value.where == f"{path.name}, {'line' if path.suffix == '.jsonl' else 'row'} {1 if first else 2}"


def test_json_is_read_however_deep_as_far_as_it_may_be_and_no_deeper(tmp_path):
    """F55. Red with a function that calls itself for every bracket (RecursionError at some 330), or without a limit."""
    path = tmp_path / "a.jsonl"
    for depth in (400, 499):
        path.write_text(f'{{"text": {nested(depth)}, "label": "x"}}\n', encoding="utf-8")
        assert load_task(TaskSource(str(path))).test[0].text == nested(depth)
    for column in ("text", "odd"):
        for depth in (501, 100_000):
            path.write_text(f'{{"text": "a", "label": "x"}}\n{{"{column}": {nested(depth)}}}\n', encoding="utf-8")
            with pytest.raises(DataError, match="nested more than 500 levels deep") as caught:
                load_task(TaskSource(str(path)))
            assert caught.value.where == "a.jsonl, line 2"
    brackets = '"' + "[" * 5_000 + '\\"' + "{" * 5_000 + '"'
    path.write_text(f'{{"text": {brackets}, "label": "x"}}\n', encoding="utf-8")
    assert load_task(TaskSource(str(path))).test[0].text == json.loads(brackets)


def random_type(chance, depth=0):
    import pyarrow as pa

    unit = chance.choice(["s", "ms", "us", "ns"])
    plain = [
        pa.null(), pa.bool_(), pa.int8(), pa.uint64(), pa.int64(), pa.float16(), pa.float32(), pa.float64(),
        pa.decimal32(9, 2), pa.decimal64(18, 2), pa.decimal128(38, 10), pa.decimal256(76, 10), pa.date32(), pa.date64(),
        pa.time32("s"), pa.time64("ns"), pa.timestamp(unit), pa.timestamp(unit, "UTC"), pa.timestamp(unit, "Foo/Bar"),
        pa.duration(unit), pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(),
        pa.binary_view(), pa.binary(5), pa.uuid(), pa.json_(), pa.bool8(), pa.opaque(pa.int32(), "a", "b"),
        pa.month_day_nano_interval(), pa.run_end_encoded(pa.int32(), pa.string()),
        pa.dense_union([pa.field("a", pa.int8())]),
    ]  # fmt: skip
    if depth == 2 or chance.random() < 0.6:
        return chance.choice(plain)
    inner = random_type(chance, depth + 1)
    return chance.choice(
        [
            pa.list_(inner), pa.large_list(inner), pa.list_(inner, 2), pa.list_view(inner), pa.map_(pa.string(), inner),
            pa.struct([("a", inner), ("b.c", pa.string())]), pa.dictionary(pa.int8(), chance.choice(plain)),
        ]
    )  # fmt: skip


def random_array(chance, kind, n):
    import pyarrow as pa

    def inner(of, length=n):
        return random_array(chance, of, length)

    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, inner(kind.storage_type))
    if pa.types.is_null(kind):
        return pa.nulls(n)
    if pa.types.is_dictionary(kind):
        indices = pa.array([0, 1, None] * n, kind.index_type)[:n]
        return pa.DictionaryArray.from_arrays(indices, inner(kind.value_type, 2))
    if pa.types.is_struct(kind):
        return pa.StructArray.from_arrays([inner(field.type) for field in kind], fields=list(kind))
    if pa.types.is_map(kind):
        keys = pa.array([f"k{i}" for i in range(n)])
        return pa.MapArray.from_arrays(pa.array(range(n + 1), pa.int32()), keys, inner(kind.item_type))
    if pa.types.is_fixed_size_list(kind):
        return pa.FixedSizeListArray.from_arrays(inner(kind.value_type, 2 * n), type=kind)
    if pa.types.is_list_view(kind):
        at, one = pa.array(range(n), pa.int32()), pa.array([1] * n, pa.int32())
        return pa.ListViewArray.from_arrays(at, one, inner(kind.value_type), type=kind)
    if pa.types.is_list(kind):
        return pa.ListArray.from_arrays(pa.array(range(n + 1), pa.int32()), inner(kind.value_type), type=kind)
    if pa.types.is_large_list(kind):
        return pa.LargeListArray.from_arrays(pa.array(range(n + 1), pa.int64()), inner(kind.value_type), type=kind)
    if pa.types.is_run_end_encoded(kind):
        return pa.RunEndEncodedArray.from_arrays([n], inner(kind.value_type, 1))
    if pa.types.is_union(kind):
        at = pa.array(range(n), pa.int32())
        return pa.UnionArray.from_dense(pa.array([0] * n, pa.int8()), at, [inner(kind.field(0).type)])
    if pa.types.is_boolean(kind):
        return pa.array([True, None, False] * n, kind)[:n]
    if "string" in str(kind):
        return pa.array([chance.choice(["a", "", "é😀", "\0", None]) for _ in range(n)], kind)
    if "binary" in str(kind) and "fixed" not in str(kind):
        return pa.array([chance.choice([b"a", b"", b"\xff", None]) for _ in range(n)], kind)
    width = kind.bit_width // 8
    high = b"\0" * (width - 1)
    bits = [chance.choice([chance.randbytes(width), b"\0" * width, high + b"\x7f", high + b"\x80"]) for _ in range(n)]
    return pa.Array.from_buffers(kind, n, [None, pa.py_buffer(b"".join(bits))])


TYPES = int(os.environ.get("BLINDSPOT_FUZZ", "300"))


def test_a_column_of_any_type_and_any_bits_is_left_alone_or_read_or_refused():
    """F55. Red with any error but DataError: 24 % of these columns raised one when all were converted."""
    import pyarrow

    chance = random.Random(5)
    kinds = 0
    for _ in range(TYPES):
        n = chance.choice([1, 3, 20])
        kind = random_type(chance)
        try:
            odd = random_array(chance, kind, n)
            how = {"use_dictionary": chance.random() < 0.5}
            content = parquet({"text": ["t"] * n, "label": ["l"] * n, "odd": odd}, **how)
        except (pyarrow.ArrowException, OSError):
            continue  # a type that Parquet does not have
        kinds += 1
        assert parse_table("a.parquet", content, lambda header: ["text", "label"]).rows == [["t", "l"]] * n
        said, where = "'odd'", "a.parquet, row 1"
        try:
            assert len(parse_table("a.parquet", content, lambda header: ["odd"]).rows) == n
        except DataError as error:
            said, where = str(error), error.where
        assert "'odd'" in said
        assert where.startswith("a.parquet, row ")
    assert kinds > TYPES / 2


LOADED = """
import sys
sys.path.insert(0, {root!r})
from evalcore.tasks import TaskSource, load_task
from evalcore.errors import DataError
import pyarrow.parquet
try:
    said = "read"
    load_task(TaskSource(sys.argv[1]))
except DataError as error:
    said = str(error)
# Not ru_maxrss: a child begins with its parent's.
lines = open("/proc/self/status").read().splitlines()
peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
print(f"{{peak:.0f}} {{said}}")
"""

MEGABYTE = 10**6
ONE_DICTIONARY = {"compression": "zstd", "dictionary_pagesize_limit": 2**30, "write_statistics": False}
NO_DICTIONARY = {"compression": "zstd", "use_dictionary": False, "write_statistics": False}


def shared(times, value):
    """A column in which one value stands `times` times, once in memory."""
    import pyarrow

    return pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * times, pyarrow.int32()), [value])


def repeated(times, value, kind="large_string"):
    import pyarrow

    part = pyarrow.array([value] * 10, getattr(pyarrow, kind)())
    return pyarrow.concat_arrays([part] * (times // 10))


def varint(number):
    parts = [number >> shift & 0x7F for shift in range(0, 70, 7) if not shift or number >> shift]
    return bytes([part | 0x80 for part in parts[:-1]] + parts[-1:])


def bomb_plain():
    """600 MB in pages of 1 MB."""
    columns = {"text": repeated(600, "v" * MEGABYTE), "label": ["x"] * 600}
    return parquet(columns, **NO_DICTIONARY, store_schema=False, write_batch_size=1)


def bomb_that_lies():
    """The same with 1,000 bytes in the summary of the file, where its size once unfolded should stand."""
    import pyarrow.parquet

    content = bomb_plain()
    chunk = pyarrow.parquet.read_metadata(io.BytesIO(content)).row_group(0).column(0)
    said, lie = varint(2 * chunk.total_uncompressed_size), bytearray(varint(2 * 1_000))
    while len(lie) < len(said):
        lie[-1] |= 0x80
        lie.append(0)
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    lying = content[:start] + content[start:].replace(said, bytes(lie))
    assert pyarrow.parquet.read_metadata(io.BytesIO(lying)).row_group(0).column(0).total_uncompressed_size == 1_000
    return lying


def bomb_page():
    content = {"text": ["v" * (200 * MEGABYTE)], "label": ["x"]}
    return parquet(content, **NO_DICTIONARY)


def bomb_dictionary(size, times, **how):
    return parquet({"text": shared(times, "v" * size), "label": shared(times, "x")}, **ONE_DICTIONARY, **how)


def bomb_json_type():
    """A type that the library does not keep as a dictionary, though it is one in the file."""
    import pyarrow

    kind = pyarrow.json_(pyarrow.string())
    text = pyarrow.ExtensionArray.from_storage(kind, repeated(10_000, "v" * 100_000, "string"))
    return parquet({"text": text, "label": shared(10_000, "x")}, **ONE_DICTIONARY)


def bomb_prefixes(in_a_list=False):
    import pyarrow

    text, label = repeated(600, "v" * MEGABYTE), ["x"] * 600
    if in_a_list:
        text, label = pyarrow.LargeListArray.from_arrays(pyarrow.array([0, 600]), text), ["x"]
    encoding = {"text.list.element" if in_a_list else "text": "DELTA_BYTE_ARRAY", "label": "PLAIN"}
    return parquet({"text": text, "label": label}, **NO_DICTIONARY, column_encoding=encoding)


def bomb_list(values):
    import pyarrow

    text = pyarrow.LargeListArray.from_arrays(pyarrow.array([0, len(values)]), values)
    return parquet({"text": text, "label": ["x"]}, **ONE_DICTIONARY, store_schema=False)


def bomb_nulls():
    import pyarrow

    return bomb_list(pyarrow.nulls(20 * MEGABYTE, pyarrow.int32()))


def bomb_fixed_width():
    import pyarrow

    text = pyarrow.array([b"v" * (10 * MEGABYTE)] * 100, pyarrow.binary(10 * MEGABYTE))
    return parquet({"text": text, "label": ["x"] * 100}, **ONE_DICTIONARY)


def bomb_columns(n):
    """A file of no rows and n columns, as small as it can be: 13 bytes a column."""
    names = [str(at).encode() for at in range(n)]
    columns = [b"\x15\x02\x25\x00\x18" + varint(len(name)) + name + b"\0" for name in names]
    root = b"\x48\x01s\x15" + varint(2 * n) + b"\0"
    footer = b"\x15\x02\x19\xfc" + varint(n + 1) + root + b"".join(columns) + b"\x16\x00\x19\x0c\0"
    return b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"


BOMBS = {
    "a plain column": ("parquet", bomb_plain, "more than 256 MB"),
    "a plain column that is said to be small": ("parquet", bomb_that_lies, "more than 256 MB"),
    "a page of one value": ("parquet", bomb_page, "a page of more than 100 MB"),
    "a dictionary": ("parquet", lambda: bomb_dictionary(100_000, 1_000_000), "more than 256 MB"),
    "a dictionary, from another writer": (
        "parquet", lambda: bomb_dictionary(MEGABYTE, 1_000_000, store_schema=False), "more than 256 MB"
    ),
    "a dictionary of one value of 100 MB": (
        "parquet", lambda: bomb_dictionary(100 * MEGABYTE, 1_000_000, store_schema=False), "more than 256 MB"
    ),
    "a dictionary of JSON": ("parquet", bomb_json_type, "more than 256 MB"),
    "beginnings that are shared": ("parquet", bomb_prefixes, "more than 256 MB"),
    "beginnings that are shared in a list": ("parquet", lambda: bomb_prefixes(in_a_list=True), "size is not known"),
    "a list of one value": ("parquet", lambda: bomb_list(repeated(1000, "v" * MEGABYTE)), "more than 256 MB"),
    "a list of nothing": ("parquet", bomb_nulls, "more than 5,000,000 values"),
    "values of one width": ("parquet", bomb_fixed_width, "more than 256 MB"),
    "100,000 columns": ("parquet", lambda: bomb_columns(100_000), "and 99,992 more"),
    "300,000 columns": ("parquet", lambda: bomb_columns(300_000), "more than 100,000 columns"),
    "a summary of 5 MB": ("parquet", lambda: bomb_columns(400_000), "takes more than 4 MB"),
    "a field of 250 MB": ("csv", lambda: b'text,label\n"' + b"v" * 250 * MEGABYTE + b'",x\n', "a line of more than"),
    "commas": ("csv", lambda: b"text,label\n" + b"," * 250 * MEGABYTE, "a line of more than"),
    "a row of many lines": ("csv", lambda: b"text,label\n" + (b"ab," * 900_000 + b'"\n",') * 90, "a row of more than"),
    "a header of commas": ("csv", lambda: b"ab," * 900_000 + b"\na,b\n", "more than 100,000 columns"),
    "100,000 columns of CSV": (
        "csv", lambda: ",".join(map(str, range(100_000))).encode() + b"\n" + b"a," * 99_999 + b"a\n", "and 99,992 more"
    ),
    "nothing but lines": ("csv", lambda: b"text,label\n" + b"\n" * 20 * MEGABYTE, "more than 10,000,000 lines"),
    "a new key on each line": (
        "jsonl", lambda: b"".join(b'{"k%d": 1}\n' % at for at in range(45_000)), "and 44,992 more"
    ),
    "a million keys": (
        "jsonl", lambda: b"".join(b'{"k%d": 1}\n' % at for at in range(10**6)), "more than 100,000 columns"
    ),
    "one of many keys twice": (
        "jsonl", lambda: b"{" + b",".join(b'"k%d":1' % at for at in range(99_999)) + b',"k9":1}\n', "stands there twice"
    ),
    "a list of numbers": (
        "jsonl", lambda: b'{"text":"a","label":"x","z":[' + b"1," * (10 * MEGABYTE) + b"1]}\n", "a row of more than"
    ),
    "a list of lists": (
        "jsonl", lambda: b'{"text":"a","label":"x","z":[' + b"[]," * (60 * MEGABYTE) + b"[]]}\n", "a line of more than"
    ),
    "brackets": ("jsonl", lambda: b'{"text":' + b"[" * (30 * MEGABYTE), "a row of more than"),
}  # fmt: skip


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="peak memory is read in /proc")
@pytest.mark.parametrize("what", BOMBS)
def test_what_unfolds_is_refused_before_it_has_unfolded(tmp_path, what):
    """F56. Red with sizes looked at after unfolding (6.6 GB), or taken from the summary, or with lists unbounded."""
    kind, made, says = BOMBS[what]
    path = tmp_path / f"a.{kind}"
    path.write_bytes(made())
    os.utime(path, (0, 0))  # nobody writes it any more
    most = 16_000_000 * 1024
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most))  # noqa: E731
    done = finished("-c", LOADED.format(root=str(ROOT)), path, before=limit)
    assert done.stdout, done.stderr[-500:]
    peak_mb, said = done.stdout.split(maxsplit=1)
    assert says in said
    assert float(peak_mb) < 650, said


def lines_run(function):
    """How many lines of this program run while `function` does."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        if "evalcore" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return count


def test_new_keys_on_each_line_take_time_in_proportion():
    """F56. Red with every row lengthened for every new key: twice the file was four times the work."""

    def read(n):
        content = b"".join(b'{"text": "a", "label": "x", "k%d": 1}\n' % at for at in range(n))
        return lines_run(lambda: parse_table("a.jsonl", content, *CHOSEN))

    CHOSEN = [] if "choose" not in parse_table.__annotations__ else [lambda header: ["text", "label"]]
    assert read(800) < 3 * read(400)


def rows_of(n, kind):
    if kind == "csv":
        return "text,label\n" + "".join(f"a message number {at},label {at % 3}\n" for at in range(n))
    return "".join(json.dumps({"text": f"a message number {at}", "label": f"label {at % 3}"}) + "\n" for at in range(n))


BEING_WRITTEN = {
    "in a label": ("csv", lambda text: text[: text.index("label 2\n", len(text) // 2) + 3]),
    "behind a row": ("csv", lambda text: text[: text.index("\n", len(text) // 2) + 1]),
    "before the line break": ("jsonl", lambda text: text[: text.index("\n", len(text) // 2)]),
}


@pytest.mark.parametrize("cut", BEING_WRITTEN)
def test_a_file_that_is_being_written_is_not_read(tmp_path, monkeypatch, cut):
    """F61. Red with what is there taken for all of it: half the rows, the last with half a label."""
    kind, half_of = BEING_WRITTEN[cut]
    whole = rows_of(150, kind)
    half = half_of(whole)
    path = tmp_path / f"a.{kind}"
    path.write_text(half, encoding="utf-8")

    def writes_on(seconds):
        with path.open("a", encoding="utf-8") as stream:
            stream.write(whole[len(half) :])

    monkeypatch.setattr("time.sleep", writes_on)
    with pytest.raises(DataError, match=r"is being written. Try again when it is complete"):
        load_task(TaskSource(str(path)))
    monkeypatch.undo()
    assert len(load_task(TaskSource(str(path))).test) == 150


def test_a_file_that_is_replaced_while_it_is_read_is_not_read(tmp_path, monkeypatch):
    """F61. Red with its size compared alone."""
    path = tmp_path / "a.csv"
    path.write_text(rows_of(150, "csv"), encoding="utf-8")
    os.utime(path, (1000, 1000))
    read_bytes = Path.read_bytes

    def replaced(self):
        content = read_bytes(self)
        other = self.with_name("other")
        other.write_bytes(content[::-1])
        os.utime(other, (1000, 1000))
        os.replace(other, self)
        return content

    monkeypatch.setattr(Path, "read_bytes", replaced)
    with pytest.raises(DataError, match="is being written"):
        load_task(TaskSource(str(path)))


def test_a_file_that_is_complete_is_read_at_once_and_without_a_line_break_at_its_end(tmp_path, monkeypatch):
    """F61. Red with a line break asked for, or with a pause for every file."""
    paused = []
    monkeypatch.setattr("time.sleep", paused.append)
    path = tmp_path / "a.csv"
    path.write_text(rows_of(150, "csv").rstrip("\n"), encoding="utf-8")
    assert len(load_task(TaskSource(str(path))).test) == 150
    assert len(paused) == 1  # written a moment ago, and it ends inside of a row
    os.utime(path, (1000, 1000))
    assert len(load_task(TaskSource(str(path))).test) == 150
    assert len(paused) == 1


LONG = "l\x1bé😀" * 100_000


def wide_csv(rest=b""):
    return ",".join(f"column {at}" for at in range(100_000)).encode() + b"\n" + b"a," * 99_999 + b"a\n" + rest


def long_labels(folder, *labels):
    (folder / "labels.json").write_text(json.dumps(labels), encoding="utf-8")
    (folder / "a.csv").write_text("text,label\na,x\nb,y\n", encoding="utf-8")
    return load_task(TaskSource(str(folder / "a.csv"), labels=str(folder / "labels.json")))


def at(folder, name, content):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(folder / name)


LONG_ERRORS = {
    "100,000 columns to guess from": lambda f, s: load_task(TaskSource(at(f, "a.csv", wide_csv()))),
    "100,000 columns without the one asked for": lambda f, s: load_task(
        TaskSource(at(f, "a.csv", wide_csv()), text_column="text")
    ),
    "100,000 keys": lambda f, s: load_task(
        TaskSource(at(f, "a.jsonl", json.dumps({f"key {n}": n for n in range(100_000)})))
    ),
    "100,000 columns in an import": lambda f, s: import_bytes("a.csv", wide_csv(), s),
    "100,000 fields in a row": lambda f, s: parse_table("a.csv", b"a,b\n" + b"x," * 100_000),
    "a column with a long name": lambda f, s: load_task(TaskSource(at(f, "a.csv", f'"{LONG}",b\n1,2\n'))),
    "a column with a long name twice": lambda f, s: parse_table("a.csv", f"{LONG},{LONG}\n1,2\n".encode()),
    "a column with a long name, alone": lambda f, s: parse_table("a.tsv", f"{LONG};b\n1;2\n".encode()),
    "a key with a long name twice": lambda f, s: parse_table(
        "a.jsonl", f'{{"{"é" * 10**6}": 1, "{"é" * 10**6}": 1}}'.encode()
    ),
    "a long column asked for": lambda f, s: load_task(TaskSource(at(f, "a.csv", "text,b\n1,2\n"), label_column=LONG)),
    "a long label without a letter": lambda f, s: make_task("t", [Example("a", "?" * 10**6)], (), None, ""),
    "long labels that read the same": lambda f, s: make_task("t", [], (), [LONG, LONG.upper()], ""),
    "a long label twice": lambda f, s: long_labels(f, LONG, LONG),
    "a long label that is not listed": lambda f, s: make_task("t", [Example("a", LONG)], (), ["x"], ""),
    "a long name of a task": lambda f, s: load_task(TaskSource(LONG)),
    "a task with a long name": lambda f, s: make_task(LONG, [], (), [], ""),
    "a long name of a train file": lambda f, s: load_task(TaskSource("demo", train=LONG)) and long_labels(f, LONG),
    "a long name of an upload": lambda f, s: parse_table(LONG, b""),
    "a long name of a model": lambda f, s: locate(LONG, s),
    "a long name of a sample": lambda f, s: draw_sample(load_task(TaskSource("demo")), 1, LONG),
    "a long name of a prompt": lambda f, s: built_in(LONG),
    "a long name of an engine": lambda f, s: checked(RunSpec(TaskSource("demo"), "majority", engine=LONG)),
    "a long folder to export into": lambda f, s: write_file(f / LONG, b""),
    "a long code of a label": lambda f, s: parse_table("a.parquet", parquet({LONG: [b"\xff"]})),
}


@pytest.mark.parametrize("what", LONG_ERRORS)
def test_no_message_is_longer_than_2000_characters(tmp_path, store, what):
    """F62. Red with a list or a name of the data set down whole: 988,968 characters for 100,000 columns."""
    with pytest.raises(BlindspotError) as caught:
        LONG_ERRORS[what](tmp_path, store)
    error = caught.value
    assert len(str(error)) <= 2000
    assert len(error.what) + len(error.where) + len(error.do) <= 2000


@pytest.mark.parametrize("kind", [BlindspotError, DataError, ModelError, SpecError, StoreError, Unanswered])
@pytest.mark.parametrize("size", [10, 400, 1000, 1998, 2001, 10**6])
def test_a_long_message_keeps_where_it_is_and_what_to_do(kind, size):
    """F62. Red with a message cut at its end, where it says what to do."""
    more = {"answers": ()} if kind is Unanswered else {}
    where, what, do = (f"<{name}{'.' * size}{name}>" for name in ("where", "what", "do"))
    error = kind(what, where=where, do=do, **more)
    assert len(str(error)) <= 2000
    for name in ("where", "what", "do"):
        assert f"<{name}" in str(error)
        assert f"{name}>" in str(error)
    assert size > 10 or str(error) == f"{where}: {what} {do}"


def test_a_file_named_at_length_is_still_found_in_its_message(tmp_path):
    """F62. Red with the end of a path cut off, where the name of the file is."""
    with pytest.raises(DataError) as caught:
        read_table(tmp_path / ("folder/" * 200) / "missing.csv")
    assert "missing.csv" in str(caught.value)
