"""What the API refuses: every field rule by its path, bodies and paths that make no sense, and nothing ever breaks."""

from base64 import b64encode
from typing import Any

import pytest

from tests.support.audit import every_contact
from tests.support.dialer import Dialer, number
from tests.support.gateway import ROUTES, SOME_ID, Client, call, paths, problem
from tests.support.osvi import OsviClient

POSTED = ["/campaign/configurations", "/campaign/campaigns", "/campaign/campaigns/default/contacts"]


@pytest.mark.parametrize("body", ["{", "", "[1,", '{"name": }', "\x00", "{'name': 'x'}"])
@pytest.mark.parametrize(
    "path", ["/campaign/configurations", "/campaign/campaigns", "/campaign/campaigns/default/contacts"]
)
def test_a_body_that_is_no_json_answers_400(api: Client, path: str, body: str) -> None:
    problem(api("POST", path, body), 400 if body else 422)


def test_more_than_a_thousand_contacts_answer_400_and_nothing_is_written(edge: Dialer, api: Client) -> None:
    campaign = api.campaign()
    rows = [{"phone_numbers": [number(1)]}] * 1001
    document = problem(api("POST", f"/campaign/campaigns/{campaign}/contacts", {"contacts": rows}), 400)
    assert "1000" in document["detail"].replace(",", "")
    assert every_contact(edge.table, campaign) == []


def test_a_body_over_the_limit_answers_413(api: Client) -> None:
    body = '{"contacts": [{"initial_context": "' + "x" * 4_500_000 + '"}]}'
    problem(api("POST", "/campaign/campaigns/default/contacts", body), 413)


WRONG_CONFIGURATIONS: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": 5}, "name"),
    ({"name": "c", "unknown": 1}, "unknown"),
    ({"name": "c", "default_timezone": "Mars/Olympus"}, "default_timezone"),
    ({"name": "c", "retry_attempts": 11}, "retry_attempts"),
    ({"name": "c", "retry_attempts": -1}, "retry_attempts"),
    ({"name": "c", "retry_attempts": "2"}, "retry_attempts"),
    ({"name": "c", "retry_attempts": True}, "retry_attempts"),
    ({"name": "c", "retry_delay_seconds": 0}, "retry_delay_seconds"),
    ({"name": "c", "retry_delay_seconds": 2_592_001}, "retry_delay_seconds"),
    ({"name": "c", "retry_outcomes": ["answered"]}, "retry_outcomes[0]"),
    ({"name": "c", "default_country_code": "US"}, "default_country_code"),
    ({"name": "c", "agent_number": "12"}, "agent_number"),
    ({"name": "c", "initial_context": "x" * 4_001}, "initial_context"),
    ({"name": "c", "agent_config": {"text": "x" * 8_192}}, "agent_config"),
    ({"name": "c", "default_windows": [{"days": ["mon"], "start": "09:00", "end": "09:00"}]}, "default_windows[0]"),
    ({"name": "c", "default_windows": [{"days": [], "start": "09:00", "end": "10:00"}]}, "default_windows[0].days"),
    (
        {"name": "c", "default_windows": [{"days": ["mon"], "start": "25:00", "end": "10:00"}]},
        "default_windows[0].start",
    ),
]


@pytest.mark.parametrize(("body", "path"), WRONG_CONFIGURATIONS)
def test_a_wrong_field_of_a_configuration_is_named(api: Client, body: dict[str, Any], path: str) -> None:
    assert paths(api("POST", "/campaign/configurations", body)) == [path]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": None}, "name"),
        ({"configuration_id": "not a uuid"}, "configuration_id"),
        ({"configuration_id": SOME_ID}, "configuration_id"),
        ({"priority": -1}, "priority"),
        ({"priority": 1_000_000}, "priority"),
        ({"priority": 1.5}, "priority"),
        ({"external_id": "default"}, "external_id"),
        ({"external_id": "a/b"}, "external_id"),
        ({"external_id": "a\nb"}, "external_id"),
        ({"external_id": ""}, "external_id"),
        ({"external_id": "x" * 256}, "external_id"),
        ({"status": "paused"}, "status"),
    ],
)
def test_a_wrong_field_of_a_campaign_is_named(api: Client, fields: dict[str, Any], path: str) -> None:
    configuration = api.post("/campaign/configurations", {"name": "c"}, 201)["id"]
    body = {"name": "a campaign", "configuration_id": configuration, **fields}
    assert paths(api("POST", "/campaign/campaigns", body)) == [path]


