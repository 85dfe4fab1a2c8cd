"""The operator's command line against the deployed stack."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.api import Api
from tools.admin import app
from tools.stack.local_stack import Stack

Run = Callable[..., Any]


@pytest.fixture
def run(stack: Stack, tmp_path: Path) -> Run:
    """Runs a command of `tools.admin` on the stack."""
    stack_file = tmp_path / "stack.json"
    stack_file.write_text(json.dumps(asdict(stack)))
    return lambda *words: CliRunner().invoke(app, [*words, "--stack-file", str(stack_file)])


def test_a_new_orgs_key_opens_its_own_settings_and_nothing_else(stack: Stack, run: Run) -> None:
    assert run("org", "create", "initech").exit_code == 0
    created = json.loads(run("key", "create", "initech", "--scope", "concurrency:read", "--json").stdout)
    key = Api(stack, created["api_key"])
    assert key.get("/campaign/concurrency-settings")["concurrency_limit"] == 10
    assert key.call("PUT", "/campaign/concurrency-settings", {"concurrency_limit": 1}).status == 403


def test_a_viewers_personal_token_reads_its_org_and_changes_nothing(stack: Stack, run: Run) -> None:
    run("org", "create", "umbrella")
    run("member", "add", "umbrella", "ada@example.com", "--role", "viewer")
    token = Api(stack, run("token", "create", "ada@example.com").stdout.strip())
    for path in ("/campaign/concurrency-settings", "/campaign/campaigns", "/campaign/timezones"):
        assert token.call("GET", path).status == 401
        assert token.call("GET", path, headers={"X-Anyreach-Org": "umbrella"}).status == 200
        assert token.call("GET", path, headers={"X-Anyreach-Org": stack.org_id}).status == 403
    body, headers = {"concurrency_limit": 1}, {"X-Anyreach-Org": "umbrella"}
    assert token.call("PUT", "/campaign/concurrency-settings", body, headers).status == 403


def test_creating_an_org_again_leaves_its_settings_alone(stack: Stack, run: Run) -> None:
    run("org", "create", "hooli")
    api = Api(stack, run("key", "create", "hooli").stdout.strip())
    api.put("/campaign/concurrency-settings", {"concurrency_limit": 3})
    assert json.loads(run("org", "create", "hooli", "--json").stdout) == {"org": "hooli", "concurrency_limit": 3}


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (("org", "create", "Acme Inc."), "lower-case letters, digits and dashes"),
        (("key", "create", "nobody"), "org create nobody"),
        (("key", "create", "acme", "--scope", "everything"), "campaigns:manage"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(run: Run, words: tuple[str, ...], advice: str) -> None:
    answer = run(*words)
    assert (answer.exit_code, answer.stdout, advice in answer.stderr) == (1, "", True)


def test_a_file_that_would_not_be_imported_is_not_dropped(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "people.Csv"
    file.write_text("phone\n+14155550100\n")
    answer = run("drop", str(file), "default")
    assert (answer.exit_code, "end in .csv" in answer.stderr) == (1, True)


def test_without_a_running_stack_the_error_says_how_to_start_one(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.json")
    answer = CliRunner().invoke(app, ["org", "create", "acme", "--stack-file", missing])
    assert (answer.exit_code, "make up" in answer.stderr) == (1, True)
