"""Calls through the deployed stack and the simulated carrier: what the API shows, and what the carrier saw."""

from typing import Any

import pytest

from tests.support.api import Api, CarrierRecord

CLASSES = {
    "00": ("completed", ["answered"]),
    "50": ("exhausted", ["no_answer", "no_answer", "no_answer"]),
    "60": ("exhausted", ["busy", "busy", "busy"]),
    "65": ("exhausted", ["failed", "failed", "failed"]),
    "70": ("completed", ["voicemail"]),
    "75": ("do_not_call", ["do_not_call"]),
    "80": ("completed", ["callback_requested", "answered"]),
    "85": ("error", ["invalid_number"]),
    "90": ("completed", ["no_answer", "answered"]),
    "95": ("completed", ["answered"]),
    "96": ("completed", ["answered"]),
    "97": ("completed", ["answered"]),
    "98": ("completed", ["answered"]),
    "99": ("completed", ["answered"]),
}
"""By the last two digits of a magic number: final status and the outcome of each attempt."""


@pytest.fixture(scope="module")
def campaign(api: Api) -> str:
    """A campaign with one contact of every class, dialed to the end."""
    created = api.campaign("magic")
    api.add(created, *({"external_id": nn, "phone_numbers": [f"+141555501{nn}"]} for nn in CLASSES))
    api.settled(created, within_seconds=100)
    return created


@pytest.mark.parametrize("nn", CLASSES)
def test_each_magic_number_ends_as_the_readme_says(api: Api, campaign: str, nn: str) -> None:
    contact = api.get(f"/campaign/campaigns/{campaign}/contacts/{nn}")
    outcomes = [attempt["outcome"] for attempt in contact["attempts"]]
    assert (contact["status"], outcomes) == CLASSES[nn]


def test_stats_equal_a_recount(api: Api, campaign: str) -> None:
    stats = api.get(f"/campaign/campaigns/{campaign}/stats")
    contacts = api.contacts(campaign)
    counts = stats["contacts"]
    for status in ("completed", "exhausted", "error", "do_not_call"):
        assert counts[status] == sum(contact["status"] == status for contact in contacts)
    assert counts["total"] == len(contacts)
    assert stats["attempts"]["total"] == sum(len(contact["attempts"]) for contact in contacts)
    assert stats["active_calls"] == 0


def _posts(api: Api, carrier: CarrierRecord, campaign: str, nn: str) -> list[dict[str, Any]]:
    contact = api.get(f"/campaign/campaigns/{campaign}/contacts/{nn}")
    return [one for one in carrier.of(campaign)["per_attempt"] if one["contact_id"] == contact["id"]]


@pytest.mark.parametrize("nn", ["95", "96", "97", "99"])
def test_a_troubled_call_is_posted_once(api: Api, carrier: CarrierRecord, campaign: str, nn: str) -> None:
    assert [one["posts"] for one in _posts(api, carrier, campaign, nn)] == [1]


def test_a_refused_call_is_posted_again_under_a_new_attempt_id(api: Api, carrier: CarrierRecord, campaign: str) -> None:
    seen = _posts(api, carrier, campaign, "98")
    assert [(one["posts"], one["refused"]) for one in sorted(seen, key=lambda one: one["refused"])] == [
        (1, False),
        (1, True),
    ]
    assert len({one["attempt_id"] for one in seen}) == 2


def test_the_carrier_never_saw_two_calls_to_one_contact_nor_more_than_the_limit(
    api: Api, carrier: CarrierRecord, campaign: str
) -> None:
    report = carrier.of(campaign)
    limit = api.get("/campaign/concurrency-settings")["effective_limit"]
    assert report["max_calls_at_once_to_one_contact"] == 1
    assert report["max_calls_at_once"] <= limit
