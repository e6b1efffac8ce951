"""What README tells of one decision is what the program says to its tables."""

import json
import re

import pytest

from tests.conftest import BANKING77, ROOT, needs_banking77
from tests.tools.command_line import evalcore

README = (ROOT / "README.md").read_text(encoding="utf-8")
TOLD = " ".join(re.search(r"## A decision\n(.*?)\n## ", README, re.DOTALL)[1].split())
COMMAND = re.search(r"python -m evalcore decide RUN (.*?)\n```", README, re.DOTALL)[1].replace("\\\n", " ")
VERIFY = "why_verify_identity,unable_to_verify_identity,verify_my_identity=verify_identity"


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """All that `decide` says of TF-IDF on all of the test split."""
    cache = tmp_path_factory.mktemp("readme") / "cache"
    ran = evalcore("run", "--model", "tfidf", "--task", str(BANKING77), "--n", "3080", "--json", cache=cache).stdout
    tables = [str(ROOT / word) if word.startswith("docs/") else word for word in COMMAND.split()]
    return evalcore("decide", json.loads(ran)["run_id"], *tables, "--merge", VERIFY, cache=cache).stdout


@needs_banking77
def test_what_must_be_checked_is_word_for_word_what_is_printed(said):
    quoted = re.search(r"must a person check\?\*\* “(.*?)”", TOLD)[1]
    assert quoted in said


@needs_banking77
@pytest.mark.parametrize(
    ("told", "printed"),
    [
        (r"mistakes cost EUR (\d+) per 1,000 texts \((\d+) to (\d+)\)",
         r"Mistakes cost EUR ([\d.]+) per 1,000 texts \(95 % interval ([\d.]+) to ([\d.]+)\)"),
        (r"(\d+) of (\d+) kinds of them carry (\d+) %", r"(\d+) of (\d+) kinds of mistakes carry ([\d.]+) %"),
        (r"gives (\d+) of the ([\d,]+) .*? saves EUR (\d+) \((\d+) to (\d+)\)",
         r"changes (\d+) answers of ([\d,]+) and the cost by −EUR ([\d.]+) per 1,000 texts"
         r" \(95 % interval −(?P<most>[\d.]+) to −(?P<fewest>[\d.]+)\)"),
        (r"accuracy is \*\*([\d.]+) % \(([\d.]+) to ([\d.]+)\), not ([\d.]+) %",
         r"traffic accuracy is ([\d.]+) %: 95 % interval ([\d.]+) to ([\d.]+); on the sample ([\d.]+) %"),
        (r"(\d+) % of what is unsure about that is the (\d+) examples of `card_arrival`",
         r"([\d.]+) % of the uncertainty is “card_arrival”, with (\d+) examples"),
        (r"as one: ([\d.]+) instead of ([\d.]+) %", r"75 instead of 77 labels: ([\d.]+) % instead of ([\d.]+) %"),
        (r"did not pick them it is \+([\d.]+) points \(([\d.]+) to ([\d.]+)\)",
         r"suggested nothing the gain is \+([\d.]+) points \(95 % interval ([\d.]+) to ([\d.]+)\)"),
    ],
)  # fmt: skip
def test_its_figures_are_those_that_are_printed(said, told, printed):
    here, there = re.search(told, TOLD), re.search(printed, said)
    figures = list(there.groups())
    if "most" in there.groupdict():  # what is saved is said the other way round
        figures[-2:] = [there["fewest"], there["most"]]
    for short, whole in zip(here.groups(), figures, strict=True):
        digits = len(short.partition(".")[2])
        assert f"{float(whole.replace(',', '')):.{digits}f}" == short.replace(",", "")
