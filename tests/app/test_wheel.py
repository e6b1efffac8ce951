"""The wheel over the heat map, in a real Chromium: it scrolls the page, and zooms with Shift."""

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.metrics.matrix import view
from evalcore.store.database import Store
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled
from tests.tools.generated import imported
from tests.tools.heat_map import middle_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]


def test_the_wheel_scrolls_the_page_and_zooms_with_shift(tmp_path, new_page):
    scored = score_run(Store(tmp_path), imported(Store(tmp_path), 24, 400).run_id)
    shown = view(scored.confusion, scored.labels, order="data set", unparsed=True, diagonal=True)
    with serving(tmp_path) as server:
        page = new_page(1280, 560)
        page.goto(f"{server.url}/confusions?run={scored.record.run_id}")
        canvas = page.locator("[data-testid=stEChartsChart] canvas").first
        canvas.wait_for(timeout=PATIENCE_MS)
        settled(page)

        def scrolled():
            return page.locator("[data-testid=stMain]").evaluate("main => main.scrollTop")

        def drawn():
            page.mouse.move(2, 300)  # so that no cell is emphasised
            page.wait_for_timeout(400)
            return canvas.evaluate("canvas => canvas.toDataURL()")

        before, picture = scrolled(), drawn()
        page.mouse.move(*middle_of(canvas.bounding_box(), shown, 2, 2))
        page.wait_for_timeout(700)  # the chart takes the wheel only once the pointer rests on it
        page.mouse.wheel(0, 60)
        page.wait_for_timeout(500)
        assert scrolled() == before + 60
        assert drawn() == picture

        page.mouse.move(*middle_of(canvas.bounding_box(), shown, 6, 6))
        page.wait_for_timeout(700)
        page.keyboard.down("Shift")
        page.mouse.wheel(0, -200)
        page.wait_for_timeout(500)
        page.keyboard.up("Shift")
        assert scrolled() == before + 60
        assert drawn() != picture
