"""Words that were replaced by plainer ones are shown nowhere any more: in the interface, the command line, the README.

Only what a person reads is searched: string literals of the source that are no docstrings, and the README without its
code. A name that code needs (a key in JSON, a parameter of a page's address) is no phrase and does not match.
"""

import ast
import re

import pytest

from tests.conftest import ROOT

REPLACED = {
    r"held? against": "Baselines on the same examples; B (new) compared with A (reference)",
    r"answered against|against occurring|predicted / occurring": "Predicted and actual count per label",
    r"come from the cache\b|check again": "Up to date; Verify again",
    r"not made yet": "400 new predictions needed",
    r"not right": "wrong or unparsed",
    r"macro-F1, present|labels? present\b": "labels in the sample",
    r"effective (predicted )?labels": "Label variety",
    r"favourites?\b": "top 2 labels",
    r"absorbs?\b|absorb most|leak most": "over-predicted; most often missed",
    r"taken for( it)?\b|were called|called instead": "most often confused with; were predicted as",
    r"the other way round": "reverse: 2 of 40",
    r"logarithmic|^right answers": "Log colours; Show diagonal",
    r"neither way": "not rated",
    r"predicted again, though|never does": "Newly predicted by B",
    r"\bgreatest\b|(?<!at )\bleast\b(?! one)": "Lowest; Highest; max − min",
    r"resamples alike": "interval not estimable",
    r"whatever": "any",
    r"\bthese 0\b|see these": "named by what it opens",
    r"strict or lenient, the same": "Same score either way",
    r"trying the engine": "warming up",
    r"\w\(s\)": "a plural that agrees with its number",
}
"""Pattern of what must not be shown, and what is said instead."""

CODE = {
    # Columns of tables that code refers to by name; each has a title of its own where it is shown.
    "taken for",
    "taken for it",
    # Keys of two tables.
    "absorb",
    "leak",
    # Kinds of simulated errors, and options of the demo's training.
    "favourites",
}
"""Literals that are names in code."""

FILES = [
    *sorted((ROOT / "evalcore").rglob("*.py")),
    ROOT / "app.py",
    *sorted((ROOT / "pages").rglob("*.py")),
]


def literals(path):
    """Each string literal of a file that is no docstring, f-strings with `{}` for their values, with its line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield (
                node.lineno,
                "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values),
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings | inside:
            yield node.lineno, node.value


def old_words(text):
    return [pattern for pattern in REPLACED if re.search(pattern, text, re.IGNORECASE)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_that_is_shown_uses_a_replaced_word(path):
    shown = [(line, text) for line, text in literals(path) if text not in CODE and (" " in text or "_" not in text)]
    found = [
        (line, text, [REPLACED[pattern] for pattern in old_words(text)]) for line, text in shown if old_words(text)
    ]
    assert found == []


def test_the_readme_uses_the_words_of_the_pages():
    prose = re.sub(
        r"```(?!text).*?```|`[^`\n]*`|\]\([^)]*\)", "", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.S
    )
    assert [line for line in prose.splitlines() if old_words(line)] == []


@pytest.mark.parametrize(
    "text", ["Held against", "3 not right", "12 job(s)", "Macro-F1, present", "Of 40 “a”, 18 were called “b”"]
)
def test_a_replaced_word_is_noticed(text):
    assert old_words(text)
