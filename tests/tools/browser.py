"""The app in a real headless Chromium: a server of its own per cache folder, and pages to look at it with."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.tools.processes import PATIENCE_S, started, wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = int(1000 * PATIENCE_S)

PAYLOADS = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "![](http://127.0.0.1:9/p.png)",
    ":material/home: :red[x]",
    "$a$ costs $b$ **bold**",
)
"""Labels and texts that would like to be markup."""


class Server:
    """`streamlit run app.py` on a free port, with a cache folder of its own."""

    def __init__(self, cache: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self.cache = cache
        self.port = port
        self.process = process
        self.url = f"http://127.0.0.1:{port}"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for_port(port: int) -> None:
    """Wait until somebody listens."""

    def listens() -> bool:
        with socket.socket() as attempt:
            return attempt.connect_ex(("127.0.0.1", port)) == 0

    wait_until(listens)


@contextmanager
def serving(cache: Path, **environment: str) -> Iterator[Server]:
    """Start the app; on the way out stop it, and the worker that it started."""
    port = free_port()
    process = started(
        "-m", "streamlit", "run", "app.py", f"--server.port={port}",
        env={**os.environ, "BLINDSPOT_CACHE": str(cache), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for_port(port)
        yield Server(cache, port, process)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@contextmanager
def browsing() -> Iterator[Callable[..., Page]]:
    """A browser; what is yielded opens a page in a context of its own: `new_page(width, height, scheme)`."""
    with sync_playwright() as playwright:
        # With the scrollbar that a person's window has: it takes width from the page.
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(QUIET), ignore_default_args=["--hide-scrollbars"]
        )

        def new_page(width: int = 1440, height: int = 1000, scheme: str = "light") -> Page:
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            context.set_default_timeout(PATIENCE_MS)  # a click, too, may come before what it is meant for
            return context.new_page()

        try:
            yield new_page
        finally:
            browser.close()


def settled(page: Page) -> Page:
    """Wait until the script has run and nothing is being drawn."""
    page.wait_for_selector("[data-testid=stApp]", timeout=PATIENCE_MS)
    page.wait_for_timeout(250)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
        " && !document.querySelector('[data-testid=stSkeleton]')",
        timeout=PATIENCE_MS,
    )
    page.wait_for_timeout(250)
    return page


def card(page: Page, name: str) -> str:
    """The value of a metric card."""
    return page.locator("[data-testid=stMetric]", has_text=name).locator("[data-testid=stMetricValue]").inner_text()


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a select box."""
    box = page.locator("[data-testid=stSelectbox]", has=page.get_by_text(label, exact=True)).first
    box.locator("input").click()
    page.get_by_role("option", name=option).first.click()
    settled(page)
