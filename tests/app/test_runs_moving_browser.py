"""Runs are taken away and brought in on the Runs page, in a browser."""

import pytest

from evalcore.store.catalog import RunCatalog
from evalcore.store.database import Store
from tests.tools.browser import serving, settled
from tests.tools.bundles import bundle, merged, put_run
from tests.tools.runs import stored


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("rig") / "cache")
    put_run(store, {"predictor": "transformers"})
    stored(store, ["x", "y"], ["x", "y"], name="graded.csv")
    return store


@pytest.fixture(scope="module")
def laptop(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("laptop") / "cache")
    with serving(store.folder) as server:
        yield store, server


def opened(page, server):
    page.goto(f"{server.url}/runs")
    settled(page)
    page.get_by_role("button", name="Copy runs").click()
    page.get_by_text("Bring in runs from another machine").wait_for()
    return settled(page)


def bring(page, file):
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_text(file["name"].removesuffix(".gz")[-8:]).first.wait_for()
    settled(page)
    page.get_by_role("button", name="Bring in", exact=True).click()


def upload(content, name="rig.blindspot.gz"):
    return {"name": name, "mimeType": "application/gzip", "buffer": content}


def test_runs_come_into_an_empty_store_and_go_on_to_another(rig, laptop, new_page, tmp_path):
    """Red with a file that is read again when the page is drawn again, and with a download made of other runs."""
    store, server = laptop
    page = new_page(1280, 720)
    opened(page, server)
    bring(page, upload(bundle(rig)[:-9]))
    page.get_by_text("it was cut short, or is being written").wait_for()
    assert store.runs() == []
    bring(page, upload(bundle(rig)))
    page.get_by_text("2 new runs, 8 new completions.").wait_for()
    page.get_by_text("2 runs,").wait_for()
    assert store.runs() == rig.runs()
    RunCatalog(store).delete(rig.runs()[0].run_id)

    opened(page, server)
    assert not page.get_by_text("2 new runs").count()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download one file").click()
    assert download.value.suggested_filename == "runs.blindspot.gz"
    download.value.save_as(tmp_path / "runs.gz")
    other = Store(tmp_path / "other")
    merged(other, (tmp_path / "runs.gz").read_bytes())
    assert other.runs() == rig.runs()[1:] == store.runs()


def test_the_run_that_is_open_is_taken_alone(rig, laptop, new_page, tmp_path):
    store, server = laptop
    merged(store, bundle(rig))
    page = new_page(1440, 900)
    page.goto(f"{server.url}/runs")
    settled(page)
    box = page.locator("[data-testid=stDataFrame]").first.bounding_box()
    page.mouse.click(box["x"] + 40, box["y"] + 35 + 17)
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Take away").click()
    download.value.save_as(tmp_path / "run.gz")
    other = Store(tmp_path / "other")
    merged(other, (tmp_path / "run.gz").read_bytes())
    (record,) = other.runs()
    assert download.value.suggested_filename == f"{record.run_id}.blindspot.gz"
