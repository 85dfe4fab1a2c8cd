"""docs/guarantees.md is complete, and the tests it names exist."""

import ast
import re

import pytest

from tests.support.documents import ROOT, codes, table, text

NAMED = sorted({name for row in table("docs/guarantees.md", "", "Named tests") for name in codes(row[1])})
FILES = re.compile(r"`((?:[\w]+/)*\w+\.py)`")


@pytest.mark.parametrize("name", NAMED)
def test_each_named_test_exists(name: str) -> None:
    path, _, function = name.partition("::")
    tree = ast.parse((ROOT / "tests" / path).read_text())
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert function in defined


def test_all_twelve_guarantees_are_kept_by_something_and_tested_by_something() -> None:
    expected = [f"G{number}" for number in range(1, 13)]
    assert [row[0] for row in table("docs/guarantees.md", "", "Promise")] == expected
    assert [row[0] for row in table("docs/guarantees.md", "", "Named tests")] == expected


def test_all_seventeen_crash_points_are_there() -> None:
    assert [row[0] for row in table("docs/guarantees.md", "#")] == [str(number) for number in range(17)]


def test_the_modules_it_points_to_exist() -> None:
    missing = [
        name
        for name in FILES.findall(text("docs/guarantees.md") + text("docs/decisions.md"))
        if not any((ROOT / base / name).is_file() for base in ("layers/common/campanile", "."))
    ]
    assert missing == []
