"""The product's source as tests read it: its modules, what they import, and what they contain."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGE = "campanile"
_LAYER = ROOT / "layers" / "common"


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the package, named without `campanile.` (`store.keys`), or `functions/<name>`."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def lines(self) -> int:
        return len(self.path.read_text(encoding="utf-8").splitlines())

    def imports(self) -> Iterator[tuple[str, str]]:
        """What is imported anywhere in the module, as (module, name); name "" for `import x`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, "") for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.name}: relative import"
                yield from ((node.module or "", alias.name) for alias in node.names)

    def strings(self) -> Iterator[tuple[int, str]]:
        """String constants and the constant parts of f-strings with their lines; docstrings are left out."""
        documentation = {
            id(node.value)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
                yield node.lineno, node.value


@cache
def package() -> dict[str, Module]:
    """Every module of the package by name; packages' `__init__` under the package's name, the root under ""."""
    found = {}
    for path in sorted((_LAYER / PACKAGE).rglob("*.py")):
        parts = path.relative_to(_LAYER / PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        found[name] = _read(name, path)
    return found


@cache
def functions() -> dict[str, Module]:
    """Every Lambda function's `app.py` by the name of its folder."""
    paths = sorted((ROOT / "functions").glob("*/*/app.py"))
    return {path.parent.name: _read(f"functions/{path.parent.name}", path) for path in paths}


def app(name: str) -> Any:
    """The imported `app.py` of a Lambda function, by the name of its folder, whatever subject it lies under."""
    subject = functions()[name].path.parents[1].name
    return import_module(f"functions.{subject}.{name}.app")


def everything() -> list[Module]:
    """The package and the functions."""
    return [*package().values(), *functions().values()]


def own_imports(module: Module) -> set[str]:
    """The modules of the package that a module imports, by name."""
    found = set()
    for source, name in module.imports():
        if source.partition(".")[0] == PACKAGE:
            base = source.removeprefix(PACKAGE).lstrip(".")
            whole = f"{base}.{name}".lstrip(".")
            found.add(whole if whole in package() else base)
    return found


def foreign_imports(module: Module) -> set[str]:
    """Top-level names of what else a module imports."""
    return {source.partition(".")[0] for source, _ in module.imports()} - {PACKAGE}


def _read(name: str, path: Path) -> Module:
    return Module(name, path, ast.parse(path.read_text(encoding="utf-8")))