@pytest.mark.parametrize(
    ("row", "path"),
    [
        ({"phone_numbers": None}, "phone_numbers"),
        ({"phone_numbers": []}, "phone_numbers"),
        ({"phone_numbers": ["12"]}, "phone_numbers[0]"),
        ({"phone_numbers": [12]}, "phone_numbers[0]"),
        ({"phone_numbers": [number(n) for n in range(11)]}, "phone_numbers"),
        ({"phone_numbers": [number(1)], "timezone": "Nowhere"}, "timezone"),
        ({"phone_numbers": [number(1)], "scheduled_at": "tomorrow"}, "scheduled_at"),
        ({"phone_numbers": [number(1)], "scheduled_at": "2026-07-01T10:00:00"}, "scheduled_at"),
        ({"phone_numbers": [number(1)], "scheduled_at": 1_700_000_000}, "scheduled_at"),
        ({"phone_numbers": [number(1)], "data": [1]}, "data"),
        ({"phone_numbers": [number(1)], "data": {"text": "x" * 16_384}}, "data"),
        ({"phone_numbers": [number(1)], "data": {"timezone": "x"}}, "data.timezone"),
        ({"phone_numbers": [number(1)], "id": "5"}, "id"),
        ({"phone_numbers": [number(1)], "external_id": "a/b"}, "external_id"),
        ({"phone_numbers": [number(1)], "status": "completed"}, "status"),
    ],
)
def test_a_wrong_field_of_a_contact_is_named_with_its_row_and_nothing_is_written(
    edge: Dialer, api: Client, row: dict[str, Any], path: str
) -> None:
    campaign = api.campaign()
    body = {"contacts": [{"phone_numbers": [number(9)]}, row]}
    assert paths(api("POST", f"/campaign/campaigns/{campaign}/contacts", body)) == [f"contacts[1].{path}"]
    assert every_contact(edge.table, campaign) == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "limit=1.5", "offset=-1", "offset=x", "status=dead", "outcome=none"]
)
def test_a_wrong_query_parameter_answers_422(api: Client, query: str) -> None:
    campaign = api.campaign()
    [path] = paths(api("GET", f"/campaign/campaigns/{campaign}/contacts?{query}"))
    assert path.startswith(query.partition("=")[0])


@pytest.mark.parametrize(
    "body",
    [{}, {"concurrency_limit": 0}, {"concurrency_limit": 10_001}, {"concurrency_limit": 5, "calls_per_second": 0}],
)
def test_a_wrong_limit_answers_422(api: Client, body: dict[str, Any]) -> None:
    assert len(paths(api("PUT", "/campaign/concurrency-settings", body))) == 1


def test_an_external_id_in_use_answers_409(api: Client) -> None:
    api.campaign(external_id="spring")
    configuration = api.post("/campaign/configurations", {"name": "c"}, 201)["id"]
    body = {"name": "a campaign", "configuration_id": configuration, "external_id": "spring"}
    problem(api("POST", "/campaign/campaigns", body), 409)


