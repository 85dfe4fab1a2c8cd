"""One entry in `domain/contact_fields.py` is all that a new plain field of a contact needs."""

import csv
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.support.source import ROOT


@pytest.fixture(scope="module")
def seen(dynamodb_endpoint: str) -> dict[str, Any]:
    """What each place makes of a field that one entry adds."""
    command = [sys.executable, "-m", "tests.support.added_field", dynamodb_endpoint]
    path = os.pathsep.join([str(ROOT), str(ROOT / "layers" / "common")])
    finished = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return dict(json.loads(finished.stdout))


def test_a_new_field_is_taken_and_shown_by_the_api(seen: dict[str, Any]) -> None:
    assert seen["request"]["anyOf"] == [{"maxLength": 20, "type": "string"}, {"type": "null"}]
    assert seen["request"]["description"].startswith("What the person does.")
    assert seen["response"]
    assert seen["listed"] == ["Analyst", "Engineer"]


def test_a_new_field_is_a_column_of_imported_files(seen: dict[str, Any]) -> None:
    assert seen["preview"] == [
        {"header": "Phone", "target": "phone"},
        {"header": "Position", "target": "data.job_title"},
        {"header": "Job Title 2", "target": "data"},
    ]
    assert seen["mapped"]


def test_a_new_field_is_a_column_of_exports(seen: dict[str, Any]) -> None:
    rows = list(csv.DictReader(seen["export"].splitlines()))
    assert [row["job_title"] for row in rows] == ["Analyst", "Engineer"]


def test_a_new_field_reaches_the_call(seen: dict[str, Any]) -> None:
    calls = sorted(seen["calls"], key=lambda one: str(one["job_title"]))
    assert calls == [{"job_title": "Analyst"}, {"job_title": "Engineer", "Job Title 2": "second"}]
