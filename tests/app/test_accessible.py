"""Whoever sees little or uses the keyboard alone: axe-core, the focus, the order of Tab, headings; on every page."""

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.store.database import Store
from evalcore.store.uploads import Uploads
from tests.conftest import ROOT
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled
from tests.tools.contrast import contrast, over
from tests.tools.generated import imported
from tests.tools.probabilities import over_confident

axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]

WHITE_ON_ACCENT = ["[data-testid=stBaseButton-primary]", "[data-testid=stMultiSelectTagsContainer]"]
"""Streamlit writes white on the accent there, and neither of the two text colours can be set. In the dark theme the
accent is a text colour too: of the chosen segment, of the opened tab, of a slider's value.
`test_no_accent_of_a_dark_theme_serves_as_text_and_as_ground` shows that nothing gives both 4.5 to 1; chosen is what is
legible as text, and these two have 3 to 1."""
MOST_PRESSES = 12
WAYS_IN = (
    "a[href], canvas, [data-testid=stBaseButton-tertiary], [role=tab], [class*=st-key-group_] button,"
    " [class*=st-key-try_text] input"
)
"""What opens something: a link, a table, a button that looks like a link, a tab, the counts of a comparison, and the
field of the text that is asked about."""
WITH_ROW = {"examples"}
"""Pages whose table has a row chosen here: then it has one more button, which lets the row go."""
OUTLINE_PX = 3

PAGES = ["", *sorted(path.stem for path in (ROOT / "pages").glob("*.py"))]


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("axe") / "cache")
    return score_run(store, imported(store, 24, 600).run_id), store


@pytest.fixture(scope="module")
def server(scored):
    with serving(scored[1].folder) as running:
        yield running


@pytest.fixture(scope="module")
def queries(scored):
    """By page, what opens something in it: a picked cell, a label, an example, a group of a comparison, a file."""
    labels, run_id = scored[0].labels, scored[0].record.run_id
    other = imported(scored[1], 24, 600, seed=1).run_id
    rows = "".join(f"text {at},{label}\n" for at, label in enumerate(labels * 3))
    file = Uploads(scored[1]).add("own.csv", f"text,label\n{rows}text 0,{labels[0]}\n".encode())
    return {
        "confusions": f"run={run_id}&true={labels[0]}&predicted={labels[1]}&example=1",
        "per_class": f"run={run_id}&label={labels[0]}",
        "examples": f"run={run_id}&example=1",
        "confidence": f"run={over_confident(scored[1], 24, 600).run_id}",
        "compare": f"a={run_id}&b={other}&door=both_right",
        "side_by_side": f"runs={run_id},{other}",
        "data": f"task={file.task_name}&label={labels[0]}",
    }


@pytest.fixture
def at_page(server, scored, queries, new_page):
    def at(path, width=1440, height=1200, scheme="light"):
        page = new_page(width, height, scheme)
        page.goto(f"{server.url}/{path}?{queries.get(path, f'run={scored[0].record.run_id}')}")
        page.wait_for_selector("h1, [data-testid=stMetric]", timeout=PATIENCE_MS)
        return settled(page)

    return at


def serious_violations(page, exclude=()):
    context = {"exclude": [[selector] for selector in exclude]} if exclude else None
    found = axe_playwright.Axe().run(page, context).response["violations"]
    return "\n".join(
        f"{v['id']} ({v['impact']}): {node['target']} {node['html'][:300]}"
        for v in found
        if v["impact"] in ("serious", "critical")
        for node in v["nodes"]
    )


def test_no_accent_of_a_dark_theme_serves_as_text_and_as_ground():
    # A chosen segment has the accent as its text, on the page's ground with a tenth of the accent in it. Of an accent
    # that carries white text, even black gives no 4.5 to 1 below it, whatever the hue: contrast is of luminance alone.
    greys = [(level,) * 3 for level in range(256)]
    carry_white = [grey for grey in greys if contrast((255, 255, 255), grey) >= 4.5]
    assert max(contrast(grey, over(grey, (0, 0, 0), 0.1)) for grey in carry_white) < 4.5


_FOCUSED = """() => {
    const main = document.querySelector('[data-testid=stMain]'), element = document.activeElement;
    const style = of => getComputedStyle(of), box = of => of.getBoundingClientRect();
    // What is drawn for a box that cannot be seen, such as that of a switch, stands around it.
    let outlined = element;
    const fits = of => style(of).outlineStyle === 'solid' && box(of).width >= 8 && box(of).height >= 8;
    while (outlined.parentElement && !fits(outlined)) outlined = outlined.parentElement;
    const around = of => box(of).width >= box(outlined).width && !/rgba|transparent/.test(style(of).backgroundColor);
    let ground = outlined.parentElement;
    while (ground && !around(ground)) ground = ground.parentElement;
    return {what: (element.getAttribute('aria-label') || element.innerText || element.tagName).slice(0, 40),
        style: style(outlined).outlineStyle, width: parseFloat(style(outlined).outlineWidth),
        colour: style(outlined).outlineColor, ground: ground ? style(ground).backgroundColor : 'rgb(255, 255, 255)',
        inside: main.contains(element), end: element === document.body};
}"""


def numbers(colour):
    return tuple(float(part) for part in colour[colour.index("(") + 1 : -1].replace("/", ",").split(",")[:3])


def focus_is_outlined(page):
    """Go through the page with Tab: what has the focus has an outline that can be told from its ground."""
    for _ in range(40):
        page.keyboard.press("Tab")
        page.wait_for_timeout(20)
        now = page.evaluate(_FOCUSED)
        if now["end"]:
            break
        assert (now["style"], now["width"]) == ("solid", OUTLINE_PX), now
        assert contrast(numbers(now["colour"]), numbers(now["ground"])) >= 3, now


def presses_to_the_first_way_in(page):
    page.evaluate("() => document.activeElement.blur()")
    page.get_by_role("link", name="Skip to main content").focus()
    page.keyboard.press("Enter")
    for presses in range(3, 40):  # Tab to the link, Enter, and Tab from there on
        page.keyboard.press("Tab")
        page.wait_for_timeout(20)
        if page.evaluate(_FOCUSED)["inside"] and page.evaluate("ways => document.activeElement.matches(ways)", WAYS_IN):
            return presses
    return None


_HELP_BEFORE_FIELD = """() => [...document.querySelectorAll('[data-testid=stTooltipHoverTarget]')].filter(icon => {
    const field = icon.closest('[data-testid=stElementContainer]')
        ?.querySelector('input, textarea, [role=combobox], [role=radio], [role=slider]');
    return field && icon.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING;
}).map(icon => icon.ariaLabel || icon.innerText)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_with_something_opened_serves_who_sees_little_or_has_no_mouse(at_page, path, scheme):
    page = at_page(path, scheme=scheme)
    assert page.locator("h1").count() == 1
    assert page.locator("h1 a").count() == 0
    assert page.evaluate(_HELP_BEFORE_FIELD) == []
    assert serious_violations(page, WHITE_ON_ACCENT if scheme == "dark" else ()) == ""
    page.keyboard.press("Tab")
    assert page.evaluate(_FOCUSED)["what"] == "Skip to main content"
    focus_is_outlined(page)
    presses = presses_to_the_first_way_in(page)
    assert presses is not None
    assert presses <= MOST_PRESSES + (path in WITH_ROW)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_in_a_narrow_window_has_no_serious_violation(at_page, path):
    assert serious_violations(at_page(path, 800)) == ""
