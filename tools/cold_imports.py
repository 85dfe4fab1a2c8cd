"""What a cold start of each function imports, and how much CPU that takes.

    python -m tools.cold_imports                              every function: modules, CPU, and the floor below it
    python -m tools.cold_imports wake dial --runs 15          some functions, measured more often
    python -m tools.cold_imports --before ../old-checkout     the same figures of another checkout beside them
    python -m tools.cold_imports --write                      record the modules for the test that stops growth

The floor of a function is the CPU of importing only those parts of boto3, botocore and Powertools that the modules it
loads import by name. Every import is measured in a fresh process, its user and system time from start to end. Runs of
all functions take turns, so a busy moment of the machine hits them alike. Bytecode is compiled before the first run.
"""

import ast
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tools.bootstrap import ROOT

TABLE = ROOT / "tests" / "infrastructure" / "architecture" / "cold_imports.json"
FLOOR = ("boto3", "botocore", "aws_lambda_powertools")
IMPORT_APP = "import app"


@dataclass(frozen=True)
class Checkout:
    """A checkout of the product, this one or another."""

    root: Path

    @property
    def layer(self) -> Path:
        return self.root / "layers" / "common"

    def functions(self) -> dict[str, Path]:
        """Each function's `app.py` by the name of its folder."""
        return {path.parent.name: path for path in sorted((self.root / "functions").rglob("app.py"))}

    def source(self, name: str) -> Path | None:
        """The file of a module of ours; None if it is no module."""
        path = self.layer.joinpath(*name.split("."))
        found = (one for one in (path.with_suffix(".py"), path / "__init__.py") if one.is_file())
        return next(found, None)

    def loaded(self, path: Path) -> tuple[set[str], set[str]]:
        """The modules that importing the file loads: those of ours, and what these import of others by name."""
        own: set[str] = set()
        others: set[str] = set()
        waiting = [path]
        while waiting:
            for name, one in imported(waiting.pop()):
                if name.partition(".")[0] != "campanile":
                    others.add(name)
                    continue
                for module in _with_parents(f"{name}.{one}" if self.source(f"{name}.{one}") else name):
                    source = self.source(module)
                    if module not in own and source:
                        own.add(module)
                        waiting.append(source)
        return own, others


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        yield ".".join(parts[:count])


@cache
def imported(path: Path) -> Sequence[tuple[str, str]]:
    """What a file imports when it is loaded, as (module, name); nothing that only a type checker reads."""
    return list(_imported(ast.parse(path.read_text(encoding="utf-8")).body))


