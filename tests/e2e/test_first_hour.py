"""What a newcomer runs into in the first hour is answered in words that say what to do."""

import pytest

from tests.support.api import Api
from tools.stack.local_stack import Stack


def test_without_a_key_the_response_shows_how_to_send_one(stack: Stack) -> None:
    answer = Api(stack, None).call("GET", "/campaign/concurrency-settings")
    assert (answer.status, answer.headers["Content-Type"]) == (401, "application/problem+json")
    assert "Authorization: Bearer ak_<id>.<secret>" in answer.body["detail"]


@pytest.mark.parametrize("wrong", ["{key}x", "{key_id}", "ak_none.secret", "secret"])
def test_a_wrong_key_is_refused(stack: Stack, wrong: str) -> None:
    key = wrong.format(key=stack.api_key, key_id=stack.api_key.partition(".")[0])
    answer = Api(stack, key).call("GET", "/campaign/concurrency-settings")
    assert (answer.status, "unknown or revoked" in answer.body["detail"]) == (401, True)


def test_an_unknown_route_names_where_the_api_is(api: Api) -> None:
    answer = api.call("GET", "/campaigns")
    assert (answer.status, "/campaign" in answer.body["detail"]) == (404, True)


def test_a_wrong_method_names_the_ones_the_path_takes(api: Api) -> None:
    answer = api.call("DELETE", "/campaign/concurrency-settings")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, PUT")


def test_a_trailing_slash_is_pointed_out(api: Api) -> None:
    answer = api.call("POST", "/campaign/campaigns/", {})
    assert (answer.status, answer.body["detail"]) == (
        404,
        "No such route. Leave out the trailing slash: /campaign/campaigns",
    )


def test_a_configuration_without_windows_is_taken_with_a_warning_that_start_repeats(api: Api) -> None:
    created = api.post("/campaign/configurations", {"name": "no windows"}, 201)
    [warning] = created["warnings"]
    assert (warning["code"], "default_windows" in warning["message"]) == ("no_calling_windows", True)
    wanted = {"name": "silent", "configuration_id": created["id"]}
    campaign = api.post("/campaign/campaigns", wanted, 201)
    started = api.post(f"/campaign/campaigns/{campaign['id']}/start")
    assert [one["code"] for one in started["warnings"]] == ["no_calling_windows"]


def test_a_wrong_field_is_named_with_its_path_and_the_fix(api: Api) -> None:
    campaign = api.campaign("fields")
    rows = [{"phone_numbers": ["+14155550100"]}, {"phone_numbers": ["call me"], "timezone": "New York"}]
    answer = api.call("POST", f"/campaign/campaigns/{campaign}/contacts", {"contacts": rows})
    assert answer.status == 422
    assert [one["path"] for one in answer.body["errors"]] == ["contacts[1].timezone"]
    assert "America/New_York" in answer.body["errors"][0]["message"]
    assert answer.headers["X-Request-Id"] == answer.body["request_id"]


def test_another_orgs_campaign_does_not_exist(stack: Stack, api: Api) -> None:
    campaign = api.campaign("mine")
    stranger = Api(stack, stack.second_org_api_key)
    for method, path in [("GET", ""), ("GET", "/stats"), ("GET", "/contacts"), ("POST", "/pause"), ("GET", "/imports")]:
        assert stranger.call(method, f"/campaign/campaigns/{campaign}{path}").status == 404
