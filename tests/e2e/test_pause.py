"""Pausing in mid-campaign: nothing is placed later than a second after the answer (G3)."""

import time

import pytest

from tests.support.api import Api, CarrierRecord, eventually

CONTACTS = 40


def _placed(carrier: CarrierRecord, campaign: str) -> list[int]:
    return sorted(one["placed_at"] for one in carrier.of(campaign)["per_attempt"] if one["placed_at"])


def test_pause_stops_new_calls_within_a_second_and_start_resumes(
    api: Api, carrier: CarrierRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    campaign = api.campaign("paused")
    api.add(campaign, *({"phone_numbers": [f"+1212555{n:04d}"]} for n in range(100, 100 + CONTACTS)))
    eventually(lambda: len(_placed(carrier, campaign)) >= 5, within_seconds=30)

    api.post(f"/campaign/campaigns/{campaign}/pause")
    answered_ms = time.time_ns() // 1_000_000

    def calls_have_ended() -> bool:
        return bool(api.get(f"/campaign/campaigns/{campaign}/stats")["active_calls"] == 0)

    eventually(calls_have_ended, within_seconds=30)
    before = _placed(carrier, campaign)
    stats = api.get(f"/campaign/campaigns/{campaign}/stats")
    assert stats["status"] == "paused"
    assert len(before) < CONTACTS
    with capsys.disabled():
        print(f"\npause answered -> last POST: {before[-1] - answered_ms} ms")
    assert before[-1] - answered_ms <= 1_000
    refused = api.call("POST", f"/campaign/campaigns/{campaign}/pause")
    assert (refused.status, refused.body["detail"]) == (
        400,
        "Cannot pause the campaign: its status is paused.",
    )

    api.post(f"/campaign/campaigns/{campaign}/start")
    eventually(lambda: len(_placed(carrier, campaign)) > len(before), within_seconds=15)
    api.post(f"/campaign/campaigns/{campaign}/close")
    late = api.call("POST", f"/campaign/campaigns/{campaign}/contacts", {"contacts": []})
    assert (late.status, "closed" in late.body["detail"]) == (400, True)
