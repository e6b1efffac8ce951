"""Checks as JUnit XML, which GitHub's actions, GitLab and Jenkins show: one test case a check.

What cannot be shown is `skipped`: in these tools neither a success nor a failure.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from evalcore.analysis import CheckedRun, CheckResult
from evalcore.analysis.slices import ALL

_SUITE = "blindspot"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped."""


def check_junit(checked: CheckedRun) -> bytes:
    """An XML document in UTF-8. The same checks give the same bytes: it holds no times."""
    verdicts = [result.verdict for result in checked.results]
    counts = {
        "tests": str(len(verdicts)),
        "failures": str(verdicts.count("failed")),
        "errors": "0",
        "skipped": str(verdicts.count("not shown")),
        "time": "0",
    }
    suites = ElementTree.Element("testsuites", {"name": _SUITE, **counts})
    suite = ElementTree.SubElement(suites, "testsuite", {"name": f"{_SUITE}.{_legal(checked.run)}", **counts})
    for result in checked.results:
        _add(suite, result)
    ElementTree.indent(suites)
    document: bytes = ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _add(suite: ElementTree.Element, result: CheckResult) -> None:
    part = "" if result.part == ALL else f" [{result.part}]"
    name = _legal(f"{result.title}{part}")
    case = ElementTree.SubElement(suite, "testcase", {"classname": f"{_SUITE}.check", "name": name, "time": "0"})
    if result.verdict == "failed":
        ElementTree.SubElement(
            case, "failure", {"message": result.sentence, "type": result.kind}
        ).text = result.sentence
    elif result.verdict == "not shown":
        ElementTree.SubElement(case, "skipped", {"message": result.sentence})
    ElementTree.SubElement(case, "system-out").text = result.sentence


def _legal(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
