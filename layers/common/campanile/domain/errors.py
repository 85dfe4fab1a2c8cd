"""What can be wrong with a request, as types. `campanile.edge.http` has the one table that maps them to HTTP."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """Where a request went wrong: `path` as in `contacts[3].phone_numbers[0]`, a code, and words that name the fix."""

    path: str
    code: str
    message: str


class RequestError(Exception):
    """The request cannot be carried out; str() is a sentence for the caller, without personal data."""


class NotFoundError(RequestError):
    """The addressed object does not exist in the caller's org."""


class StateError(RequestError):
    """The object's status does not allow it (seeds 000, 001, 003: 400)."""


class TooManyContactsError(RequestError):
    """More rows than one request may carry (seed 001: 400)."""


class ConflictError(RequestError):
    """Another object is in the way, or too many writers were."""


class InvalidFieldsError(RequestError):
    """One or more fields are wrong."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("The request has invalid fields.")
        self.errors = errors


class UnauthenticatedError(RequestError):
    """The credential is missing, malformed, unknown, revoked or expired."""


class ForbiddenError(RequestError):
    """The credential is valid but lacks the scope."""


class TooLargeError(RequestError):
    """The body is over the limit."""


class MalformedError(RequestError):
    """The body is no JSON."""


class MethodNotAllowedError(RequestError):
    """The path exists, the method does not. `allowed` are the methods that do."""

    def __init__(self, message: str, allowed: list[str]) -> None:
        super().__init__(message)
        self.allowed = allowed
