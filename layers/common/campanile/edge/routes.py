"""The public routes, and the error for a request that none of them serves. A test compares them with the template."""

import re

from campanile.domain.errors import MethodNotAllowedError, NotFoundError

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


def unmatched(method: str, path: str) -> Exception:
    """The error for a request that nothing serves; its words say what to do."""
    for template, methods in ROUTES.items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", template.replace(".", r"\."))
        if re.fullmatch(pattern, path):
            allowed = ", ".join(methods)
            return MethodNotAllowedError(f"{template} does not take {method}; it takes {allowed}.", list(methods))
        if re.fullmatch(pattern + "/+", path):
            return NotFoundError(f"No such route. Leave out the trailing slash: {path.rstrip('/')}")
    return NotFoundError("No such route. The API is under /campaign; GET /reference lists the routes.")
