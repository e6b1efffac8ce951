"""What is taken away on the pages, in a browser: each button is pressed, and each file is read."""

import io
import json
import zipfile

import numpy as np
import pyarrow.parquet
import pytest
import yaml
from huggingface_hub import ModelCard, parse_eval_result_entries

from evalcore.analysis.comparison import compare
from evalcore.analysis.scored_run import score_run
from evalcore.analysis.sweep import gather
from evalcore.importing import import_export
from evalcore.output.compared_tables import comparison_tables, sweep_tables
from evalcore.output.report import findings_of, sure_of
from evalcore.output.run_tables import run_tables
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import TaskSource
from tests.tools.browser import serving, settled
from tests.tools.probabilities import stored_with_logprobs

LABELS = ["a", "b", "c", "d"]
TEXT = "a text that is nobody's business"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("downloads") / "cache")


@pytest.fixture(scope="module")
def runs(store):
    """Three runs on the same 60 examples of a data set of the hub, with probabilities."""
    rng = np.random.default_rng(1)
    true = rng.integers(0, 4, size=60).tolist()
    texts = [f"{TEXT} {at}" for at in range(60)]
    scored = []
    for model in ("demo", "demo-early", "tfidf"):
        logprobs = np.log(rng.dirichlet(np.ones(4), size=60))
        spec = RunSpec(TaskSource("banking77"), model, n=60)
        record = stored_with_logprobs(store, LABELS, true, logprobs, texts=texts, name=f"{model}.csv", spec=spec)
        scored.append(score_run(store, record.run_id))
    return scored


@pytest.fixture(scope="module")
def server(store, runs):
    with serving(store.folder) as running:
        yield running


@pytest.fixture
def page(new_page):
    return new_page(1280, 720)


def opened(page, server, address):
    page.goto(f"{server.url}/{address}")
    settled(page)
    page.get_by_role("button", name="Download", exact=True).click()
    page.get_by_text("the command line says why").wait_for()
    return settled(page)


def pressed(page, name):
    """The name and the bytes of what a button downloads."""
    with page.expect_download() as download:
        page.get_by_role("button", name=name, exact=True).click()
    with open(download.value.path(), "rb") as stream:
        return download.value.suggested_filename, stream.read()


def archive_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rows_of(parquet):
    read = pyarrow.parquet.read_table(io.BytesIO(parquet))
    return list(zip(*(column.to_pylist() for column in read.columns), strict=True))


def choose(page, option):
    """Choose one of several; the radio button itself lies under what is drawn of it."""
    page.locator("label", has=page.get_by_role("radio", name=option, exact=True)).click()
    settled(page)


def test_everything_of_a_run_can_be_taken_away(page, server, store, runs, tmp_path):
    scored = runs[0]
    run_id = scored.record.run_id
    opened(page, server, f"?run={run_id}")

    name, html = pressed(page, "Report, HTML")
    assert name == f"blindspot-{run_id}-report.html"
    assert html.lower().startswith(b"<!doctype html")
    choose(page, "Left out")
    assert TEXT.encode() not in pressed(page, "Report, HTML")[1]
    name, markdown = pressed(page, "Report, Markdown")
    assert name == f"blindspot-{run_id}-report.md"
    assert b"| " in markdown

    tables = {
        table.name: table.rows() for table in run_tables(scored, lambda: findings_of(store, scored), sure_of(scored))
    }
    name, spreadsheet = pressed(page, "Predictions")
    assert name == f"blindspot-{run_id}-predictions-for-spreadsheets.csv"
    assert spreadsheet.startswith("\ufeff".encode())
    choose(page, "Parquet")
    for table in ("Predictions", "Labels", "Confusions", "Metrics", "Findings"):
        name, content = pressed(page, table)
        assert name == f"blindspot-{run_id}-{table.lower()}.parquet"
        assert rows_of(content) == tables[table.lower()]
    page.get_by_text("Predictions with the probability of every label").click()
    settled(page)
    name, content = pressed(page, "All tables")
    archive = archive_of(content)
    assert set(archive) == {f"{table}.parquet" for table in tables}
    assert {f"probability:{label}" for label in LABELS} <= set(
        pyarrow.parquet.read_table(io.BytesIO(archive["predictions.parquet"])).column_names
    )

    page.get_by_role("tab", name="Charts").click()
    for kind, begins in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        name, content = pressed(page, f"Charts, {kind}")
        pictures = archive_of(content)
        assert name == f"blindspot-{run_id}-charts-{kind.lower()}.zip"
        assert f"scores.{kind.lower()}" in pictures
        assert all(picture.startswith(begins) for picture in pictures.values())

    page.get_by_role("tab", name="Formats").click()
    name, content = pressed(page, "Run and predictions")
    for file, written in archive_of(content).items():
        (tmp_path / file).write_bytes(written)
    other = Store(tmp_path / "other")
    assert score_run(other, import_export(tmp_path, other).run_id).scores == scored.scores
    name, content = pressed(page, "lm-evaluation-harness")
    results, samples = sorted(archive_of(content).items())
    ((_, metrics),) = json.loads(results[1])["results"].items()
    assert metrics["acc,none"] == scored.scores.accuracy
    assert len(samples[1].splitlines()) == 60
    name, content = pressed(page, "Model card")
    assert ModelCard(content.decode()).data.eval_results[0].metric_value == scored.scores.accuracy
    name, content = pressed(page, ".eval_results")
    assert parse_eval_result_entries(yaml.safe_load(content))[0].value == scored.scores.accuracy


