"""What a notebook and a terminal show of results: short, with n, interval and parser, and no markup from the data."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pytest

import evalcore
from evalcore.parse import PARSER_VERSION
from tests.tools.browser import CHROMIUM, PAYLOADS

HOSTILE = [*PAYLOADS, "</td></table><script>alert(1)</script>", "{{7*7}}"]
TAGS = {"div", "strong", "table", "tr", "th", "td", "ol", "li", "small"}


class Shown(HTMLParser):
    """The tags and the texts of a piece of HTML; fails where it is not well formed."""

    def __init__(self, markup):
        super().__init__()
        self.open, self.tags, self.texts = [], set(), []
        self.feed(markup)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        assert attributes == []  # no style, no address, no handler
        self.open.append(tag)
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.texts.append(text)


def of(answers, name="a.csv", **how):
    gold = [HOSTILE[at % len(HOSTILE)] for at in range(len(answers))]
    return evalcore.score(gold, answers, labels=HOSTILE, name=name, **how)


@pytest.fixture(scope="module")
def results():
    right = [HOSTILE[at % len(HOSTILE)] for at in range(80)]
    wrong = [HOSTILE[0] if at % 3 else None for at in range(80)]
    a, b = of(wrong, f"{PAYLOADS[0]} \u202egnp.exe"), of(right, "b & c")
    comparison = evalcore.compare(a, b)
    return {
        "run": a,
        "record": a.record,
        "comparison": comparison,
        "verdict": evalcore.verdict(comparison),
        "findings": evalcore.findings(a),
    }


@pytest.mark.parametrize("which", ["run", "record", "comparison", "verdict", "findings"])
def test_hostile_data_stays_text(results, which):
    markup = results[which]._repr_html_()
    shown = Shown(markup)
    assert shown.tags <= TAGS
    assert "\u202e" not in markup
    assert len(markup) < 20_000
    if which in ("run", "record", "comparison"):
        assert any("<img src=x onerror=alert(1)>" in text for text in shown.texts)


def test_a_run_shows_its_figures_with_intervals_and_what_they_rest_on(results):
    scored = results["run"]
    texts = Shown(scored._repr_html_()).texts
    at = texts.index("Accuracy")
    assert texts[at + 1] == "7.5 %"
    assert " to " in texts[at + 2]
    assert f"n = 80 of 80 examples, first · lenient scoring, parser {PARSER_VERSION}" in texts[-1]
    assert evalcore.findings(scored)[0].sentence in "".join(texts)
    assert repr(scored).startswith(f"<ScoredRun {scored.record.run_id}: ")
    assert "accuracy 7.5 % (" in repr(scored)
    assert "\n" not in repr(scored)


def test_a_comparison_shows_its_verdict_and_both_runs(results):
    comparison, said = results["comparison"], results["verdict"].sentence
    texts = Shown(comparison._repr_html_()).texts
    assert texts[0] == said
    assert {f"A · {PAYLOADS[0]} \ufffdgnp.exe", "B · b & c", "100.0 %"} <= set(texts)
    assert repr(comparison) == f"<Comparison: {said}>"
    assert Shown(results["verdict"]._repr_html_()).texts == [said]


def test_findings_are_a_list_that_reads_as_sentences(results):
    found = results["findings"]
    assert isinstance(found, list)
    assert repr(found).splitlines()[0] == f"1. {found[0].sentence}"
    assert f"{found[0].sentence} {found[0].meaning}" in Shown(found._repr_html_()).texts
    assert repr(found[0]) == f"<Finding {found[0].kind}: {found[0].sentence}>"
    assert repr(type(found)()) == "no findings"


def test_a_stored_run_says_what_it_is_and_what_to_do_with_it(results):
    record = results["record"]
    assert repr(record) == f"<RunRecord {record.run_id}: {record.spec.model}, {record.task_name}, N = 80>"
    assert Shown(record._repr_html_()).texts[-1] == "evalcore.score(...) scores it"


def test_a_run_is_named_by_model_prompt_and_task_and_imported_predictions_once(results):
    from dataclasses import replace

    from evalcore.analysis import name_of
    from evalcore.store import RunSpec
    from evalcore.tasks import BUILT_IN

    record = results["comparison"].b.record
    assert name_of(record) == "b & c"
    assert name_of(replace(record, task_name="intents")) == "b & c · intents"
    predicted = replace(
        record, spec=RunSpec(model="demo"), identity={}, prompt=next(iter(BUILT_IN.values())), task_name="demo"
    )
    assert name_of(predicted) == f"demo · {predicted.prompt.name} · demo"


def test_a_run_of_which_nothing_is_predicted_says_so(results):
    from dataclasses import replace

    empty = np.empty(0, dtype=np.int64)
    scored = replace(results["run"], y_true=empty, y_pred=empty, confusion=np.zeros_like(results["run"].confusion))
    assert Shown(scored._repr_html_()).texts[-1] == "Nothing is predicted yet."
    assert "nothing is predicted yet" in repr(scored)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)")
def test_nothing_of_it_runs_in_a_browser(results, new_page, tmp_path):
    """What a notebook puts on its page, and an SVG in a tab of its own: no dialog, no request."""
    from evalcore.output import stills

    page = new_page()
    left = []
    page.on("dialog", lambda dialog: (left.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: None if request.url.startswith("file:") else left.append(request.url))
    file = tmp_path / "all.html"
    cards = "".join(results[name]._repr_html_() for name in results)
    file.write_text(f"<!doctype html><meta charset=utf-8>{cards}", encoding="utf-8")
    page.goto(file.as_uri())
    assert page.locator("div").count() == len(results)
    assert page.locator("img, script").count() == 0
    picture = tmp_path / "confusion.svg"
    picture.write_bytes(stills.as_svg(evalcore.plot(results["run"])))
    page.goto(picture.as_uri())
    page.wait_for_timeout(200)
    assert page.get_by_text("<script>alert(1)</script>", exact=True).count() == 2
    assert page.locator("script, image, a").count() == 0
    assert left == []
