"""Nothing that identifies a person is logged (G12): messages are fixed, fields from a list, values codes and ids."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.source import Module, everything

METHODS = {"debug", "info", "warning", "error", "critical", "exception"}
FIELDS = {
    "action",
    "account",
    "again",
    "answer",
    "attempt_id",
    "calls",
    "code",
    "codes",
    "contacts",
    "duration_ms",
    "export_id",
    "found",
    "import_id",
    "locked",
    "method",
    "org",
    "outcome",
    "posts",
    "reason",
    "request_id",
    "route",
    "rows",
    "status",
    "type",
}
SPREAD = {
    "faults.describe": "type, places and AWS code of an error",
    "fields": "named above the call",
    "told": "named above the call",
    "asdict": "an import's counts",
}
"""What may be spread into the fields, each a dictionary whose keys are known."""
PERSONAL = re.compile(r"phone|number|name|email|data\b|external|notes?\b|text|body|token|secret|\braw\b|\bkey\b|url")


def calls(module: Module) -> Iterator[ast.Call]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            owner = ast.unparse(node.func.value)
            if owner.endswith(("logger", "logger()", "log", "_log")):
                yield node


CALLS = [
    pytest.param(call, id=f"{module.name or 'campanile'}:{call.lineno}")
    for module in everything()
    for call in calls(module)
]


def fields_of(call: ast.Call) -> Iterator[tuple[str | None, ast.expr]]:
    """Names and values of what a call logs beside its message; name None for what is spread in."""
    for keyword in call.keywords:
        if keyword.arg == "extra" and isinstance(keyword.value, ast.Dict):
            for name, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                if name is None:
                    yield None, value
                else:
                    yield ast.literal_eval(name), value
        elif keyword.arg == "extra":
            yield None, keyword.value
        else:
            yield keyword.arg, keyword.value


def test_there_are_calls_to_look_at() -> None:
    assert len(CALLS) >= 10


@pytest.mark.parametrize("call", CALLS)
def test_a_message_is_a_fixed_sentence_or_the_name_of_a_result(call: ast.Call) -> None:
    [message] = call.args
    is_fixed = isinstance(message, ast.Constant)
    is_name = ast.unparse(message) in {"type(result).__name__", "result.value"}
    assert is_fixed or is_name, ast.unparse(message)


@pytest.mark.parametrize("call", CALLS)
def test_a_field_is_one_of_the_listed_ones(call: ast.Call) -> None:
    for name, value in fields_of(call):
        if name is None:
            assert ast.unparse(value).partition("(")[0] in SPREAD, ast.unparse(value)
        else:
            assert name in FIELDS, name


@pytest.mark.parametrize("call", CALLS)
def test_no_value_is_taken_from_what_a_person_gave(call: ast.Call) -> None:
    for name, value in fields_of(call):
        if name is not None:
            assert not PERSONAL.search(ast.unparse(value).replace("__name__", "")), ast.unparse(value)


@pytest.mark.parametrize("name", ["edge.http", "functions/import_csv", "imports.work"])
def test_a_dictionary_that_is_logged_has_listed_keys(name: str) -> None:
    [module] = [module for module in everything() if module.name == name]
    logged = [
        part
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in SPREAD
        for part in ast.walk(node.value)
        if isinstance(part, ast.Dict)
    ]
    assert logged
    for dictionary in logged:
        assert {ast.literal_eval(key) for key in dictionary.keys if key is not None} <= FIELDS


@pytest.mark.parametrize("module", everything(), ids=lambda module: module.name or "campanile")
def test_nothing_is_printed_and_no_exception_is_logged_with_its_words(module: Module) -> None:
    assert not re.search(r"\bprint\(|\blogging\.|exc_info|log(ger)?(\(\))?\.exception\(", ast.unparse(module.tree))
