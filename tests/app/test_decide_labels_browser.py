"""The tab “Label list” in a real Chromium: a pair by keyboard becomes one label, a join of the tree by mouse."""

import pytest

from evalcore.store.database import Store
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled
from tests.tools.generated import imported

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]


def test_a_pair_by_keyboard_and_a_join_by_mouse_open_their_confusions_in_sight(any_page, tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("lists") / "cache")
    run = imported(store, 77, 1500).run_id
    page = any_page(1280, 720)

    def in_sight(text):
        shown = page.get_by_text(text).first
        shown.wait_for(timeout=PATIENCE_MS)
        settled(page)
        box = shown.bounding_box()
        return 0 <= box["y"] <= 720 - box["height"]

    with serving(store.folder) as server:
        page.goto(f"{server.url}/decide?run={run}&tab=label-list")
        page.get_by_text("The merge that suggests itself").wait_for(timeout=PATIENCE_MS)
        settled(page)
        page.locator("[data-testid=stDataFrame] canvas").first.focus()
        page.keyboard.press("ArrowDown")
        page.wait_for_url("**opened=pair**", timeout=PATIENCE_MS)
        assert in_sight("confusions of 2 labels")
        page.get_by_role("button", name="Make them one label").click()
        page.wait_for_url("**merge=**", timeout=PATIENCE_MS)
        assert in_sight("examples made right by merging")
        page.goto(f"{server.url}/decide?run={run}&tab=label-list&way=tree")
        join = page.locator("[data-testid=stVegaLiteChart] svg path[aria-roledescription=circle]").first
        join.wait_for(timeout=PATIENCE_MS)
        settled(page)
        join.scroll_into_view_if_needed()
        box = join.bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_url("**opened=group**", timeout=PATIENCE_MS)
        assert in_sight("of 2 labels")
