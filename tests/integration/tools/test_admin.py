"""The operator's command line against a table of DynamoDB Local: what it answers, and what the API then does."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from campanile.edge.authentication import CACHE_MS
from campanile.store import credentials, keys, members, orgs
from campanile.store.credentials import ALL_SCOPES
from campanile.store.table import Table, Update
from tests.support.clock import at
from tests.support.dialer import Dialer
from tests.support.gateway import Client, call, problem
from tools.admin import app
from tools.stack.local_stack import Stack

Run = Callable[..., Any]
SETTINGS = "/campaign/concurrency-settings"
NOW = at("2026-07-01T17:00:00Z")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture
def run(dynamodb_endpoint: str, shared_table: str, tmp_path: Path) -> Run:
    """Runs a command of `tools.admin` on the shared table."""
    return running(tmp_path / "stack.json", shared_table, dynamodb_endpoint)


def running(stack_file: Path, table_name: str, endpoint: str) -> Run:
    fields = dict.fromkeys(Stack.__dataclass_fields__, "") | {"table": table_name, "aws_endpoint_url": endpoint}
    stack_file.write_text(json.dumps(fields))
    return lambda *words: CliRunner().invoke(app, [*words, "--stack-file", str(stack_file)])


@pytest.fixture
def told(run: Run) -> Callable[..., Any]:
    """Runs a command that must succeed, and parses its one line of JSON."""

    def tell(*words: str) -> Any:
        answer = run(*words, "--json")
        assert (answer.exit_code, answer.stderr) == (0, ""), answer.output
        assert answer.stdout.count("\n") == 1
        return json.loads(answer.stdout)

    return tell


@pytest.fixture
def org(table: Table) -> str:
    """An org without members and keys."""
    name = f"org-{uuid4()}"
    orgs.create(table, name, NOW)
    return name


@pytest.fixture
def user() -> str:
    return f"ada-{uuid4()}@example.com"


def words_of(answer: Any) -> list[list[str]]:
    """A table for people: its lines, each as cells that at least two spaces part."""
    assert answer.exit_code == 0, answer.output
    return [re.split(" {2,}", line) for line in answer.stdout.splitlines()]


# ---------------------------------------------------------------- orgs and members


def test_an_org_is_listed_and_shown_once_it_is_created(run: Run, told: Run, user: str) -> None:
    org = f"org-{uuid4()}"
    assert told("org", "create", org) == {"org": org, "concurrency_limit": 10}
    told("member", "add", org, user)
    told("key", "create", org)
    assert told("org", "list").count({"org": org}) == 1
    shown = {"org": org, "concurrency_limit": 10, "calls_per_second": 10.0, "account": org, "members": 1, "keys": 1}
    assert told("org", "show", org) == shown
    assert words_of(run("org", "show", org))[1] == [str(value) for value in shown.values()]
    assert [org] in words_of(run("org", "list"))


def test_creating_an_org_again_leaves_its_limit_and_lists_it_also_when_it_was_in_no_list(
    table: Table, told: Run, org: str
) -> None:
    earlier = "SET #concurrency_limit = :limit REMOVE #roster, #roster_sort"
    table.write(Update(keys.org_settings(org), earlier, values={":limit": 3}))
    assert {"org": org} not in told("org", "list")
    assert told("org", "create", org) == {"org": org, "concurrency_limit": 3}
    assert told("org", "list").count({"org": org}) == 1


def test_members_are_added_given_another_role_listed_and_removed(run: Run, told: Run, org: str, user: str) -> None:
    assert "no members" in run("member", "list", org).stdout
    assert told("member", "list", org) == []
    assert told("member", "add", org, user) == {"org": org, "user": user, "role": "viewer"}
    told("member", "add", org, user, "--role", "admin")
    (listed,) = told("member", "list", org)
    assert (listed["user"], listed["role"], bool(MOMENT.fullmatch(listed["added_at"]))) == (user, "admin", True)
    assert words_of(run("member", "list", org)) == [["user", "role", "added at"], list(listed.values())]
    assert told("member", "remove", org, user) == {"org": org, "user": user}
    assert told("member", "list", org) == []


# ---------------------------------------------------------------- keys and tokens


def test_a_key_is_printed_once_and_listed_without_its_secret(run: Run, told: Run, org: str) -> None:
    limited = ("--scope", "campaigns:read", "--days", "30", "--name", "nightly import")
    created = told("key", "create", org, *limited)
    assert (created["org"], created["scopes"], created["name"]) == (org, ["campaigns:read"], "nightly import")
    plain = run("key", "create", org).stdout.strip()
    first, second = told("key", "list", org)
    key_id, _, secret = created["api_key"].partition(".")
    assert (first["id"], first["name"], first["expires_at"]) == (key_id, "nightly import", created["expires_at"])
    assert MOMENT.fullmatch(first["created_at"])
    assert MOMENT.fullmatch(first["expires_at"])
    assert (second["id"], second["name"], second["expires_at"]) == (plain.partition(".")[0], None, None)
    assert second["scopes"] == sorted(ALL_SCOPES)
    printed = run("key", "list", org)
    headings, row, _ = words_of(printed)
    assert headings == ["id", "name", "scopes", "created at", "expires at"]
    assert row == [key_id, "nightly import", "campaigns:read", first["created_at"], first["expires_at"]]
    for hidden in (secret, plain.partition(".")[2], "secret"):
        assert hidden not in printed.stdout + run("key", "list", org, "--json").stdout


def test_a_token_for_osvis_routes_is_printed_once_opens_them_and_is_revoked_by_its_id(
    edge: Dialer, told: Run, org: str
) -> None:
    created = told("key", "create-osvi", org, "--name", "crm")
    token = created["api_token"]
    assert (len(token), created["scopes"], created["name"]) == (16, ["campaigns:manage"], "crm")
    assert call("GET", "/v1/campaigns/7/status", None, {"API-Token": token}).status == 404, (
        "known, but no such campaign"
    )
    (listed,) = told("key", "list", org)
    assert listed["id"] == f"osvi_{token[:6]}"
    told("key", "revoke", listed["id"])
    edge.clock.advance(61)
    assert call("GET", "/v1/campaigns/7/status", None, {"API-Token": token}).status == 401


@pytest.mark.parametrize("whole", [False, True], ids=["by its id", "by the whole key"])
def test_a_revoked_key_is_listed_no_more_and_opens_nothing_within_a_minute(
    edge: Dialer, told: Run, org: str, whole: bool
) -> None:
    api_key = told("key", "create", org)["api_key"]
    client, key_id = Client(f"Bearer {api_key}"), api_key.partition(".")[0]
    client.get(SETTINGS)
    assert told("key", "revoke", api_key if whole else key_id) == {"revoked": key_id}
    assert told("key", "list", org) == []
    edge.clock.advance(CACHE_MS / 1000)
    problem(client("GET", SETTINGS), 401)


def test_a_personal_token_opens_its_owners_orgs_as_the_role_allows_until_it_is_revoked(
    edge: Dialer, run: Run, told: Run, org: str, user: str
) -> None:
    token = run("token", "create", user, "--name", "laptop").stdout.strip()
    client = Client(f"Bearer {token}")
    client.headers["X-Anyreach-Org"] = org
    problem(client("GET", SETTINGS), 403)
    told("member", "add", org, user, "--role", "viewer")
    client.get(SETTINGS)
    problem(client("PUT", SETTINGS, {"concurrency_limit": 1}), 403)
    told("member", "add", org, user, "--role", "admin")
    edge.clock.advance(CACHE_MS / 1000)
    assert client("PUT", SETTINGS, {"concurrency_limit": 1}).status == 200
    (listed,) = told("token", "list", user)
    assert (listed["id"], listed["name"]) == (token.partition(".")[0], "laptop")
    assert told("token", "revoke", listed["id"]) == {"revoked": listed["id"]}
    assert told("token", "list", user) == []
    edge.clock.advance(CACHE_MS / 1000)
    problem(client("GET", SETTINGS), 401)


def test_a_tokens_scopes_and_days_are_as_asked(told: Run, user: str) -> None:
    created = told("token", "create", user, "--scope", "campaigns:read", "--scope", "concurrency:read", "--days", "1")
    assert created.keys() == {"user", "token", "scopes", "expires_at", "name"}
    (listed,) = told("token", "list", user)
    assert (created["user"], listed["scopes"]) == (user, ["campaigns:read", "concurrency:read"])
    assert listed["created_at"][:10] < listed["expires_at"][:10]
    assert re.fullmatch(r"pat_[0-9a-f]{16}\.[\w-]{43}", created["token"])


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (("org", "create", "Acme Inc."), "lower-case letters, digits and dashes"),
        (("org", "show", "nobody"), "org create nobody"),
        (("key", "create", "nobody"), "org create nobody"),
        (("key", "list", "nobody"), "org create nobody"),
        (("key", "create", "{org}", "--scope", "everything"), "campaigns:manage"),
        (("key", "create", "{org}", "--name", "x" * 256), "255 characters"),
        (("key", "create", "{org}", "--name", "a\nb"), "line breaks"),
        (("key", "create", "{org}", "--name", ""), "1 to 255"),
        (("key", "revoke", "ak_0123456789abcdef"), "no API key ak_0123456789abcdef"),
        (("key", "revoke", "{token}"), "no API key"),
        (("token", "revoke", "{key}"), "no personal token"),
        (("token", "revoke", "pat_0123456789abcdef"), "already revoked"),
        (("token", "create", "ada miller"), "cannot be a user"),
        (("token", "create", "ada", "--scope", "everything"), "campaigns:manage"),
        (("token", "list", ""), "cannot be a user"),
        (("member", "add", "nobody", "ada"), "org create nobody"),
        (("member", "add", "{org}", "x" * 256), "cannot be a user"),
        (("member", "add", "{org}", "~ada"), "cannot be a user"),
        (("member", "remove", "{org}", "ada"), "ada is no member of"),
        (("member", "remove", "nobody", "ada"), "org create nobody"),
        (("member", "list", "nobody"), "org create nobody"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words_and_changes_nothing(
    run: Run, table: Table, org: str, user: str, words: tuple[str, ...], advice: str
) -> None:
    key = credentials.create_api_key(table, org, ALL_SCOPES, NOW).partition(".")[0]
    token = credentials.create_personal_token(table, user, ALL_SCOPES, NOW).partition(".")[0]
    answer = run(*(word.format(org=org, key=key, token=token) for word in words), "--json")
    assert (answer.exit_code, answer.stdout, advice in answer.stderr) == (1, "", True), answer.stderr
    assert [one.key_id for one in credentials.of_org(table, org)] == [key]
    assert [one.key_id for one in credentials.of_user(table, user)] == [token]
    assert list(members.of_org(table, org)) == []


def test_when_the_table_does_not_answer_the_refusal_says_what_to_try(tmp_path: Path, dynamodb_endpoint: str) -> None:
    answer = running(tmp_path / "stack.json", "no-such-table", dynamodb_endpoint)("org", "list")
    assert (answer.exit_code, answer.stdout, "AWS refused" in answer.stderr) == (1, "", True)


def test_orgs_are_put_on_one_account_with_a_rate(run: Run, told: Callable[..., Any], org: str, table: Table) -> None:
    assert told("account", "set", "shared-line", "--calls-per-second", "5", "--org", org)["orgs"] == [org]
    assert told("org", "show", org)["account"] == "shared-line"
    item = table.get(keys.provider_account("shared-line"))
    assert item
    assert item["calls_per_second"] == 5


def test_an_account_of_an_org_that_does_not_exist_is_refused_and_nothing_is_set(run: Run, table: Table) -> None:
    answer = run("account", "set", "no-line", "--calls-per-second", "5", "--org", "nobody")
    assert answer.exit_code != 0
    assert "nobody" in answer.stderr
    assert table.get(keys.provider_account("no-line")) is None
    assert run("account", "set", "no-line").exit_code != 0
