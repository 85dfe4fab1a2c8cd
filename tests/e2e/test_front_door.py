"""Paths and methods on the deployed template: every one is answered in our words, and ids arrive as they were meant."""

from urllib.parse import quote

import pytest

from campanile.edge.routes import ROUTES
from tests.support.api import Api

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
NAMES = ["spring outreach", "ana é", "100%", "%2B", "%25", "a+b", "ana@example.com", "a:b", "a?b#c&d"]


def filled(path: str) -> str:
    return path.replace("{", "").replace("}", "")


@pytest.mark.parametrize("path", ROUTES)
def test_a_method_that_a_path_does_not_take_gets_405_and_those_it_takes(api: Api, path: str) -> None:
    for method in METHODS:
        if method not in ROUTES[path]:
            answer = api.call(method, filled(path))
            assert (answer.status, answer.headers["Allow"]) == (405, ", ".join(ROUTES[path])), method
    assert api.call("HEAD", filled(path)).status == 405
    asked = api.call("OPTIONS", filled(path))
    assert (asked.status, asked.headers["Allow"]) == (204, ", ".join([*ROUTES[path], "OPTIONS"]))
    assert "Access-Control-Allow-Origin" not in asked.headers


@pytest.mark.parametrize("path", ["/", "/campaign", "/v1", "/carrier-events", "/nothing/here", "/v1/campaigns/7"])
def test_a_path_that_is_no_route_gets_404_in_words(api: Api, path: str) -> None:
    for method in METHODS:
        answer = api.call(method, path)
        assert answer.status == 404
        assert "No such route" in (answer.body.get("detail") or answer.body["error"])


@pytest.mark.parametrize("name", NAMES)
def test_an_external_id_addresses_its_campaign(api: Api, name: str) -> None:
    configuration = api.post("/campaign/configurations", {"name": "c"}, 201)["id"]
    wanted = {"name": "c", "configuration_id": configuration, "external_id": name}
    made = api.post("/campaign/campaigns", wanted, 201)
    assert api.get(f"/campaign/campaigns/{quote(name, safe='')}")["id"] == made["id"]
