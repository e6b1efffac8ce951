"""What the overview says before anybody scrolls, in a real Chromium: a verdict, and what the run hides."""

import pytest

from evalcore.running.run import execute_with_baselines
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled
from tests.tools.generated import imported

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]

CARDS = ("Macro-F1", "Unparsed", "Never predicted", "Label variety")
SIZES = {(1440, 900): 3, (1280, 720): 2, (800, 1000): 2}
"""Each window, and how many findings are to be in it."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("first_fold") / "cache"


@pytest.fixture(scope="module")
def runs(cache):
    store = Store(cache)
    return {
        "demo-early": execute_with_baselines(RunSpec(model="demo-early", n=120), store).record.run_id,
        "77 labels": imported(store, 77, 3080).run_id,
    }


@pytest.fixture(scope="module")
def server(cache, runs):
    with serving(cache) as running:
        yield running


def look(page, server, run_id):
    page.goto(f"{server.url}/?run={run_id}")
    page.get_by_text("What this run hides").wait_for(timeout=PATIENCE_MS)
    settled(page)
    page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").nth(1).wait_for()
    return settled(page)


def box(locator):
    found = locator.bounding_box()
    assert found is not None
    return found


def metric(page, name):
    return page.locator("[data-testid=stMetric]", has_text=name).first


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_verdict_stands_in_the_window_before_anybody_scrolls(server, runs, new_page, size, scheme):
    page = new_page(*size, scheme)
    for run_id in runs.values():
        look(page, server, run_id)
        height = page.evaluate("() => window.innerHeight")
        assert height == size[1]
        charts = page.locator("[data-testid=stVegaLiteChart]")
        for what in (
            page.get_by_role("heading", level=1),
            metric(page, "Accuracy"),
            page.get_by_role("link", name="wrong or unparsed").first,
            charts.first,
            *(metric(page, name) for name in CARDS),
            *(finding(page, number) for number in range(1, SIZES[size] + 1)),
        ):
            place = box(what)
            assert place["y"] >= 0, what
            assert place["y"] + place["height"] <= height, what
        picture = box(charts.nth(1))
        assert picture["y"] + (picture["height"] if size == (1440, 900) else 60) <= height
        cards_are_aligned(page)
        assert cut_short(page) == []


def finding(page, number):
    return page.locator("[data-testid=stMarkdown] p", has=page.locator("strong", has_text=f"{number}.")).first


def cards_are_aligned(page):
    cells = [box(metric(page, name)) for name in CARDS]
    for side in ("y", "height", "width"):
        assert len({round(cell[side]) for cell in cells}) == 1, cells


def cut_short(page):
    """Names of metrics and links that do not fit into their place."""
    return page.locator("[data-testid=stMain]").evaluate(
        """main => [...main.querySelectorAll('[data-testid=stMetricLabel] p, [data-testid=stPageLink] p')]
        .filter(text => text.offsetParent && [text, text.parentElement].some(at => at.scrollWidth > at.clientWidth + 1))
        .map(text => text.innerText)"""
    )


def test_the_form_opens_in_sight_and_folds_again(server, runs, new_page):
    page = new_page(1280, 720)
    look(page, server, runs["demo-early"])
    accuracy = box(metric(page, "Accuracy"))["y"]
    page.get_by_role("button", name="Change").click()
    settled(page)
    for name in ("Task", "Model", "Prompt", "Sample"):
        field = page.locator("[data-testid=stSelectbox]", has=page.get_by_text(name, exact=True)).first
        assert box(field)["y"] + box(field)["height"] <= 720
    run = box(page.get_by_role("button", name="Verify again"))
    assert run["y"] + run["height"] <= 720
    page.get_by_role("button", name="Change").click()
    settled(page)
    assert box(metric(page, "Accuracy"))["y"] == accuracy


def test_a_path_that_does_not_exist_is_said_when_it_is_chosen(server, new_page):
    page = new_page(1280, 720)
    page.goto(f"{server.url}/?task=/no/such/messages.csv&model=majority")
    settled(page)
    warning = page.get_by_text("/no/such/messages.csv").last
    warning.wait_for(timeout=PATIENCE_MS)
    assert page.get_by_role("button", name="Run", exact=True).is_disabled()
    place = box(page.get_by_role("button", name="Run", exact=True))
    assert place["y"] + place["height"] <= 720
