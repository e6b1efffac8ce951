"""What a reader of bundles refuses: each with a sentence, and with nothing stored."""

import gzip
import json
import math

import pytest

from evalcore.errors import DataError
from evalcore.store.database import Store
from evalcore.store.label_reference import LabelReference
from evalcore.store.spec import RunSpec
from evalcore.tasks.prompt import custom_prompt
from tests.tools.bundles import bundle, lines_of, made_of, merged, put_run


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """The lines of a sound bundle with one line of each kind at least."""
    store = Store(tmp_path_factory.mktemp("whole") / "cache")
    store.save_prompt(custom_prompt("mine", "{labels}", "{text}"))
    put_run(
        store, {"predictor": "transformers"}, spec=RunSpec(prompt="mine", decoding="choose"),
        reference=LabelReference((1, 2), {"": (-1.0, -2.0)}), scores=b"\0\0\x80\xbf" * 2,
    )  # fmt: skip
    return lines_of(bundle(store))


def changed(rows, kind, fields):
    """The lines with these fields of the first line of a kind set; a field that is `...` is taken out."""
    at = next(at for at, row in enumerate(rows) if row.get("kind", "header") == kind)
    row = {name: value for name, value in {**rows[at], **fields}.items() if value is not ...}
    return [*rows[:at], row, *rows[at + 1 :]]


def refused(store, content):
    """The sentence with which it is refused; nothing is stored then."""
    with pytest.raises(DataError) as error:
        merged(store, content)
    assert store.runs() == []
    assert store.custom_prompts() == {}
    assert str(error.value).startswith("rig.blindspot.gz")
    return str(error.value)


def test_the_bundle_that_the_cases_are_made_of_is_read(rows, store):
    assert merged(store, made_of(rows)).sentence == "1 new run, 6 new completions, 1 new prompt."


def test_the_order_of_the_lines_does_not_matter(rows, store):
    assert merged(store, made_of([rows[0], *rows[-2:0:-1], rows[-1]])).completions == 6


WRONG_VALUES = [
    ("header", {"version": 2}, "this bundle has version 2, newer than this program's 1. Update Blindspot"),
    ("header", {"version": "1"}, "does not say its version"),
    ("header", {"version": 0}, "does not say its version"),
    ("header", {"format": "something"}, "no bundle of Blindspot"),
    ("header", {"runs": 2}, "not as many rows as it says"),
    ("prompt", {"system": ""}, "the system text is empty"),
    ("prompt", {"user": "no place"}, "must stand once"),
    ("prompt", {"name": "x" * 61}, "a prompt's name has 1 to 60"),
    ("prompt", {"name": 7}, "kind 'prompt' 'name' cannot be 7"),
    ("prompt", {"kind": "slice"}, "a line of the kind 'slice', which this version does not know"),
    ("prompt", {"kind": ["prompt"]}, "which this version does not know"),
    ("run", {"run_id": "0123456789ab"}, "its name is not the hash of what it says of itself"),
    ("run", {"run_id": "../../../etc"}, "kind 'run' 'run_id' cannot be"),
    ("run", {"identity": {"predictor": "other"}}, "its name is not the hash"),
    ("run", {"identity": {"predictor": True}}, "kind 'run' 'identity' cannot be"),
    ("run", {"identity": []}, "kind 'run' 'identity' cannot be"),
    ("run", {"spec": {"colour": "red"}}, "'colour', which this version does not know: a newer one wrote it"),
    ("run", {"spec": {"n": "many"}}, "a field of its spec is of another type"),
    ("run", {"spec": {"n": -1}}, "N is -1"),
    ("run", {"spec": {"decoding": "beam"}}, "there is no decoding 'beam'"),
    ("run", {"spec": {"task": {"name": 3}}}, "a field of its spec is of another type"),
    ("run", {"spec": {"task": "demo"}}, "kind 'run' cannot be read"),
    ("run", {"labels": ["a"]}, "its labels are not those that its prompt lists"),
    ("run", {"labels": []}, "kind 'run' 'labels' cannot be"),
    ("run", {"labels": ["a", "a"], "label_order": ["a", "a"]}, "or one is there twice"),
    ("run", {"labels": ["b", "a"]}, "the examples of a run are not those"),
    ("run", {"prompt": {"name": "x"}}, "kind 'run' cannot be read"),
    ("run", {"prompt": {"name": "x", "system": "", "user": "", "shots": 1e9}}, "a field of its prompt"),
    ("run", {"n": 5}, "the examples of a run are not those"),
    ("run", {"n": 0}, "kind 'run' 'n' cannot be"),
    ("run", {"n": 10**400}, "kind 'run' 'n' cannot be"),
    ("run", {"created": 1e300}, "kind 'run' 'created' cannot be"),
    ("run", {"created": math.nan}, "kind 'run' 'created' cannot be nan"),
    ("run", {"seconds": -1}, "kind 'run' 'seconds' cannot be"),
    ("run", {"predicted": 2**63}, "kind 'run' 'predicted' cannot be"),
    ("run", {"metadata": {"device": 1}}, "kind 'run' 'metadata' cannot be"),
    ("run", {"label_reference": {"tokens": [1], "content_free": {}}}, "not of its labels"),
    ("run", {"label_reference": {"tokens": [0, 1], "content_free": {}}}, "not of its labels"),
    ("run", {"label_reference": {"tokens": "ab"}}, "kind 'run' cannot be read"),
    ("run", {"usage": {"requests": -1}}, "kind 'run' 'usage' cannot be"),
    ("run", {"usage": {"colour": 1}}, "kind 'run' 'usage' cannot be"),
    ("run", {"annotation": {"name": "x" * 61, "note": "", "pinned": False}}, "kind 'run' 'annotation' cannot be"),
    ("run", {"annotation": {"name": "", "note": "", "pinned": 1}}, "kind 'run' 'annotation' cannot be"),
    ("run", {"resolutions": {"x": "yesterday"}}, "kind 'run' 'resolutions' cannot be"),
    ("run", {"finished": ...}, "kind 'run' lacks 'finished'"),
    ("run", {"colour": "red"}, "kind 'run' with 'colour', which this version does not know"),
    ("example", {"label": "c"}, "the examples of a run are not those"),
    ("example", {"text": "other"}, "the examples of a run are not those"),
    ("example", {"text": "\ud800"}, "kind 'example' 'text' cannot be"),
    ("example", {"position": 6}, "the examples of a run are not those"),
    ("example", {"position": -1}, "kind 'example' 'position' cannot be"),
    ("example", {"position": 1}, "one of its rows is there twice"),
    ("example", {"sample_id": "0" * 64}, "examples of no run in it"),
    ("item", {"run_id": "0123456789ab"}, "keys of no run in it"),
    ("item", {"key": "0" * 63}, "kind 'item' 'key' cannot be"),
    ("item", {"key": "0" * 64}, "completions of no run in it"),
    ("item", {"position": 9}, "the examples of a run are not those"),
    ("completion", {"key": "Z" * 64}, "kind 'completion' 'key' cannot be"),
    ("completion", {"stop": "tired"}, "kind 'completion' 'stop' cannot be"),
    ("completion", {"token_ids": [1, True]}, "kind 'completion' 'token_ids' cannot be"),
    ("completion", {"token_ids": [2**31]}, "kind 'completion' 'token_ids' cannot be"),
    ("completion", {"latency_ms": math.inf}, "kind 'completion' 'latency_ms' cannot be"),
    ("completion", {"label_logprobs": "AAA="}, "label_logprobs would not come back"),
    ("completion", {"label_logprobs": "!"}, "kind 'completion' cannot be read"),
    ("end", {"sha256": "0" * 64}, "its content is not what was written"),
    ("end", {"counts": {}}, "not as many rows as it says"),
]


