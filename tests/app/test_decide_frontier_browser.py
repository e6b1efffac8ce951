"""The tab “Frontier” in a real Chromium: a mark and a row open a run in sight, and the link keeps it."""

import pytest

from evalcore.store.database import Store
from tests.app.test_decide_frontier import GOLD, LABELS, N, wrong_at
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled
from tests.tools.timed_runs import timed_run

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]
CHART = "[data-testid=stVegaLiteChart]"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("frontier") / "cache")


@pytest.fixture(scope="module")
def runs(store):
    made = {"far": (wrong_at(*range(60)), 40), "near": (wrong_at(1, 5, 9), 0.3), "best": (wrong_at(2), 12)}
    return {
        name: timed_run(store, GOLD, answers, name, labels=LABELS, seconds=seconds)
        for name, (answers, seconds) in {"mute": (["?"] * N, 0.02), **made}.items()
    }


@pytest.fixture(scope="module")
def server(store, runs):
    with serving(store.folder) as running:
        yield running


def test_a_mark_and_a_row_open_a_run_in_sight_and_lead_to_its_pair_with_the_best(any_page, server, runs):
    page = any_page(1280, 720)
    page.goto(f"{server.url}/decide?run={runs['best']}&tab=frontier")
    points = page.locator(f"{CHART} svg path[aria-roledescription=point]")
    points.first.wait_for(timeout=PATIENCE_MS)
    settled(page)
    boxes = [points.nth(at).bounding_box() for at in range(points.count())]
    box = max(boxes, key=lambda one: one["x"])  # the run that takes most
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    opened = page.get_by_text("50.0 % right (")
    opened.wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert f"opened={runs['far']}" in page.url
    place = opened.bounding_box()
    assert place["y"] + place["height"] <= 720
    table = page.locator("[data-testid=stDataFrame]").first.bounding_box()
    page.mouse.click(table["x"] + 40, table["y"] + 35 + 28 + 14)  # the second row
    page.get_by_text("97.5 % right (").wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert f"opened={runs['near']}" in page.url
    page.reload()
    page.get_by_text("97.5 % right (").wait_for(timeout=PATIENCE_MS)
    page.get_by_role("link", name="3 lost to it").click()
    page.get_by_role("heading", name="Compare", level=1).wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert page.get_by_role("button", name="3 broken").is_visible()
    assert f"a={runs['best']}" in page.url
    assert "door=broken" in page.url
