"""The tab “Traffic” in a real Chromium: a mix is pasted, a label is clicked, its examples come in sight."""

import pytest

from evalcore.store.database import Store
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled
from tests.tools.generated import imported

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]
BARS = "[data-testid=stVegaLiteChart] svg path[aria-roledescription=bar]"


@pytest.fixture(scope="module")
def record_and_url(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("traffic") / "cache")
    record = imported(store, 24, 600)
    with serving(store.folder) as server:
        yield record, f"{server.url}/decide?run={record.run_id}&tab=traffic"


def test_a_mix_is_pasted_and_a_label_opens_its_examples(any_page, record_and_url):
    record, url = record_and_url
    page = any_page(1280, 720)
    page.goto(url)
    settled(page)
    page.get_by_role("radio", name="Typed").click()
    page.get_by_role("button", name="Your mix").click()
    page.get_by_role("radio", name="CSV").click()
    settled(page)
    text = page.get_by_label("Your mix as CSV")
    text.fill(f"label,share\n{record.labels[3]},60 %\n{record.labels[5]},30 %\n")
    text.press("Control+Enter")
    # Shares that do not add up are said, and kept.
    page.get_by_text("add up to 90.0 %").first.wait_for(timeout=PATIENCE_MS)
    settled(page)
    page.keyboard.press("Escape")
    text.wait_for(state="hidden", timeout=PATIENCE_MS)  # until then a click only closes what lies over the page
    page.get_by_text("Scale the shares to 100 %").click()
    page.get_by_text("On your traffic accuracy is").first.wait_for(timeout=PATIENCE_MS)
    settled(page)
    bars = page.locator(BARS)
    assert bars.count() == 2
    boxes = [box for box in (bar.bounding_box() for bar in bars.all()) if box]
    assert all(box["y"] + box["height"] <= 720 for box in boxes)
    widest = max(boxes, key=lambda box: box["width"])
    page.mouse.click(widest["x"] + widest["width"] / 2, widest["y"] + widest["height"] / 2)
    page.wait_for_url("**opened=**", timeout=PATIENCE_MS)
    settled(page)
    first = page.get_by_text("1 of ").first
    first.wait_for(timeout=PATIENCE_MS)
    box = first.bounding_box()
    assert box is not None
    assert 0 <= box["y"] <= 720 - box["height"]
    assert "scale_shares=yes" in page.url
    assert "mix=" in page.url
    page.get_by_role("button", name="All labels").click()
    page.get_by_text("Examples to label next").first.wait_for(timeout=PATIENCE_MS)
