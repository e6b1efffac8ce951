"""The tab “Review” in a real Chromium: the slider by keyboard, a point of the curve by mouse, a row by keyboard."""

import pytest

from evalcore.store.database import Store
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled
from tests.tools.probabilities import over_confident

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]


def test_the_target_and_the_curve_open_their_examples_in_sight(any_page, tmp_path):
    store = Store(tmp_path / "cache")
    run_id = over_confident(store, 6, 400).run_id
    page = any_page(1280, 900)
    with serving(store.folder) as server:
        page.goto(f"{server.url}/decide?run={run_id}&target=55")
        page.get_by_text("To be 55 % right").wait_for(timeout=PATIENCE_MS)
        settled(page)
        page.get_by_role("slider").focus()
        page.keyboard.press("ArrowLeft")
        page.get_by_text("To be 54.9 % right").wait_for(timeout=PATIENCE_MS)
        settled(page)
        assert "target=54.9" in page.url
        points = page.locator("[data-testid=stVegaLiteChart] svg path[aria-roledescription=point]")
        points.nth(12).click(force=True)
        page.get_by_role("button", name="All at the threshold in use").wait_for(timeout=PATIENCE_MS)
        settled(page)
        shown = page.get_by_text("1 of ").first.bounding_box()
        assert shown is not None
        assert 0 <= shown["y"] <= 900 - shown["height"]
        assert "opened=figure" in page.url
        page.get_by_role("radio", name="As a table").click()
        settled(page)
        page.get_by_role("button", name="All at the threshold in use").click()
        settled(page)
        assert "%40" not in page.url
