"""What must be true of an org's items at any moment, counted from the items themselves."""

from collections import Counter
from string import hexdigits

from campanile.domain.campaign import Campaign
from campanile.domain.contact import Contact, bucket
from campanile.domain.lifecycle import ContactStatus
from campanile.store import contacts, counters, keys
from campanile.store.table import Table
from tests.support.dialer import Dialer


def every_contact(table: Table, campaign_key: str) -> list[Contact]:
    """Every contact of a campaign in order of creation: listed by the roster, read strongly from the base table."""
    ids: list[str] = []
    for block in range(keys.block_of(counters.allocated(table, campaign_key)) + 1):
        values = {":roster": keys.roster(campaign_key, block)}
        entries = table.query("#roster = :roster", values, index=keys.ROSTER)
        ids += [entry["SK"].removeprefix("K#") for entry in entries]
    found = contacts.get_many(table, campaign_key, ids)
    return [found[contact_id] for contact_id in ids]


def audit(dialer: Dialer, campaign: Campaign) -> list[Contact]:
    """Assert that counters, slots, lanes, roster and stats agree with a recount; answers the contacts."""
    table, key = dialer.table, campaign.key
    everyone = every_contact(table, key)
    recount = Counter(bucket(one.status, one.last_outcome) for one in everyone)
    counted: Counter[str] = Counter()
    attempts = 0
    for block in counters.blocks(table, key):
        counted.update(dict(block.buckets))
        attempts += block.attempts
    # The counters change with the contacts, so a contact that the roster does not list would be noticed here.
    assert {name: n for name, n in counted.items() if n} == dict(recount)
    assert [one.number for one in everyone] == sorted({one.number for one in everyone})
    assert attempts == sum(one.attempt_count for one in everyone)
    by_attempt = {slot.attempt_id: slot.contact_id for slot in dialer.held() if slot.campaign_key == key}
    active = {str(one.attempt_id): one.id for one in everyone if one.status is ContactStatus.ACTIVE}
    assert active == by_attempt
    assert all(one.attempt_id is None for one in everyone if one.status is not ContactStatus.ACTIVE)
    assert _lanes(table, campaign, everyone) == {
        (lane["lane"], lane["lane_sort"]) for one in everyone if (lane := contacts.lane_keys(one, campaign.is_ad_hoc))
    }
    if not campaign.is_ad_hoc:
        _check_stats(dialer, campaign, everyone)
    return everyone


def audit_names(dialer: Dialer, campaign: Campaign) -> None:
    """Assert that every name leads to a contact that knows it, and that nobody's cold item is left.

    Where numbers are unique, exactly those of the contacts are claimed, each by the one that has it.
    """
    partitions = [keys.contact(campaign.key, digit)["PK"] for digit in hexdigits[:16]]
    items = [
        (keys.contact_id_of(item), item)
        for partition in partitions
        for item in dialer.table.query("#PK = :pk", {":pk": partition}, consistent=True)
    ]
    everyone = every_contact(dialer.table, campaign.key)
    aliases = {(name, item["alias_of"]) for name, item in items if "alias_of" in item}
    known = {(alias, one.id) for one in everyone for alias in one.aliases}
    if campaign.unique_numbers:
        numbers = [(number, one.id) for one in everyone for number in one.phone_numbers]
        assert len(numbers) == len({number for number, _ in numbers})
        known |= {(keys.number_claim(campaign.key, number), owner) for number, owner in numbers}
    assert aliases == known
    assert {name for name, item in items if "status" in item} == {one.id for one in everyone}
    cold = {name for name, item in items if item["SK"] == keys.contact_cold(campaign.key, name)["SK"]}
    assert cold == {one.id for one in everyone if one.cold}


def _lanes(table: Table, campaign: Campaign, everyone: list[Contact]) -> set[tuple[str, str]]:
    zones = {contacts.zone_of(one, campaign.is_ad_hoc) for one in everyone}
    return {
        (entry["lane"], entry["lane_sort"])
        for zone in zones
        for entry in table.query("#lane = :lane", {":lane": keys.lane(campaign.key, zone)}, index=keys.LANES)
    }


def _check_stats(dialer: Dialer, campaign: Campaign, everyone: list[Contact]) -> None:
    statuses = Counter(one.status for one in everyone)
    shown = dialer.stats(campaign).contacts
    assert shown.total == len(everyone)
    assert shown.pending == statuses[ContactStatus.PENDING] + statuses[ContactStatus.HELD]
    assert shown.in_progress == statuses[ContactStatus.ACTIVE]
    assert shown.completed == statuses[ContactStatus.COMPLETED]
    assert shown.exhausted == statuses[ContactStatus.EXHAUSTED]
    assert shown.error == statuses[ContactStatus.ERROR]
    assert shown.do_not_call == statuses[ContactStatus.DO_NOT_CALL]
    pending = [one for one in everyone if one.status is ContactStatus.PENDING]
    assert shown.retry_waiting == sum(one.last_outcome is not None for one in pending)
