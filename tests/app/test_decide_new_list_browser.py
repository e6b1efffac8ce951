"""The run with a new label list in a real Chromium: one click, the run comes, and its verdict with its examples."""

import re
from urllib.parse import quote

import pytest
from scipy.stats import binomtest

from evalcore.analysis import score_run
from evalcore.deciding import run_with_new_list
from evalcore.running import execute
from evalcore.store import RunSpec, Store
from evalcore.tasks import LabelMerge
from evalcore.wording import p_value
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]
MERGE = LabelMerge.of(
    {
        "router": ["router_faulty", "router_setup", "router_delivery"],
        "no_internet": ["internet_outage", "internet_drops", "internet_slow"],
    }
)


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("new_list") / "cache")
    return score_run(store, execute(RunSpec(model="demo", n=48), store).record.run_id)


def test_one_click_makes_the_run_and_its_verdict_stands_in_sight(old, any_page):
    store = old.answers.store
    with serving(store.folder) as server:
        page = any_page(1280, 720)
        page.goto(f"{server.url}/decide?run={old.record.run_id}&tab=label-list&merge={quote(MERGE.to_text())}")
        button = page.get_by_role("button", name="Run with the new list")
        button.wait_for(timeout=PATIENCE_MS)
        settled(page)
        assert page.get_by_text("knows the labels of the demo by heart").is_visible()
        button.focus()
        page.keyboard.press("Enter")
        verdict = page.get_by_text("Asked with the new list, the model is right")
        verdict.first.wait_for(timeout=PATIENCE_MS)
        settled(page)
        new = run_with_new_list(old, MERGE, store.runs())
        answers = [
            (MERGE.new_of_old.get(a.predicted, a.predicted), b.predicted, b.example)
            for a, b in zip(old.answers, score_run(store, new.run_id).answers, strict=True)
        ]
        fixed = [example for before, now, example in answers if before != example.label == now]
        broken = [example for before, now, example in answers if before == example.label != now]
        said = re.sub(r"\s+", " ", page.locator("body").inner_text())
        assert f"at N = 48, exact McNemar {p_value(binomtest(len(fixed), len(fixed) + len(broken)).pvalue)}" in said
        assert f"Fixed {len(fixed)} Broken {len(broken)} " in said
        # The first example of the larger group is open; its text stands beside the list, in the window.
        opened = page.locator("[data-testid=stCode]").filter(has_text=(broken or fixed)[0].text).first
        opened.scroll_into_view_if_needed()
        box = opened.bounding_box()
        assert 0 <= round(box["y"]) <= 720 - round(box["height"])
        page.get_by_text(f"Fixed {len(fixed)}", exact=True).click()
        page.wait_for_url(re.compile("anew=fixed-0"), timeout=PATIENCE_MS)
        link = page.get_by_role("link", name="The run with the new list")
        assert new.run_id in link.get_attribute("href")
