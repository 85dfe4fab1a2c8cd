"""The signed reference in every callback URL: whose call an event is about, in our words, not the carrier's.

A token is `<base64url of the reference as JSON>.<base64url of its HMAC-SHA256>`. It names no phone number,
because URLs end up in the access logs of others.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass

from campanile.domain import known_fields
from campanile.telephony.errors import InvalidSignatureError
from campanile.telephony.signing import derive


@dataclass(frozen=True, slots=True)
class CallReference:
    """The call a callback URL belongs to, and its slot. Only its `provider` (None: the default) may report on it."""

    org: str
    slot: int
    campaign: str
    contact_id: str
    attempt_id: str
    provider: str | None = None


def callback_url(base_url: str, provider: str, reference: CallReference, secret: str) -> str:
    """Where `provider` (as named in the route) posts the events of one call."""
    return f"{base_url.rstrip('/')}/carrier-events/{provider}?ref={sign_reference(reference, secret)}"


def sign_reference(reference: CallReference, secret: str) -> str:
    """A token of URL-safe characters only; the same reference always gives the same token."""
    fields = {name: value for name, value in asdict(reference).items() if value is not None}
    payload = _encode(json.dumps(fields, separators=(",", ":")).encode())
    return f"{payload}.{_signature(payload, secret)}"


def read_reference(token: str, secret: str) -> CallReference:
    """The reference of a token made by `sign_reference`; InvalidSignatureError for anything else."""
    payload = token.partition(".")[0]
    expected = f"{payload}.{_signature(payload, secret)}"
    if not hmac.compare_digest(token.encode(errors="replace"), expected.encode(errors="replace")):
        raise InvalidSignatureError("the callback reference is not ours")
    try:
        return known_fields.read(CallReference, json.loads(_decode(payload)))
    except (ValueError, TypeError) as error:
        # Signed by us, so written by another version of this code.
        raise InvalidSignatureError("the callback reference is of another format") from error


def _signature(payload: str, secret: str) -> str:
    digest = hmac.digest(derive(secret, "callback-url"), payload.encode(errors="replace"), hashlib.sha256)
    return _encode(digest)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
