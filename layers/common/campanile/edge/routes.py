"""The public routes, and the error for a request that none of them serves. A test compares them with the template."""

import re

from campanile.domain.errors import MethodNotAllowedError, NotFoundError
from campanile.edge import paths
from campanile.edge.gateway_event import Event

ROUTES: dict[str, tuple[str, ...]] = {
    "/campaign/configurations": ("GET", "POST"),
    "/campaign/configurations/{config_id}": ("GET", "PATCH", "DELETE"),
    "/campaign/timezones": ("GET",),
    "/campaign/campaigns": ("GET", "POST"),
    "/campaign/campaigns/{campaign_id}": ("GET", "PATCH"),
    "/campaign/campaigns/{campaign_id}/start": ("POST",),
    "/campaign/campaigns/{campaign_id}/pause": ("POST",),
    "/campaign/campaigns/{campaign_id}/close": ("POST",),
    "/campaign/campaigns/{campaign_id}/release": ("POST",),
    "/campaign/campaigns/{campaign_id}/contacts": ("GET", "POST"),
    "/campaign/campaigns/{campaign_id}/contacts/{contact_id}": ("GET", "DELETE"),
    "/campaign/campaigns/{campaign_id}/contacts/{contact_id}/attempts/{attempt_id}/report": ("POST",),
    "/campaign/campaigns/{campaign_id}/imports": ("GET", "POST"),
    "/campaign/campaigns/{campaign_id}/imports/preview": ("POST",),
    "/campaign/campaigns/{campaign_id}/imports/{import_id}": ("GET",),
    "/campaign/campaigns/{campaign_id}/export": ("GET",),
    "/campaign/campaigns/{campaign_id}/stats": ("GET",),
    "/campaign/do-not-call": ("GET", "POST"),
    "/campaign/do-not-call/imports": ("GET", "POST"),
    "/campaign/do-not-call/imports/{import_id}": ("GET",),
    "/campaign/do-not-call/{phone_number}": ("GET", "DELETE"),
    "/campaign/concurrency-settings": ("GET", "PUT"),
    "/campaign/agents": ("GET", "POST"),
    "/campaign/agents/{agent_id}": ("GET", "PATCH", "DELETE"),
    "/v1/campaigns/{id}/contacts": ("POST",),
    "/v1/campaigns/{id}/status": ("GET",),
    "/v1/dnd_numbers": ("GET", "POST", "DELETE"),
    "/v1/dnd_numbers/{id}": ("DELETE",),
    "/carrier-events/{provider}": ("POST",),
    "/openapi.json": ("GET",),
    "/reference": ("GET",),
}
"""Methods by path."""
OSVI = ("/v1/campaigns/", "/v1/dnd_numbers")
"""How the paths of OSVI's routes begin. They render errors in OSVI's dialect."""


def unmatched(event: Event) -> Exception:
    """Why nothing serves a request, in words that say what to do.

    The resource decides, not the path: a custom domain may put a base path before it. MiniStack has a known path with
    another method under `/{proxy+}`, so there the path decides.
    """
    method, path = event["httpMethod"], paths.below_the_base(event)
    template = _template_of(path)
    if template is None:
        return NotFoundError("No such route. The API is under /campaign; GET /reference lists the routes.")
    if paths.has_trailing_slash(event):
        return NotFoundError(f"No such route. Leave out the trailing slash: {event['path'].rstrip('/')}")
    methods = ROUTES[template]
    allowed = ", ".join(methods)
    return MethodNotAllowedError(f"{template} does not take {method}; it takes {allowed}.", list(methods))


def is_osvis(event: Event) -> bool:
    """Whether a path is one of OSVI's, or below one."""
    return paths.below_the_base(event).startswith(OSVI)


def _template_of(path: str) -> str | None:
    if path in ROUTES:
        return path
    return next((template for template, pattern in _PATTERNS if pattern.fullmatch(path)), None)


_PATTERNS = [
    (template, re.compile(re.sub(r"\{\w+\}", "[^/]+", template.replace(".", r"\.")) + "/*")) for template in ROUTES
]
