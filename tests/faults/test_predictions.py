"""Finished predictions of other tools that are not what they should be (F22, F25, F55, F56, F62, F63)."""

import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalcore.errors import BlindspotError, DataError
from evalcore.importing import FORMATS, Asked, import_readings, inspect_log, pasted, problems_of, read_predictions
from evalcore.importing import source as source_module
from evalcore.store import Store
from evalcore.tasks.data_file import data_in_memory

CASES = int(os.environ.get("BLINDSPOT_FUZZ", "250"))
fuzz = settings(
    max_examples=CASES, deadline=None, database=None, derandomize=True, print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
RECORDED = Path(__file__).parents[1] / "importing" / "recorded"
FILES = [
    "lm-eval/samples_intents_written.jsonl", "lm-eval/samples_intents_chosen.jsonl", "inspect/intents.json",
    "promptfoo/out.json", "promptfoo/out.jsonl", "promptfoo/out.csv", "langsmith/experiment.csv",
]  # fmt: skip
KEYS = st.sampled_from([
    "text", "label", "prediction", "output", "outputs", "input", "inputs", "expectedOutput", "reference", "doc",
    "target", "filtered_resps", "arguments", "filter", "vars", "provider", "testIdx", "promptIdx", "response", "prompt",
    "results", "configs", "n-shot", "version", "status", "eval", "samples", "role", "content", "score", "probabilities",
    "run", "example", "runs", "error", "", "a.b",
])  # fmt: skip
ATOMS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 10**30), st.floats(), st.text(max_size=8),
    st.sampled_from(["a", "b", "", "LABEL_1", "[1", "{}"]),
)  # fmt: skip
VALUES = st.recursive(
    ATOMS, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=6)), max_leaves=25
)


def read_or_refuse(name, content, format_=""):
    """Read a file, and look all of it over; a refusal is a sentence of at most 2,000 characters that somebody wrote."""
    try:
        reading = read_predictions(data_in_memory(name, content), Asked(format=format_))
    except BlindspotError as error:
        said = str(error)
    else:
        problems_of(reading)
        return reading
    said.encode()
    assert len(said) <= 2000
    assert "it cannot be read (" not in said, said  # the last resort, for what nobody thought of
    return None


@fuzz
@given(
    st.lists(VALUES, max_size=4), st.sampled_from(["x.json", "x.jsonl"]), st.sampled_from([f.name for f in FORMATS[1:]])
)
def test_any_json_is_read_or_refused_by_every_format(values, name, format_):
    """F63. Red with a field taken for an object, a list or a number without a look at what it is."""
    written = [json.dumps(value) for value in values]
    content = "\n".join(written) if name.endswith("l") else f"[{','.join(written)}]"
    for asked in ("", format_):
        read_or_refuse(name, content.encode(), asked)
    if len(written) == 1:
        read_or_refuse("x.json", written[0].encode(), format_)


@fuzz
@given(st.text(max_size=200))
def test_any_pasted_text_is_read_or_refused(text):
    """F25. Red with half a surrogate pair that cannot be encoded, or an empty text that is read."""
    try:
        read_predictions(pasted(text))
    except BlindspotError as error:
        str(error).encode()


@pytest.mark.parametrize("path", FILES)
def test_a_recorded_file_that_is_damaged_is_read_or_refused(path):
    """F25. Cut at several places, and with bytes of it replaced. Red with any error but those that are shown."""
    if "inspect" in path:
        pytest.importorskip("inspect_ai")
    content = (RECORDED / path).read_bytes()
    content = content if len(content) < 100_000 else content[:60_000]
    chance = np.random.default_rng(3)
    name = Path(path).name
    for cut in chance.integers(0, len(content), 8):
        read_or_refuse(name, content[: int(cut)])
    for _ in range(8):
        damaged = bytearray(content)
        for at in chance.integers(0, len(content), 12):
            damaged[at] = int(chance.integers(32, 127))
        read_or_refuse(name, bytes(damaged))


