"""A POST is carried out once: the function of each POST with a credential says so, and no other loads that code."""

from campanile.edge import idempotency
from campanile.edge.http import Endpoint
from tests.support import source
from tests.support.template import FUNCTION, folder, resources, routes


def test_an_idempotency_key_counts_on_every_post_with_a_credential_and_nowhere_else() -> None:
    functions = resources(FUNCTION)
    seen = set()
    for route in routes():
        name = folder(functions[route.function])
        handler = source.app(name).handler
        if isinstance(handler, Endpoint):
            seen.add(route.method)
            counts = route.method == "POST" and handler.accepted_scopes is not None
            assert handler.once == (idempotency.once if counts else None), name
    assert seen == {"GET", "POST", "PUT", "PATCH", "DELETE"}
