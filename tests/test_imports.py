"""The direction of imports, and what must not be imported at all."""

import ast
import subprocess
import sys

import pytest

from tests.conftest import ROOT

# Lower rooms first: a room may import only what stands before it.
ORDER = (
    "errors", "words", "denial", "parse", "table", "textfile", "parquetpages", "parquetfile", "datafile", "task",
    "prompt", "runspec",
    "completion", "store", "columns", "jobs", "chat",
    "predictors.source", "predictors.baseline", "predictors.apikey", "predictors.endpoint", "predictors.http",
    "predictors.reply", "predictors.server", "predictors.prefixes", "predictors.penalty",
    "predictors.memory", "predictors.cascade", "predictors.packed", "predictors.fast", "predictors.choose",
    "predictors.generate", "predictors.engines", "predictors.local", "predictors", "preview", "run", "standing",
    "worker", "metrics", "intervals", "f1_model", "score_intervals", "scoring", "otherruns", "matrix", "filters",
    "importing", "findings", "report", "export", "paired", "paired_intervals", "power",
    "coverage", "speed", "shelf", "pairing", "comparison", "difference", "verdict", "sweep", "references", "commands",
    "charts", "classtable", "heatmap", "comparison_charts",
    "bench.subjects", "bench.peers", "bench", "demo", "demo.__main__", "__main__",
)  # fmt: skip
IMPORT_NOTHING_OF_OURS = ("errors", "words", "metrics")
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_NAMES = {"pickle", "unsafe_allow_html", "trust_remote_code", "html", "components", "unsafe_allow_javascript"}


def modules():
    for path in sorted((ROOT / "evalcore").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT / "evalcore").with_suffix("").parts)
        yield name.removesuffix(".__init__"), path


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(("name", "path"), [m for m in modules() if m[0] != "__init__"])
def test_imports_go_downwards(name, path):
    assert name in ORDER, f"give {name} its place in ORDER"
    ours = {imported.removeprefix("evalcore.") for imported in imports(path) if imported.startswith("evalcore.")}
    rooms = {room for room in ours if room in ORDER}
    assert all(ORDER.index(room) < ORDER.index(name) for room in rooms - {name, "predictors"}), sorted(rooms)
    if name in IMPORT_NOTHING_OF_OURS:
        assert not rooms


def test_the_package_never_imports_streamlit():
    assert not [name for name, path in modules() for imported in imports(path) if imported.startswith("streamlit")]


def pages():
    return [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_a_page_imports_neither_torch_nor_a_database(path):
    roots = {imported.partition(".")[0] for imported in imports(path)}
    assert not roots & {"torch", "transformers", "sqlite3", "datasets"}


@pytest.mark.parametrize("path", [*pages(), *(path for _, path in modules())], ids=lambda path: path.stem)
def test_nothing_runs_foreign_code_or_draws_foreign_markup(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in FORBIDDEN_CALLS
        if isinstance(node, ast.Attribute):
            assert node.attr not in FORBIDDEN_NAMES
        if isinstance(node, ast.keyword):
            assert node.arg not in FORBIDDEN_NAMES
            assert not (node.arg == "shell" and getattr(node.value, "value", None) is True)
    assert not set(imports(path)) & {"pickle", "joblib", "dill", "cloudpickle"}


def test_the_package_and_every_page_load_without_torch():
    program = f"""
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "transformers"):
            raise ImportError("blocked: " + name)
sys.meta_path.insert(0, Block())
sys.path.insert(0, {str(ROOT)!r})
import evalcore
import app_parts
""".replace(
        "import app_parts", "\n".join(f"import pages.parts.{p.stem}" for p in (ROOT / "pages/parts").glob("[a-z]*.py"))
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
