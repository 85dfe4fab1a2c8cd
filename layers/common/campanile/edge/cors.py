"""Which pages of other origins may call the API, as their browsers ask (CORS).

No origin is allowed unless the deployment names it. Credentials travel in headers, never in cookies, so a page of
another origin has none to abuse.
"""

from collections.abc import Sequence

ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, X-Anyreach-Org"
EXPOSED_HEADERS = "X-Request-Id, Allow, Retry-After, WWW-Authenticate"
MAX_AGE_SECONDS = 600
"""How long a browser may remember the response to a preflight request."""

Headers = dict[str, list[str]]


def headers(allowed: frozenset[str], origin: str | None) -> Headers:
    """What every response carries for a page of `origin`; nothing where no origin is allowed at all."""
    if not allowed:
        return {}
    varies = {"Vary": ["Origin"]}
    if origin is None or (origin not in allowed and "*" not in allowed):
        return varies
    return varies | {"Access-Control-Allow-Origin": [origin], "Access-Control-Expose-Headers": [EXPOSED_HEADERS]}


def preflight(methods: Sequence[str]) -> Headers:
    """What the response to a preflight request carries besides, when its origin is allowed."""
    return {
        "Access-Control-Allow-Methods": [", ".join(methods)],
        "Access-Control-Allow-Headers": [ALLOWED_HEADERS],
        "Access-Control-Max-Age": [str(MAX_AGE_SECONDS)],
    }
