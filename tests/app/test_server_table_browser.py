"""The table of servers in a browser: a line for the chosen model; what is no table is said; what is right is saved."""

import pytest

from evalcore.running.run import baseline_specs, execute
from evalcore.store import SERVER_COLUMNS, RunSpec, Store, read_servers
from tests.tools.browser import PATIENCE_MS, serving, settled
from tests.tools.processes import wait_until

URL = "http://127.0.0.1:9/v1"
PAUSE_MS = 150
"""Between two keys: the table takes them one after another."""


@pytest.fixture
def server(tmp_path):
    store = Store(tmp_path / "cache")
    execute(baseline_specs(RunSpec(n=20))[0], store)  # otherwise the demo is started at the first visit
    with serving(store.folder) as running:
        yield running


def opened(page, column, editor):
    """Whether a cell of the first line could be opened: a key that comes before the table is ready is lost."""
    box = page.get_by_role("dialog").locator("[data-testid=stDataFrame] canvas").first.bounding_box()
    page.mouse.click(box["x"] + 80, box["y"] + 52)
    page.wait_for_timeout(PAUSE_MS)
    # The first click after one elsewhere brings back the cell of before.
    for key in ("Control+Home", *["ArrowRight"] * SERVER_COLUMNS.index(column), "Enter"):
        page.keyboard.press(key)
        page.wait_for_timeout(PAUSE_MS)
    return editor.is_visible()


def saved(page, dialog):
    """Whether the dialog was closed: a click that comes while it is drawn anew is lost."""
    dialog.get_by_role("button", name="Save").click(timeout=PATIENCE_MS)
    page.wait_for_timeout(10 * PAUSE_MS)
    return not dialog.count()


def write(page, column, text):
    """Fill a cell of the first line."""
    editor = page.locator("#portal :is(input, textarea)").last
    wait_until(lambda: opened(page, column, editor))
    editor.fill(text)
    editor.press("Enter")
    editor.wait_for(state="hidden", timeout=PATIENCE_MS)
    page.wait_for_timeout(PAUSE_MS)
    settled(page)


def test_limits_and_prices_are_edited_beside_the_form(server, new_page):
    page = new_page(1440, 900)
    page.goto(f"{server.url}/?model={URL}%23small")
    settled(page)
    page.get_by_role("button", name="Limits and prices").click(timeout=PATIENCE_MS)
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Save").wait_for(timeout=PATIENCE_MS)
    settled(page)
    write(page, "concurrent", "7")
    write(page, "input_per_million", "0.15")
    dialog.get_by_role("button", name="Save").click()
    dialog.get_by_text("line 1: a price needs both").wait_for(timeout=PATIENCE_MS)
    assert read_servers(server.cache) == ()
    write(page, "output_per_million", "0.6")
    write(page, "currency", "USD")
    write(page, "as_of", "2026-11-01")
    wait_until(lambda: saved(page, dialog))
    (row,) = read_servers(server.cache)
    assert (row.address, row.model, row.concurrent, row.input_per_million, row.output_per_million, row.currency) == (
        URL, "small", 7, 0.15, 0.6, "USD",
    )  # fmt: skip
    assert row.as_of.isoformat() == "2026-11-01"
