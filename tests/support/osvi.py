"""OSVI's clients: the document of seed 004, and requests as it describes them."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml
from openapi_schema_validator import OAS31Validator

from campanile.store import credentials
from tests.support.dialer import Dialer
from tests.support.documents import ROOT
from tests.support.gateway import Client, Response, call

AGENT = "agent_IsZ3Q6Sf_60Eh26XQMGbz-R_og"
TRUNK = {"caller_number": "+918044550100", "state": "active"}
PATH = "/v1/campaigns/{id}/contacts"


@cache
def document() -> dict[str, Any]:
    """The seed's own OpenAPI document."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "tests/seeds/004_add_campaign_contacts.yaml").read_text())
    return found


def operation() -> dict[str, Any]:
    found: dict[str, Any] = document()["paths"][PATH]["post"]
    return found


def example_request() -> dict[str, Any]:
    """The body of the document's example, a fresh copy."""
    body = operation()["requestBody"]["content"]["application/json"]["example"]
    copy: dict[str, Any] = json.loads(json.dumps(body))
    return copy


def example_answer(status: int) -> dict[str, Any]:
    """What the document shows for a status."""
    shown: dict[str, Any] = operation()["responses"][str(status)]["content"]["application/json"]["example"]
    return shown


def faults(status: int, body: object) -> list[str]:
    """Why the document does not admit an answer, additional properties included."""
    schema = operation()["responses"][str(status)]["content"]["application/json"]["schema"]
    whole = _closed({**schema, "components": document()["components"]})
    return [error.message for error in OAS31Validator(whole).iter_errors(body)]


def _closed(value: Any) -> Any:
    """The schema, admitting no property it does not name; what is marked `nullable`, as in OpenAPI 3.0, may be null."""
    if isinstance(value, list):
        return [_closed(one) for one in value]
    if not isinstance(value, dict):
        return value
    closed = {key: _closed(one) for key, one in value.items()}
    if isinstance(closed.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    if closed.get("nullable") is True:
        closed["type"] = [closed["type"], "null"]
    return closed


class OsviClient:
    """Calls OSVI's routes with a token of the org."""

    def __init__(self, dialer: Dialer) -> None:
        self.token = credentials.create_osvi_token(dialer.table, dialer.org, dialer.clock.now_ms())

    def __call__(self, method: str, path: str, body: object = None, **headers: str) -> Response:
        return call(method, path, body, {"API-Token": self.token, **headers})

    def push(self, campaign: int, body: object) -> Response:
        """One push; an answer is checked against the document."""
        answer = self("POST", PATH.replace("{id}", str(campaign)), body)
        assert faults(answer.status, answer.body) == []
        return answer

    def pushed(self, campaign: int, *contacts: Mapping[str, Any], enqueue: bool = False) -> dict[str, Any]:
        """A push that must be taken; answers its data."""
        answer = self.push(campaign, {"agent_uuid": AGENT, "contacts": list(contacts), "enqueue": enqueue})
        assert answer.status == 201, answer.text
        data: dict[str, Any] = answer.body["data"]
        return data

    def status(self, campaign: int) -> dict[str, Any]:
        answer = self("GET", f"/v1/campaigns/{campaign}/status")
        assert (answer.status, answer.body["success"]) == (200, True), answer.text
        data: dict[str, Any] = answer.body["data"]
        return data


def with_agent(api: Client, **fields: Any) -> dict[str, Any]:
    """The agent of the document's example, with an active trunk unless told otherwise."""
    made: dict[str, Any] = api.post(
        "/campaign/agents", {"id": AGENT, "name": "Renewals", "outbound_trunk": TRUNK, **fields}, 201
    )
    return made


def person(n: int, **extras: str) -> dict[str, str]:
    return {"person_name": f"Person {n}", "phone": f"{9_876_500_000 + n}", **extras}


def e164(n: int) -> str:
    """The number of `person(n)`."""
    return f"+91{9_876_500_000 + n}"
