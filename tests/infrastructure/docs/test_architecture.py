"""docs/architecture.md and docs/operations.md name what exists, and every link leads somewhere."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from tests.infrastructure.architecture.test_layers import PACKAGES
from tests.support.documents import DOCUMENTS, ROOT, codes, table, text

PACKAGE = ROOT / "layers/common/campanile"
RULES = [(rule, place) for rule, places in table("docs/architecture.md", "Rule", "Place") for place in codes(places)]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
ACTION = re.compile(r'"action": "(\w+)"')


@pytest.mark.parametrize(("rule", "place"), RULES, ids=[place for _, place in RULES])
def test_each_rule_lives_where_the_architecture_says(rule: str, place: str) -> None:
    module_name, _, name = place.partition(":")
    module = import_module(module_name)
    assert not name or hasattr(module, name), f"{rule}: {module_name} has no {name}"


def test_the_layers_are_the_packages_from_below_to_above() -> None:
    listed = [name for row in table("docs/architecture.md", "Package") for name in codes(row[0])]
    there = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert set(listed) == there
    assert tuple(listed) == PACKAGES


def test_operations_lists_every_action_that_is_logged() -> None:
    listed = {codes(row[0])[0] for row in table("docs/operations.md", "Action")}
    sources = [*PACKAGE.rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    assert listed == {action for path in sources for action in ACTION.findall(path.read_text())}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_to_a_file(document: str) -> None:
    base = (ROOT / document).parent
    wanted = [target for target in LINK.findall(text(document)) if "://" not in target]
    assert [target for target in wanted if not (base / target).is_file()] == []


def test_what_people_read_from_start_to_end_stays_short() -> None:
    """Rules, decisions, OSVI's guide and the table of the API are for looking things up."""
    looked_up = {"docs/rules.md", "docs/decisions.md", "docs/osvi.md"}
    lines = [line for document in DOCUMENTS if document not in looked_up for line in text(document).splitlines()]
    read = [line for line in lines if not re.match(r"\| (GET|POST|PUT|PATCH|DELETE) \|", line)]
    assert sum(len(line.split()) for line in read) < 13_000  # words


@pytest.mark.parametrize("document", DOCUMENTS)
def test_prose_is_wrapped_so_that_a_changed_word_is_a_changed_line(document: str) -> None:
    prose = re.sub(r"^```.*?^```$", "", text(document), flags=re.MULTILINE | re.DOTALL)
    lines = [line for line in prose.splitlines() if not line.lstrip().startswith(("|", "`{"))]
    assert [line for line in lines if len(line) > 125] == []


def test_the_licence_is_apache_2_unmodified() -> None:
    licence = Path(ROOT / "LICENSE").read_text()
    assert licence.split()[:4] == ["Apache", "License", "Version", "2.0,"]
    assert "Copyright [yyyy] [name of copyright owner]" in licence
