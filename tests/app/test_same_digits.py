"""One figure, one rounding: the Overview, the Runs page and the command line show the same digits."""

import re

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.output.report import report_as_text
from tests.tools.runs import stored


@pytest.fixture
def run(page_store):
    """400 examples of which 101 are right: 25.25 %, which Python rounds to 25.2 and a browser to 25.3."""
    gold = list("ab") * 200
    return stored(page_store, gold, [label if i < 101 else "?" for i, label in enumerate(gold)], labels="ab")


def test_the_overview_the_list_of_runs_and_the_report_agree(page_store, open_page, run):
    report = report_as_text(score_run(page_store, run.run_id), [])
    assert re.search(r"accuracy +25\.2 %", report)
    overview = open_page(run=run.run_id)
    assert [card.value for card in overview.metric if card.label == "Accuracy"] == ["25.2 %"]
    table = open_page("pages/runs.py").dataframe[0].value
    assert table["accuracy"].tolist() == [25.2]
    assert table["unparsed"].tolist() == [74.8]
