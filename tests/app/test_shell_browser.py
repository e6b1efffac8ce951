"""What surrounds every page, in a real Chromium: the sidebar, the width that is used, no blank tail."""

import pytest

from evalcore.store.catalog import SHORT_TITLE, RunCatalog
from evalcore.store.database import Store
from tests.app.test_accessible import PAGES
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled
from tests.tools.generated import imported

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]
WITHOUT_PICKER = {"data", "compare", "side_by_side", "runs", "prompts"}
TAIL_PX = 120
WIDE_PX = 1400


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs of 77 labels, one of them with a name as long as a name can be."""
    store = Store(tmp_path_factory.mktemp("shell") / "cache")
    a, b = (imported(store, 77, 800, seed=seed).run_id for seed in (0, 1))
    RunCatalog(store).write(b, name="few-shot with the label list at the end, second try", note="")
    return store, a, b


@pytest.fixture(scope="module")
def server(runs):
    with serving(runs[0].folder) as running:
        yield running


@pytest.fixture
def at_page(server, runs, new_page):
    def at(path, width=1440, height=900, run=None):
        _, a, b = runs
        query = {"compare": f"a={a}&b={b}", "side_by_side": f"runs={a},{b}"}.get(path, f"run={run or a}")
        page = new_page(width, height)
        page.goto(f"{server.url}/{path}?{query}")
        page.wait_for_selector("h1, [data-testid=stMetric]", timeout=PATIENCE_MS)
        return settled(page)

    return at


_EXTENT = """() => {
    const main = document.querySelector('[data-testid=stMain]');
    const origin = main.getBoundingClientRect();
    const shows = element => element.matches('canvas, img, svg, input, textarea, button, hr, iframe')
        || [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    // What scrolls in a pane of its own ends where the pane ends.
    const end = element => {
        let low = element.getBoundingClientRect().bottom;
        for (let of = element.parentElement; of && of !== main; of = of.parentElement)
            if (/auto|scroll|hidden/.test(getComputedStyle(of).overflowY))
                low = Math.min(low, of.getBoundingClientRect().bottom);
        return low;
    };
    const seen = [...document.querySelectorAll('[data-testid=stMainBlockContainer] *')].filter(element => {
        const box = element.getBoundingClientRect();
        return box.width > 0 && box.height > 0 && shows(element) && getComputedStyle(element).visibility !== 'hidden';
    });
    const last = Math.max(...seen.map(end)) - origin.top + main.scrollTop;
    return {wide: main.scrollWidth - main.clientWidth, window: document.documentElement.scrollWidth - innerWidth,
        scrolls: main.scrollHeight > main.clientHeight + 1, tail: main.scrollHeight - last};
}"""


def sidebar(page):
    return page.locator("[data-testid=stSidebar]")


def sidebar_is_open(page):
    return page.locator("[data-testid=stSidebarCollapseButton] [aria-expanded=true]").count() == 1


def width_of_what_is_drawn(page):
    boxes = page.locator("[data-testid=stMain] [data-testid=stElementContainer]").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(box => [box.left, box.right])"
    )
    return max(right for _, right in boxes) - min(left for left, _ in boxes) if boxes else 0


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_its_window_ends_with_its_content_and_uses_a_wide_screen(at_page, path):
    page = at_page(path)
    boxes = sidebar(page).locator("[data-testid=stSelectbox]").count()
    assert boxes == (0 if path in WITHOUT_PICKER else 1)
    for width, height in ((1440, 900), (1920, 1080), (800, 1000)):
        page.set_viewport_size({"width": width, "height": height})
        settled(page)
        extent = page.evaluate(_EXTENT)
        assert extent["wide"] <= 1, width
        assert extent["window"] <= 0, width
        assert not extent["scrolls"] or extent["tail"] <= TAIL_PX, (width, extent)
        if width == 1920 and path != "prompts":
            assert width_of_what_is_drawn(page) >= WIDE_PX


def test_a_runs_title_is_cut_neither_in_its_box_nor_in_the_list(at_page, runs):
    page = at_page("", run=runs[2])
    box = sidebar(page).locator("[data-testid=stSelectbox] input")
    assert len(box.input_value()) <= SHORT_TITLE
    assert box.input_value().endswith(" %")
    assert box.evaluate("input => input.scrollWidth - input.clientWidth") <= 0
    box.click()
    options = page.get_by_role("option")
    assert options.count() == 2
    cut = options.evaluate_all(
        "all => all.flatMap(one => [one, ...one.querySelectorAll('*')])"
        ".filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth).length"
    )
    assert cut == 0


def test_in_a_narrow_window_the_sidebar_is_folded_until_it_is_wanted(at_page):
    page = at_page("", 800)
    page.get_by_role("button", name="Expand sidebar").wait_for(timeout=PATIENCE_MS)
    assert not sidebar_is_open(page)
    page.get_by_role("button", name="Expand sidebar").click()
    sidebar(page).get_by_role("link", name="Runs").click()
    page.get_by_role("heading", name="Runs").wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert sidebar_is_open(page)  # on the next page too, and after a reload
    page.reload()
    page.get_by_role("heading", name="Runs").wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert sidebar_is_open(page)


def test_a_narrow_window_leaves_a_wide_one_with_its_sidebar(at_page):
    page = at_page("runs", 800)
    page.get_by_role("button", name="Expand sidebar").wait_for(timeout=PATIENCE_MS)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.reload()
    page.get_by_role("heading", name="Runs").wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert sidebar_is_open(page)
