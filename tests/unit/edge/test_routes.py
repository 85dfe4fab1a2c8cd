"""What is said to a request that no route takes: words that say what to do."""

import re

import pytest

from campanile.domain.errors import MethodNotAllowedError, NotFoundError
from campanile.edge.routes import ROUTES, unmatched

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
REAL_PATHS = {template: re.sub(r"\{\w+\}", "spring%20outreach", template) for template in ROUTES}
WRONG_METHODS = [(path, method) for path in ROUTES for method in METHODS if method not in ROUTES[path]]


@pytest.mark.parametrize(("template", "method"), WRONG_METHODS)
def test_a_known_path_with_another_method_is_told_the_methods_it_takes(template: str, method: str) -> None:
    error = unmatched(method, REAL_PATHS[template])
    assert isinstance(error, MethodNotAllowedError)
    assert error.allowed == list(ROUTES[template])
    assert all(allowed in str(error) for allowed in ROUTES[template])


@pytest.mark.parametrize("template", ROUTES)
def test_a_trailing_slash_is_told_the_path_without_it(template: str) -> None:
    path = REAL_PATHS[template]
    for slashes in ("/", "//"):
        error = unmatched(ROUTES[template][0], path + slashes)
        assert isinstance(error, NotFoundError)
        assert str(error).endswith(f"trailing slash: {path}")


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
    error = unmatched("GET", path)
    assert isinstance(error, NotFoundError)
    assert "The API is under /campaign" in str(error)


def test_every_route_names_its_methods_once_and_in_capitals() -> None:
    for methods in ROUTES.values():
        assert methods
        assert len(set(methods)) == len(methods)
        assert set(methods) <= set(METHODS)
