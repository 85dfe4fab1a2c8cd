"""Every command of the README and of the guides it leads to is run, in order, as a newcomer would run it.

The shell blocks are run by one bash against the deployed stack, as its second org, so that no other test is in the way.
`.local/stack.json` is replaced by a file with that stack's values. Only the `make` targets are not run but looked up
in the Makefile: `up` is what the stack fixture does, `deploy` needs an AWS account, `demo` has a test of its own, and
`test` and `check` are what runs this.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import Api, eventually
from tests.support.documents import ROOT, blocks, codes, table, text
from tests.support.template import resources
from tools.stack.local_stack import Stack

GUIDES = ("README.md", "docs/imports.md", "docs/api.md", "CONTRIBUTING.md")
SECOND_ORG = "globex"
MAKE = re.compile(r"make(?: (?P<target>[\w-]+))?(?: ARGS=.*)?")
# An HTTP error is an answer to curl; here it is to end the script.
STRICT = 'set -euo pipefail\ncurl() { command curl --fail-with-body --silent --show-error "$@"; echo; }\n'


def _lines() -> list[str]:
    return "".join(block for document in GUIDES for block in blocks(document, "sh")).splitlines()


def _targets() -> set[str]:
    inline = [code for document in GUIDES for code in codes(text(document))]
    found = [MAKE.fullmatch(command) for command in [*_lines(), *inline]]
    return {one["target"] for one in found if one and one["target"]}


@pytest.fixture(scope="module")
def printed(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the commands print."""
    bash = shutil.which("bash")
    assert bash, "the commands are for a shell"
    assert shutil.which("curl"), "the commands need curl: install it"
    folder = tmp_path_factory.mktemp("readme")
    as_second = replace(stack, api_key=stack.second_org_api_key, org_id=SECOND_ORG)
    (folder / "stack.json").write_text(json.dumps(asdict(as_second)))
    script = "\n".join(line for line in _lines() if not MAKE.fullmatch(line))
    for name in ("stack.json", "people.csv"):
        script = script.replace(f".local/{name}", shlex.quote(str(folder / name)))
    finished = subprocess.run(
        [bash, "-c", STRICT + script],
        cwd=ROOT,
        env={**os.environ, "AWS_ENDPOINT_URL": stack.aws_endpoint_url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture
def answers(printed: str) -> list[dict[str, Any]]:
    """The JSON documents that the API returned, in order."""
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


def test_each_command_does_what_the_guides_say(answers: list[dict[str, Any]]) -> None:
    campaign, added, stats, contact, _imports, changed, listed, paused, started, limits, listing, contacts = answers
    assert (campaign["external_id"], campaign["status"]) == ("spring-outreach", "active")
    assert (added["inserted"], added["failed"], added["warnings"]) == (2, [], [])
    assert stats["contacts"]["total"] >= 2
    assert len(contacts["contacts"]) >= 2
    assert contact["external_id"] == "lead-1001"
    assert (changed["priority"], changed["contacts_import"]["counts"]["inserted"]) == (10, 1)
    assert [one["id"] for one in listed["campaigns"]] == [campaign["id"]]
    assert (paused["status"], started["status"], limits["concurrency_limit"]) == ("paused", "active", 5)
    assert [(one["phone_number"], one["reason"]) for one in listing["entries"]] == [("+14155550177", "asked by letter")]


@pytest.mark.usefixtures("printed")
def test_the_dropped_file_is_imported_and_everybody_is_called(stack: Stack) -> None:
    api = Api(stack, stack.second_org_api_key)

    def imported() -> bool:
        found = api.get("/campaign/campaigns/spring-outreach/imports")["imports"]
        return ("people.csv", 3) in [(one["file_name"], one["counts"]["inserted"]) for one in found]

    eventually(imported, within_seconds=30)
    eventually(lambda: api.get("/campaign/campaigns/spring-outreach/stats")["attempts"]["total"] >= 5, 30)
    by_id = {one["external_id"]: one for one in api.contacts("spring-outreach")}
    assert [by_id[name]["last_outcome"] for name in ("lead-1001", "lead-1002")] == ["answered", "answered"]


def test_the_key_that_the_operator_creates_opens_the_api(stack: Stack, printed: str) -> None:
    [key] = [line for line in printed.splitlines() if line.startswith("ak_")]
    assert Api(stack, key).get("/campaign/concurrency-settings")["concurrency_limit"] >= 1


def test_every_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert _targets() >= {"demo", "up", "down", "test", "check", "deploy"}
    assert [one for one in _targets() if not re.search(rf"^{one}:", makefile, re.MULTILINE)] == []


def test_the_example_of_seed_001_stands_in_the_readme_but_for_host_and_token() -> None:
    example = Path(__file__).with_name("seed_001_example.sh").read_text()
    ours = example.replace("https://api.anyreach.ai", "$API").replace("$ANYREACH_TOKEN", "$TOKEN")
    assert ours in text("README.md")


def test_the_endpoint_table_is_what_the_template_serves() -> None:
    listed = {(row[0], codes(row[1])[0]) for row in table("docs/api.md", "Method", "Path", "Scope")}
    served = {
        (event["Properties"]["Method"].upper(), event["Properties"]["Path"])
        for function in resources("AWS::Serverless::Function").values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "Api"
    }
    beside = {one for one in served if one[1].startswith("/simulated-carrier") or one[1] in ("/", "/{proxy+}")}
    assert listed == served - beside
