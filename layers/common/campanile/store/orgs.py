"""An org's limits and its dial sheet: everything a pass of the dialer needs to start."""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from campanile.domain.campaign import AD_HOC_PRIORITY
from campanile.domain.org import DEFAULT_CONCURRENCY_LIMIT, NEVER_GRANTED, OrgSettings, SheetEntry
from campanile.store import keys
from campanile.store.table import Check, ConditionFailedError, Item, Put, Table, Update

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
"""What an org may be called: lower-case letters, digits and dashes, at most 63."""
RESERVED = frozenset({"exports", "reports", "requests", "uploads"})
"""No org's names: in the bucket our own files lie under them, those of every org."""
DEFAULT_CALLS_PER_SECOND = 10.0
AD_HOC_LANES = frozenset({keys.DEFAULT_ZONE})


class UnknownOrgError(Exception):
    """The org does not exist."""


def create(table: Table, org: str, now_ms: int) -> None:
    """Create an org with the default concurrency limit of 10 (seed 001) and an empty dial sheet; idempotent."""
    settings = {
        **keys.org_settings(org),
        "concurrency_limit": DEFAULT_CONCURRENCY_LIMIT,
        "usable": 0,  # the first pass asks for its part of the deployment's limit
        "global_limit": NEVER_GRANTED,
        "limit_rev": 0,
        "highest_slot": 0,
        "account": org,
        "calls_per_second": Decimal(str(DEFAULT_CALLS_PER_SECOND)),
        "last_campaign_number": 0,
        "created_at": now_ms,
    }
    for item in (settings, {**keys.dial_sheet(org), "campaigns": {}}):
        try:
            table.write(Put(item, "attribute_not_exists(#PK)"))
        except ConditionFailedError:
            continue
    enlist = "SET #roster = :roster, #roster_sort = :org"  # by a write of its own: earlier orgs are in no list yet
    table.write(Update(keys.org_settings(org), enlist, values={":roster": keys.org_roster(), ":org": org}))


def every(table: Table) -> list[str]:
    """The orgs' names in alphabetical order; the index may lag by a moment."""
    entries = table.query("#roster = :roster", {":roster": keys.org_roster()}, index=keys.ROSTER)
    return [entry["roster_sort"] for entry in entries]


def settings(table: Table, org: str) -> OrgSettings:
    """The org's limits, read strongly; raises UnknownOrgError."""
    item = table.get(keys.org_settings(org))
    if item is None:
        raise UnknownOrgError(org)
    return _settings(org, item)


def dial_view(table: Table, org: str) -> tuple[OrgSettings, list[SheetEntry]]:
    """Limits and dial sheet in one strong batch read; raises UnknownOrgError."""
    wanted = keys.org_settings(org), keys.dial_sheet(org)
    found = table.batch_get(wanted)
    item, sheet_item = (found.get((key["PK"], key["SK"])) for key in wanted)
    if item is None:
        raise UnknownOrgError(org)
    campaigns = sheet_item["campaigns"] if sheet_item else {}
    return _settings(org, item), [_entry(entry) for entry in campaigns.values()]


def settings_of(table: Table, orgs: Sequence[str]) -> dict[str, OrgSettings]:
    """The limits of several orgs, read strongly; those that do not exist are left out."""
    found = table.batch_get([keys.org_settings(org) for org in orgs])
    items = {org: found.get((key["PK"], key["SK"])) for org in orgs if (key := keys.org_settings(org))}
    return {org: _settings(org, item) for org, item in items.items() if item}


def set_limit(table: Table, seen: OrgSettings, limit: int, calls_per_second: float) -> OrgSettings | None:
    """Write new limits; None when another writer has changed them since `seen` was read.

    From this write on no worker that read the former limit can lock (its check is on `limit_rev`).
    """
    usable = limit if seen.global_limit == 0 else min(limit, seen.usable)
    return _write(table, seen, replace(seen, concurrency_limit=limit, usable=usable, calls_per_second=calls_per_second))


def set_usable(table: Table, seen: OrgSettings, usable: int, global_limit: int) -> OrgSettings | None:
    """Write what the org may use of its limit under the deployment's; None as in `set_limit`."""
    return _write(table, seen, replace(seen, usable=usable, global_limit=global_limit))


def changing_usable(seen: OrgSettings, usable: int) -> tuple[Update, OrgSettings]:
    """The same as an action of a transaction, and what it leads to."""
    changed = _next(seen, replace(seen, usable=usable))
    return _changing(seen, changed), changed


