"""An HTML report in a real browser without network: it draws, sorts, opens, prints, and hostile data does nothing."""

import json

import numpy as np
import pytest

from evalcore.analysis import class_table, compare, gather, score_run
from evalcore.output.html import comparison_report, run_report, sweep_report
from evalcore.store.database import Store
from evalcore.wording import UNDEFINED, percent
from tests.output.test_html_report import HOSTILE
from tests.tools.browser import PATIENCE_MS
from tests.tools.contrast import contrast
from tests.tools.html_report import Report
from tests.tools.probabilities import over_confident
from tests.tools.runs import scored as scored_answers

axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("html") / "cache")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="module")
def scored(place):
    return score_run(place, over_confident(place, 40, 600).run_id)


@pytest.fixture(scope="module")
def comparison(place):
    texts, labels = [f"text {at}" for at in range(60)], ["red", "blue", "green"]
    rng = np.random.default_rng(5)
    gold, *answers = (rng.choice(labels, 60).tolist() for _ in range(3))
    return compare(*(scored_answers(place, gold, of, texts=texts, labels=labels) for of in answers))


@pytest.fixture
def opened(new_page, folder):
    """Opens a report from the disk, without network; what happens that should not is in `page.complaints`."""

    def open_report(content, *, ready=True, **size):
        file = folder / "report.html"
        file.write_bytes(content)
        page = new_page(**size)
        page.context.set_offline(True)
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (page.complaints.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: _allowed(request, page))
        page.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error(e.violatedDirective + e.blockedURI))"
        )
        page.goto(file.as_uri())
        if ready:
            page.wait_for_selector("html[data-ready]", timeout=PATIENCE_MS)
        return page

    return open_report


def _allowed(request, page):
    if not request.url.startswith(("file:", "data:")):
        page.complaints.append(f"asked for {request.url}")


def status(page):
    return page.locator("#examples-table [role=status]").inner_text()


def hover(page, x, y, columns, rows):
    """Bring the mouse over a cell of the map, and wait for what is said of it."""
    box = page.locator("#map-figure .nsewdrag").bounding_box()
    page.mouse.move(box["x"] + box["width"] * (x + 0.4) / columns, box["y"] + box["height"] * (y + 0.4) / rows)
    page.mouse.move(box["x"] + box["width"] * (x + 0.5) / columns, box["y"] + box["height"] * (y + 0.5) / rows)
    page.wait_for_selector("#map-figure .hovertext", timeout=PATIENCE_MS)


def column(page, table, at):
    return page.locator(f"#{table} tbody tr").evaluate_all("(rows, at) => rows.map(row => row.cells[at].innerText)", at)


