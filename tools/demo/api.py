"""What the demo asks of the product: its REST API, its bucket, and the simulated carrier's own record."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

import urllib3
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel

from campanile.schema.contacts import ContactResponse, ContactsResponse
from campanile.simulated_carrier.report import Report
from tools.stack import sam
from tools.stack.local_stack import Stack

Answered = TypeVar("Answered", bound=BaseModel)
PAGE = 200
REQUEST_SECONDS = 29.0
"""API Gateway's own limit for a request."""


class RefusedError(Exception):
    """The product answered otherwise than it should; the message quotes the request and what came back."""


class Product:
    """A deployed stack, as a client of its first org sees it."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._http = urllib3.PoolManager(
            headers={"Authorization": f"Bearer {stack.api_key}", "Content-Type": "application/json"},
            retries=False,
            timeout=REQUEST_SECONDS,
        )

    def ask(self, answer: type[Answered], method: str, path: str, body: object = None) -> Answered:
        """One request to the API; raises RefusedError unless it succeeds."""
        try:
            response = self._http.request(
                method, self._stack.api_url + path, body=None if body is None else json.dumps(body)
            )
        except urllib3.exceptions.HTTPError as error:
            raise RefusedError(f"{method} {path} got no answer ({type(error).__name__}).") from error
        if not 200 <= response.status < 300:
            text = response.data.decode(errors="replace")
            raise RefusedError(f"{method} {path} was answered {response.status}: {text[:500]}")
        return answer.model_validate_json(response.data)

    def contacts(self, campaign_id: str) -> list[ContactResponse]:
        """Every contact of a campaign, in order of creation."""
        found: list[ContactResponse] = []
        while True:
            path = f"/campaign/campaigns/{campaign_id}/contacts?limit={PAGE}&offset={len(found)}"
            page = self.ask(ContactsResponse, "GET", path)
            found += page.contacts
            if len(page.contacts) < PAGE:
                return found

    def drop(self, file: Path, campaign_id: str) -> str:
        """Put a file where it is imported from; answers its address."""
        key = f"{self._stack.org_id}/{campaign_id}/{file.name}"
        with _in_words("the CSV file could not be put into the bucket"):
            self._stack.client("s3").put_object(Bucket=self._stack.bucket, Key=key, Body=file.read_bytes())
        return f"s3://{self._stack.bucket}/{key}"

    def carrier_report(self) -> Report:
        """What the simulated carrier saw, counted from its own record of every call to it."""
        with _in_words("the carrier's report could not be asked for"):
            described = self._stack.client("cloudformation").describe_stacks(StackName=sam.STACK_NAME)
            outputs = {one["OutputKey"]: one["OutputValue"] for one in described["Stacks"][0]["Outputs"]}
            report_function = outputs["CarrierReportFunctionName"]
            answer = self._stack.client("lambda").invoke(FunctionName=report_function, Payload=b"{}")
        report = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise RefusedError(f"the carrier's report failed: {json.dumps(report)[:500]}")
        return cast(Report, report)


@contextmanager
def _in_words(what_failed: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise RefusedError(f"{what_failed}: {error}") from error
