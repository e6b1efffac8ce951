"""How long the page Try it takes from Enter to the label, in the browser: `python -m tests.tools.live` (`make live`).

Prints the median over 20 texts of the demo, of which each has another label than the one before, beside the same figure
for a page that draws one line of text: what Streamlit and the browser take by themselves.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import Locator, Page

from evalcore.running.answering import AskedModel
from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from evalcore.tasks.load import load_task
from tests.tools import clicks
from tests.tools.browser import PATIENCE_MS, browsing, serving, settled

TEXTS = 20
ONE_LINE = 'import streamlit as st\nst.code(st.text_input("Text"), language=None)\n'

_WATCH = """
    document.addEventListener('keydown', event => {
        if (event.key === 'Enter') { window.entered = performance.now(); window.shown = undefined; }
    }, {capture: true});
    new MutationObserver(() => {
        const found = window.shown === undefined && window.where && document.querySelector(window.where);
        if (found && found.innerText.trim() === window.expected) {
            window.shown = null;
            requestAnimationFrame(() => requestAnimationFrame(() => { window.shown = performance.now(); }));
        }
    }).observe(document, {subtree: true, childList: true, characterData: true});
"""
"""Notes when Enter was pressed, and when an element that shows what is expected is painted."""


def enter_ms(page: Page, field: Locator, text: str, where: str, expected: str) -> float:
    """From Enter in a field until an element shows what is expected."""
    field.fill(text)
    page.evaluate("([where, expected]) => { window.where = where; window.expected = expected; }", [where, expected])
    field.press("Enter")
    page.wait_for_function("() => window.shown", timeout=PATIENCE_MS)
    took = float(page.evaluate("() => window.shown - window.entered"))
    settled(page)  # not timed: words, orders and neighbours come after the label
    return took


def texts_in_turn(store: Store, model: str, n: int) -> list[tuple[str, str]]:
    """Texts of the demo and the labels that the model gives them, each another one than the one before."""
    texts = [example.text for example in load_task(RunSpec().task).test]
    found: list[tuple[str, str]] = []
    for answered in AskedModel(RunSpec(model=model), store).answers(texts[:: max(1, len(texts) // (6 * n))]):
        if answered.label and answered.label != (found[-1][1] if found else ""):
            found.append((answered.text, answered.label))
    return found[:n]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="demo")
    parser.add_argument("--asked", type=int, default=TEXTS, help="number of texts (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, browsing() as new_page:
        store = Store(Path(folder) / "cache")
        execute(RunSpec(model=options.model, n=48), store)
        asked = texts_in_turn(store, options.model, options.asked + 1)
        with clicks.one_line(Path(folder), ONE_LINE) as url:
            page = _opened(new_page(), url)
            field = page.get_by_label("Text")
            _print("one line of text", [enter_ms(page, field, text, "code", text.strip()) for text, _ in asked[1:]])
        with serving(store.folder) as server:
            page = _opened(new_page(), f"{server.url}/try_it?model={options.model}")
            field = page.get_by_label("Text", exact=True)
            where = "[data-testid=stMetricValue]"
            first, *rest = [enter_ms(page, field, text, where, label) for text, label in asked]
            _print("from Enter to the label", rest)
            print(f"{'the first one':34}{first:6.0f} ms, the model had been loaded or was being loaded")


def _opened(page: Page, url: str) -> Page:
    page.add_init_script(_WATCH)
    page.goto(url)
    settled(page)
    return page


def _print(name: str, times_ms: list[float]) -> None:
    print(f"{name:34}{clicks.median(times_ms)}   over {len(times_ms)}")


if __name__ == "__main__":
    main()
