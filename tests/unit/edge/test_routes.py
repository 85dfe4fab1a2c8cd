"""What is said to a request that no route takes: words that say what to do."""

import re

import pytest

from campanile.domain.errors import MethodNotAllowedError, NotFoundError
from campanile.edge.gateway_event import Event
from campanile.edge.paths import ANY_PATH
from campanile.edge.routes import ROUTES, is_osvis, unmatched

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
REAL_PATHS = {template: re.sub(r"\{\w+\}", "spring%20outreach", template) for template in ROUTES}
WRONG_METHODS = [(path, method) for path in ROUTES for method in METHODS if method not in ROUTES[path]]


def request(method: str, path: str, resource: str = ANY_PATH, base: str = "") -> Event:
    """A request that the gateway matched with a resource, or with none but the one for any path."""
    event: Event = {"httpMethod": method, "path": base + path, "resource": resource}
    return event | {"pathParameters": {"proxy": path.strip("/")} if resource == ANY_PATH else None}


@pytest.mark.parametrize("base", ["", "/calls"])
@pytest.mark.parametrize("is_resource_known", [True, False])
@pytest.mark.parametrize(("template", "method"), WRONG_METHODS)
def test_a_known_path_with_another_method_is_told_the_methods_it_takes(
    template: str, method: str, is_resource_known: bool, base: str
) -> None:
    """On AWS the resource is that of the path; MiniStack has the one for any path. A custom domain has a base path."""
    error = unmatched(request(method, REAL_PATHS[template], template if is_resource_known else ANY_PATH, base))
    assert isinstance(error, MethodNotAllowedError)
    assert error.allowed == list(ROUTES[template])
    assert all(allowed in str(error) for allowed in ROUTES[template])


@pytest.mark.parametrize("template", ROUTES)
def test_a_trailing_slash_is_told_the_path_without_it(template: str) -> None:
    path = REAL_PATHS[template]
    for slashes in ("/", "//"):
        for resource, base in ((template, ""), (ANY_PATH, ""), (template, "/calls")):
            error = unmatched(request(ROUTES[template][0], path + slashes, resource, base))
            assert isinstance(error, NotFoundError)
            assert str(error).endswith(f"trailing slash: {base}{path}")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/campaign",
        "/campaigns",
        "/v1/campaign/campaigns",
        "/campaign/campaigns/spring/restart",
        "/campaign/campaigns/spring/contacts/lead/attempts",
        "/campaign/campaigns//contacts",
        "/campaign/campaigns\n",
        "/CAMPAIGN/CAMPAIGNS",
    ],
)
def test_an_unknown_path_is_told_where_the_api_is(path: str) -> None:
    error = unmatched(request("GET", path))
    assert isinstance(error, NotFoundError)
    assert "The API is under /campaign" in str(error)


@pytest.mark.parametrize("base", ["", "/calls", "/v1/dnd_numbers"])
def test_osvis_paths_are_known_whatever_a_custom_domain_puts_before_them(base: str) -> None:
    for path in ("/v1/campaigns/7/contacts", "/v1/campaigns/7/nothing", "/v1/dnd_numbers"):
        assert is_osvis(request("PUT", path, base=base))
    assert is_osvis(request("PUT", "/v1/campaigns/7", "/v1/campaigns/{id}", base))
    assert not is_osvis(request("PUT", "/campaign/campaigns", base=base))
    assert not is_osvis(request("PUT", "/campaign/campaigns", "/campaign/campaigns", base))


def test_every_route_names_its_methods_once_and_in_capitals() -> None:
    for methods in ROUTES.values():
        assert methods
        assert len(set(methods)) == len(methods)
        assert set(methods) <= set(METHODS)
