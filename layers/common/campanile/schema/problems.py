"""Problem documents (RFC 9457)."""

from typing import Literal

from campanile.schema.messages import Response


class ProblemDetail(Response):
    """Where a request went wrong: `path` as in `contacts[3].phone_numbers[0]`."""

    path: str
    code: str
    message: str


class Problem(Response):
    """Every error, by RFC 9457. `errors` is there when single fields are wrong."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    """What is wrong, and where possible what to do."""
    request_id: str
    """Finds the request in the log; `X-Request-Id` says the same."""
    errors: list[ProblemDetail] = []
