"""What a person does first, in a real Chromium."""

import os
import re
import signal

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.jobs import Jobs
from evalcore.store.spec import RunSpec, checked
from evalcore.tasks.task import Example, TaskSource
from tests.conftest import write_csv
from tests.tools.browser import CHROMIUM, PATIENCE_MS, PAYLOADS, card, choose, serving, settled
from tests.tools.processes import wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("app") / "cache"


@pytest.fixture(scope="module")
def server(cache):
    with serving(cache) as running:
        yield running


def cards_are_there(page):
    page.wait_for_selector("[data-testid=stMetric] >> text=Label variety", timeout=PATIENCE_MS)
    return settled(page)


def change(page):
    """Open the form."""
    page.get_by_role("button", name="Change").click()
    return settled(page)


def test_the_first_start_runs_the_demo_by_itself_and_fills_the_page(server, new_page):
    page = new_page()
    page.goto(server.url)
    cards_are_there(page)
    scored = score_run(Store(server.cache), page.url.partition("run=")[2][:12])
    assert scored.record.spec == RunSpec(n=scored.record.n)
    assert card(page, "Accuracy") == f"{100 * scored.scores.accuracy:.1f} %"
    assert card(page, "Macro-F1") == f"{100 * scored.scores.macro_f1_present:.1f} %"
    assert page.get_by_text("What this run hides").is_visible()
    assert page.get_by_text("Up to date").is_visible()
    assert page.get_by_role("heading", level=1).inner_text().startswith("Blindspot")
    # They follow by themselves, and the page is drawn again when they are there.
    page.get_by_role("heading", name="Baselines on the same examples").wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert page.locator("[data-testid=stVegaLiteChart]").count() == 5


def test_the_first_n_of_a_sorted_file_are_called_what_they_are(server, new_page):
    page = new_page()
    page.goto(server.url)
    change(cards_are_there(page))
    choose(page, "Model", "majority: the most frequent label")
    choose(page, "Sample", "first: the top of the file")
    page.get_by_label("N exactly").fill("60")
    page.get_by_label("N exactly").press("Enter")
    settled(page)
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("a perfect model would score").wait_for(timeout=PATIENCE_MS)
    finding = page.locator("[data-testid=stMarkdown]", has_text="a perfect model would score")
    remedy = page.get_by_text("choose a stratified sample")

    def said_on_hovering():
        """The page may be drawn anew under the mouse, which then no longer hovers."""
        page.mouse.move(0, 0)
        finding.locator("[data-testid=stTooltipHoverTarget]").hover()
        page.wait_for_timeout(500)
        return remedy.is_visible()

    wait_until(said_on_hovering)
    assert page.get_by_text(re.compile(r"^all labels: [\d.]+ %, at most")).is_visible()


def test_a_finding_leads_to_its_examples_and_an_example_to_its_exact_prompt(server, new_page):
    page = new_page()
    page.goto(server.url)
    cards_are_there(page)
    link = page.get_by_role("link", name=re.compile(r"^\d+ wrong or unparsed")).first
    count = int("".join(filter(str.isdigit, link.inner_text())))
    link.click()
    page.get_by_text(f"{count} of ").first.wait_for(timeout=PATIENCE_MS)
    settled(page)
    table = page.locator("[data-testid=stDataFrame] canvas").first
    box = table.bounding_box()
    page.mouse.click(box["x"] + 60, box["y"] + 55)
    page.get_by_text("Raw completion").wait_for(timeout=PATIENCE_MS)
    settled(page)
    page.get_by_text("Show the exact prompt as sent").click()
    page.get_by_text("<|im_start|>system").wait_for(timeout=PATIENCE_MS)
    assert page.get_by_text("tokens, as the model is given them").is_visible()


def test_strict_and_lenient_scoring_are_one_click_apart(server, new_page):
    page = new_page()
    page.goto(server.url)
    cards_are_there(page)
    page.get_by_role("button", name="strict").or_(page.get_by_role("radio", name="strict")).first.click()
    page.get_by_text("strict scoring, parser").wait_for(timeout=PATIENCE_MS)


