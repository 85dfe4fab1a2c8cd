"""What the OpenAPI document says in words of its own: tags, parameters, headers, and the errors of every route."""

from dataclasses import dataclass
from typing import Any, Final

from campanile.edge.problems import CONTENT_TYPE

DESCRIPTION: Final = """\
Times are RFC 3339 in UTC. Bodies are JSON in UTF-8 of at most 4.5 MB. A field or query parameter that is not \
documented here is refused, and no value is converted to another type.

Every response has `X-Request-Id`. Every error is a problem document (RFC 9457). It says what to do, and which field \
is wrong. Anything that belongs to another organization is a 404.

A POST with an `Idempotency-Key` is carried out once, however often you send it."""

TAGS: Final = {
    "campaigns": "A campaign calls its contacts while it is active and its configuration's windows are open.",
    "contacts": "The people a campaign calls, with the outcome of each call. `default` stands for no campaign.",
    "configurations": "When to call, how to retry, and which agent speaks. Any number of campaigns can share one.",
    "do-not-call": "Numbers that are never called, whatever campaign or contact has them.",
    "agents": "The provider's agents. Contacts can be pushed for one by its id.",
    "settings": "How many calls the organization may have in flight at once.",
    "documentation": "The description of this API.",
}
SEGMENT_TAGS: Final = {
    # The first of these that is a segment of the path.
    "do-not-call": "do-not-call",
    "contacts": "contacts",
    "imports": "contacts",
    "export": "contacts",
    "campaigns": "campaigns",
    "configurations": "configurations",
    "timezones": "configurations",
    "agents": "agents",
    "concurrency-settings": "settings",
    "openapi.json": "documentation",
    "reference": "documentation",
}

PARAMETERS: Final = {
    "campaign_id": "The campaign's UUID, or the external id it was given.",
    "contact_id": "The contact's UUID, or the external id it was given.",
    "attempt_id": "The attempt's UUID, as in the contact's `attempts` and in the provider's calls.",
    "import_id": "The import's UUID.",
    "config_id": "The configuration's UUID.",
    "agent_id": "The agent's id.",
    "phone_number": "The number in E.164, with its `+`, which may be written as `%2B`.",
    "search": "Only numbers that contain these digits. With a leading `+`: only numbers that begin with them.",
    "reason": "The reason. It stays in the history.",
    "limit": "The most items to list.",
    "offset": "How many items to skip.",
    "cursor": "The `next_cursor` of the previous page.",
    "name": "Only campaigns whose name contains this; case does not matter.",
    "status": "Only those with this status. May be repeated.",
    "fresh": "Begin a new export, even if one was completed in the last five minutes. Ignored while one is written.",
    "view": "Only those with this shown status. May be repeated.",
    "mode": "strict: one wrong row refuses the whole request with 422. lenient: wrong rows are listed in `failed`, and "
    "the others are stored. Both modes list in `failed` what only the stored contacts show: a row without a number "
    "that names no stored contact, or a number that belongs to another contact.",
    "outcome": "Only those whose last call had this outcome. May be repeated.",
}

REQUEST_ID: Final = "7d2c9b1e-0f4a-4c3b-9a8d-6e5f4a3b2c1d"
HEADERS: Final = {
    "RequestId": {
        "description": "Names this request in the log.",
        "required": True,
        "schema": {"type": "string", "minLength": 1},
        "example": REQUEST_ID,
    },
}
REQUEST_HEADERS: Final = {
    "Organization": {
        "name": "X-Anyreach-Org",
        "in": "header",
        "required": False,
        "description": "The organization to act in, for a personal token. An API key belongs to one organization.",
        "schema": {"type": "string"},
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "A value of your own, such as a new UUID. For 24 hours the same request with the same key "
        "gets the first response and changes nothing.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    },
}
SECURITY_SCHEMES: Final = {
    "bearerAuth": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key of the organization, `ak_<id>.<secret>`.",
    },
}


@dataclass(frozen=True)
class Refusal:
    """An error that many operations can return."""

    name: str
    title: str
    when: str
    detail: str
    errors: tuple[dict[str, str], ...] = ()

    def response(self, status: int) -> dict[str, Any]:
        """The OpenAPI response object."""
        headers: dict[str, Any] = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
        if status == 401:
            headers["WWW-Authenticate"] = {"required": True, "schema": {"const": "Bearer"}}
        example = {
            "type": "about:blank",
            "title": self.title,
            "status": status,
            "detail": self.detail,
            "request_id": REQUEST_ID,
            **({"errors": list(self.errors)} if self.errors else {}),
        }
        content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
        return {"description": self.when, "headers": headers, "content": content}


REFUSALS: Final = {
    400: Refusal(
        "BadRequest",
        "Bad Request",
        "The body is not JSON or has too many contacts, or the campaign's status does not allow the request.",
        "The body is not valid JSON.",
    ),
    401: Refusal(
        "Unauthorized",
        "Unauthorized",
        "The credential is missing, unknown, revoked or expired.",
        "The API key is unknown or revoked. Check that it was copied whole.",
    ),
    403: Refusal(
        "Forbidden",
        "Forbidden",
        "The credential is valid but lacks the scope.",
        "The API key lacks the scope: one of campaigns:manage.",
    ),
    404: Refusal(
        "NotFound",
        "Not Found",
        "The organization has no such object.",
        "No campaign has this id or external_id.",
    ),
    409: Refusal(
        "Conflict",
        "Conflict",
        "Another object has this id or name, the object is in use, or too many requests wrote at once.",
        "Another campaign of the organization has this external_id.",
    ),
    413: Refusal(
        "TooLarge",
        "Request Entity Too Large",
        "The body is larger than 4.5 MB.",
        "The body has 5200000 bytes; at most 4500000 are taken. Split the request.",
    ),
    422: Refusal(
        "Unprocessable",
        "Unprocessable Entity",
        "A field, a parameter or a header is wrong. `errors` lists them.",
        "The request has invalid fields.",
        (
            {
                "path": "contacts[3].phone_numbers[0]",
                "code": "too_short",
                "message": "the number is too short",
            },
        ),
    ),
    500: Refusal(
        "ServerError",
        "Internal Server Error",
        "Something went wrong on the server's side.",
        "Something went wrong on our side; the request id finds it in the log.",
    ),
}
