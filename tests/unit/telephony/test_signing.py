"""Signatures of carrier events, callback references and the carrier's own routes."""

import base64
import hmac
import json
import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from campanile.telephony.callback import CallReference, callback_url, read_reference, sign_reference
from campanile.telephony.errors import InvalidSignatureError
from campanile.telephony.signing import (
    EVENT_TOLERANCE_SECONDS,
    bearer_token,
    derive,
    is_authorized,
    sign_event,
    verify_event,
)

SECRET = "a random string"
BODY = '{"type":"call.ended"}'
REFERENCE = CallReference(org="org-1", slot=7, campaign="c-1", contact_id="k-1", attempt_id="a-1")


def signed(seconds_off: float = 0) -> dict[str, str]:
    return sign_event(SECRET, "a-1.call.ended", datetime.now(UTC) + timedelta(seconds=seconds_off), BODY)


def test_every_purpose_has_a_key_of_its_own() -> None:
    keys = {derive(SECRET, "callback-url"), derive(SECRET, "carrier-events"), derive(SECRET, "carrier-api")}
    assert len(keys) == 3
    assert {len(key) for key in keys} == {32}


def test_an_empty_secret_signs_nothing() -> None:
    with pytest.raises(ValueError, match="empty"):
        derive("", "carrier-api")


def test_a_signed_event_is_accepted_whatever_the_case_of_its_headers() -> None:
    verify_event(SECRET, {name.title(): value for name, value in signed().items()}, BODY.encode())


def test_an_event_verifies_with_any_standard_webhooks_library() -> None:
    key = "whsec_" + base64.b64encode(derive(SECRET, "carrier-events")).decode()
    assert Webhook(key).verify(BODY, signed()) == {"type": "call.ended"}


def test_the_zone_of_the_clock_does_not_change_a_signature() -> None:
    now = datetime.now(UTC)
    india = now.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert sign_event(SECRET, "id", now, BODY) == sign_event(SECRET, "id", india, BODY)


def test_an_event_with_one_byte_changed_is_refused() -> None:
    with pytest.raises(InvalidSignatureError):
        verify_event(SECRET, signed(), BODY.replace("ended", "enDed").encode())


def test_an_event_under_another_id_is_refused() -> None:
    with pytest.raises(InvalidSignatureError):
        verify_event(SECRET, signed() | {"webhook-id": "a-2.call.ended"}, BODY.encode())


def test_an_event_signed_with_another_secret_is_refused() -> None:
    with pytest.raises(InvalidSignatureError):
        verify_event("another secret", signed(), BODY.encode())


@pytest.mark.parametrize("sign", [-1, 1])
def test_an_event_is_accepted_within_five_minutes_and_refused_beyond(sign: int) -> None:
    verify_event(SECRET, signed(sign * (EVENT_TOLERANCE_SECONDS - 10)), BODY.encode())
    with pytest.raises(InvalidSignatureError):
        verify_event(SECRET, signed(sign * (EVENT_TOLERANCE_SECONDS + 10)), BODY.encode())


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_an_event_without_one_of_its_headers_is_refused(missing: str) -> None:
    headers = {name: value for name, value in signed().items() if name != missing}
    with pytest.raises(InvalidSignatureError):
        verify_event(SECRET, headers, BODY.encode())


@settings(deadline=None, derandomize=True)
@given(signature=st.text(), timestamp=st.text() | st.floats().map(str), body=st.text())
def test_garbage_is_refused_and_raises_nothing_else(signature: str, timestamp: str, body: str) -> None:
    for headers in (
        {"webhook-id": "x", "webhook-timestamp": timestamp, "webhook-signature": "v1,AAAA"},
        signed() | {"webhook-signature": signature},
        signed() | {"webhook-signature": f"v1,{signature}"},
    ):
        with pytest.raises(InvalidSignatureError):
            verify_event(SECRET, headers, body.encode())


