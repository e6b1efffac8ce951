"""Finished predictions brought in as files, in a browser."""

from pathlib import Path

import pytest

from evalcore.store import Store
from tests.tools.browser import serving, settled

RECORDED = Path(__file__).parents[1] / "importing" / "recorded"
WRITTEN = RECORDED / "lm-eval" / "samples_intents_written.jsonl"
CHOSEN = RECORDED / "lm-eval" / "samples_intents_chosen.jsonl"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("predictions") / "cache") as running:
        yield running


def brought(page, server, *files):
    page.goto(f"{server.url}/data?tab=finished-predictions")
    settled(page)
    page.locator("input[type=file]").set_input_files(files)
    return settled(page)


def test_two_files_of_lm_eval_become_a_comparison_with_one_press(server, new_page):
    """Red with the runs stored in another order, or with a comparison of other runs than these two."""
    page = new_page(1280, 720)
    brought(page, server, WRITTEN, CHOSEN)
    press = page.get_by_role("button", name="Score and compare")
    press.wait_for()
    box = press.bounding_box()
    assert box["y"] + box["height"] < 720
    page.get_by_text("read as lm-evaluation-harness samples").nth(1).wait_for()
    assert Store(server.cache).runs() == []
    press.click()
    page.get_by_text("A and B cannot be told apart: −8.3 points").wait_for()
    page.get_by_text("62.5 %").first.wait_for()
    settled(page)
    assert {record.task_name for record in Store(server.cache).runs()} == {"intents_written", "intents_chosen"}


def test_a_file_that_is_none_is_answered_with_a_sentence_beside_the_field(server, new_page, tmp_path):
    """Red with a traceback, with the browser's own refusal by the ending, or with a name that is drawn as Markdown."""
    page = new_page(1280, 720)
    stored = len(Store(server.cache).runs())
    for name, content, says in (
        ("a.pdf", b"%PDF-1.4", "this is a PDF document"),
        ("a.csv", b"", "the file is empty"),
        ("a.eval", b"PK\x05\x06" + b"\0" * 18, "this archive is no log of Inspect"),
        ("**a**.csv", b"q,r\n1,2\n", "**a**.csv: nothing in it looks like the true label"),
        ("a.gz", b"\x1f\x8b\x08", "Bring a bundle in on the page Runs"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        brought(page, server, path)
        page.get_by_text(says).wait_for()
    assert len(Store(server.cache).runs()) == stored
