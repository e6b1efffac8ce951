"""One small break of one module, made while it is imported, here and in every process below; no file is changed.

Imports nothing but the standard library: processes of tests load it before anything else.
"""

from __future__ import annotations

import ast
import importlib.machinery
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType

ROOT = Path(__file__).parent.parent.parent
SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.Add: ast.Sub, ast.Sub: ast.Add,
    ast.Mult: ast.Div, ast.Div: ast.Mult, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
LEAVES = (ast.Raise, ast.Return, ast.Continue, ast.Break)


@dataclass(frozen=True)
class Site:
    """A place where a module can be broken.

    Attributes:
        kind: "protection" for a statement that is taken out, "operator" for a sign or number that is changed.
        function: the first line of the function around it, decorators included; 0 outside of functions.
        what: the line, and what is done to it.
        make: breaks the tree that the site was found in.
    """

    kind: str
    line: int
    function: int
    what: str
    make: Callable[[], None]


def sites(tree: ast.Module, source: str) -> list[Site]:
    """Every place where a module can be broken, in the order of the lines."""
    lines, found = source.splitlines(), []

    def visit(node: ast.AST, parent: ast.AST, function: int) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        for kind, said, make in (*protection(node, parent), *operator(node)):
            found.append(Site(kind, node.lineno, function, f"{lines[node.lineno - 1].strip()[:90]}  [{said}]", make))
        for name, value in ast.iter_fields(node):
            if name not in ("annotation", "returns", "decorator_list", "type_comment"):
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        visit(child, node, function)

    visit(tree, tree, 0)
    return sorted(found, key=lambda site: site.line)


def protection(node: ast.AST, parent: ast.AST) -> Iterator[tuple[str, str, Callable[[], None]]]:
    """Take out a refusal, a call for its effect, a lock or transaction, or the handling of an error."""

    def put(statements: list[ast.stmt]) -> None:
        for _, block in ast.iter_fields(parent):
            if isinstance(block, list) and node in block:
                block[block.index(node) : block.index(node) + 1] = statements

    if isinstance(node, ast.If) and isinstance(node.body[-1], LEAVES) and not node.orelse:
        yield "protection", "never so", lambda: put([ast.Pass()])
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await):
        yield "protection", "not called", lambda: put([ast.Pass()])
    elif isinstance(node, ast.With) and not any(item.optional_vars for item in node.items):
        yield "protection", "not entered", lambda: put(node.body)
    elif isinstance(node, ast.ExceptHandler):
        yield "protection", "not caught", lambda: setattr(node, "type", ast.Tuple([], ast.Load()))


def operator(node: ast.AST) -> Iterator[tuple[str, str, Callable[[], None]]]:
    """Change a comparison, an operation, a number or a truth value."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPPED:
        swapped = SWAPPED[type(node.ops[0])]
        yield "operator", swapped.__name__, lambda: node.ops.__setitem__(0, swapped())  # type: ignore[arg-type]
    elif isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in SWAPPED:
        other = SWAPPED[type(node.op)]
        yield "operator", other.__name__, lambda: setattr(node, "op", other())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "operator", "not not", lambda: setattr(node, "operand", ast.UnaryOp(ast.Not(), node.operand))
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
        changed = not node.value if isinstance(node.value, bool) else node.value + 1
        yield "operator", repr(changed), lambda: setattr(node, "value", changed)


class Breaking(importlib.machinery.SourceFileLoader):
    """Loads a module with one of its sites broken."""

    def __init__(self, name: str, path: str, number: int) -> None:
        super().__init__(name, path)
        self.number = number

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path).decode()
        tree = ast.parse(source)
        sites(tree, source)[self.number].make()
        return compile(ast.fix_missing_locations(tree), self.path, "exec", dont_inherit=True)


class Finder:
    """Finds the module that is to be broken, and no other."""

    def __init__(self, name: str, number: int) -> None:
        self.name, self.number = name, number

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        file = str(ROOT.joinpath(*name.split(".")).with_suffix(".py"))
        return importlib.machinery.ModuleSpec(name, Breaking(name, file, self.number), origin=file)


def install(broken: str) -> None:
    """Break a module when it is imported: `evalcore.store.spec:17` is its 18th site."""
    name, _, number = broken.partition(":")
    sys.meta_path.insert(0, Finder(name, int(number)))  # type: ignore[arg-type]


def record_calls(file: str) -> None:
    """Write which functions of the program each test calls: one line `TEST\\tFILE:LINE` each, from every process."""
    seen: set[tuple[str, CodeType]] = set()
    log = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    ours = (str(ROOT / "evalcore"), str(ROOT / "pages"), str(ROOT / "app.py"))

    def profile(frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(ours):
            test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
            if test and (test, code) not in seen:
                seen.add((test, code))
                os.write(log, f"{test}\t{code.co_filename}:{code.co_firstlineno}\n".encode())

    threading.setprofile(profile)  # type: ignore[arg-type]
    sys.setprofile(profile)  # type: ignore[arg-type]