def test_the_carrier_knows_the_platform_by_its_token_alone() -> None:
    assert is_authorized(f"Bearer {bearer_token(SECRET)}", SECRET)
    for header in (
        None,
        "",
        "Bearer ",
        bearer_token(SECRET),
        f"Bearer {bearer_token('other')}",
        "Bearer \u00e9",
    ):
        assert not is_authorized(header, SECRET)


@settings(deadline=None, derandomize=True)
@given(
    st.builds(
        CallReference,
        org=st.text(),
        slot=st.integers(0, 10_000),
        campaign=st.text(),
        contact_id=st.text(),
        attempt_id=st.text(),
        provider=st.none() | st.text(),
    )
)
def test_a_reference_survives_its_token(reference: CallReference) -> None:
    token = sign_reference(reference, SECRET)
    assert re.fullmatch(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}", token)
    assert read_reference(token, SECRET) == reference


def test_a_callback_url_names_the_provider_and_carries_the_reference() -> None:
    url = callback_url("https://api.example.com/prod/", "simulated", REFERENCE, SECRET)
    start = "https://api.example.com/prod/carrier-events/simulated?ref="
    assert url.startswith(start)
    assert read_reference(url.removeprefix(start), SECRET) == REFERENCE


def test_no_character_of_a_reference_can_be_changed() -> None:
    token = sign_reference(REFERENCE, SECRET)
    for position, character in enumerate(token):
        changed = token[:position] + ("A" if character != "A" else "B") + token[position + 1 :]
        with pytest.raises(InvalidSignatureError):
            read_reference(changed, SECRET)


def test_a_reference_of_another_deployment_is_refused() -> None:
    with pytest.raises(InvalidSignatureError):
        read_reference(sign_reference(REFERENCE, "another secret"), SECRET)


def test_the_signature_of_one_reference_does_not_serve_another() -> None:
    payload = sign_reference(CallReference("org-2", 1, "c", "k", "a"), SECRET).partition(".")[0]
    with pytest.raises(InvalidSignatureError):
        read_reference(payload + "." + sign_reference(REFERENCE, SECRET).partition(".")[2], SECRET)


@pytest.mark.parametrize("extra", [".", "=", "\n", " ", ".x"])
def test_a_reference_with_something_appended_is_refused(extra: str) -> None:
    with pytest.raises(InvalidSignatureError):
        read_reference(sign_reference(REFERENCE, SECRET) + extra, SECRET)


@settings(deadline=None, derandomize=True)
@given(st.text(st.characters(), max_size=80))
def test_any_other_text_is_no_reference(token: str) -> None:
    with pytest.raises(InvalidSignatureError):
        read_reference(token, SECRET)


@pytest.mark.parametrize("payload", [{"org": "o"}, [1], "text", None])
def test_a_signed_reference_of_another_format_is_refused(payload: object) -> None:
    encoded = base64.urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=").decode()
    with pytest.raises(InvalidSignatureError):
        read_reference(f"{encoded}.{_signature_of(encoded)}", SECRET)


def _signature_of(payload: str) -> str:
    digest = hmac.digest(derive(SECRET, "callback-url"), payload.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _signed(fields: dict[str, object]) -> str:
    """A token as another version of the code may have signed it."""
    payload = base64.urlsafe_b64encode(json.dumps(fields, separators=(",", ":")).encode()).rstrip(b"=").decode()
    return f"{payload}.{_signature_of(payload)}"


def test_a_reference_signed_by_an_older_or_a_newer_version_is_read() -> None:
    known = {name: value for name, value in asdict(REFERENCE).items() if name != "provider"}
    assert read_reference(_signed(known), SECRET) == REFERENCE
    assert read_reference(_signed({**known, "a_newer_field": 1}), SECRET) == REFERENCE


def test_a_reference_of_the_default_provider_is_one_that_an_older_version_reads() -> None:
    known = {name: value for name, value in asdict(REFERENCE).items() if name != "provider"}
    assert sign_reference(REFERENCE, SECRET) == _signed(known)
