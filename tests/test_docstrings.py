"""Every example in a docstring of the package prints what it shows."""

import doctest
import importlib

import pytest

import evalcore
from tests.conftest import ROOT

FILES = [path for path in sorted((ROOT / "evalcore").rglob("*.py")) if ">>>" in path.read_text(encoding="utf-8")]


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("name", [module_of(path) for path in FILES])
def test_the_examples_print_what_they_show(name, tmp_path, monkeypatch):
    monkeypatch.setattr("evalcore.store.DEFAULT_CACHE", tmp_path / "cache")
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted
    assert not result.failed


def test_the_public_functions_are_documented():
    for name in evalcore.__all__:
        assert getattr(evalcore, name).__doc__, name


def test_an_example_that_is_wrong_is_noticed():
    wrong = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    assert doctest.DocTestRunner(verbose=False).run(wrong, out=lambda text: None).failed == 1