@pytest.mark.parametrize(("kind", "fields", "said"), WRONG_VALUES, ids=lambda value: str(value)[:40])
def test_a_value_that_no_store_wrote_is_refused(rows, store, kind, fields, said):
    assert said in refused(store, made_of(changed(rows, kind, fields), **(fields if kind == "end" else {})))


def test_a_row_that_is_there_twice_or_missing_is_refused(rows, store):
    for at, row in enumerate(rows[1:-1], start=1):
        if row["kind"] not in ("completion", "prompt"):  # which may be missing
            assert refused(store, made_of([*rows[:at], *rows[at + 1 :]]))
        assert "one of its rows is there twice" in refused(store, made_of([*rows[: at + 1], row, *rows[at + 1 :]]))


def test_what_is_no_gzip_file_or_no_bundle_is_refused(store):
    for content in (b"", b"text,label\nx,y\n", gzip.compress(b""), gzip.compress(b"text,label\n"), b"\x1f\x8b\x08"):
        assert refused(store, content)
    assert "no bundle of Blindspot" in refused(store, gzip.compress(b'{"rows": []}\n'))


def test_what_follows_the_end_is_refused(rows, store):
    whole = made_of(rows)
    for more in (b"\n", gzip.compress(b"{}\n"), whole):
        assert "something follows" in refused(store, whole + more)
    lines = gzip.decompress(whole)
    assert "lines follow" in refused(store, gzip.compress(lines + b"{}\n"))
    assert "something follows" in refused(store, gzip.compress(lines + b"{}"))


def test_json_that_is_no_object_too_deep_or_no_utf8_is_refused(rows, store):
    header = json.dumps(rows[0]).encode() + b"\n"
    for line in (b"[]", b"7", b"{", b"[" * 100_000, b'{"kind": "\xff"}', b'{"n": ' + b"9" * 5000 + b"}"):
        assert "line 2" in refused(store, gzip.compress(header + line + b"\n"))


def test_a_message_is_short_whatever_the_value(rows, store):
    content = made_of(changed(rows, "run", {"origin": ["x" * 100_000]}))
    assert len(refused(store, content)) < 300
