"""The tab “Costs” in a real Chromium: a table that is typed, and a bar by mouse, all in sight."""

from urllib.parse import urlencode

import pytest

from evalcore.deciding import example_actions
from evalcore.store.database import Store
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled
from tests.tools.generated import labels_of
from tests.tools.probabilities import over_confident

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]
CHART, BAR = "[data-testid=stVegaLiteChart]", "svg path[aria-roledescription=bar]"


def in_sight(page, words):
    shown = page.get_by_text(words).first
    shown.wait_for(timeout=PATIENCE_MS)
    box = shown.bounding_box()
    return box is not None and 0 <= box["y"] <= 720 - box["height"]


def test_costs_are_typed_and_what_carries_them_is_opened_in_sight(any_page, tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("costs") / "cache")
    record, labels = over_confident(store, 24, 600), labels_of(24)
    page = any_page(1280, 720)
    with serving(store.folder) as server:
        query = {"run": record.run_id, "tab": "costs", "actions": example_actions(labels), "unit": "EUR"}
        page.goto(f"{server.url}/decide?{urlencode(query)}")
        page.get_by_text("If every wrong action costs").first.wait_for(timeout=PATIENCE_MS)
        settled(page)

        page.get_by_role("button", name="Costs", exact=True).click()
        page.get_by_text("CSV", exact=True).click()
        field = page.get_by_label("Costs as CSV")
        field.fill("true,predicted,cost\nnobody,*,7\n")
        field.press("Control+Enter")
        page.get_by_text("there is no label or action").first.wait_for(timeout=PATIENCE_MS)
        field.fill("true,predicted,cost\n*,*,7\n")
        field.press("Control+Enter")
        page.get_by_text("Mistakes cost EUR").first.wait_for(timeout=PATIENCE_MS)
        page.keyboard.press("Escape")
        settled(page)

        drawn = page.locator(CHART).first.locator(BAR)
        drawn.nth(3).wait_for(timeout=PATIENCE_MS)
        page.wait_for_timeout(1500)  # the chart is drawn anew after the page says that it has settled
        boxes = {at: box for at, bar in enumerate(drawn.all()) if (box := bar.bounding_box()) and box["width"] > 4}
        assert max(box["y"] + box["height"] for box in boxes.values()) <= 720
        second = sorted(boxes, key=lambda at: boxes[at]["y"])[2]
        drawn.nth(second).click(position={"x": 3, "y": boxes[second]["height"] / 2}, timeout=PATIENCE_MS)
        page.wait_for_url("**opened=confusion**", timeout=PATIENCE_MS)
        settled(page)
        assert in_sight(page, "1 of ")