def test_what_is_drawn_is_what_the_pages_say(place, scored, opened):
    page = opened(run_report(place, scored))
    table = class_table(scored)
    assert column(page, "labels", 0) == table["label"].tolist()
    for at, score in ((2, "recall"), (4, "precision"), (6, "F1")):
        assert column(page, "labels", at) == [percent(value / 100, UNDEFINED) for value in table[score]]
    assert page.locator("h1").inner_text().startswith(f"Accuracy {percent(scored.scores.accuracy)}")
    rows = page.locator("#examples-table tbody tr")
    assert rows.count() == 50
    assert status(page) == "600 of 600 examples"
    first = scored.answers[0]
    assert rows.first.locator(".whole").inner_text() == first.example.text
    assert rows.first.locator(".label").first.inner_text() == first.example.label
    assert page.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_hostile_labels_and_texts_do_nothing_in_a_browser(place, opened, scheme):
    labels = [f"{at} {payload}" for at, payload in enumerate(HOSTILE)] + ["9" + "x" * 10_000]
    gold, answers = labels * 2, labels + labels[1:] + labels[:1]
    texts = [f"{payload} {at}" for at, payload in enumerate((*HOSTILE, "y" * 10_000) * 2)]
    hostile = scored_answers(place, gold, answers, texts=texts, labels=labels)
    right = scored_answers(place, gold, gold, texts=texts, labels=labels)
    for content in (run_report(place, hostile), comparison_report(compare(right, hostile))):
        page = opened(content, scheme=scheme)
        assert page.locator("#examples-table .whole").first.inner_text() == texts[0]
        assert page.locator("img, iframe, #map-figure a, #map-figure b").count() == 0
        ticks = page.locator("#map-figure .ytick text").all_text_contents()
        assert any("<img" in tick for tick in ticks)
        assert any("<a href='//x.y'>z</a><b>w</b>" in tick for tick in ticks)
        box = page.locator("#map-figure .nsewdrag").bounding_box()
        for at in range(0, len(labels), 4):  # what is said of a cell is words as well
            page.mouse.move(
                box["x"] + box["width"] * (at + 0.5) / len(labels), box["y"] + box["height"] * (at + 0.5) / len(labels)
            )
            page.wait_for_timeout(60)
            assert page.locator("#map-figure .hoverlayer a").count() == 0
        page.locator("#examples-table td button").first.click()
        page.locator("input[type=search]").last.fill("javascript:")
        assert "of" in status(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.complaints == []
        page.context.close()


def test_a_finding_a_label_and_a_cell_open_their_examples(place, scored, opened):
    page = opened(run_report(place, scored))
    finding = next(one for one in Report(run_report(place, scored)).data["report"]["findings"] if one["opens"])
    page.locator("a[data-opens^='finding=']", has_text=finding["opens"]).first.click()
    assert status(page) == f"{finding['opens']}: {len(finding['positions']):,} of 600 examples"
    assert page.evaluate("document.activeElement.id") == "examples-title"
    page.get_by_role("button", name="Show all", exact=True).click()
    assert status(page) == "600 of 600 examples"

    page.locator("#labels a").first.click()
    assert status(page) == f"{scored.per_class.support[0]} of 600 examples"
    assert (
        page.locator("#examples-table select").nth(1).evaluate("s => s.selectedOptions[0].textContent")
        == scored.labels[0]
    )

    shape = Report(run_report(place, scored)).data["maps"]["views"]["worst 20"]
    at = shape["grey"].index(False)
    x, y = shape["x"][at], shape["y"][at]
    page.locator("#map-figure").scroll_into_view_if_needed()
    hover(page, x, y, len(shape["columns"]), len(shape["rows"]))
    assert shape["words"][at] in page.locator("#map-figure .hovertext").text_content()
    page.mouse.down()
    page.mouse.up()
    page.wait_for_function("document.activeElement.id === 'examples-title'")
    assert status(page) == f"{shape['words'][at].split()[0]} of 600 examples"
    assert page.complaints == []


def test_the_map_shows_the_worst_or_all_labels_and_zooms_with_the_keyboard(place, scored, opened):
    page = opened(run_report(place, scored))
    ticks = page.locator("#map-figure .ytick")
    assert ticks.count() == 21  # the other labels are one row
    page.get_by_role("button", name="all 40 labels").press("Enter")
    assert ticks.count() == 40
    page.get_by_role("button", name="Zoom in").press("Enter")
    assert page.evaluate("document.getElementById('map-figure').layout.xaxis.range[0]") > 5
    page.get_by_role("button", name="Show all of it").press("Enter")
    assert page.evaluate("document.getElementById('map-figure').layout.xaxis.range[0]") == -0.5
    colour = "getComputedStyle(document.querySelector('#map-figure .ytick text')).fill"
    light = page.evaluate(colour)
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate(colour) != light
    assert page.get_by_role("button", name="Light theme").is_visible()
    assert page.complaints == []


def test_tables_are_sorted_and_searched_with_the_keyboard(place, scored, opened):
    page = opened(run_report(place, scored))
    head = page.locator("#labels thead th").nth(6)
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    values = [float(text.split()[0]) for text in column(page, "labels", 6) if text != UNDEFINED]
    assert values == sorted(values, reverse=True)
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert [float(text.split()[0]) for text in column(page, "labels", 6) if text != UNDEFINED] == sorted(values)

    field = page.locator("input[data-table=labels]")
    field.fill(scored.labels[7].upper())
    assert page.locator("#labels tbody tr:visible").count() == 1
    assert page.locator("[data-found=labels]").inner_text() == "1 of 40 rows"

    confidence = page.locator("#examples-table thead th", has_text="confidence")
    confidence.get_by_role("button").press("Enter")
    shown = [float(text.split()[0]) for text in page.locator("#examples-table tbody td:nth-child(3)").all_inner_texts()]
    assert len(shown) == 50
    assert shown == sorted(shown, reverse=True)
    page.get_by_role("button", name="Next").press("Enter")
    assert "51 to 100 of 600" in page.locator("#examples-table").inner_text()
    assert page.complaints == []


def test_a_comparison_and_a_sweep_open_the_examples_that_they_count(place, comparison, opened):
    page = opened(comparison_report(comparison))
    for name, count in (("fixed", comparison.counts.fixed), ("broken", comparison.counts.broken)):
        page.locator(".groups a", has_text=name).click()
        assert status(page) == f"{count} of 60 examples"
    rows = page.locator("#examples-table tbody tr")
    assert all("✓" in text and "✗" in text for text in rows.all_inner_texts())
    assert page.complaints == []

    sweep = gather([comparison.a, comparison.b, comparison.a])
    page = opened(sweep_report(sweep), ready=False)
    page.locator(".groups a", has_text="right in none").click()
    assert status(page) == f"{len(sweep.always_wrong)} of 60 examples"
    assert page.complaints == []


def test_it_prints_in_light_colours_with_whole_tables(place, scored, opened):
    page = opened(run_report(place, scored), scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    fill = page.evaluate("getComputedStyle(document.querySelector('#map-figure .ytick text')).fill")
    assert contrast(tuple(map(int, fill[4:-1].split(","))), (255, 255, 255)) > 7
    scrolled = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollHeight > e.clientHeight + 1).length"
    assert page.evaluate(scrolled) == 0
    assert "1 to 50 of 600 are printed; the file has all of them" in page.locator("#examples-table").inner_text()
    assert not page.locator(".controls select").first.is_visible()
    assert len(page.pdf()) > 20_000
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert "are printed" not in page.locator("#examples-table").inner_text()
    assert page.complaints == []


def test_on_paper_names_of_many_labels_do_not_cover_each_other(place, opened):
    labels = [f"a_label_of_some_words_{at}" for at in range(77)]
    gold, texts = labels * 2, [f"paper {at}" for at in range(154)]
    runs = [scored_answers(place, gold, gold[at:] + gold[:at], texts=texts, labels=labels) for at in (1, 2)]
    page = opened(comparison_report(compare(*runs)))
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    names = page.locator("#map-figure .ytick text")
    size = names.first.evaluate("name => parseFloat(getComputedStyle(name).fontSize)")
    tops = names.evaluate_all("names => names.map(name => name.getBoundingClientRect().top)")
    assert len(tops) == 77
    assert np.diff(sorted(tops)).min() > size - 0.5
    assert page.locator("#map-figure .main-svg").first.bounding_box()["width"] <= 700, "an A4 page is no wider"


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (400, "dark")])
def test_whoever_sees_little_can_use_it(place, comparison, opened, scheme, width):
    small = score_run(place, over_confident(place, 6, 90).run_id)
    for content in (run_report(place, small), comparison_report(comparison)):
        page = opened(content, width=width, scheme=scheme)
        violations = axe_playwright.Axe().run(page).response["violations"]
        found = [f"{one['id']}: {node['target']} {node['html'][:200]}" for one in violations for node in one["nodes"]]
        assert not found, json.dumps(found, indent=1)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.context.close()


def test_without_a_script_the_words_and_tables_are_there(place, scored, folder, any_page):
    (folder / "plain.html").write_bytes(run_report(place, scored))
    context = any_page().context.browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / "plain.html").as_uri())
    assert page.locator("#labels tbody tr").count() == 40
    assert page.locator("#map-missing").is_visible()
    assert "drawn by a script of this file" in page.locator("#examples-table").inner_text()
    context.close()
