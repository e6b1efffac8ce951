"""Two runs, several prompts and all runs, in a real Chromium, on the bundled demo."""

from contextlib import suppress

import pytest

from evalcore.analysis.comparison import compare
from evalcore.analysis.scored_run import score_run
from evalcore.analysis.verdicts import verdict
from evalcore.charts.matrix_drawing import EDGE, LEFT, TOP
from evalcore.running.run import baseline_specs, execute
from evalcore.store.catalog import RunCatalog
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from evalcore.tasks.prompt import BUILT_IN
from tests.tools.browser import CHROMIUM, PATIENCE_MS, PAYLOADS, serving, settled
from tests.tools.runs import stored

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]
N = 80
CLICK_MS = 20_000
"""How long the effect of a click is waited for before it is taken to be lost."""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("compare") / "cache")


@pytest.fixture(scope="module")
def ids(store):
    spec = RunSpec(n=N)
    specs = [spec, RunSpec(model="demo-early", n=N), *baseline_specs(spec)]
    return {one.model: execute(one, store).record.run_id for one in specs}


@pytest.fixture(scope="module")
def server(store, ids):
    with serving(store.folder) as running:
        yield running


def text_of(page):
    return page.locator("[data-testid=stMain]").inner_text()


@pytest.mark.parametrize("other", ["demo-early", "tfidf"])
def test_demo_is_compared_with_another_and_broken_opens_exactly_those(server, store, ids, new_page, other):
    expected = compare(score_run(store, ids["demo"]), score_run(store, ids[other]))
    page = new_page()
    page.goto(f"{server.url}/compare?a={ids['demo']}&b={ids[other]}")
    page.get_by_text("exact McNemar").first.wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert verdict(expected).sentence in text_of(page).replace("\xa0", " ")
    broken = expected.counts.broken
    assert broken
    page.get_by_role("button", name=f"{broken} broken", exact=True).click()
    page.get_by_text(f"1 of {broken}", exact=True).wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert "door=broken" in page.url
    first = expected.rows_of("broken")[0]
    answer_a, answer_b = expected.a.answers[int(expected.at_a[first])], expected.b.answers[int(expected.at_b[first])]
    shown = page.locator("[data-testid=stCode]").all_inner_texts()
    for text in (answer_a.example.text, answer_a.completion.text, answer_b.completion.text):
        assert any(" ".join(text.split()) in " ".join(each.split()) for each in shown), text


def test_the_open_door_is_marked_again_after_another_tab(server, ids, new_page):
    page = new_page()
    page.goto(f"{server.url}/compare?a={ids['demo']}&b={ids['demo-early']}")
    marked = page.locator(".st-key-group_broken [data-testid=stBaseButton-primary]")
    marked.wait_for(timeout=PATIENCE_MS)
    for tab, is_marked in (("Metrics", False), ("Examples", True)):
        page.get_by_role("tab", name=tab).click()
        settled(page)
        assert (marked.count() == 1) is is_marked


def test_swap_is_one_click_and_the_url_follows(server, ids, new_page):
    page = new_page()
    page.goto(f"{server.url}/compare?a={ids['demo']}&b={ids['demo-early']}")
    page.get_by_text("B is worse").wait_for(timeout=PATIENCE_MS)
    settled(page)
    page.get_by_role("button", name="Swap").click()
    page.get_by_text("B is better").wait_for(timeout=PATIENCE_MS)
    page.wait_for_url(f"**a={ids['demo-early']}&b={ids['demo']}*", timeout=PATIENCE_MS)
    page.reload()
    page.get_by_text("B is better").wait_for(timeout=PATIENCE_MS)


def test_a_cell_of_the_difference_opens_its_examples(server, store, ids, new_page):
    expected = compare(score_run(store, ids["demo"]), score_run(store, ids["demo-early"]))
    change = expected.confusions[0]
    page = new_page()
    page.goto(f"{server.url}/compare?a={ids['demo']}&b={ids['demo-early']}")
    page.get_by_role("tab", name="Matrices").click()
    chart = page.locator("[data-testid=stEChartsChart] canvas").first
    chart.wait_for(timeout=PATIENCE_MS)
    settled(settled(page))  # a chart is drawn once more when it knows its width
    support, reverse = expected.classes.support[change.true], (change.predicted, change.true)
    title = (
        f"{expected.labels[change.true]} → {expected.labels[change.predicted]}: A {change.a}, B {change.b} of "
        f"{support} · reverse: A {expected.confusion_a[reverse]}, B {expected.confusion_b[reverse]}"
    )
    wanted, n = page.get_by_text(title, exact=True), len(expected.labels)
    for _ in range(PATIENCE_MS // CLICK_MS):
        box = chart.bounding_box()
        page.mouse.click(
            box["x"] + LEFT + (change.predicted + 0.5) * (box["width"] - LEFT - EDGE) / (n + 1),
            box["y"] + TOP + (change.true + 0.5) * (box["height"] - TOP - EDGE) / n,
        )
        with suppress(playwright.TimeoutError):  # a click while a busy machine draws the chart anew is lost
            wanted.wait_for(timeout=CLICK_MS)
            break
    wanted.wait_for(timeout=CLICK_MS)
    assert change.a != change.b
    page.reload()  # the cell is in the URL
    page.get_by_text(title, exact=True).wait_for(timeout=PATIENCE_MS)


def test_all_built_in_variants_are_run_side_by_side_from_one_click(server, store, ids, new_page):
    page = new_page()
    page.goto(f"{server.url}/side_by_side?run={ids['demo']}")
    settled(page)
    page.get_by_role("button", name="Run several prompts").click()
    page.get_by_role("button", name="Run all of them").wait_for(timeout=PATIENCE_MS)
    settled(page)
    page.get_by_role("button", name="Run all of them").click()
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stMain]').innerText.includes('shuffled-labels:1')"
        " && !document.querySelector('[data-testid=stProgress]')",
        timeout=3 * PATIENCE_MS,
    )
    page.get_by_text("pairs can be told apart").wait_for(timeout=PATIENCE_MS)
    settled(page)
    found = [record for record in store.runs() if record.spec.model == "demo" and record.n == N and record.finished]
    assert {record.spec.prompt for record in found} == set(BUILT_IN)
    assert len({record.sample_id for record in found}) == 1
    for record in found:
        assert record.run_id in page.url
    page.get_by_text("of 10 pairs can be told apart").wait_for(timeout=PATIENCE_MS)


