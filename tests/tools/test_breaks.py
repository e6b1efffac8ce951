"""Breaks made on purpose: what is taken out, that names do not matter, and that processes below are broken as well."""

import ast

import pytest

from tests.tools.breaks import sites
from tests.tools.mutants import environment
from tests.tools.processes import finished

SOURCE = """
def checked(number):
    if number < 0:
        raise ValueError(number)
    return number

def kept(found, lock):
    with lock:
        found.append(1)

def tried(call):
    try:
        return call()
    except KeyError:
        return None
"""


def broken(source, said):
    """The functions of a source with the one site broken of which this is said."""
    tree = ast.parse(source)
    (site,) = [site for site in sites(tree, source) if site.what.endswith(f"[{said}]")]
    site.make()
    names = {}
    exec(compile(ast.fix_missing_locations(tree), "broken", "exec"), names)
    return names


def test_a_refusal_is_taken_out():
    assert broken(SOURCE, "never so")["checked"](-1) == -1


def test_a_call_for_its_effect_is_taken_out():
    found = []
    broken(SOURCE.replace("with lock:", "if lock:"), "not called")["kept"](found, True)
    assert found == []


def test_a_lock_is_not_taken():
    found = []
    broken(SOURCE, "not entered")["kept"](found, None)  # None is no lock
    assert found == [1]


def test_an_error_is_not_handled():
    with pytest.raises(KeyError):
        broken(SOURCE, "not caught")["tried"](lambda: {}["x"])


def test_a_comparison_is_changed():
    with pytest.raises(ValueError, match="0"):
        broken(SOURCE, "LtE")["checked"](0)


def test_names_inside_of_a_function_do_not_matter():
    renamed = SOURCE.replace("number", "amount").replace("found", "kept_ones").replace("lock", "turn")
    kinds = [[(site.kind, site.line, site.function) for site in sites(ast.parse(s), s)] for s in (SOURCE, renamed)]
    assert kinds[0] == kinds[1] != []


def test_a_process_that_a_test_starts_is_broken_as_well():
    program = "import evalcore.errors as module; print(type(module.__spec__.loader).__name__)"
    loaders = [finished("-c", program, env=environment(**more)).stdout.strip() for more in ({}, BREAK)]
    assert loaders == ["SourceFileLoader", "Breaking"]


BREAK = {"BLINDSPOT_BREAK": "evalcore.errors:0"}