def _imported(statements: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    for one in statements:
        if isinstance(one, ast.Import):
            yield from ((alias.name, "") for alias in one.names)
        elif isinstance(one, ast.ImportFrom):
            yield from ((one.module or "", alias.name) for alias in one.names)
        elif isinstance(one, ast.If) and ast.unparse(one.test) != "TYPE_CHECKING":
            yield from _imported([*one.body, *one.orelse])


@cache
def third_parties(module: str, names: tuple[str, ...]) -> frozenset[str]:
    """The installed packages that a fresh import of these names from the module loads, Powertools in its parts."""
    statement = f"from {module} import {', '.join(names)}" if names else f"import {module}"
    code = f"import sys, json\n{statement}\nprint(json.dumps([*sys.modules]))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    return frozenset(found for name in loaded if (found := third_party(name)))


def third_party(module: str) -> str | None:
    """The package that is named for a loaded module; None for the standard library, ours and private ones."""
    parts = module.split(".")
    if parts[0] in sys.stdlib_module_names or parts[0].startswith("_") or parts[0] in ("campanile", "app"):
        return None
    if parts[0] == "aws_lambda_powertools":
        return ".".join(parts[: 3 if parts[1:2] == ["utilities"] else 2])
    return parts[0]


def recorded() -> dict[str, Any]:
    """What this checkout's functions load, as the table of the test holds it.

    Ours by package. Third parties that every function loads stand once; beside a function stand its further ones.
    """
    here = Checkout(ROOT)
    loaded = {name: here.loaded(path) for name, path in here.functions().items()}
    outside = {name: _outside(others, _names_by_module(here)) for name, (_, others) in loaded.items()}
    everywhere = frozenset.intersection(*outside.values())
    functions = {
        name: {
            "modules": len(own),
            "ours": by_package(own),
            "third_parties": " ".join(sorted(outside[name] - everywhere)),
        }
        for name, (own, _) in loaded.items()
    }
    return {"third_parties_of_every_function": " ".join(sorted(everywhere)), "functions": functions}


def _outside(modules: set[str], names: Mapping[str, set[str]]) -> frozenset[str]:
    found = (third_parties(one, tuple(sorted(names[one]))) for one in modules if third_party(one))
    return frozenset[str]().union(*found)


def _names_by_module(checkout: Checkout) -> dict[str, set[str]]:
    """What is imported from each module anywhere: some packages load a part only when its name is asked for."""
    found: dict[str, set[str]] = {}
    for path in [*checkout.layer.rglob("*.py"), *checkout.functions().values()]:
        for module, name in imported(path):
            found.setdefault(module, set()).update([name] if name else [])
    return found


def by_package(modules: set[str]) -> dict[str, str]:
    """Modules of ours by the package they lie in, each without its package's name."""
    packages: dict[str, list[str]] = {}
    for module in sorted(modules - {"campanile"}):
        package, _, rest = module.removeprefix("campanile.").partition(".")
        packages.setdefault(package, []).extend([rest] if rest else [])
    return {package: " ".join(found) for package, found in packages.items()}


class Measured:
    """Imports whose CPU is measured in turns, each in a fresh process."""

    def __init__(self, cache_folder: str) -> None:
        self._cache = cache_folder
        self._imports: dict[tuple[str, ...], tuple[Path, Sequence[Path], str]] = {}
        self._times: dict[tuple[str, ...], list[float]] = {}

    def add(self, key: tuple[str, ...], checkout: Checkout, folders: Sequence[Path], code: str) -> None:
        self._imports[key] = checkout.root, [*folders, checkout.layer], code
        self._times[key] = []

    def run(self, times: int) -> None:
        for turn in track(range(times + 1), "measuring", console=Console(stderr=True)):
            for key in self._imports:
                took = self._take(key)
                if turn:  # the first one compiles
                    self._times[key].append(took)

    def median(self, *key: str) -> float:
        return round(statistics.median(self._times[key]), 1)

    def _take(self, key: tuple[str, ...]) -> float:
        root, path, code = self._imports[key]
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "PYTHONPYCACHEPREFIX": self._cache,
        }
        process = subprocess.Popen([sys.executable, "-c", code], cwd=root, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{' '.join(key)}: the import failed")
        return 1000 * (usage.ru_utime + usage.ru_stime)


def figures(names: Sequence[str], runs: int, before: Path | None) -> list[dict[str, Any]]:
    """Modules and CPU (ms, median) of each function, and of another checkout's if one is given."""
    here, there = Checkout(ROOT), Checkout(before.resolve()) if before else None
    rows = []
    with TemporaryDirectory() as cache_folder:
        measured = Measured(cache_folder)
        for name in names:
            path = here.functions()[name]
            _, others = here.loaded(path)
            floor = sorted(one for one in others if one.partition(".")[0] in FLOOR)
            measured.add(("here", name), here, [path.parent], IMPORT_APP)
            measured.add(("floor", name), here, [], f"import {', '.join(floor)}")
            if there:
                measured.add(("before", name), there, [there.functions()[name].parent], IMPORT_APP)
        measured.run(runs)
        for name in names:
            own, _ = here.loaded(here.functions()[name])
            row: dict[str, Any] = {"function": name, "modules": len(own), "cpu_ms": measured.median("here", name)}
            row |= {"floor_ms": measured.median("floor", name)}
            row |= {"times_floor": round(row["cpu_ms"] / row["floor_ms"], 2)}
            if there:
                own, _ = there.loaded(there.functions()[name])
                row |= {"modules_before": len(own), "cpu_ms_before": measured.median("before", name)}
                row |= {"percent_less": round(100 * (1 - row["cpu_ms"] / row["cpu_ms_before"]), 1)}
            rows.append(row)
    return rows


def _show(rows: Sequence[Mapping[str, Any]]) -> None:
    table = Table(*[name.replace("_", " ") for name in rows[0]])
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console(width=120).print(table)


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Functions to measure; all if none is named.")] = None,
    runs: Annotated[int, typer.Option(help="How often each import is measured.")] = 9,
    before: Annotated[Path | None, typer.Option(help="Another checkout to compare with.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Record what is imported, and measure nothing.")] = False,
) -> None:
    if write:
        TABLE.write_text(json.dumps(recorded(), indent=1) + "\n", encoding="utf-8")
        return
    rows = figures(names or [*Checkout(ROOT).functions()], runs, before)
    if as_json:
        print(json.dumps(rows))
    else:
        _show(rows)


if __name__ == "__main__":
    typer.run(main)
