"""axe-core on every page: no serious or critical violation that is ours."""

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.store.database import Store
from tests.conftest import ROOT
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled
from tests.tools.generated import imported

axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]

WHITE_ON_ACCENT = ["[data-testid=stBaseButton-primary]", "[data-testid=stMultiSelectTagsContainer]"]
"""Streamlit writes white on the accent colour there, and the accent itself on the ground elsewhere. On a dark ground no
colour gives both 4.5 to 1, and neither text colour can be set: the accent is chosen so that both are above 3 to 1."""

PAGES = ["", *sorted(path.stem for path in (ROOT / "pages").glob("*.py"))]


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("axe") / "cache")
    return score_run(store, imported(store, 24, 600).run_id), store


@pytest.fixture(scope="module")
def server(scored):
    with serving(scored[1].folder) as running:
        yield running


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_serious_violation(server, scored, new_page, path, scheme):
    labels = scored[0].labels
    more = {"confusions": f"&true={labels[0]}&predicted={labels[1]}", "per_class": f"&label={labels[0]}",
            "examples": "&example=1"}.get(path, "")  # fmt: skip
    page = new_page(1440, 1200, scheme)
    page.goto(f"{server.url}/{path}?run={scored[0].record.run_id}{more}")
    page.wait_for_selector("h1, [data-testid=stMetric]", timeout=PATIENCE_MS)
    settled(page)
    context = {"exclude": [[selector] for selector in WHITE_ON_ACCENT]} if scheme == "dark" else None
    found = axe_playwright.Axe().run(page, context).response["violations"]
    serious = [v for v in found if v["impact"] in ("serious", "critical")]
    assert serious == [], "\n".join(
        f"{v['id']} ({v['impact']}): {node['target']} {node['html'][:300]}" for v in serious for node in v["nodes"]
    )
