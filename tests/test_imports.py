"""The direction of imports, room by room, and what must not be imported at all."""

import ast
import re
from graphlib import TopologicalSorter

import pytest

from tests.conftest import ROOT
from tests.tools.processes import finished

GROUND = {"errors", "extras", "notebook", "paths", "wording", "parse"}
MAY_IMPORT = {
    "errors": set(),
    "extras": {"errors", "paths"},
    "notebook": {"errors"},
    "paths": set(),
    "wording": set(),
    "parse": set(),
    "metrics": set(),
    "tasks": GROUND,
    "store": GROUND | {"tasks"},
    "importing": GROUND | {"tasks", "store"},
    "predictors": GROUND | {"tasks", "store"},
    "running": GROUND | {"tasks", "store", "predictors"},
    "analysis": GROUND | {"tasks", "store", "metrics"},
    "deciding": GROUND | {"tasks", "store", "metrics", "analysis"},
    "charts": {"metrics", "wording"},
    "output": GROUND | {"tasks", "store", "importing", "metrics", "analysis", "deciding", "charts"},
    "bench": GROUND | {"tasks", "store", "predictors", "metrics", "running"},
    "demo": GROUND | {"tasks", "predictors"},
    "api": GROUND | {"tasks", "store", "importing", "running", "analysis", "deciding", "output"},
}
"""Each room, and the rooms that it may import beside itself. `evalcore/__init__.py` gathers `api`, `cli` may import all
of them, and nothing imports `cli`."""
PARTS_MAY_IMPORT = {
    "shell": set(),
    "run": {"shell"},
    "explore": {"shell", "run"},
    "compare": {"shell", "run"},
    "runs": {"shell"},
    "data": {"shell", "run"},
    "confidence": {"shell", "run", "explore"},
    "decide": {"shell", "run", "explore"},
    "try_it": {"shell", "run", "explore"},
}
STANDARD = {"__future__", "collections", "dataclasses", "typing"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_NAMES = {"pickle", "unsafe_allow_html", "trust_remote_code", "html", "components", "unsafe_allow_javascript"}

MARKUP = ROOT / "pages" / "parts" / "shell" / "page_style.py"
"""The one file that may draw markup: a constant style and a constant script."""


def files(folder):
    return sorted((ROOT / folder).rglob("*.py"))


def pages():
    return [ROOT / "app.py", *files("pages")]


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms_used(path, package):
    """The rooms of a package that a file imports from."""
    depth = package.count(".") + 1
    return {name.split(".")[depth] for name in imports(path) if name.startswith(package + ".")}


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_lies_below_it(room):
    own = files(f"evalcore/{room}") or [ROOT / "evalcore" / f"{room}.py"]
    used = set().union(*(rooms_used(path, "evalcore") for path in own))
    assert used <= MAY_IMPORT[room] | {room}, room


@pytest.mark.parametrize("room", PARTS_MAY_IMPORT)
def test_a_room_of_the_pages_imports_only_what_lies_below_it(room):
    used = set().union(*(rooms_used(path, "pages.parts") for path in files(f"pages/parts/{room}")))
    assert used <= PARTS_MAY_IMPORT[room] | {room}, room


def test_the_package_gathers_the_public_api_and_nothing_else_imports_it():
    assert rooms_used(ROOT / "evalcore" / "__init__.py", "evalcore") == {"api", "errors"}
    users = [path for path in (*files("evalcore/cli"), *pages()) if "api" in rooms_used(path, "evalcore")]
    assert users == []


def test_every_room_has_its_rule():
    rooms = {path.name.removesuffix(".py") for path in (ROOT / "evalcore").iterdir() if path.name[0] not in "_."}
    assert rooms == {*MAY_IMPORT, "cli"}
    assert {path.name for path in (ROOT / "pages" / "parts").iterdir() if path.name[0] != "_"} == {*PARTS_MAY_IMPORT}


def modules_used(path, modules):
    """The modules that a file imports, anywhere in it: also for types only, also inside a function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):  # of a room it is the module, not the room's `__init__`
            named = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in modules else node.module for name in named)


def test_no_file_comes_back_to_itself_by_its_imports():
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in (*pages(), *files("evalcore"))
    }
    graph = {module: modules.keys() & {*modules_used(path, modules)} for module, path in modules.items()}
    TopologicalSorter(graph).prepare()  # its error names the files of a circle


def test_the_package_never_imports_streamlit_nor_a_page():
    used = {name.partition(".")[0] for path in files("evalcore") for name in imports(path)}
    assert not used & {"streamlit", "pages", "tests"}


def test_what_a_session_keeps_of_each_page_draws_and_computes_nothing():
    kept = files("pages/parts/shell/views")
    assert len(kept) > 5
    assert not {name.partition(".")[0] for path in kept for name in imports(path)} - STANDARD - {"evalcore", "pages"}
    used = set().union(*(rooms_used(path, "pages.parts.shell") for path in kept))
    assert used == {"views"}


def test_only_the_store_speaks_sql():
    speakers = {path.relative_to(ROOT).parts[1] for path in files("evalcore") if "sqlite3" in set(imports(path))}
    assert speakers == {"store"}


STORE = ROOT / "evalcore" / "store"
SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|PRAGMA|ATTACH)\s+\S")


@pytest.mark.parametrize(
    "path", [path for path in (*pages(), *files("evalcore")) if STORE not in path.parents], ids=lambda path: path.stem
)
def test_nothing_outside_the_store_opens_a_connection_to_it_or_writes_sql(path):
    for node in ast.walk(ast.parse(path.read_text())):
        for opened in (item.context_expr for item in node.items) if isinstance(node, ast.With) else ():
            assert not (isinstance(opened, ast.Call) and getattr(opened.func, "attr", "") == "connect")
        if isinstance(node, ast.Attribute) and node.attr == "connect":  # an HTTP connection has one as well
            assert not ast.unparse(node.value).endswith("store")
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not SQL.match(node.value), node.value


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.stem)
def test_a_page_imports_neither_torch_nor_a_database(path):
    roots = {imported.partition(".")[0] for imported in imports(path)}
    assert not roots & {"torch", "transformers", "sqlite3", "datasets"}


@pytest.mark.parametrize("path", [*pages(), *files("evalcore")], ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_runs_foreign_code_or_draws_foreign_markup(path):
    forbidden = FORBIDDEN_NAMES - ({"html", "unsafe_allow_javascript"} if path == MARKUP else set())
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in FORBIDDEN_CALLS
        if isinstance(node, ast.Attribute):
            assert node.attr not in forbidden
        if isinstance(node, ast.keyword):
            assert node.arg not in forbidden
            assert not (node.arg == "shell" and getattr(node.value, "value", None) is True)
    assert not set(imports(path)) & {"pickle", "joblib", "dill", "cloudpickle"}


def test_the_markup_that_is_drawn_is_constant_and_loads_nothing():
    tree = ast.parse(MARKUP.read_text())
    assert {name.partition(".")[0] for name in imports(MARKUP)} == {"__future__", "streamlit"}
    constants = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }
    drawn = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "st.html"]
    assert len(drawn) == 2
    for call in drawn:
        (markup,) = call.args
        assert not re.search(r"url\(|@import|fetch|src=|href|://", constants[markup.id])


def test_the_package_and_everything_that_pages_draw_with_load_without_torch():
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files("pages/parts")]
    rooms = [f"evalcore.{room}" for room in (*MAY_IMPORT, "cli.main") if room != "bench"]
    program = f"""
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "transformers"):
            raise ImportError("blocked: " + name)
sys.meta_path.insert(0, Block())
sys.path.insert(0, {str(ROOT)!r})
import {", ".join(["evalcore", *rooms, *modules])}
"""
    done = finished("-c", program)
    assert done.returncode == 0, done.stderr
