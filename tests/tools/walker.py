"""A person at the app, counted: clicks, key presses, turns of the wheel and seconds that a task takes.

What is read or clicked must first be in sight: where it is not, the wheel is turned by half a window at a time, over
the part that scrolls, until it is. Positions are looked up each time, in a window with its real scrollbar, and never by
making the window as high as the page.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from playwright.sync_api import Locator, Page

from tests.tools.browser import PATIENCE_MS

SIGHT_PX = 120
"""Of what is larger, so much of its upper end is enough to begin to read."""
MOST_TURNS = 60
MOST_TABS = 250
_WHEEL_PAUSE_MS = 120
_QUIET = """() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid=stSkeleton]')"""

_WHERE = """(element, sight) => {
    const scrolls = of => /auto|scroll/.test(getComputedStyle(of).overflowY) && of.scrollHeight > of.clientHeight + 1;
    const main = document.querySelector('[data-testid=stMain]');
    const box = element.getBoundingClientRect();
    const part = {top: box.top, bottom: box.top + Math.min(box.height, sight)};
    let pane = element.parentElement;
    while (pane && pane !== main && !scrolls(pane)) pane = pane.parentElement;
    const inside = (part, low, high) => part.top < low - 1 ? -1 : part.bottom > high + 1 ? 1 : 0;
    const page = {x: main.getBoundingClientRect().left + 8, y: innerHeight / 2};
    if (!pane || pane === main || pane === document.body || pane === document.documentElement)
        return {turn: inside(part, 0, innerHeight), ...page};
    const around = pane.getBoundingClientRect();
    const shown = {top: Math.max(around.top, 0), bottom: Math.min(around.bottom, innerHeight)};
    const inPane = inside(part, around.top, around.bottom);
    if (inPane && shown.bottom - shown.top >= Math.min(sight, around.height))
        return {turn: inPane, x: around.left + 4, y: (shown.top + shown.bottom) / 2};
    return {turn: inside(part, 0, innerHeight), ...page};
}"""
"""Where the wheel has to be turned for an element: up -1, down 1, not at all 0; and where the pointer is for that."""


@dataclass
class Walk:
    """One task in one page, counted from the moment of its making.

    Attributes:
        clicks: of the mouse; presses: of keys, a text that is typed or pasted counting as one.
        scrolls: turns of the wheel by half a window.
        seconds: of the machine, from the first navigation to the goal in sight. A person reads and thinks beside that.
    """

    page: Page
    clicks: int = 0
    presses: int = 0
    scrolls: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self._began = time.perf_counter()

    def go(self, url: str) -> None:
        """Follow an address from outside; the clock starts."""
        self._began = time.perf_counter()
        self.page.goto(url)
        self.wait()

    def wait(self) -> None:
        """Until the page's script has run."""
        self.page.wait_for_timeout(60)
        self.page.wait_for_function(_QUIET, timeout=PATIENCE_MS)

    def see(self, what: Locator) -> Locator:
        """Have it in sight, turning the wheel as often as that takes."""
        what = what.first
        what.wait_for(state="visible", timeout=PATIENCE_MS)
        for _ in range(MOST_TURNS):
            where = what.evaluate(_WHERE, SIGHT_PX)
            if not where["turn"]:
                self.seconds = time.perf_counter() - self._began
                return what
            self.page.mouse.move(where["x"], where["y"])
            self.page.mouse.wheel(0, where["turn"] * self.page.evaluate("() => innerHeight / 2"))
            self.page.wait_for_timeout(_WHEEL_PAUSE_MS)
            self.scrolls += 1
        raise AssertionError(f"not to be had in sight: {what}")

    def click(self, what: Locator, x: float | None = None, y: float | None = None) -> None:
        """Click it, or a place in it, in pixels from its upper left corner."""
        self.see(what)
        what.first.click(position=None if x is None or y is None else {"x": x, "y": y})
        self.clicks += 1
        self.wait()

    def press(self, key: str, times: int = 1) -> None:
        """Press a key."""
        for _ in range(times):
            self.page.keyboard.press(key)
            self.presses += 1

    def type(self, text: str) -> None:
        """Type a text into what has the focus."""
        self.page.keyboard.insert_text(text)
        self.presses += 1

    def tab_to(self, what: Locator) -> None:
        """Press Tab until it has the focus."""
        what = what.first
        what.wait_for(state="attached", timeout=PATIENCE_MS)
        for _ in range(MOST_TABS):
            self.press("Tab")
            if what.evaluate("element => element.contains(document.activeElement)"):
                return
        raise AssertionError(f"Tab does not lead to {what}")

    def select(self, label: str, option: str | re.Pattern[str]) -> None:
        """Choose an option of a select box with two clicks."""
        self.click(self.box(label).locator("input"))
        self.click(self.page.get_by_role("option", name=option))

    def type_into(self, label: str, text: str) -> None:
        """Put a text of one's own into a select box that takes new options."""
        self.click(self.box(label).locator("input"))
        self.type(text)
        self.press("Enter")
        self.wait()

    def box(self, label: str) -> Locator:
        """The select box of a label."""
        return self.page.locator("[data-testid=stSelectbox]", has=self.page.get_by_text(label, exact=True)).first
