"""An HTTP request as API Gateway's proxy event has it."""

import json
from base64 import b64decode
from typing import Any

from campanile.domain import errors

MAX_BODY_BYTES = 4_200_000
"""Lambda takes 6 MB, in which the body is a JSON string: pretty-printed JSON grows by up to 1.4."""

Event = dict[str, Any]


def header(event: Event, name: str) -> str | None:
    """A header of the request, whatever the case of its name."""
    headers = event.get("headers") or {}
    return next((value for key, value in headers.items() if key.lower() == name.lower()), None)


def request_id(event: Event) -> str:
    """The id that API Gateway gave the request."""
    return str(event["requestContext"]["requestId"])


def check_body(event: Event) -> None:
    """Refuse a body that is too large, no text, or JSON on which the parser chokes.

    A plain JSONDecodeError is left to the resolver: not every body has to be JSON.
    """
    body = event.get("body") or ""
    try:
        data = b64decode(body) if event.get("isBase64Encoded") else body.encode(errors="replace")
        if len(data) > MAX_BODY_BYTES:
            raise errors.TooLargeError(
                f"The body has {len(data)} bytes; at most {MAX_BODY_BYTES} are taken. Split the request."
            )
        json.loads(data.decode() or "null")
    except json.JSONDecodeError:
        return
    except UnicodeDecodeError:
        raise errors.MalformedError("The body is not UTF-8 text.") from None
    except (RecursionError, ValueError):
        raise errors.MalformedError("The body is nested too deeply, or has a number of too many digits.") from None