DEEP = "[" * 50_000 + "]" * 50_000
GARBAGE = [
    "null",
    "[]",
    "5",
    '"text"',
    "{}",
    '{"contacts": null}',
    '{"contacts": {}}',
    '{"contacts": [null]}',
    '{"contacts": [[]]}',
    '{"contacts": ["+12125550001"]}',
    '{"contacts": [{"phone_numbers": ["+12125550001"], "external_id": "\\ud800"}]}',
    '{"contacts": [{"phone_numbers": ["\\ud800"]}]}',
    '{"contacts": [{"phone_numbers": ["+12125550001"], "data": {"\\ud800": "\\udfff"}}]}',
    '{"contacts": [{"phone_numbers": ["+12125550001"], "timezone": "../../etc/passwd"}]}',
    '{"contacts": [{"phone_numbers": ["+12125550001"], "timezone": "\\u0000"}]}',
    '{"contacts": [{"phone_numbers": ["+12125550001"], "scheduled_at": "9999-12-31T23:59:59-12:00"}]}',
    '{"contacts": [{"phone_numbers": ["+12125550001"], "scheduled_at": "0001-01-01T00:00:00+12:00"}]}',
    '{"contacts": [{"phone_numbers": ["+12125550001"], "scheduled_at": "2026-02-30T00:00:00Z"}]}',
    '{"contacts": [{"phone_numbers": ["+12125550001"], "data": {"n": ' + "9" * 5_000 + "}}]}",
    '{"contacts": [{"phone_numbers": ["+12125550001"], "data": {"n": 1e999}}]}',
    '{"contacts": [{"phone_numbers": ["+12125550001"], "data": {"n": NaN}}]}',
    '{"contacts": [{"phone_numbers": ["+12125550001"], "data": {"n": ' + DEEP[:4_000] + DEEP[-4_000:] + "}}]}",
    '{"contacts": ' + DEEP + "}",
    DEEP,
    '{"name": "c", "configuration_id": "\\ud800"}',
    '{"name": "\\ud800", "default_windows": []}',
    '{"name": "c", "agent_config": {"n": NaN}}',
    '{"name": "c", "retry_delays": {"busy": 1e400}}',
    '{"concurrency_limit": 1e3}',
    '{"concurrency_limit": ' + "9" * 5_000 + "}",
    "{" + ",".join(f'"k{n}": {n}' for n in range(5_000)) + "}",
    "\ufeff{}",
    "\x00\x01\x02",
]


@pytest.mark.parametrize("body", GARBAGE, ids=lambda body: repr(body[:40] + body[40:][-25:]))
@pytest.mark.parametrize(
    ("method", "path"),
    [(method, path) for method, path in ROUTES if method != "GET" and SOME_ID not in path]
    + [("POST", "/campaign/campaigns/default/contacts")],
)
def test_garbage_is_refused_or_taken_but_never_breaks_anything(api: Client, method: str, path: str, body: str) -> None:
    answer = api(method, path, body)
    assert answer.status < 500, answer.text
    if answer.status >= 400:
        problem(answer, answer.status)
    if path.endswith("/contacts") and answer.status == 200:
        api.get("/campaign/campaigns/default/contacts")
        assert "NaN" not in api("GET", "/campaign/campaigns/default/contacts").text


def test_a_body_is_refused_at_whatever_depth_a_parser_gives_up(edge: Dialer, api: Client) -> None:
    """The body is looked at before it is read, from where the parser may go a little deeper."""
    osvi = OsviClient(edge)
    campaign = api.campaign()
    for depth in range(850, 1_000, 5):
        deep = "[" * depth + "]" * depth
        answer = api("POST", f"/campaign/campaigns/{campaign}/contacts", f'{{"contacts": {deep}}}')
        assert answer.status in (400, 422), (depth, answer.text)
        push = f'{{"agent_uuid": "a", "deep": {deep}, "contacts": [{{"person_name": "R", "phone": "9876543210"}}]}}'
        assert osvi("POST", "/v1/campaigns/1/contacts", push).status in (400, 404), depth


@pytest.mark.parametrize(
    "reference",
    ["%00", "%F0%9F%98%80", "a" * 5_000, "%25", "..", "%2F", "a%0Ab", "%ED%A0%80", "+", "%20", "X%23a", "{}"],
)
def test_strange_names_in_paths_are_not_found_and_break_nothing(api: Client, reference: str) -> None:
    campaign = api.campaign()
    for path in (f"/campaign/campaigns/{reference}", f"/campaign/campaigns/{campaign}/contacts/{reference}"):
        assert api("GET", path).status in (400, 404, 422)
    assert api("GET", f"/campaign/configurations/{reference}").status in (400, 404, 422)
    assert api("GET", f"/campaign/campaigns/{campaign}/contacts?limit={reference}").status == 422
    assert api("GET", f"/campaign/campaigns/{campaign}/contacts?offset=" + "9" * 30).status == 200


def test_a_body_in_base64_is_read(api: Client) -> None:
    body = b64encode(b'{"concurrency_limit": 7}').decode()
    answer = call("PUT", "/campaign/concurrency-settings", body, api.headers, is_base64=True)
    assert answer.body["concurrency_limit"] == 7
    for broken in ("%%%", b64encode(b"\xff\xfe").decode(), b64encode(b"{").decode()):
        assert call("PUT", "/campaign/concurrency-settings", broken, api.headers, is_base64=True).status in (400, 422)
