"""The way of a newcomer with a CSV file, in a browser: from the start page to the report of a run, in ten clicks."""

import re

import pytest

from evalcore.store.database import Store
from evalcore.store.uploads import Uploads
from tests.tools.browser import PATIENCE_MS, PAYLOADS, serving, settled

LABELS = ("Lieferung", "Rechnung", "Rückgabe", "Konto")
ROWS = [(f"Frage {at} an den Kundendienst, bitte um Antwort", LABELS[at % 4]) for at in range(60)]
REPLY = "Vielen Dank für Ihre Nachricht, wir melden uns so bald wie möglich bei Ihnen"
CSV = (
    "Nr;Nachricht;Antwort;Kategorie\n"
    + "".join(f"{at};{text};{REPLY} ({at});{label}\n" for at, (text, label) in enumerate(ROWS))
).encode()
"""The longest texts are those of the answers: which column is meant, only a person knows."""
MOST_CLICKS = 10


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("data") / "cache")
    with serving(store.folder) as server:
        yield store, server


def chosen(page, field, option):
    """Choose a column: two clicks."""
    box = page.locator("[data-testid=stSelectbox]", has=page.get_by_text(field, exact=True))
    box.locator("input").click()
    page.get_by_role("option", name=re.compile(rf"^{option}\b")).click()
    settled(page)


def test_a_file_becomes_a_report_in_ten_clicks(served, new_page):
    """Red with a column that is not taken, with a run of another task, and with one click more."""
    store, server = served
    page = new_page(1440, 900)
    page.add_init_script(
        "window.addEventListener('click', event => { if (event.isTrusted)"
        " sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1; }, {capture: true});"
    )
    page.goto(server.url)
    page.get_by_role("link", name="Data", exact=True).click()
    page.get_by_text("see what a model makes of them").wait_for()
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Upload", exact=True).click()
    choosing.value.set_files({"name": "kunden.csv", "mimeType": "text/csv", "buffer": CSV})
    page.get_by_text("ready: text = Antwort").wait_for()
    settled(page)
    chosen(page, "Text column", "Nachricht")
    chosen(page, "Label column", "Kategorie")
    page.get_by_text("ready: text = Nachricht, label = Kategorie").wait_for()
    page.get_by_role("button", name="Run", exact=True).click()
    page.locator("[data-testid=stMetric]", has_text="Accuracy").first.wait_for(timeout=PATIENCE_MS)
    page.get_by_text("kunden.csv").first.wait_for(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Download", exact=True).wait_for(timeout=PATIENCE_MS)
    settled(page)
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Report, HTML").click()
    assert int(page.evaluate("sessionStorage.clicks")) <= MOST_CLICKS

    (kept,) = Uploads(store).all()
    (run,) = [record for record in store.runs() if record.spec.task.name == kept.task_name]
    assert (run.n, run.task_name) == (60, "kunden.csv")
    assert store.first_items(run.run_id, 1)[0][0].text.startswith("Frage")
    assert Uploads(store).content(kept.digest) == CSV
    report = coming.value.path().read_text(encoding="utf-8")
    assert "kunden.csv" in report
    assert all(label in report for label in LABELS)


def test_hostile_names_labels_and_texts_are_shown_as_typed_and_nothing_leaves_the_server(served, new_page):
    """Red with the file's name, or the sentence of a problem, as Markdown."""
    _, server = served
    page = new_page(1280, 720)
    left, dialogs = [], []
    page.on(
        "request", lambda request: request.url.startswith((server.url, "blob:", "data:")) or left.append(request.url)
    )
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    rows = [f"{payload} {at}\t{payload}\n" for payload in PAYLOADS for at in range(9)]
    content = "".join([f"{PAYLOADS[3]}\t{PAYLOADS[0]}\n", *rows, f"{PAYLOADS[2]}\t\n"])
    name = f"{PAYLOADS[5].replace('/', '')} ![x](http:127.0.0.1).tsv"
    page.goto(f"{server.url}/data")
    page.get_by_role("button", name="Upload", exact=True).wait_for()
    page.locator("input[type=file]").first.set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    )
    page.get_by_text("must be mended first").wait_for()
    settled(page)
    main = page.locator("[data-testid=stMain]")
    assert name in main.inner_text()
    for number in range(page.locator("[class*=st-key-problem_] button").count()):
        page.locator("[class*=st-key-problem_] button").nth(number).click()
        settled(page)
    assert (left, dialogs) == ([], [])
    assert main.locator("img, script, .katex").count() == 0
