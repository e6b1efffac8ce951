"""Checks as JUnit XML, read by a JUnit library and as plain XML."""

from xml.etree import ElementTree

import pytest
from junitparser import Failure, JUnitXml, Skipped

from evalcore.analysis import CheckedRun, CheckResult, check
from evalcore.output import check_junit
from tests.tools.runs import scored

GOLD = list("abcd") * 30


@pytest.fixture
def checked(store):
    run = scored(store, GOLD, [*GOLD[:90], *"?" * 30], labels="abcd")
    return check(run, minimum={"accuracy": 0.7}, slices=["all", "text~text 11", "text~text 1$"])


def test_a_junit_library_reads_one_case_a_check(checked):
    """Red with what is not shown as a failure, or counted as passed."""
    assert [result.verdict for result in checked.results] == ["passed", "failed", "not shown"]
    (suite,) = JUnitXml.fromstring(check_junit(checked))
    assert (suite.tests, suite.failures, suite.skipped, suite.errors) == (3, 1, 1, 0)
    passed, failed, skipped = suite
    assert (passed.is_passed, passed.name) == (True, "accuracy >= 0.7")
    (failure,) = failed.result
    assert isinstance(failure, Failure)
    assert failure.message == failure.text == checked.results[1].sentence
    assert failed.name == "accuracy >= 0.7 [text~text 11]"
    (reason,) = skipped.result
    assert isinstance(reason, Skipped)
    assert reason.message == "Accuracy: 1 example cannot show it; it takes 10."
    assert [case.system_out for case in suite] == [result.sentence for result in checked.results]


HOSTILE = "label=<a> & \"b\" ]]> 'c' \x00\x07\x1b[31m \ud800 \ufffe \U0001f600 é"


def test_hostile_names_are_read_back_and_what_xml_cannot_hold_is_replaced():
    """Red with a control character as it is, which no parser takes."""
    result = CheckResult("minimum", "accuracy", HOSTILE, 0.5, 3, "failed", "It failed.")
    document = check_junit(CheckedRun("run \x01", "", (result,)))
    (case,) = ElementTree.fromstring(document).iter("testcase")
    assert case.get("name") == (
        "accuracy >= 0.5 [label=<a> & \"b\" ]]> 'c' \ufffd\ufffd\ufffd[31m \ufffd \ufffd \U0001f600 é]"
    )
    assert JUnitXml.fromstring(document).failures == 1


def test_the_same_checks_give_the_same_bytes(checked):
    assert check_junit(checked) == check_junit(checked)
    assert check_junit(checked).startswith(b"<?xml version='1.0' encoding='utf-8'?>\n<testsuites ")