def unchanged_limit(seen: OrgSettings) -> Check:
    """The condition that the org's limits are as they were read."""
    return Check(keys.org_settings(seen.org), "#limit_rev = :limit_rev", {":limit_rev": seen.limit_rev})


def set_account(table: Table, org: str, account: str) -> None:
    """Let the org's calls go through a provider account, which others may use too; raises UnknownOrgError."""
    change = Update(keys.org_settings(org), "SET #account = :account", "attribute_exists(#PK)", {":account": account})
    try:
        table.write(change)
    except ConditionFailedError:
        raise UnknownOrgError(org) from None


def _write(table: Table, seen: OrgSettings, changed: OrgSettings) -> OrgSettings | None:
    written = _next(seen, changed)
    try:
        table.write(_changing(seen, written))
    except ConditionFailedError:
        return None
    return written


def _next(seen: OrgSettings, changed: OrgSettings) -> OrgSettings:
    return replace(changed, limit_rev=seen.limit_rev + 1, highest_slot=max(seen.highest_slot, changed.usable))


def _changing(seen: OrgSettings, changed: OrgSettings) -> Update:
    return Update(
        keys.org_settings(seen.org),
        "SET #concurrency_limit = :limit, #usable = :usable, #limit_rev = :next, #highest_slot = :highest, "
        "#calls_per_second = :rate, #global_limit = :global",
        "#limit_rev = :seen",
        {
            ":limit": changed.concurrency_limit,
            ":usable": changed.usable,
            ":next": changed.limit_rev,
            ":highest": changed.highest_slot,
            ":rate": Decimal(str(changed.calls_per_second)),
            ":global": changed.global_limit,
            ":seen": seen.limit_rev,
        },
    )


def next_campaign_number(table: Table, org: str) -> int:
    """A fresh integer, unique within the org, by which OSVI clients address a campaign."""
    return _next_number(table, org, "last_campaign_number")


def next_upload_number(table: Table, org: str) -> int:
    """A fresh integer, unique within the org, by which OSVI clients know a push of contacts."""
    return _next_number(table, org, "last_upload_number")


def _next_number(table: Table, org: str, counter: str) -> int:
    one = {":one": 1}
    added = Update(keys.org_settings(org), f"ADD #{counter} :one", "attribute_exists(#PK)", one)
    return int(table.write(added, "ALL_NEW")[counter])


def allowing_slot(current: OrgSettings, n: int) -> Check:
    """LOCK's guard of the concurrency limit (G2): slot `n` is usable under the very limit the worker counted with."""
    same = unchanged_limit(current)
    return replace(same, condition=f"{same.condition} AND #usable > :n", values={**same.values, ":n": n})


def listing(org: str, entry: SheetEntry) -> Update:
    """Put a campaign on the dial sheet, or replace its entry."""
    return Update(
        keys.dial_sheet(org),
        f"SET #campaigns.#{_sheet_name(entry.campaign_key)} = :entry",
        values={
            ":entry": {
                "key": entry.campaign_key,
                "priority": entry.priority,
                "configuration": entry.configuration_id,
                "lanes": sorted(entry.lanes),
            }
        },
    )


def unlisting(org: str, campaign_key: str) -> Update:
    """Take a campaign off the dial sheet."""
    return Update(keys.dial_sheet(org), f"REMOVE #campaigns.#{_sheet_name(campaign_key)}")


def list_ad_hoc(table: Table, org: str) -> None:
    """See that the org's ad-hoc contacts are on its dial sheet; one write, when they are not yet."""
    key = keys.default_campaign(org)
    sheet = table.get(keys.dial_sheet(org), consistent=False)
    if sheet is None or _sheet_name(key) not in sheet["campaigns"]:
        table.write(listing(org, SheetEntry(key, AD_HOC_PRIORITY, None, AD_HOC_LANES)))


def _sheet_name(campaign_key: str) -> str:
    """A name DynamoDB takes as a placeholder; the entry carries the campaign key itself."""
    return campaign_key.partition("@")[0].replace("-", "")


def _entry(item: Item) -> SheetEntry:
    return SheetEntry(item["key"], item["priority"], item["configuration"], frozenset(item["lanes"]))


def _settings(org: str, item: Item) -> OrgSettings:
    return OrgSettings(
        org,
        item["concurrency_limit"],
        item["usable"],
        item["limit_rev"],
        item["highest_slot"],
        float(item["calls_per_second"]),
        item.get("account", org),  # an org of before there were shared accounts and shares of the global limit
        item.get("global_limit", NEVER_GRANTED),
    )
