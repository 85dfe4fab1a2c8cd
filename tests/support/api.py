"""A client of the deployed API, and the simulated carrier's own record of what it was asked."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import urllib3

from tools.stack.local_stack import Stack

T = TypeVar("T")
ALL_DAY = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "00:00", "end": "23:59"}]
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Response:
    status: int
    body: Any
    headers: urllib3.HTTPHeaderDict


class Api:
    """Calls the deployed API as one org."""

    def __init__(self, stack: Stack, key: str | None) -> None:
        self._base = stack.api_url
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = urllib3.PoolManager(timeout=40, retries=False)

    def call(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Response:
        """One request; `body` as JSON, or as it is when it is text."""
        data = body if isinstance(body, str) else None if body is None else json.dumps(body)
        sent = {**self._headers, "Content-Type": "application/json", **(headers or {})}
        answer = self._http.request(method, self._base + path, body=data, headers=sent)
        return Response(answer.status, json.loads(answer.data) if answer.data else None, answer.headers)

    def get(self, path: str) -> Any:
        return self._expect(200, "GET", path)

    def post(self, path: str, body: object = None, status: int = 200) -> Any:
        return self._expect(status, "POST", path, body)

    def put(self, path: str, body: object) -> Any:
        return self._expect(200, "PUT", path, body)

    def _expect(self, status: int, method: str, path: str, body: object = None) -> Any:
        answer = self.call(method, path, body)
        assert answer.status == status, (method, path, answer.status, answer.body)
        return answer.body

    def campaign(self, name: str, **configuration: Any) -> str:
        """A fresh campaign that may call at any hour and retries after a second; answers its id."""
        fields = {"name": name, "default_windows": ALL_DAY, "retry_delay_seconds": 1, **configuration}
        created = self.post("/campaign/configurations", fields, 201)
        wanted = {"name": name, "configuration_id": created["id"]}
        return str(self.post("/campaign/campaigns", wanted, 201)["id"])

    def add(self, campaign: str, *contacts: dict[str, Any]) -> Any:
        return self.post(f"/campaign/campaigns/{campaign}/contacts", {"contacts": list(contacts)})

    def contacts(self, campaign: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"/campaign/campaigns/{campaign}/contacts?limit=200")["contacts"]
        return found

    def settled(self, campaign: str, within_seconds: float) -> list[dict[str, Any]]:
        """The campaign's contacts once every one of them has reached a terminal status."""

        def counts() -> bool:
            numbers = self.get(f"/campaign/campaigns/{campaign}/stats")["contacts"]
            return bool(numbers["total"]) and numbers["pending"] == numbers["in_progress"] == 0

        eventually(counts, within_seconds)
        return self.contacts(campaign)


class CarrierRecord:
    """What the simulated carrier says it was asked to do."""

    def __init__(self, stack: Stack) -> None:
        outputs = stack.client("cloudformation").describe_stacks()["Stacks"]
        [self._function] = [
            output["OutputValue"]
            for one in outputs
            for output in one.get("Outputs", [])
            if output["OutputKey"] == "CarrierReportFunctionName"
        ]
        self._lambda = stack.client("lambda")

    def of(self, campaign: str) -> dict[str, Any]:
        answer = self._lambda.invoke(
            FunctionName=self._function, Payload=json.dumps({"campaign_id": campaign, "since_ms": 0})
        )
        report: dict[str, Any] = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, report
        return report


def eventually(condition: Callable[[], T], within_seconds: float) -> T:
    """The first truthy result of `condition`; fails when there is none in time."""
    deadline = time.monotonic() + within_seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"{condition.__name__} did not come true in {within_seconds} s"
        time.sleep(POLL_SECONDS)  # the stack runs in real time
    return result


def upload(form: dict[str, Any], content: bytes, name: str = "people.csv") -> None:
    """Upload a file by the form of an import."""
    fields = {**form["fields"], "file": (name, content, form["fields"]["Content-Type"])}
    answer = urllib3.request("POST", form["url"], fields=fields)
    assert answer.status in (200, 201, 204), (answer.status, answer.data[:500])
