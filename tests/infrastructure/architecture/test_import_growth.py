"""A cold start imports only what its function needs: the table beside this file holds it, and fails on growth.

`python -m tools.cold_imports --write` writes the table anew after a wanted change; the diff shows what grew.
"""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.source import ROOT
from tools import cold_imports
from tools.cold_imports import Checkout

HERE = Checkout(ROOT)
HTTP_ONLY = {"aws_lambda_powertools.event_handler", "aws_lambda_powertools.utilities.idempotency"}
SIMPLE = ("wake", "tick")
"""They forward hints: no model is validated, no number read, no window opened."""


@cache
def recorded() -> dict[str, Any]:
    return dict(json.loads(cold_imports.TABLE.read_text(encoding="utf-8")))


def loaded_by(name: str) -> tuple[set[str], set[str]]:
    """What a fresh process has loaded after it imported the function: modules of ours, and third parties."""
    code = "import sys, json, app; print(json.dumps([*sys.modules]))"
    path = os.pathsep.join([str(HERE.functions()[name].parent), str(HERE.layer)])
    finished = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, check=True)
    names = json.loads(finished.stdout)
    own = {one for one in names if one.partition(".")[0] == "campanile"}
    return own, {found for one in names if (found := cold_imports.third_party(one))}


def test_the_functions_load_what_the_table_says() -> None:
    assert cold_imports.recorded() == recorded(), "if this is wanted, run `python -m tools.cold_imports --write`"


@pytest.mark.parametrize("name", ["wake", "get_stats", "dial", "carrier_place"])
def test_the_table_says_what_a_fresh_process_has_loaded(name: str) -> None:
    table = recorded()
    own, outside = loaded_by(name)
    row = table["functions"][name]
    assert row["ours"] == cold_imports.by_package(own)
    third_parties = f"{table['third_parties_of_every_function']} {row['third_parties']}"
    assert set(third_parties.split()) == outside


def test_only_functions_behind_the_api_load_the_parts_for_http() -> None:
    for name, row in recorded()["functions"].items():
        is_http = "http" in row["ours"]["edge"].split() or name.startswith("carrier_")
        assert is_http or not HTTP_ONLY & set(row["third_parties"].split()), name


@pytest.mark.parametrize("name", SIMPLE)
def test_a_function_that_forwards_hints_loads_neither_schemas_nor_rules_of_calling(name: str) -> None:
    row = recorded()["functions"][name]
    assert not row["ours"].keys() & {"schema", "telephony", "csv_files", "campaigns", "contacts", "imports"}
    assert not {"pydantic", "phonenumbers", "standardwebhooks"} & set(row["third_parties"].split())


def test_an_import_that_only_a_type_checker_reads_does_not_count(tmp_path: Path) -> None:
    app = tmp_path / "app.py"
    app.write_text(
        "import json\n"
        "from typing import TYPE_CHECKING\n"
        "from campanile.store.table import Table\n"
        "if TYPE_CHECKING:\n"
        "    from campanile.store import contacts\n"
    )
    own, others = HERE.loaded(app)
    assert own == {"campanile", "campanile.store", "campanile.store.table", "campanile.store.keys"}
    assert {"json", "typing", "botocore.exceptions", "boto3.dynamodb.types"} <= others
