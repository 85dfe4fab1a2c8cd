"""Every key string of the table, and nothing else. `docs/data-model.md` lists them; a test holds the two together.

A *campaign key* is a campaign's UUID, or `default@<org>` for the ad-hoc contacts that belong to no campaign.
"""

import zlib
from collections.abc import Mapping
from hashlib import sha256
from typing import TypedDict
from uuid import NAMESPACE_URL, UUID, uuid5


class Key(TypedDict):
    PK: str
    SK: str


LANES = "lanes"
"""Index 1, KEYS_ONLY and sparse: pending contacts by campaign and timezone, in dialing order."""
ROSTER = "roster"
"""Index 2, projecting `bucket`: a campaign's contacts in order of creation, its imports in order of arrival; the orgs,
the credentials of an org or a user, and the numbers on an org's do-not-call list."""

DEFAULT_CAMPAIGN = "default"
DO_NOT_CALL = "do-not-call"
"""Stands where a campaign would for files of the do-not-call list; no campaign may be called so."""
DEFAULT_ZONE = "~"
"""The lane of contacts without a timezone: changing the configuration's default rewrites nothing."""
REMEMBERED_ANSWER = "R"
"""Sort keys of remembered responses begin with it, then `#`; Powertools makes the rest."""
BLOCK_SIZE = 2_000
"""Contacts per counter item and per roster partition."""
SLOTS_PER_PARTITION = 100
REGISTRY_SHARDS = 8


def org_settings(org: str) -> Key:
    return {"PK": f"O#{org}", "SK": "S"}


def global_limit() -> Key:
    """How the deployment's global limit is shared among its orgs."""
    return {"PK": "G#", "SK": "S"}


def dial_sheet(org: str) -> Key:
    return {"PK": f"O#{org}", "SK": "DIAL"}


def campaign(org: str, campaign_id: str) -> Key:
    return {"PK": f"O#{org}", "SK": f"C#{campaign_id}"}


def campaign_external_id(org: str, external_id: str) -> Key:
    return {"PK": f"O#{org}", "SK": f"CX#{external_id}"}


def campaign_number(org: str, number: int) -> Key:
    return {"PK": f"O#{org}", "SK": f"CN#{number}"}


def configuration(org: str, configuration_id: str) -> Key:
    return {"PK": f"O#{org}", "SK": f"F#{configuration_id}"}


def agent(org: str, agent_id: str) -> Key:
    return {"PK": f"O#{org}", "SK": f"A#{agent_id}"}


def member(org: str, user: str) -> Key:
    return {"PK": f"O#{org}", "SK": f"M#{user}"}


def user_of(item: Mapping[str, str]) -> str:
    return item["SK"].removeprefix("M#")


def campaigns_after(org: str, campaign_id: str | None) -> tuple[str, dict[str, str]]:
    """The condition, with its values, of an org's campaigns after the given one; of all of them for None."""
    return _behind(org, "C#", campaign_id)


def configurations_after(org: str, configuration_id: str | None) -> tuple[str, dict[str, str]]:
    """The same for configurations."""
    return _behind(org, "F#", configuration_id)


def agents_after(org: str, agent_id: str | None) -> tuple[str, dict[str, str]]:
    """The same for agents: a space sorts lowest of what their ids may have, so none lies between."""
    start = "A#" if agent_id is None else f"A#{agent_id} "
    return "#PK = :pk AND #SK BETWEEN :start AND :end", {":pk": f"O#{org}", ":start": start, ":end": "A$"}


def members_of(org: str) -> tuple[str, dict[str, str]]:
    """The same for all of an org's members."""
    return _behind(org, "M#", None)


def _behind(org: str, prefix: str, last_id: str | None) -> tuple[str, dict[str, str]]:
    # Of all characters that no id has, `!` sorts lowest and `~` highest.
    start = f"{prefix}{last_id}!" if last_id else prefix
    return "#PK = :pk AND #SK BETWEEN :start AND :end", {":pk": f"O#{org}", ":start": start, ":end": f"{prefix}~"}


def slot_partition(org: str, hundred: int) -> str:
    return f"SL#{org}#{hundred}"


