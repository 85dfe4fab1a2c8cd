"""Where code lives: imports point down only, rules know no world, key strings and status writes have one place."""

import ast
import re
import sys
from graphlib import TopologicalSorter

from tests.support.source import everything, foreign_imports, functions, own_imports, package

LEVELS: dict[str, set[str]] = {
    # Upper levels may import lower ones; within a level imports must form no circle.
    "rules": {
        "",
        "aftermath",
        "agent",
        "agent_models",
        "agent_reports",
        "akol_views",
        "answers",
        "calling_window",
        "contact_merge",
        "csv_headers",
        "csv_cells",
        "csv_columns",
        "csv_rows",
        "csv_source",
        "dialable_hours",
        "do_not_call_models",
        "do_not_call_rows",
        "entities",
        "errors",
        "export_rows",
        "faults",
        "field_errors",
        "field_types",
        "gate",
        "import_rows",
        "lifecycle",
        "models",
        "number_ranges",
        "number_set",
        "number_zones",
        "ordering",
        "pacing",
        "pagination",
        "osvi",
        "osvi.requests",
        "phone",
        "report_models",
        "request_rows",
        "retry",
        "routes",
        "sharing",
        "simulated_carrier",
        "simulated_carrier.behaviour",
        "simulated_carrier.report",
        "store",
        "store.conditions",
        "store.keys",
        "telephony",
        "timezone_advice",
        "timezones",
        "dialing",
    },
    "input and output": {
        "clock",
        "dial_queue",
        "identifiers",
        "simulated_carrier.event_queue",
        "simulated_carrier.records",
        "store.*",
        "telephony.*",
        "uploads",
        "work_queue",
    },
    "use cases": {
        "announcements",
        "authentication",
        "carrier_events",
        "contact_rows",
        "contact_views",
        "dialing.*",
        "exports",
        "failed_rows",
        "import_contacts",
        "import_do_not_call",
        "import_files",
        "import_preview",
        "import_runs",
        "import_views",
        "import_worker",
        "imports",
        "inline_contacts",
        "manage_agents",
        "manage_campaigns",
        "manage_concurrency",
        "manage_configurations",
        "manage_contacts",
        "manage_do_not_call",
        "osvi.dnd_numbers",
        "osvi.pushes",
        "osvi.status",
        "outcomes",
        "releases",
        "reports",
        "simulated_carrier.calls",
        "simulated_carrier.delivery",
        "stats",
        "tally",
        "tick",
        "upsert",
    },
    "edge": {
        "http",
        "idempotency",
        "observability",
        "osvi.surface",
        "problems",
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
    "csv_cells": {"io"},  # StringIO
    "faults": {"pathlib"},  # PurePath
    "store.keys": {"uuid"},  # UUIDv5 is arithmetic
}
CLOCKS_AND_DICE = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|uuid[14]|getenv|environ|open|input|print)\(")
THIRD_PARTY_OF_FUNCTIONS = {"aws_lambda_powertools", "pydantic"}
KEY_STRING = re.compile(r"^!?(O|C|CX|CN|F|A|SL|N|NS|K|D|E|H|P|KEY|IDEM|J|T|TICK|Q|L|LD|LJ|LK|LU|M|G|X)#")
OWN_KEYS = {"store.keys", "simulated_carrier.records"}
"""The carrier's records lie in a table of its own."""


def level(name: str) -> int:
    """How high a module stands; an exact name goes before a pattern."""
    for wanted in (name, f"{name.partition('.')[0]}.*"):
        for height, level_name in enumerate(ORDER):
            if wanted in LEVELS[level_name]:
                return height
    raise AssertionError(f"{name} stands on no level: add it to LEVELS")


RULES = [module for name, module in package().items() if level(name) == 0]


def test_every_module_stands_on_a_level_and_every_name_is_a_module() -> None:
    for names in LEVELS.values():
        for name in names:
            assert name in package() or any(one.startswith(name.removesuffix("*")) for one in package()), name
    assert {level(name) for name in package()} == set(range(len(LEVELS)))


def test_imports_point_down_only() -> None:
    above = {
        f"{name} imports {one}"
        for name, module in package().items()
        for one in own_imports(module)
        if level(one) > level(name)
    }
    assert above == set()


def test_imports_form_no_circle() -> None:
    graph = {name: own_imports(module) - {name} for name, module in package().items()}
    assert set(TopologicalSorter(graph).static_order()) == set(package())


def test_a_rule_imports_nothing_that_reaches_into_the_world() -> None:
    reaching = {module.name: foreign_imports(module) & WORLD for module in RULES}
    assert {name: found for name, found in reaching.items() if found} == NO_WORLD_IN_THEM


def test_a_rule_asks_neither_clock_nor_dice_nor_environment() -> None:
    asking = {module.name for module in RULES if CLOCKS_AND_DICE.search(ast.unparse(module.tree))}
    assert asking == set()


def test_a_function_imports_only_third_party_packages_and_the_layer() -> None:
    imported = set().union(*(foreign_imports(module) for module in functions().values()))
    assert imported - sys.stdlib_module_names == THIRD_PARTY_OF_FUNCTIONS


def test_no_module_imports_a_function() -> None:
    assert not any("functions" in foreign_imports(module) for module in everything())


def test_imports_stand_at_the_top() -> None:
    nested = {
        f"{module.name}:{node.lineno}"
        for module in everything()
        for function in ast.walk(module.tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert nested == set()


# ---------------------------------------------------------------- sizes and names


def test_a_file_stays_under_400_lines_and_a_lambda_function_under_50() -> None:
    long = {module.name for module in everything() if module.lines >= 400}
    long |= {module.name for module in functions().values() if module.lines >= 50}
    assert long == set()


def test_a_function_stays_under_50_lines() -> None:
    long = {
        f"{module.name}.{node.name}"
        for module in everything()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 >= 50
    }
    assert long == set()


def test_no_module_has_a_name_that_says_nothing() -> None:
    nothing = {"utils", "util", "helpers", "helper", "common", "misc", "base", "core", "lib", "manager"}
    assert not {part for name in package() for part in name.split(".")} & nothing


def test_every_module_says_what_it_is() -> None:
    assert {module.name for module in everything() if not ast.get_docstring(module.tree)} == set()


def test_everything_public_of_a_rule_or_a_port_is_explained_unless_it_is_obvious() -> None:
    ports = [package()["telephony.port"], package()["dialing.ports"]]
    unexplained = {
        f"{module.name}.{node.name}"
        for module in [*RULES, *ports]
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node)
        if (node.end_lineno or 0) - node.lineno > 3
    }
    assert unexplained == set()


# ---------------------------------------------------------------- one place


def test_key_strings_stand_in_one_module() -> None:
    elsewhere = {
        f"{module.name}:{line}: {value!r}"
        for module in everything()
        if module.name not in OWN_KEYS
        for line, value in module.strings()
        if KEY_STRING.match(value)
    }
    assert elsewhere == set()


def test_a_status_is_written_only_where_its_condition_comes_from_the_transition_table() -> None:
    """G7. `store.imports` and `store.exports` have statuses of their own, which have no transitions."""
    guarded = {module.name for module in package().values() if "store.conditions" in own_imports(module)}
    assert guarded == {"store.campaigns", "store.contacts", "store.slots"}
    writing = {
        module.name
        for module in everything()
        for _, value in module.strings()
        if re.search(r"SET .*#(status|phase) = ", value)
    }
    assert writing == {"store.campaigns"}  # the other two build their expressions from fields
