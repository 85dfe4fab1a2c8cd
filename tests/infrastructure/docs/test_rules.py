"""docs/rules.md: every route is in it, and every test it names exists."""

import ast
from functools import cache

import pytest

from campanile.edge.routes import ROUTES
from tests.support.documents import ROOT, codes, table, text

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in text("docs/rules.md").splitlines()
    if line.startswith("| ") and not line.startswith(("| Route |", "| Rule |"))
]
NAMED = sorted({name for row in ROWS for name in codes(row[2])})


@cache
def defined_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", NAMED)
def test_each_named_test_exists(name: str) -> None:
    path, _, function = name.partition("::")
    assert function in defined_in(path)


def test_every_rule_says_where_it_comes_from_and_has_a_test() -> None:
    for row in ROWS:
        assert set(row[1].split(", ")) <= {"000", "001", "002", "003", "004", "P", "C"}, row
        assert codes(row[2]), row


def test_every_route_of_the_api_is_in_it() -> None:
    listed = {(row[0].split()[0], codes(row[0])[0]) for row in table("docs/rules.md", "Route", "From")}
    ours = {"/carrier-events/{provider}", "/openapi.json", "/reference"}
    served = {(method, path) for path, methods in ROUTES.items() for method in methods if path not in ours}
    assert listed == {route for route in served if not route[1].endswith("/imports")}
