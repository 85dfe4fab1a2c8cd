"""The HTTP edge without any AWS behind it: what is answered to good, bad and broken requests."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile.domain import errors
from campanile.domain.errors import FieldError
from campanile.edge import http
from campanile.edge.gateway_event import MAX_BODY_BYTES, Event
from campanile.edge.http import Endpoint, PathId, refusing, rest_api
from campanile.edge.problems import STATUS, problem
from campanile.schema.contacts import ContactsInput
from tests.support.events import load_event

NUMBER = "+14155550123"
REQUEST_ID = "7d2c9b1e-0f4a-4c3b-9a8d-6e5f4a3b2c1d"


class SurpriseError(Exception):
    """No row of the error table fits it."""


@dataclass
class Response:
    status: int
    headers: dict[str, list[str]]
    body: Any

    @property
    def paths(self) -> list[str]:
        return [error["path"] for error in self.body["errors"]]


@pytest.fixture(scope="module")
def handler() -> http.Handler:
    """An endpoint that takes contacts, and one that finds a campaign."""
    api = rest_api()

    @api.post("/campaign/campaigns/<campaign_id>/contacts", status_code=201)
    def upsert(campaign_id: PathId, batch: ContactsInput) -> dict[str, object]:
        if campaign_id == "surprise":
            raise SurpriseError(NUMBER)
        return {"campaign": campaign_id, "count": len(batch.contacts)}

    @api.get("/campaign/campaigns/<campaign_id>")
    def get(campaign_id: PathId) -> dict[str, str]:
        return {"campaign": campaign_id}

    return Endpoint(api, accepted_scopes=None)


def answer_to(handler: http.Handler, event: dict[str, Any]) -> Response:
    raw = handler(event, LambdaContext())
    return Response(raw["statusCode"], raw["multiValueHeaders"], json.loads(raw["body"]))


def post(handler: http.Handler, body: str | None, campaign: str = "spring") -> Response:
    event = load_event("upsert_contacts") | {"body": body}
    event["pathParameters"] = {"campaign_id": campaign}
    return answer_to(handler, event)


def get(handler: http.Handler, campaign: str, path: str | None = None) -> Response:
    sent = quote(campaign, safe="")  # as a client does, and a REST API leaves it
    event = load_event("get_campaign") | {"pathParameters": {"campaign_id": sent}}
    return answer_to(handler, event | {"path": path or f"/campaign/campaigns/{sent}"})


def test_a_good_request_is_answered_with_its_request_id(handler: http.Handler) -> None:
    answer = post(handler, load_event("upsert_contacts")["body"])
    assert (answer.status, answer.body) == (201, {"campaign": "spring", "count": 2})
    assert answer.headers["X-Request-Id"] == [REQUEST_ID]


@pytest.mark.parametrize("name", ["a", "x" * 255, "名" * 255, "7.5% of #1?&=+ b", "..", "😀", "a;b\"'<>\\|`"])
def test_any_external_id_can_stand_in_a_path(handler: http.Handler, name: str) -> None:
    assert get(handler, name).body == {"campaign": name}


def test_a_base_path_before_the_stage_changes_nothing(handler: http.Handler) -> None:
    assert get(handler, "spring", path="/calls/campaign/campaigns/spring").body == {"campaign": "spring"}


@pytest.mark.parametrize("body", ["{", "{]", "not json", '{"contacts": [}', "{'contacts': []}"])
def test_what_is_no_json_is_a_bad_request(handler: http.Handler, body: str) -> None:
    answer = post(handler, body)
    assert (answer.status, answer.body["detail"]) == (400, "The body is not valid JSON.")


@pytest.mark.parametrize(
    "body",
    [
        '{"contacts": [{"data": ' + "[" * 20_000 + "]" * 20_000 + "}]}",
        '{"contacts": [{"data": {"x": ' + "9" * 5_000 + "}}]}",
    ],
    ids=["nested too deeply", "a number of 5,000 digits"],
)
def test_json_that_python_cannot_read_is_a_bad_request_and_no_fault_of_ours(handler: http.Handler, body: str) -> None:
    assert post(handler, body).status in (400, 422)


@pytest.mark.parametrize("body", [None, "", "null", "[]", '"x"', "7"])
def test_json_that_is_no_object_is_refused_as_a_whole(handler: http.Handler, body: str | None) -> None:
    answer = post(handler, body)
    assert (answer.status, answer.paths) == (422, ["body"])


def test_a_wrong_field_is_told_by_a_path_that_a_person_can_follow(handler: http.Handler) -> None:
    rows = [{"phone_numbers": [NUMBER]}, {"phone_numbers": [NUMBER, 7], "retry": 1}]
    answer = post(handler, json.dumps({"contacts": rows}))
    assert answer.status == 422
    assert answer.paths == ["contacts[1].phone_numbers[1]", "contacts[1].retry"]
    assert all(set(error) == {"path", "code", "message"} for error in answer.body["errors"])


def test_words_of_a_rule_are_told_without_the_librarys_prefix(handler: http.Handler) -> None:
    answer = post(handler, json.dumps({"contacts": [{"scheduled_at": "2026-07-01T17:00:00"}]}))
    [error] = answer.body["errors"]
    assert error["message"].startswith("must name its offset")


def test_a_body_over_the_limit_is_refused_before_it_is_read(handler: http.Handler) -> None:
    answer = post(handler, '{"contacts": [], "x": "' + "é" * (MAX_BODY_BYTES // 2) + '"}')
    assert answer.status == 413
    assert str(MAX_BODY_BYTES) in answer.body["detail"]


def test_a_surprise_is_a_500_that_tells_nobody_anything_but_where_to_look(
    handler: http.Handler, caplog: pytest.LogCaptureFixture
) -> None:
    answer = post(handler, '{"contacts": []}', campaign="surprise")
    assert (answer.status, answer.body["request_id"]) == (500, REQUEST_ID)
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert NUMBER not in logged + json.dumps(answer.body)
    assert "SurpriseError" in logged
    assert REQUEST_ID in logged


def test_a_request_is_logged_in_one_line_by_route_and_never_by_its_path(
    handler: http.Handler, caplog: pytest.LogCaptureFixture
) -> None:
    get(handler, NUMBER)
    [line] = [vars(record) for record in caplog.records]
    assert (line["route"], line["status"]) == ("/campaign/campaigns/{campaign_id}", 200)
    assert NUMBER not in str(line)


def test_a_method_that_a_path_does_not_take_is_answered_with_those_it_takes() -> None:
    def not_allowed(event: Event) -> Exception:
        return errors.MethodNotAllowedError(f"{event['path']} does not take {event['httpMethod']}.", ["GET", "PUT"])

    answer = answer_to(refusing(not_allowed), load_event("unmatched_route"))
    assert (answer.status, answer.headers["Allow"]) == (405, ["GET, PUT"])
    assert answer.body["detail"] == "/campaign/campaigns does not take DELETE."


@pytest.mark.parametrize("kind", STATUS, ids=lambda kind: kind.__name__)
def test_every_known_error_is_a_problem_document_of_its_status(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    error.allowed = ["GET"]  # type: ignore[attr-defined]  # what some kinds carry
    error.errors = [] if kind is errors.InvalidFieldsError else list  # type: ignore[attr-defined]
    response = problem(error, REQUEST_ID)
    assert response.body
    document = json.loads(response.body)
    assert response.content_type == "application/problem+json"
    assert response.status_code == document["status"] == STATUS[kind]
    assert set(document) >= {"type", "title", "status", "detail", "request_id"}


def test_wrong_fields_are_listed_with_their_places() -> None:
    wrong = FieldError("contacts[3].phone_numbers[0]", "too_short", "the number is too short")
    response = problem(errors.InvalidFieldsError([wrong]), REQUEST_ID)
    assert response.body
    assert json.loads(response.body)["errors"] == [
        {"path": "contacts[3].phone_numbers[0]", "code": "too_short", "message": "the number is too short"}
    ]


def test_an_unknown_credential_is_told_how_to_authenticate() -> None:
    response = problem(errors.UnauthenticatedError("Send an API key."), REQUEST_ID)
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
