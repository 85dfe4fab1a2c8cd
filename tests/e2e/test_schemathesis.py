"""Requests made up from the OpenAPI document, from a fixed seed: every answer is one that the document admits.

`make fuzz` does the same for half an hour, with all of Schemathesis' phases.
"""

import json
from typing import Any

import pytest

from tools import fuzz
from tools.stack.local_stack import Stack

MOST_REQUESTS = 1_500
FIXED: dict[str, Any] = {
    "seed": 20261124,
    "continue-on-failure": True,
    "generation": {"max-examples": 34, "deterministic": True},
    # The other two send some 3,000 requests: boundary values, and chains of calls.
    "phases": {"coverage": {"enabled": False}, "stateful": {"enabled": False}},
}


def test_every_response_is_as_the_document_says(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    report = fuzz.run(stack, FIXED, lambda _: None)
    with capsys.disabled():
        print(f"\n{report}")
    document = json.loads(fuzz.DOCUMENT.read_text(encoding="utf-8"))
    assert report.operations == {
        f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item
    }
    assert [str(finding) for finding in report.findings] == []
    assert report.requests <= MOST_REQUESTS
    assert report.statuses[200] + report.statuses[201] > report.requests / 3, "most made-up requests were refused"
