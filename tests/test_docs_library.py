"""docs/library.md: every block of Python runs, in order, and prints what stands beside it."""

from __future__ import annotations

import ast
import contextlib
import io
import re

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
RUN_ID = re.compile(r"\b[0-9a-f]{12}\b")
"""A hash of the data and the version of the key: not what is promised."""


def statements(block):
    """Each statement of a block, with what the comment on its last line says that it prints."""
    lines = block.splitlines()
    for node in ast.parse(block).body:
        source = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        said = lines[node.end_lineno - 1].encode()[node.end_col_offset :].decode().partition("#")[2]
        yield source, said.strip()


def shown(text):
    return RUN_ID.sub("…", " ".join(text.split()))


def test_every_block_runs_and_prints_what_it_says(demo_cache, tmp_path, monkeypatch):
    monkeypatch.setattr("evalcore.store.DEFAULT_CACHE", demo_cache)
    monkeypatch.chdir(tmp_path)
    program = {"__name__": "notebook"}
    compared = 0
    for block in BLOCKS:
        for source, said in statements(block):
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(source, program)
            assert shown(printed.getvalue()) == shown(said), source
            compared += bool(said)
    assert len(BLOCKS) >= 8
    assert compared >= 15


def test_every_public_function_is_on_the_page():
    import evalcore

    functions = [name for name in evalcore.__all__ if name[0].islower()]
    assert [name for name in functions if f"{name}(" not in PAGE and f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize(
    ("block", "found"),
    [("print(1)  # 1\nx = 2\n", [("print(1)", "1"), ("x = 2", "")]), ("f(\n  1,\n)  # 3\n", [("f(\n  1,\n)", "3")])],
)
def test_a_comment_is_what_its_statement_prints(block, found):
    assert [(source.partition("  #")[0], said) for source, said in statements(block)] == found
