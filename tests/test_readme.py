"""The commands of README and of the documents work, and what they say of files is so."""

import os
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.tools.command_line import evalcore
from tests.tools.processes import finished

README = (ROOT / "README.md").read_text(encoding="utf-8")
ALL_COMMANDS = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "deploy").rglob("*.md")])


def commands_in(text):
    return [
        line
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
        if line.startswith("python -m evalcore")
    ]


COMMANDS = list(dict.fromkeys([*commands_in(README), *commands_in(ALL_COMMANDS)]))


@pytest.fixture(scope="module")
def cache(demo_cache):
    return demo_cache


def words(command):
    return [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', command)]


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_work(command, cache):
    assert evalcore(*words(command)[3:], cache=cache).stdout.strip()


def test_its_python_works(cache):
    for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        done = finished("-c", block, env={**os.environ, "BLINDSPOT_CACHE": str(cache)})
        assert done.returncode == 0, done.stderr
        assert "B is better" in done.stdout


def test_what_it_shows_as_printed_is_printed(cache):
    """Line by line but for the time; figures may differ in the last digit where another CPU rounds another way."""
    shown = re.search(r"```text\n(run .*?)```", ALL_COMMANDS, re.DOTALL)[1]
    done = finished(*words(commands_in(ALL_COMMANDS)[0])[1:], "--cache", cache)  # a process, as a person starts it

    def shape(text):
        body = text.strip().rpartition("\n\n")[0]
        return [re.sub(r"run \w+|[\d.,]+|“\w+”", "#", line).split() for line in body.splitlines()[:12]]

    assert shape(shown) == shape(done.stdout)

    def accuracy(text):
        return float(re.search(r"accuracy +([\d.]+) %", text)[1])

    assert accuracy(shown) == pytest.approx(accuracy(done.stdout), abs=0.5)


def test_there_are_commands_in_it():
    assert len(COMMANDS) >= 4


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_it_links_to_is_there(document):
    """Files, and the headings inside of them."""
    for link in re.findall(r"\]\(((?!https?:)[^)\s]+)\)", document.read_text(encoding="utf-8")):
        name, _, heading = link.partition("#")
        target = document.parent / name if name else document
        assert target.exists(), link
        if heading:
            assert heading in anchors(target), link


def anchors(document):
    """The anchors that GitHub gives to the headings of a document."""
    titles = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_make_knows_what_it_says():
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"^make (\w+)", README, re.MULTILINE)) <= set(targets)


def test_its_rooms_exist():
    table = README.partition("| room |")[2].partition("\n\n")[0]
    for row in table.splitlines()[2:]:
        folder = Path()
        for name in re.findall(r"`([^`]+)`", row.split("|")[1]):
            path = Path(name) if "/" in name or (ROOT / name).exists() else folder / name
            folder = path.parent
            assert (ROOT / path).exists(), name