def slot(org: str, n: int) -> Key:
    return {"PK": slot_partition(org, n // SLOTS_PER_PARTITION), "SK": f"{n:05d}"}


def org_of_slot(item: Mapping[str, str]) -> str:
    return item["PK"].split("#")[1]


def default_campaign(org: str) -> str:
    """The campaign key of an org's ad-hoc contacts."""
    return f"{DEFAULT_CAMPAIGN}@{org}"


def unknown_campaign(org: str, reference: str) -> str:
    """In place of a campaign's key for files dropped for one that does not exist: a mistyped name finds them there."""
    return f"{reference}@{org}"


def counters(campaign_key: str) -> str:
    return f"N#{campaign_key}"


def counter_block(campaign_key: str, block: int) -> Key:
    return {"PK": counters(campaign_key), "SK": f"{block:06d}"}


def counter_sequence(campaign_key: str) -> Key:
    """Holds the next creation number; in a partition of its own, so that stats read counters only."""
    return {"PK": f"NS#{campaign_key}", "SK": "S"}


def block_of(creation_number: int) -> int:
    return creation_number // BLOCK_SIZE


def _contact_partition(campaign_key: str, contact_id: str) -> str:
    return f"K#{campaign_key}#{contact_id[-1]}"


def contact(campaign_key: str, contact_id: str) -> Key:
    """The hot item, and the alias of an external id: 16 partitions a campaign, as one takes 1,000 writes a second."""
    return {"PK": _contact_partition(campaign_key, contact_id), "SK": f"K#{contact_id}"}


def contact_cold(campaign_key: str, contact_id: str) -> Key:
    return {"PK": _contact_partition(campaign_key, contact_id), "SK": f"D#{contact_id}"}


def contact_tombstone(campaign_key: str, contact_id: str) -> Key:
    """What is remembered of a deleted contact for a while."""
    return {"PK": _contact_partition(campaign_key, contact_id), "SK": f"T#{contact_id}"}


def contact_id_of(item: Mapping[str, str]) -> str:
    """The contact id in a hot item, a cold item, an alias or a roster entry."""
    return item["SK"][2:]


def contact_id_for(campaign_key: str, external_id: str) -> str:
    """UUIDv5(campaign, external id): uniqueness of an external id is a property of the primary key."""
    try:
        namespace = UUID(campaign_key)
    except ValueError:
        namespace = uuid5(NAMESPACE_URL, campaign_key)
    return str(uuid5(namespace, external_id))


def number_claim(campaign_key: str, e164: str) -> str:
    """The contact id whose key names the owner of a number, in a campaign whose numbers are unique."""
    return contact_id_for(contact_id_for(campaign_key, "number claim"), e164)


def number_lock(org: str, e164: str) -> Key:
    return {"PK": f"E#{org}#{e164}", "SK": "L"}


def do_not_call(org: str, e164: str) -> Key:
    return {"PK": f"E#{org}#{e164}", "SK": "D"}


def number_history(org: str, e164: str, at_ms: int, event_id: str) -> Key:
    """A line of its history; `event_id` tells apart what happened within one millisecond."""
    return {"PK": f"E#{org}#{e164}", "SK": f"H#{at_ms:015d}#{event_id}"}


def number_history_of(org: str, e164: str) -> tuple[str, dict[str, str]]:
    """The condition, with its values, of all of it."""
    values = {":pk": f"E#{org}#{e164}", ":start": "H#", ":end": "H#~"}
    return "#PK = :pk AND #SK BETWEEN :start AND :end", values


def number_of(item: Mapping[str, str]) -> str:
    """The number a lock, entry or line of history is about."""
    return item["PK"].rpartition("#")[2]


def provider_account(account: str) -> Key:
    return {"PK": f"P#{account}", "SK": "S"}


def credential(key_id: str) -> Key:
    return {"PK": f"KEY#{key_id}", "SK": "S"}


def key_id_of(item: Mapping[str, str]) -> str:
    return item["PK"].removeprefix("KEY#")


def request_memory(org: str) -> str:
    """The partition of what is remembered of an org's requests with an Idempotency-Key."""
    return f"IDEM#{org}"


def created_by_request(org: str, request_key: str) -> Key:
    """What a request with an Idempotency-Key has created; its remembered response lies beside it under `R#`."""
    return {"PK": request_memory(org), "SK": f"C#{sha256(request_key.encode()).hexdigest()}"}


def pushed_body(org: str, campaign_key: str, digest: str) -> Key:
    """What a body that OSVI clients pushed means: sent again, it is the same push."""
    return {"PK": request_memory(org), "SK": f"U#{campaign_key}#{digest}"}


def import_job(job: str) -> Key:
    return {"PK": f"J#{job}", "SK": "S"}


def job_of(item: Mapping[str, str]) -> str:
    return item["PK"].removeprefix("J#")


def export(campaign_key: str) -> Key:
    """The campaign's latest export."""
    return {"PK": f"X#{campaign_key}", "SK": "S"}


def registry_shard(shard: int) -> str:
    return f"TICK#{shard}"


def registration(org: str) -> Key:
    return {"PK": registry_shard(zlib.crc32(org.encode()) % REGISTRY_SHARDS), "SK": f"O#{org}"}


def registered_org(item: Mapping[str, str]) -> str:
    return item["SK"].removeprefix("O#")


def lane(campaign_key: str, zone: str) -> str:
    return f"Q#{campaign_key}#{zone}"


def lane_sort(kind: str, due_ms: int, creation_number: int, contact_id: str) -> str:
    """Sorts by due time as long as years have four digits: 15 digits of milliseconds."""
    return f"{kind}#{due_ms:015d}#{creation_number:09d}#{contact_id}"


def roster(campaign_key: str, block: int) -> str:
    return f"L#{campaign_key}#{block}"


def roster_sort(creation_number: int) -> str:
    return f"{creation_number:09d}"


def org_roster() -> str:
    """The orgs, each sorted by its own name."""
    return "LO"


def key_roster(org: str) -> str:
    return f"LK#{org}"


def token_roster(user: str) -> str:
    return f"LU#{user}"


def credential_roster_sort(created_ms: int, key_id: str) -> str:
    return f"{created_ms:015d}#{key_id}"


def do_not_call_roster(org: str) -> str:
    """The numbers on an org's do-not-call list, each sorted by itself."""
    return f"LD#{org}"


def do_not_call_after(org: str, prefix: str, e164: str | None) -> tuple[str, dict[str, str]]:
    """The condition, with its values, of the listed numbers after the given one that begin with `prefix`."""
    start = max(prefix, f"{e164}!") if e164 else prefix
    values = {":pk": do_not_call_roster(org), ":start": start, ":end": max(start, f"{prefix}~")}
    return "#roster = :pk AND #roster_sort BETWEEN :start AND :end", values


def do_not_call_imports(org: str) -> str:
    """In place of a campaign's key for files of the org's do-not-call list."""
    return f"{DO_NOT_CALL}@{org}"


def import_roster(campaign_key: str) -> str:
    return f"LJ#{campaign_key}"


def import_roster_sort(received_ms: int, job: str) -> str:
    return f"{received_ms:015d}#{job}"
