"""The Decide page in a real Chromium: all five tabs, of several runs, in both themes, in a wide and a narrow window."""

import pytest

from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from tests.app.test_accessible import serious_violations
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled
from tests.tools.probabilities import on_the_same, over_confident

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]
TABS = {"Review": "", "Costs": "costs", "Traffic": "traffic", "Label list": "label-list", "Frontier": "frontier"}
FIRST_FOLD = 720
_WIDE = """() => {
    const main = document.querySelector('[data-testid=stMain]');
    return [main.scrollWidth - main.clientWidth, document.documentElement.scrollWidth - innerWidth];
}"""
_SAID = "() => document.querySelector('[data-testid=stMain]').innerText"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("decide") / "cache")


@pytest.fixture(scope="module")
def runs(store):
    """Of 24 labels without probabilities, and of 77 labels with them, two of the latter on the same examples."""
    early = execute(RunSpec(model="demo-early", n=72), store).record.run_id
    a = over_confident(store, 77, 800)
    return {"demo-early": early, "77 labels": a.run_id, "beside": on_the_same(store, a).run_id}


@pytest.fixture(scope="module")
def server(store, runs):
    with serving(store.folder) as running:
        yield running


def visit(page, server, tab="", **query):
    more = "&".join(f"{name}={value}" for name, value in {**query, **({"tab": tab} if tab else {})}.items())
    page.goto(f"{server.url}/decide?{more}")
    page.get_by_role("heading", level=1).wait_for(timeout=PATIENCE_MS)
    return settled(page)


def is_drawn_well(page):
    """Nothing failed, nothing is wider than the window, and the tab says something."""
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.locator("[data-testid=stMain] [data-testid=stAlertContentError]").count() == 0
    assert page.evaluate(_WIDE) == [0, 0]
    return page.locator("[data-testid=stTabPanel]:visible, [role=tabpanel]:visible").first.inner_text()


@pytest.mark.parametrize(("size", "scheme"), [((1440, 900), "light"), ((800, 1000), "dark")])
def test_every_tab_answers_for_every_run_and_a_reload_shows_the_same(server, runs, new_page, size, scheme):
    page = new_page(*size, scheme)
    for name, query in (
        ("demo-early", {"run": runs["demo-early"]}),
        ("77 labels", {"run": runs["77 labels"]}),
        ("two runs", {"run": runs["77 labels"], "beside": runs["beside"]}),
    ):
        visit(page, server, **query)
        for tab, in_url in TABS.items():
            page.get_by_role("tab", name=tab, exact=True).click()
            settled(page)
            said = is_drawn_well(page)
            assert len(said.split()) > 10, (name, tab)
            assert ("tab=" + in_url in page.url) or not in_url
        page.reload()
        settled(page)
        assert is_drawn_well(page).split() == said.split(), name


def test_the_answer_and_what_it_rests_on_stand_in_the_window(server, runs, new_page):
    page = new_page(1280, FIRST_FOLD)
    for tab in TABS.values():
        visit(page, server, tab, run=runs["77 labels"])
        pictures = page.locator(
            "[data-testid=stMain] [data-testid=stVegaLiteChart]:visible, [data-testid=stDataFrame]:visible"
        )
        place = pictures.first.bounding_box()
        assert place is not None, tab
        assert place["y"] + 200 <= FIRST_FOLD, tab


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_tab_serves_who_sees_little(server, runs, new_page, scheme):
    page = new_page(1440, 1200, scheme)
    for tab in TABS.values():
        visit(page, server, tab, run=runs["77 labels"])
        assert serious_violations(page) == "", tab


def test_a_table_is_typed_in_the_browser_and_comes_back_with_the_link(server, runs, new_page):
    page = new_page(1280, FIRST_FOLD)
    visit(page, server, "costs", run=runs["77 labels"])
    page.get_by_role("button", name="Costs", exact=True).click()
    settled(page)
    page.get_by_role("button", name="Use an example").click()
    settled(page)
    assert "costs=" in page.url
    page.locator("[data-testid=stButtonGroup]").get_by_text("CSV", exact=True).click()
    settled(page)
    field = page.get_by_label("Costs as CSV")
    good = field.input_value()
    field.fill(good + "\nno_such_label,x,1\n")
    field.press("Control+Enter")
    settled(page)
    assert "no_such_label" in page.locator("[data-testid=stAlert]").inner_text()
    assert field.input_value().endswith("no_such_label,x,1\n")
    again = new_page(1280, FIRST_FOLD)
    again.goto(page.url)
    settled(again)
    again.get_by_role("button", name="Costs", exact=True).click()
    settled(again)
    again.locator("[data-testid=stButtonGroup]").get_by_text("CSV", exact=True).click()
    settled(again)
    assert again.get_by_label("Costs as CSV").input_value() == good
