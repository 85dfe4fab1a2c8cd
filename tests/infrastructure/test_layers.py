"""Where code lives: imports point down only, rules know no world, key strings and status writes have one place."""

import ast
import re
import sys
from graphlib import TopologicalSorter

import pytest

from tests.support.source import Module, everything, foreign_imports, functions, own_imports, package

LEVELS: dict[str, set[str]] = {
    # Upper levels may import lower ones; within a level imports must form no circle.
    "rules": {
        "",
        "aftermath",
        "agent",
        "calling_window",
        "csv_rows",
        "entities",
        "errors",
        "faults",
        "field_types",
        "gate",
        "lifecycle",
        "models",
        "ordering",
        "pacing",
        "phone",
        "retry",
        "routes",
        "simulated_carrier",
        "simulated_carrier.behaviour",
        "simulated_carrier.report",
        "store",
        "store.conditions",
        "store.keys",
        "telephony",
        "dialing",
    },
    "input and output": {
        "clock",
        "dial_queue",
        "simulated_carrier.event_queue",
        "simulated_carrier.records",
        "store.*",
        "telephony.*",
        "uploads",
    },
    "use cases": {
        "authentication",
        "carrier_events",
        "contact_views",
        "dialing.*",
        "imports",
        "manage_campaigns",
        "manage_concurrency",
        "manage_configurations",
        "outcomes",
        "simulated_carrier.calls",
        "simulated_carrier.delivery",
        "stats",
        "tick",
        "upsert",
    },
    "edge": {
        "http",
        "observability",
        "settings",
        "simulated_carrier.access",
        "simulated_carrier.wiring",
        "triggers",
        "wiring",
    },
}
ORDER = list(LEVELS)
WORLD = {
    "boto3", "botocore", "concurrent", "http", "io", "logging", "os", "pathlib", "random", "secrets", "socket",
    "subprocess", "tempfile", "threading", "time", "urllib3", "uuid", "aws_lambda_powertools",
}  # fmt: skip
NO_WORLD_IN_THEM = {
    "csv_rows": {"io"},  # StringIO
    "faults": {"pathlib"},  # PurePath
    "store.keys": {"uuid"},  # UUIDv5 is arithmetic
}
CLOCKS_AND_DICE = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|uuid[14]|getenv|environ|open|input|print)\(")
THIRD_PARTY_OF_FUNCTIONS = {"aws_lambda_powertools", "pydantic"}
KEY_STRING = re.compile(r"^!?(O|C|CX|CN|F|A|SL|N|NS|K|D|E|H|P|KEY|IDEM|J|TICK|Q|L|LJ|G)#")
OWN_KEYS = {"store.keys", "simulated_carrier.records"}
"""The carrier's records lie in a table of its own."""

each_module = pytest.mark.parametrize("module", everything(), ids=lambda module: module.name or "campanile")


def level(name: str) -> int:
    """How high a module stands; an exact name goes before a pattern."""
    for wanted in (name, f"{name.partition('.')[0]}.*"):
        for height, level_name in enumerate(ORDER):
            if wanted in LEVELS[level_name]:
                return height
    raise AssertionError(f"{name} stands on no level: add it to LEVELS")


RULES = [module for name, module in package().items() if level(name) == 0]
each_rule = pytest.mark.parametrize("module", RULES, ids=lambda module: module.name or "campanile")


def test_every_module_stands_on_a_level_and_every_name_is_a_module() -> None:
    for names in LEVELS.values():
        for name in names:
            assert name in package() or any(one.startswith(name.removesuffix("*")) for one in package()), name
    assert {level(name) for name in package()} == set(range(len(LEVELS)))


@pytest.mark.parametrize("name", package())
def test_imports_point_down_only(name: str) -> None:
    above = {one for one in own_imports(package()[name]) if level(one) > level(name)}
    assert not above


def test_imports_form_no_circle() -> None:
    graph = {name: own_imports(module) - {name} for name, module in package().items()}
    assert set(TopologicalSorter(graph).static_order()) == set(package())


@each_rule
def test_a_rule_imports_nothing_that_reaches_into_the_world(module: Module) -> None:
    assert not foreign_imports(module) & WORLD - NO_WORLD_IN_THEM.get(module.name, set())


@each_rule
def test_a_rule_asks_neither_clock_nor_dice_nor_environment(module: Module) -> None:
    assert not CLOCKS_AND_DICE.search(ast.unparse(module.tree))


@pytest.mark.parametrize("module", functions().values(), ids=lambda module: module.name)
def test_a_function_imports_only_third_party_packages_and_the_layer(module: Module) -> None:
    assert foreign_imports(module) - sys.stdlib_module_names <= THIRD_PARTY_OF_FUNCTIONS


def test_no_module_imports_a_function() -> None:
    assert not any("functions" in foreign_imports(module) for module in everything())


@each_module
def test_imports_stand_at_the_top(module: Module) -> None:
    nested = [
        node.lineno
        for function in ast.walk(module.tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not nested


# ---------------------------------------------------------------- sizes and names


@each_module
def test_a_file_stays_under_400_lines(module: Module) -> None:
    assert module.lines < 400


@each_module
def test_a_function_stays_under_50_lines(module: Module) -> None:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno + 1 < 50, f"{module.name}.{node.name}"


@pytest.mark.parametrize("module", functions().values(), ids=lambda module: module.name)
def test_a_lambda_function_is_one_short_file(module: Module) -> None:
    assert module.lines < 50


def test_no_module_has_a_name_that_says_nothing() -> None:
    nothing = {"utils", "util", "helpers", "helper", "common", "misc", "base", "core", "lib", "manager"}
    assert not {part for name in package() for part in name.split(".")} & nothing


@each_module
def test_every_module_says_what_it_is(module: Module) -> None:
    assert ast.get_docstring(module.tree)


@each_module
def test_everything_public_of_a_rule_or_a_port_is_explained(module: Module) -> None:
    if module.name not in {rule.name for rule in RULES} | {"telephony.port", "dialing.ports"}:
        return
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            is_obvious = (node.end_lineno or 0) - node.lineno <= 3
            assert ast.get_docstring(node) or is_obvious, f"{module.name}.{node.name}"


# ---------------------------------------------------------------- one place


@each_module
def test_key_strings_stand_in_one_module(module: Module) -> None:
    if module.name not in OWN_KEYS:
        found = [f"{module.path.name}:{line}: {value!r}" for line, value in module.strings() if KEY_STRING.match(value)]
        assert not found


@each_module
def test_a_campaign_changes_its_status_in_one_place_and_a_contact_in_one(module: Module) -> None:
    """G7: only where the condition is generated from the transition table may a status be written."""
    changed = {
        line for line, value in module.strings() if re.search(r"#(status|phase) = :(?!phase\b)", value)
    } and module.name not in {"store.campaigns"}
    assert not changed
    uses_table = "campanile.store.conditions" in {source for source, _ in module.imports()}
    assert uses_table == (module.name in {"store.campaigns", "store.contacts", "store.slots"})
