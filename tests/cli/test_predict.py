"""`predict`: one text or all texts of a file, as words or as JSON, with or without a cache folder."""

import io
import json
import subprocess
import sys

import pytest

from evalcore.running import AskedModel
from tests.conftest import ROOT, Example, write_csv
from tests.tools.command_line import evalcore

LABELS = 24


@pytest.fixture
def nowhere(tmp_path):
    """A cache folder that is not there, and is not to be made."""
    yield tmp_path / "no cache"
    assert not (tmp_path / "no cache").exists()


def lines(printed):
    return [json.loads(line) for line in printed.splitlines()]


def test_one_text_in_words_and_as_json(nowhere):
    found = json.loads(evalcore("predict", "no signal at home", "--json", cache=nowhere).stdout)
    assert {"label", "completion", "probabilities", "prompt_tokens", "seconds"} < found.keys()
    assert found["label"] == found["completion"] == max(found["probabilities"], key=found["probabilities"].get)
    assert (len(found["probabilities"]), found["prompt_tokens"] > 100, found["seconds"] > 0) == (LABELS, True, True)
    words = evalcore("predict", "no signal at home", cache=nowhere).stdout.splitlines()
    assert words[0] == found["label"]
    assert words[1].split() == [f"{100 * found['probabilities'][found['label']]:.1f}", "%", found["label"]]
    assert words[-1].startswith(f"{found['prompt_tokens']} prompt tokens, ")


def test_all_texts_of_a_file_in_their_order(nowhere, tmp_path, monkeypatch):
    texts = ["no signal", 'my "bill", again', "x\u2028y"]
    (tmp_path / "texts.txt").write_text("\ufeff" + "\r\n".join([texts[0], "  ", *texts[1:]]), encoding="utf-8")
    found = lines(evalcore("predict", "--file", tmp_path / "texts.txt", "--batch-size", 2, cache=nowhere).stdout)
    assert [one["text"] for one in found] == texts
    assert all(sum(one["probabilities"].values()) == pytest.approx(1) for one in found)
    rows = write_csv(tmp_path / "rows.csv", [*(Example(text, "a") for text in texts), Example(" ", "b")])
    by_column = lines(evalcore("predict", "--file", rows, "--model", "tfidf", cache=nowhere).stdout)
    assert [one["text"] for one in by_column] == [*texts, " "]
    assert (by_column[0]["label"], by_column[0]["prompt_tokens"]) == ("mobile_no_signal", 0)
    assert by_column[3]["label"] is None  # a row stays a row
    assert by_column[3]["notes"] == ["the text is empty. Type a text to classify."]
    named = lines(evalcore("predict", "--file", rows, "--column", "label", "--model", "majority", cache=nowhere).stdout)
    assert [one["text"] for one in named] == ["a", "a", "a", "b"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("ein Kärtchen\n".encode())))
    (piped,) = lines(evalcore("predict", "--file", "-", "--model", "majority", cache=nowhere).stdout)
    assert piped["text"] == "ein Kärtchen"


def test_what_was_answered_before_it_was_interrupted_is_printed(nowhere, tmp_path, monkeypatch):
    (tmp_path / "texts.txt").write_text("a\nb\nc\n")
    answers, batches = AskedModel.answers, []

    def interrupted(self, texts):
        batches.append(texts)
        if len(batches) > 1:
            raise KeyboardInterrupt
        return answers(self, texts)

    monkeypatch.setattr(AskedModel, "answers", interrupted)
    monkeypatch.setattr(AskedModel, "batch_size", 2)
    words = ("predict", "--file", tmp_path / "texts.txt", "--model", "majority")
    stopped = evalcore(*words, cache=nowhere, check=False)
    assert [one["text"] for one in lines(stopped.stdout)] == ["a", "b"]
    assert (stopped.returncode, stopped.stderr) == (130, "\nstopped; 2 of 3 texts are answered above\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "there is no text to answer"),
        (("a", "--file", "b"), "there is a text and a file"),
        ((" ",), "the text is empty"),
        (("a" * 100_000,), "100,000 characters"),
        (("--file", "no/such/file"), "No such file"),
        (("--file", "Makefile", "--column", "text"), "no data file with columns"),
        (("a", "--model", "no/such/place/model"), "there is no such model or folder"),
        (("a", "--task", "no such task"), "there is no such task"),
        (("a", "--prompt", "no such prompt"), "there is no prompt"),
        (("a", "--model", "imported:x.csv"), "imported answers cannot be predicted"),
    ],
)
def test_what_cannot_be_answered_is_a_sentence(nowhere, words, sentence):
    failed = evalcore("predict", *words, cache=nowhere, check=False)
    assert failed.returncode == 1
    assert sentence in failed.stderr
    assert failed.stdout == ""


def test_a_text_that_the_shell_could_not_decode_and_one_that_steers_a_terminal(nowhere):
    printed = subprocess.run(
        [sys.executable, "-m", "evalcore", "predict", b"caf\xe9 \x1b[31m", "--model", "majority", "--cache", nowhere],
        cwd=ROOT, capture_output=True, check=True,
    )  # fmt: skip
    assert b"\x1b" not in printed.stdout
    assert "\ufffd" in printed.stdout.decode()
    assert printed.stderr == b""