def test_a_run_is_deleted_only_after_the_question(server, store, ids, new_page):
    victim = execute(RunSpec(model="majority", n=N // 2), store).record
    page = new_page()
    page.goto(f"{server.url}/runs")
    page.get_by_label("Find").fill(victim.run_id)
    page.get_by_label("Find").press("Enter")
    settled(page)
    if not page.get_by_text(f"Run {victim.run_id}").is_visible():  # it is chosen at first where it is looked at
        box = page.locator("[data-testid=stDataFrame] canvas").first.bounding_box()
        page.mouse.click(box["x"] + 250, box["y"] + 52)
    page.get_by_text(f"Run {victim.run_id}").wait_for(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Delete …").click(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Keep it").click(timeout=PATIENCE_MS)
    settled(page)
    assert victim.run_id in {record.run_id for record in store.runs()}
    page.get_by_role("button", name="Delete …").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click(timeout=PATIENCE_MS)
    page.get_by_text("Deleted, with").wait_for(timeout=PATIENCE_MS)
    assert victim.run_id not in {record.run_id for record in store.runs()}
    assert store.count_done(ids["majority"]) == N  # what the larger run needs is there


def test_a_link_to_a_comparison_is_the_first_request_of_a_fresh_server(store, ids, new_page):
    with serving(store.folder) as fresh:
        page = new_page()
        page.goto(f"{fresh.url}/compare?a={ids['tfidf']}&b={ids['demo']}")
        page.get_by_text("exact McNemar").first.wait_for(timeout=PATIENCE_MS)
        assert page.locator("[data-testid=stException]").count() == 0
        page.locator("[data-testid=stSidebar]").get_by_text("Overview").wait_for(timeout=PATIENCE_MS)


def test_hostile_labels_names_and_completions_look_as_typed_and_nothing_leaves_the_server(tmp_path, new_page):
    store = Store(tmp_path / "cache")
    gold = [payload for payload in PAYLOADS for _ in range(3)]
    texts = [f"{payload} number {at}" for at, payload in enumerate(gold)]
    wrong = [*gold[1:], gold[0]]
    runs = [stored(store, gold, answers, texts=texts, name=PAYLOADS[3]) for answers in (gold, wrong)]
    a, b = (run.run_id for run in runs)
    RunCatalog(store).write(a, name=PAYLOADS[4], note=PAYLOADS[0])
    with serving(store.folder) as server:
        page = new_page()
        left, dialogs = [], []
        ours = (server.url, "data:", "blob:", "ws://127.0.0.1")
        page.on("request", lambda request: None if request.url.startswith(ours) else left.append(request.url))
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        for path in (f"compare?a={a}&b={b}&door=broken", f"side_by_side?runs={a},{b}", "runs"):
            page.goto(f"{server.url}/{path}")
            page.locator("[data-testid=stDataFrame]").first.wait_for(timeout=PATIENCE_MS)
            settled(page)
            assert page.locator("[data-testid=stMain] .katex").count() == 0
            assert page.locator("[data-testid=stException]").count() == 0
            if path.startswith("compare"):
                assert PAYLOADS[0] in text_of(page)
                page.get_by_role("tab", name="Matrices").click()
                chart = page.locator("canvas[data-zr-dom-id]").first
                chart.wait_for(timeout=PATIENCE_MS)
                settled(page)
                chart.scroll_into_view_if_needed()
                box = chart.bounding_box()
                for step in range(20):  # across the cells, so that tooltips with labels in them are drawn
                    page.mouse.move(box["x"] + box["width"] * (0.3 + step / 30), box["y"] + 15 + step * 5)
                    page.wait_for_timeout(30)
        assert left == []
        assert dialogs == []