@pytest.mark.parametrize("path", ["", "per_class", "confusions", "examples", "prompts"])
def test_a_deep_link_is_the_first_request_of_a_fresh_server(server, new_page, path, cache):
    run_id = next(run.run_id for run in Store(cache).runs() if run.spec.model == "demo")
    with serving(cache) as fresh:
        page = new_page()
        page.goto(f"{fresh.url}/{path}?run={run_id}")
        settled(page)
        assert "Page not found" not in page.content()
        assert page.locator("[data-testid=stSidebar]").get_by_text("Overview").is_visible()
        assert page.locator("[data-testid=stException]").count() == 0
        if path == "examples":
            page.get_by_text(f"{Store(cache).run(run_id).n} of").first.wait_for(timeout=PATIENCE_MS)


def test_an_unknown_run_in_the_link_is_said_to_be_unknown(server, new_page):
    page = new_page()
    page.goto(f"{server.url}/?run=../../etc/passwd")
    page.get_by_text("a run that is not stored here").wait_for(timeout=PATIENCE_MS)
    assert page.locator("[data-testid=stException]").count() == 0


def held_at_work(jobs, more_than=0):
    """The active job, once it has more examples; its worker is held there, so that no page is too slow for it."""
    found = []

    def is_there():
        found[:] = [job for job in jobs.active() if job.done > more_than]
        return bool(found)

    wait_until(is_there)
    os.kill(found[0].worker_pid, signal.SIGSTOP)
    job = jobs.get(found[0].job_id)
    assert job.active
    return job


def test_a_run_is_stopped_outlives_its_tab_and_goes_on(server, new_page):
    page = new_page()
    page.goto(server.url)
    change(cards_are_there(page))
    page.get_by_text("More", exact=True).click()
    page.get_by_text("loop: one at a time, the reference", exact=True).click()
    settled(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Run", exact=True).click()
    jobs = Jobs(Store(server.cache))
    job = held_at_work(jobs)
    try:
        page.get_by_text("Accuracy so far").wait_for(timeout=PATIENCE_MS)
        page.close()
        os.kill(job.worker_pid, signal.SIGCONT)
        job = held_at_work(jobs, job.done)  # still at work without a tab
        # What stands behind "More" and was not touched is as it was: a browser once sent back a widget's own default.
        assert job.spec == checked(RunSpec(n=job.spec.n, engine="loop"))
        page = new_page()
        page.goto(f"{server.url}/?run={job.run_id}")
        page.locator("[data-testid=stMainBlockContainer]").get_by_role("button", name="Stop").click()
        wait_until(lambda: jobs.get(job.job_id).stop)
        os.kill(job.worker_pid, signal.SIGCONT)
        page.get_by_text("Stopped. What was predicted is kept").wait_for(timeout=PATIENCE_MS)
        kept = Store(server.cache).count_done(job.run_id)
        assert 0 < kept < job.total
        left = page.get_by_text(f"{kept} of {job.total} predicted, {job.total - kept} new prediction")
        left.wait_for(timeout=PATIENCE_MS)
        page.get_by_role("button", name="Go on").click()
        job = held_at_work(jobs, kept)
        page.get_by_text("Accuracy so far").wait_for(timeout=PATIENCE_MS)
    finally:
        os.kill(job.worker_pid, signal.SIGKILL)
    page.get_by_text("The worker process").wait_for(timeout=PATIENCE_MS)
    assert page.get_by_role("button", name="Go on").is_visible()


def test_hostile_labels_look_as_typed_and_nothing_leaves_the_server(tmp_path, new_page):
    rows = [Example(f"{payload} number {i}", payload) for payload in PAYLOADS for i in range(4)]
    path = write_csv(tmp_path / "hostile.csv", rows)
    write_csv(tmp_path / "train.csv", rows[:5])
    cache = tmp_path / "cache"
    spec = RunSpec(TaskSource(str(path), train=str(tmp_path / "train.csv")), "majority", n=len(rows))
    record = execute(spec, Store(cache)).record
    with serving(cache) as server:
        page = new_page()
        left, dialogs = [], []
        page.on(
            "request",
            lambda request: (
                left.append(request.url)
                if not request.url.startswith((server.url, "data:", "blob:", "ws://127.0.0.1"))
                else None
            ),
        )
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        for where in ("", "per_class", "confusions", "examples"):
            page.goto(f"{server.url}/{where}?run={record.run_id}")
            settled(page)
            if not where:
                text = page.locator("[data-testid=stMain]").inner_text()
                shown = [payload for payload in PAYLOADS if payload in text]
                assert len(shown) >= 3, text
                assert page.locator("[data-testid=stMain] .katex").count() == 0
        assert left == []
        assert dialogs == []
