"""docs/formats.md and docs/predictions.md: each command in them works."""

import json
import re
import shlex

import pytest

from evalcore.store.database import Store
from tests.conftest import ROOT
from tests.tools.command_line import evalcore
from tests.tools.runs import stored

COMMANDS = [
    line
    for name in ("formats.md", "predictions.md")
    for block in re.findall(r"```(?:sh|bash)\n(.*?)```", (ROOT / "docs" / name).read_text("utf-8"), re.DOTALL)
    for line in block.splitlines()
]
GOLD = list("abcd") * 10
TEXTS = [f"text {at}" for at in range(40)]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("commands")


@pytest.fixture(scope="module")
def runs(cache):
    answers = {"A": GOLD, "B": [*"bbbb", *GOLD[4:]], "C": ["a"] * 40}
    made = {name: stored(Store(cache), GOLD, said, texts=TEXTS, labels="abcd").run_id for name, said in answers.items()}
    return {**made, "RUN": made["A"]}


def result(at, prompt):
    """One of promptfoo's, of the first or the second prompt."""
    return {
        "vars": {"text": TEXTS[at], "label": GOLD[at]}, "provider": "gpt", "testIdx": at, "promptIdx": prompt,
        "prompt": {"raw": f"{prompt}. {TEXTS[at]}", "label": f"prompt {prompt}"},
        "response": {"output": "a" if prompt else GOLD[at]},
    }  # fmt: skip


def test_there_are_commands():
    assert len(COMMANDS) >= 7


@pytest.mark.parametrize("command", COMMANDS)
def test_it_works(command, cache, runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [{"text": text, "label": label, "prediction": label} for text, label in zip(TEXTS, GOLD, strict=True)]
    csv = "".join(f"{row['text']},{row['label']},{row['prediction']}\n" for row in rows)
    (tmp_path / "predictions.csv").write_text(f"text,label,prediction\n{csv}")
    for name, changed in (("before", {}), ("after", {"prediction": "a"})):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row | changed) + "\n" for row in rows))
    results = [result(at, prompt) for at in range(40) for prompt in (0, 1)]
    (tmp_path / "out.json").write_text(json.dumps({"results": {"results": results}}))
    words = [runs.get(word, word) for word in shlex.split(command, comments=True)]
    assert words[:3] == ["python", "-m", "evalcore"]
    assert evalcore(*words[3:], cache=cache).stdout.strip()
    if "--out" in words:
        assert any((tmp_path / "FOLDER").iterdir())