def test_a_damaged_inspect_archive_is_read_or_refused():
    """F25. Red with an error of the archive's, or of Inspect's own reader, that is let through."""
    pytest.importorskip("inspect_ai")
    content, chance = (RECORDED / "inspect" / "intents.eval").read_bytes(), np.random.default_rng(4)
    for cut in (0, 10, len(content) // 2, len(content) - 10):
        read_or_refuse("x.eval", content[:cut])
    for _ in range(12):
        damaged = bytearray(content)
        for at in chance.integers(0, len(content), 6):
            damaged[at] = int(chance.integers(0, 256))
        read_or_refuse("x.eval", bytes(damaged))


def archive(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


@pytest.mark.parametrize("name", ["x.eval", "x.zip", "x.json", "x.csv"])
def test_a_zip_that_is_no_log_is_refused_with_what_to_do(name):
    """F63. Red with the bytes of an archive taken for text, or with a file that is named .eval taken for a log."""
    with pytest.raises(DataError):
        read_predictions(data_in_memory(name, archive(readme="hello")))
    with pytest.raises(DataError):
        read_predictions(data_in_memory("x.eval", b"text,label,prediction\nhi,a,a\n"))


def test_an_archive_that_lies_about_its_size_is_refused(monkeypatch):
    """F56. A thousand times larger than it is, and with its directory changed. Red without being measured."""
    pytest.importorskip("inspect_ai")
    monkeypatch.setattr(inspect_log, "MAX_BYTES", 10 * 2**20)
    bomb = archive(header="x" * 10, **{"header.json": b" " * (11 * 2**20)})
    assert len(bomb) < 2**15
    with pytest.raises(DataError, match="holds more than"):
        read_predictions(data_in_memory("x.eval", bomb))
    lying = bytearray(bomb)
    at = lying.rfind(b"PK\x01\x02")  # the directory's entry of the last file: its size stands at 24
    lying[at + 24 : at + 28] = (100).to_bytes(4, "little")
    with pytest.raises(DataError, match="damaged archive"):
        read_predictions(data_in_memory("x.eval", bytes(lying)))


def test_a_document_of_too_many_values_is_refused_before_it_is_read(monkeypatch):
    """F56. Red without a count: brackets of one byte become objects of 56."""
    with pytest.raises(DataError, match="holds more than 5,000,000 values"):
        read_predictions(data_in_memory("x.json", b"[" + b"[]," * 6_000_000 + b"[]]"))
    monkeypatch.setattr(source_module, "MAX_DOCUMENT_BYTES", 100)
    with pytest.raises(DataError, match="holds more than"):
        read_predictions(data_in_memory("x.json", b"[" + b" " * 100 + b"]"))


@pytest.mark.parametrize("name", ["x.json", "x.jsonl"])
def test_deep_json_is_refused_wherever_it_stands(name):
    """F55. Red with a function that calls itself for every bracket, in the file or in a text of it."""
    deep = "[" * 100_000 + "]" * 100_000
    record = '{"text": "hi", "label": "a", "prediction": %s}'
    with pytest.raises(DataError, match="nested more than 500 levels"):
        read_predictions(data_in_memory(name, (record % deep).encode()))
    read = read_or_refuse(name, (record % json.dumps(deep[:2000])).encode())
    assert read is not None
    assert read.table.rows[0][-1] == deep[:2000]


@pytest.mark.parametrize("score", ["NaN", "Infinity", "-0.5", "1.5", '"x"', "true", "null", "[]"])
def test_a_score_that_is_no_probability_is_refused_or_not_known(tmp_path, score):
    """F22. Red with NaN as the most probable label, or a score above 1 believed."""
    content = f'[{{"text": "hi", "label": "a", "output": [{{"label": "a", "score": {score}}}]}}]'
    store = Store(tmp_path)
    try:
        reading = read_predictions(data_in_memory("x.json", content.encode()))
        import_readings([(reading, "x.json")], store)
    except DataError:
        assert store.runs() == []
    else:
        assert score == "NaN"


def test_hostile_names_of_what_a_file_says_of_itself_are_one_short_line(tmp_path):
    """F62. Red with a model's name kept as long as it is, or with what steers a terminal in it."""
    name = "m\x1b[31m\n" + "x" * 5000
    record = {"input": "hi", "output": "a", "expectedOutput": "a", "model": name, "datasetName": name}
    reading = read_predictions(data_in_memory("x.json", json.dumps([record]).encode()))
    (run,) = import_readings([(reading, "x.json")], Store(tmp_path))
    for kept in (run.spec.model, run.task_name, *run.metadata.values()):
        assert len(kept) < 500
        assert "\x1b" not in kept
        assert "\n" not in kept
