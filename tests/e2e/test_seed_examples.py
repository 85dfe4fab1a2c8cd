"""The curl commands of seeds 000 and 001 as they stand there, but for host, token and ids; and personal tokens."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.documents import ROOT
from tools.stack.local_stack import Stack

HERE = Path(__file__).parent
USER = "ada@example.com"


@pytest.fixture(scope="module")
def token(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A personal token of an admin of the stack's first org, made by the operator's command line."""
    file = tmp_path_factory.mktemp("stack") / "stack.json"
    file.write_text(json.dumps(asdict(stack)))

    def admin(*words: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "tools.admin", *words, "--stack-file", str(file), "--json"]
        finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, finished.stderr
        answer: dict[str, Any] = json.loads(finished.stdout)
        return answer

    admin("member", "add", stack.org_id, USER, "--role", "admin")
    return str(admin("token", "create", USER)["token"])


def run(stack: Stack, example: str, words: Mapping[str, str], **environment: str) -> dict[str, Any]:
    """What the example prints, with `words` put in the places of its own."""
    script = (HERE / example).read_text().replace("https://api.anyreach.ai", stack.api_url)
    for placeholder, word in words.items():
        assert placeholder in script
        script = script.replace(placeholder, word)
    bash = shutil.which("bash")
    assert bash
    finished = subprocess.run(
        [bash, "-c", script], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    answer: dict[str, Any] = json.loads(finished.stdout)
    return answer


@pytest.fixture(scope="module")
def campaign(api: Api) -> str:
    """An empty campaign that calls nobody, with the external id of seed 001."""
    configuration = api.post("/campaign/configurations", {"name": "seeds"}, 201)["id"]
    wanted = {"name": "Seeds", "external_id": "spring-outreach", "configuration_id": configuration}
    return str(api.post("/campaign/campaigns", wanted, 201)["id"])


def test_the_example_of_seed_000_adds_its_contact_with_a_personal_token(
    stack: Stack, api: Api, campaign: str, token: str
) -> None:
    words = {"{campaign_id}": campaign, "<token>": token, "<organization_id>": stack.org_id}
    answer = run(stack, "seed_000_example.sh", words)
    assert (answer["inserted"], answer["failed"], len(answer["contact_ids"])) == (1, [], 1)
    contact = api.get(f"/campaign/campaigns/{campaign}/contacts/crm-4821")
    assert contact["phone_numbers"] == ["+14155550101", "+14155550102"]
    assert contact["scheduled_at"] == "2026-07-01T17:00:00.000Z"


def test_the_example_of_seed_001_adds_its_contacts_with_an_api_key_and_again_updates_them(
    stack: Stack, campaign: str
) -> None:
    first = run(stack, "seed_001_example.sh", {}, ANYREACH_TOKEN=stack.api_key)
    again = run(stack, "seed_001_example.sh", {}, ANYREACH_TOKEN=stack.api_key)
    assert (first["inserted"], first["updated"], again["inserted"], again["updated"]) == (2, 0, 0, 2)
    assert again["contact_ids"] == first["contact_ids"]


def test_a_personal_token_needs_an_org_of_its_owner(stack: Stack, token: str) -> None:
    client = Api(stack, token)
    path = "/campaign/concurrency-settings"
    without = client.call("GET", path)
    assert (without.status, without.body["detail"]) == (401, "Token is missing organization claim.")
    assert client.call("GET", path, headers={"X-Anyreach-Org": stack.org_id}).status == 200
    for stranger in ("globex", "no-such-org"):
        assert client.call("GET", path, headers={"X-Anyreach-Org": stranger}).status == 403