def test_the_whole_choice_is_in_a_narrow_window(new_page, server, runs):
    """Red with a row of buttons that does not wrap."""
    page = opened(new_page(800, 1000), server, f"?run={runs[0].record.run_id}")
    for tab, shown in (("Tables", "All tables"), ("Charts", "Charts, SVG"), ("Formats", ".eval_results")):
        page.get_by_role("tab", name=tab).click()
        page.get_by_role("button", name=shown, exact=True).wait_for()
        for button in page.locator("[data-testid=stPopoverBody] button").all():
            box = button.bounding_box()
            if box is not None:  # None: in a tab that is not open
                assert 0 <= box["x"] < box["x"] + box["width"] <= 800, button.inner_text()
                assert 0 <= box["y"] < box["y"] + box["height"] <= 1000, button.inner_text()


def test_a_comparison_can_be_taken_away(page, server, runs):
    a, b = (scored.record.run_id for scored in runs[:2])
    opened(page, server, f"compare?a={a}&b={b}")
    name, html = pressed(page, "Report, HTML")
    assert name == f"blindspot-{a}-{b}-report.html"
    assert html.lower().startswith(b"<!doctype html")
    assert b"|" in pressed(page, "Report, Markdown")[1]
    choose(page, "Parquet")
    tables = {table.name: table.rows() for table in comparison_tables(compare(*runs[:2]), None)}
    for table in ("Examples", "Labels", "Confusions"):
        assert rows_of(pressed(page, table)[1]) == tables[table.lower()]
    metrics = {row[0] for row in rows_of(pressed(page, "Metrics")[1])}
    assert {"accuracy", "brier"} <= metrics
    assert set(archive_of(pressed(page, "All tables")[1])) == {f"{name}.parquet" for name in tables}
    page.get_by_role("tab", name="Charts").click()
    assert "confusion-difference.svg" in archive_of(pressed(page, "Charts, SVG")[1])


def test_several_runs_can_be_taken_away(page, server, runs):
    ids = ",".join(scored.record.run_id for scored in runs)
    opened(page, server, f"side_by_side?runs={ids}")
    assert pressed(page, "Report, HTML")[1].lower().startswith(b"<!doctype html")
    choose(page, "JSON lines")
    for table in sweep_tables(gather(runs)):
        name, content = pressed(page, table.name.capitalize())
        assert name.endswith(f"-{table.name}.jsonl")
        assert [tuple(json.loads(line).values()) for line in content.splitlines()] == table.rows()
    page.get_by_role("tab", name="Charts").click()
    assert "scores.svg" in archive_of(pressed(page, "Charts, SVG")[1])


def test_the_run_that_is_open_on_runs_has_its_report(page, server, runs):
    page.goto(f"{server.url}/runs")
    settled(page)
    box = page.locator("[data-testid=stDataFrame]").first.bounding_box()
    page.mouse.click(box["x"] + 40, box["y"] + 35 + 17)
    settled(page)
    name, html = pressed(page, "Report, HTML")
    assert name in {f"blindspot-{scored.record.run_id}-report.html" for scored in runs}
    assert html.lower().startswith(b"<!doctype html")
