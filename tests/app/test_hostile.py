"""Data that would like to be markup, on the pages that explore a run: as typed, and nothing leaves the server."""

from urllib.parse import quote

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.charts import shortened
from evalcore.importing.predictions import import_table
from evalcore.metrics.matrix import view
from evalcore.store.database import Store
from evalcore.tasks.data_file import Table
from pages.parts.explore.confusion_list import NAME_CHARS
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled
from tests.tools.heat_map import middle_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]

LABELS = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    "[x](javascript:alert(3))",
    "![](http://127.0.0.1:9/p.png)",
    "$a$ costs $b$ **bold** :red[x]",
    "😀 emoji :material/home:",
    "مرحبا بالعالم",
    "long " + "y" * 295,
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("hostile") / "cache")


@pytest.fixture(scope="module")
def scored(store):
    """Each label is right twice, called the next one three times, and once left without an answer."""
    rows = []
    for code, label in enumerate(LABELS):
        answers = [label] * 2 + [LABELS[(code + 1) % len(LABELS)]] * 3 + [f"no idea {label[:3]}"]
        rows += [[f"text {at} {label}", label, answer] for at, answer in enumerate(answers)]
    table = Table("<b>![](http://127.0.0.1:9/f.png).csv", ["text", "label", "completion"], rows, list(range(len(rows))))
    return score_run(store, import_table(table, table.name, store, labels=list(LABELS)).run_id)


@pytest.fixture(scope="module")
def server(store, scored):
    with serving(store.folder) as running:
        yield running


@pytest.fixture
def watched(server, scored, new_page):
    """A page that may ask nobody but the server, and must not open a dialog; and the way to visit with it."""
    page = new_page()
    left = []
    allowed = (server.url, f"ws://127.0.0.1:{server.port}", "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(allowed) else left.append(request.url))
    page.on("dialog", lambda dialog: (left.append(dialog.message), dialog.dismiss()))

    def visit(path, **query):
        more = "".join(f"&{name}={quote(str(value))}" for name, value in query.items())
        page.goto(f"{server.url}/{path}?run={scored.record.run_id}{more}")
        page.wait_for_selector("h1, [data-testid=stMetric]", timeout=PATIENCE_MS)
        settled(page)
        return page

    yield visit
    assert left == []
    assert page.locator("[data-testid=stMain] :is(img, script, .katex)").count() == 0
    page.context.close()


def folded(text):
    """As a page shows it: runs of spaces are one."""
    return " ".join(text.split())


@pytest.mark.parametrize("label", LABELS, ids=range(len(LABELS)))
def test_an_opened_example_shows_it_as_typed(watched, scored, label):
    position = next(answer.position for answer in scored.answers if answer.example.label == label)
    page = watched("examples", true=label, example=position + 1)
    page.get_by_role("heading", name=f"Example {position + 1}", exact=True).wait_for(timeout=PATIENCE_MS)
    assert page.locator("[data-testid=stCode]").first.inner_text().strip() == f"text 0 {label}"
    shown = folded(page.locator("[data-testid=stMain]").inner_text())
    assert f"True label {label}" in shown
    assert f"Predicted {label} · ✓ right" in shown
    page.wait_for_function(
        "label => [...document.querySelectorAll('[data-testid=stDataFrame] canvas td')]"
        ".some(cell => cell.textContent === label)",
        arg=label,
        timeout=PATIENCE_MS,
    )


@pytest.mark.parametrize("label", LABELS, ids=range(len(LABELS)))
def test_a_class_and_what_it_is_confused_with_are_shown_as_typed(watched, label):
    page = watched("per_class", label=label)
    page.get_by_text("Predicted as").wait_for(timeout=PATIENCE_MS)
    shown = folded(page.locator("[data-testid=stMain]").inner_text())
    code = LABELS.index(label)
    assert f"Predicted as: {LABELS[(code + 1) % len(LABELS)]} 3" in shown
    assert f"Predicted for: {LABELS[code - 1]} 3" in shown
    assert page.get_by_role("combobox", name="Label", exact=True).input_value() == label


def test_a_cell_is_headed_by_its_labels_as_typed(watched):
    page = watched("confusions", true=LABELS[3], predicted=LABELS[4])
    page.get_by_role("heading", name="→").wait_for(timeout=PATIENCE_MS)
    assert f"{LABELS[3]} → {LABELS[4]}" in [folded(one) for one in page.get_by_role("heading").all_inner_texts()]


def test_confusions_in_words_and_a_tooltip_show_it_as_typed(watched, scored):
    page = watched("confusions")
    shown = folded(page.locator("[data-testid=stMain]").inner_text())
    assert sum(f"Of 6 “{label}” examples, 3 were predicted as" in shown for label in LABELS) == 5
    assert sum(f"{folded(shortened(label, NAME_CHARS))} → " in shown for label in LABELS) == 5
    drawn = view(scored.confusion, scored.labels, order="data set", unparsed=True, diagonal=True)
    box = page.locator("[data-testid=stEChartsChart] canvas").first.bounding_box()
    for code in (0, 1, 3):
        x, y = middle_of(box, drawn, code, code)
        page.mouse.move(x, y)
        page.mouse.move(x + 2, y + 2)
        page.locator("[data-testid=stEChartsChart]", has_text=f"{LABELS[code]}predicted as {LABELS[code]}").wait_for(
            timeout=PATIENCE_MS
        )


def test_the_overview_and_its_doors_show_it_as_typed(watched):
    page = watched("")
    shown = folded(page.locator("[data-testid=stMain]").inner_text())
    assert f"Of 6 “{LABELS[0]}” examples, 3 were predicted as “{LABELS[1]}”" in shown
    page = watched("examples", finding="unparsed")
    assert "8 completions" in page.locator("[data-testid=stMain]").inner_text()
