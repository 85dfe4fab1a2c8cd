"""OSVI's status of a campaign: what its pages describe, exact at every moment whatever the calls came to."""

from datetime import datetime, timedelta
from random import Random

import pytest

from campanile.domain.lifecycle import Outcome
from campanile.store import contacts, keys
from tests.support.audit import every_contact
from tests.support.dialer import Dialer
from tests.support.gateway import Client
from tests.support.osvi import AGENT, OsviClient, person, with_agent


@pytest.fixture
def osvi(edge: Dialer) -> OsviClient:
    return OsviClient(edge)


@pytest.fixture
def campaign(api: Client) -> str:
    with_agent(api)
    return api.campaign()


def test_a_new_campaign_has_its_settings_and_no_calls(osvi: OsviClient, api: Client, campaign: str) -> None:
    status = osvi.status(1)
    created = datetime.fromisoformat(status["campaign"].pop("created_at"))
    assert created.utcoffset() == timedelta(hours=5, minutes=30)
    ours = datetime.fromisoformat(api.get(f"/campaign/campaigns/{campaign}")["created_at"])
    assert timedelta(0) <= ours - created < timedelta(seconds=1)
    assert status == {
        "campaign": {
            "id": 1,
            "name": "a campaign",
            "status": "active",
            "is_retry_enabled": True,
            "retry_threshold": 2,
            "retry_delay": 3600,
        },
        "calls": {"total": 0, "by_status": {"picked": 0, "not_picked": 0, "failed": 0}},
        "uploads": [],
    }


def test_an_upload_shows_what_is_queued_and_when_no_call_follows(edge: Dialer, osvi: OsviClient, campaign: str) -> None:
    number = osvi.pushed(1, person(1), person(2), enqueue=True)["campaign_upload_id"]
    [upload] = osvi.status(1)["uploads"]
    stem, _, rest = upload["file_name"].partition("-api_contacts_")
    assert int(stem) == edge.clock.now_ms() // 1000
    assert len(rest) == len("ab12cd34ef567890.csv")
    assert (upload["campaign_upload_id"], upload["agent_uuid"]) == (number, AGENT)
    assert upload["queues"] == [{"agent_uuid": AGENT, "total_queued": 2, "completed": False}]
    edge.run()
    one, other = edge.posts
    edge.end(one, "answered")
    assert osvi.status(1)["uploads"][0]["queues"][0]["completed"] is False
    edge.end(other, "invalid_number")
    assert osvi.status(1)["uploads"][0]["queues"] == [{"agent_uuid": AGENT, "total_queued": 2, "completed": True}]
    assert osvi.status(1)["calls"] == {"total": 2, "by_status": {"picked": 1, "not_picked": 0, "failed": 1}}


def test_held_contacts_are_in_no_queue_until_they_are_released(osvi: OsviClient, api: Client, campaign: str) -> None:
    osvi.pushed(1, person(1), person(2))
    assert osvi.status(1)["uploads"][0]["queues"] == []
    api.post(f"/campaign/campaigns/{campaign}/release")
    assert osvi.status(1)["uploads"][0]["queues"][0]["total_queued"] == 2


@pytest.mark.parametrize("seed", range(3))
def test_every_upload_is_counted_as_its_contacts_are_whatever_blocks_they_lie_in(
    edge: Dialer, osvi: OsviClient, campaign: str, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Blocks of three contacts: some belong to one push, some to several, or to contacts that nobody pushed."""
    monkeypatch.setattr(keys, "BLOCK_SIZE", 3)
    random = Random(seed)
    own: dict[int, set[str]] = {}
    for n in range(6):
        chosen = random.sample(range(30), random.randint(1, 9))
        known = {one.id for one in every_contact(edge.table, campaign)}
        upload = osvi.pushed(1, *(person(one) for one in chosen), enqueue=random.random() < 0.7)["campaign_upload_id"]
        own[upload] = {one.id for one in every_contact(edge.table, campaign)} - known
        edge.add_people(edge.read_campaign(campaign), f"+1415555{n:04d}")
        for _ in range(3):
            edge.run()
            for post in edge.posts:
                edge.end(post, random.choice(["answered", "no_answer", "invalid_number", "do_not_call"]))
        everyone = every_contact(edge.table, campaign)
        if everyone and random.random() < 0.3:
            edge.delete(edge.read_campaign(campaign), random.choice(everyone).id)
    shown = {one["campaign_upload_id"]: one["queues"] for one in osvi.status(1)["uploads"]}
    assert shown.keys() == own.keys()
    for upload, ids in own.items():
        mine = contacts.get_many(edge.table, campaign, ids).values()
        queued = [one for one in mine if one.status != "held" and (one.status != "do_not_call" or one.last_outcome)]
        left = [one for one in queued if one.status in ("pending", "active")]
        expected = {"agent_uuid": AGENT, "total_queued": len(queued), "completed": not left}
        assert shown[upload] == ([expected] if queued else [])
    called = [one.last_outcome for one in every_contact(edge.table, campaign) if one.last_outcome]
    calls = osvi.status(1)["calls"]
    assert calls["total"] == len(called)
    picked = {Outcome.ANSWERED, Outcome.DO_NOT_CALL}
    assert calls["by_status"]["picked"] == sum(one in picked for one in called)
    assert calls["by_status"]["failed"] == called.count(Outcome.INVALID_NUMBER)
