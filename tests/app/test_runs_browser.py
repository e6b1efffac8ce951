"""Runs and Prompts in a browser: what a click opens is in the window, without scrolling."""

import pytest

from evalcore.running.run import baseline_specs, execute
from evalcore.store.database import Store
from evalcore.store.jobs import Jobs
from evalcore.store.spec import RunSpec, checked
from tests.tools.browser import serving, settled

SIZES = [(1440, 900), (1280, 720), (800, 1000)]


@pytest.fixture(scope="module")
def server(demo_cache):
    store = Store(demo_cache)
    for spec in (*baseline_specs(RunSpec(n=100)), *baseline_specs(RunSpec(n=60))):
        execute(spec, store)
    with serving(demo_cache) as running:
        yield running


def inside(page, *locators):
    """Whether all of each lies within the window, below the header, with the page not scrolled."""
    height = page.evaluate("window.innerHeight")
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
    for locator in locators:
        box = locator.bounding_box()
        assert box is not None, locator
        assert box["height"] > 0
        assert box["y"] >= 40, (locator, box)
        assert box["y"] + box["height"] <= height, (locator, box, height)


def clicked_row(page, row):
    box = page.locator("[data-testid=stDataFrame]").first.bounding_box()
    page.mouse.click(box["x"] + 40, box["y"] + 35 * (row + 1) + 17)
    return settled(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_run_that_is_clicked_opens_beside_the_table(server, new_page, width, height, scheme):
    page = new_page(width, height, scheme)
    page.goto(f"{server.url}/runs")
    settled(page)
    table = page.locator("[data-testid=stDataFrame]").first
    before = table.bounding_box()
    clicked_row(page, 1)
    inside(page, table, page.locator("[data-testid=stButton] button", has_text="Open"))
    inside(page, *(page.get_by_role("button", name=name) for name in ("Pin as baseline", "Delete …", "Save")))
    inside(page, page.get_by_role("textbox", name="Name"), page.get_by_role("textbox", name="Note"))
    assert table.bounding_box() == before  # the click moved nothing
    assert table.bounding_box()["width"] > 430  # model, prompt, accuracy and its interval
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("main => main.scrollHeight - main.clientHeight") <= 0


def test_the_arrow_keys_choose_another_run(server, new_page):
    page = new_page(1280, 720)
    page.goto(f"{server.url}/runs")
    clicked_row(settled(page), 0)
    title = page.locator("[data-testid=stColumn] strong").first
    first = title.inner_text()
    page.keyboard.press("ArrowDown")
    settled(page)
    assert title.inner_text() != first


def test_the_row_of_another_list_is_another_run(server, new_page):
    page = new_page(1280, 720)
    page.goto(f"{server.url}/runs")
    clicked_row(settled(page), 1)
    pane = page.locator("[data-testid=stColumn]").last
    assert "tfidf" not in pane.locator("strong").inner_text()
    page.get_by_role("textbox", name="Find").fill("tfidf")
    page.keyboard.press("Enter")
    settled(page)
    assert "Click a row" in pane.inner_text()


def test_a_dismissed_failure_is_gone_after_a_reload(server, new_page):
    jobs = Jobs(Store(server.cache))
    job = jobs.enqueue("run", checked(RunSpec(model="nothing")).to_json())
    page = new_page(1280, 720)
    page.goto(f"{server.url}/runs")
    page.wait_for_selector("text=there is no such model")
    settled(page)
    alert = page.locator("[data-testid=stAlert]")
    assert "`" not in alert.inner_text()
    page.get_by_role("button", name="Dismiss").click()
    page.wait_for_selector("text=there is no such model", state="detached")
    page.reload()
    settled(page)
    assert not page.locator("[data-testid=stAlert]").count()
    assert jobs.get(job).state == "dismissed"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_exact_text_stands_beside_the_prompt(server, new_page, width, height, scheme):
    page = new_page(width, height, scheme)
    page.goto(f"{server.url}/prompts")
    settled(page)
    page.wait_for_selector("text=tokens, as the model is given them")
    settled(page)
    exact = page.locator("[data-testid=stCode]", has_text="<|im_start|>system")
    message = page.get_by_role("textbox", name="A message to ask for")
    assert message.bounding_box()["height"] > 40
    inside(page, message, page.get_by_role("button", name="Use it on the overview"))
    code, prompt = exact.bounding_box(), page.locator("[data-testid=stCode]").first.bounding_box()
    assert code["x"] > prompt["x"] + prompt["width"] - 1  # beside it, not below
    assert code["y"] + 150 < page.evaluate("window.innerHeight")
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("main => main.scrollHeight - main.clientHeight") <= 0
