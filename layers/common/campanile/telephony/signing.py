"""One deployment secret, one derived key per purpose, and the signatures made with them.

Carrier events follow Standard Webhooks (standardwebhooks.com): headers `webhook-id`, `webhook-timestamp` and
`webhook-signature`, HMAC-SHA256 over `id.timestamp.body`, timestamps at most five minutes off.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from standardwebhooks import Webhook, WebhookVerificationError

from campanile.telephony.errors import InvalidSignatureError

Purpose = Literal["callback-url", "carrier-events", "carrier-api"]

EVENT_TOLERANCE_SECONDS = 300
"""How far a carrier event's timestamp may be off, either way; fixed by the standardwebhooks library."""


def derive(secret: str, purpose: Purpose) -> bytes:
    """The 32-byte key of one purpose, so that no key serves two; ValueError when the secret is empty."""
    if not secret:
        raise ValueError("the deployment secret is empty")
    return hmac.digest(secret.encode(), purpose.encode(), hashlib.sha256)


def sign_event(secret: str, message_id: str, sent_at: datetime, body: str) -> dict[str, str]:
    """The headers of a carrier event sent at `sent_at` (aware); a redelivery keeps the `message_id`."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        # The library reads the clock time of `sent_at` as UTC, whatever its zone.
        "webhook-signature": _webhook(secret).sign(message_id, sent_at.astimezone(UTC), body),
    }


def verify_event(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Check a carrier event by the system's clock; InvalidSignatureError unless signed with this secret."""
    try:
        _webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError) as error:
        # The library lets ValueError out on a signature that is no base64, or has no version.
        raise InvalidSignatureError("the carrier event is not signed by the carrier, or not now") from error


def bearer_token(secret: str) -> str:
    """What the platform shows the simulated carrier as `Authorization: Bearer <token>`."""
    return derive(secret, "carrier-api").hex()


def is_authorized(authorization: str | None, secret: str) -> bool:
    """Whether an Authorization header carries the platform's token; compared in constant time."""
    expected = f"Bearer {bearer_token(secret)}"
    return hmac.compare_digest((authorization or "").encode(errors="replace"), expected.encode())


def _webhook(secret: str) -> Webhook:
    return Webhook("whsec_" + base64.b64encode(derive(secret, "carrier-events")).decode())
