"""Items as another version of the code would have written them: with a field more, or without the newer ones."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Wire = dict[str, Any]
"""An item, or a part of one, in DynamoDB's wire form."""
UNKNOWN = "from_a_newer_version"
KEYS = ("PK", "SK")

OLDEST: Mapping[str, tuple[str, str]] = {
    "org_settings": (r"O#[^|]+\|S", "concurrency_limit usable limit_rev highest_slot calls_per_second"),
    "global_limit": (r"G#\|S", "rev reclaimed_at shares shares.* shares.*.granted shares.*.wants shares.*.asked_at"),
    "dial_sheet": (
        r"O#[^|]+\|DIAL",
        "campaigns campaigns.* campaigns.*.key campaigns.*.priority campaigns.*.configuration campaigns.*.lanes",
    ),
    "campaign": (
        r"O#[^|]+\|C#.*",
        "org id number external_id name configuration status priority lanes rev created_at updated_at",
    ),
    "campaign_external_id": (r"O#[^|]+\|CX#.*", "campaign"),
    "campaign_number": (r"O#[^|]+\|CN#.*", "campaign"),
    "configuration": (
        r"O#[^|]+\|F#.*",
        "refs document document.id document.name document.created_at document.updated_at "
        "document.default_windows document.default_windows[].days document.default_windows[].start "
        "document.default_windows[].end document.overrides[].timezones document.overrides[].windows "
        "document.overrides[].windows[].days document.overrides[].windows[].start document.overrides[].windows[].end "
        "document.scheduled_windows[].days document.scheduled_windows[].start document.scheduled_windows[].end "
        "document.scheduled_overrides[].timezones document.scheduled_overrides[].windows "
        "document.scheduled_overrides[].windows[].days document.scheduled_overrides[].windows[].start "
        "document.scheduled_overrides[].windows[].end",
    ),
    "agent": (
        r"O#[^|]+\|A#.*",
        "document document.id document.name document.created_at document.updated_at "
        "document.outbound_trunk.caller_number document.outbound_trunk.state",
    ),
    "member": (r"O#[^|]+\|M#.*", "role added_at"),
    "slot": (
        r"SL#.*\|\d+",
        "attempt campaign contact phone attempt_no phase lease_until locked_at contact_n",
    ),
    "counter_block": (r"N#.*\|\d+", "attempts held pending pending__no_answer pending__callback_requested"),
    "counter_sequence": (r"NS#.*\|S", "next"),
    "contact": (
        r"K#[^|]+\|K#.*",
        "n status phones created_at updated_at due kind rev attempt_count budget_used bucket roster roster_sort "
        "lane lane_sort attempt attempts attempts[].i attempts[].k attempts[].p attempts[].o attempts[].s attempts[].e "
        "external_id zone last_outcome last_refusal.code last_refusal.at",
    ),
    "alias": (r"K#[^|]+\|K#.*", "alias_of"),
    "contact_cold": (
        r"K#[^|]+\|D#.*",
        "data older[].i older[].k older[].p older[].o older[].s older[].e",
    ),
    "contact_tombstone": (r"K#[^|]+\|T#.*", "ttl"),
    "number_lock": (r"E#.*\|L", "attempt slot"),
    "do_not_call": (r"E#.*\|D", "source created_at event_id roster roster_sort"),
    "number_history": (r"E#.*\|H#.*", "event source created_at event_id"),
    "provider_account": (r"P#.*\|S", "next_free_at"),
    "credential": (r"KEY#.*\|S", "org user scopes secret_hash created_at roster roster_sort"),
    "created_by_request": (r"IDEM#.*\|C#.*", "created ttl"),
    "remembered answer": (r"IDEM#.*\|R#.*", "id expiration status data validation"),
    "pushed_body": (r"IDEM#.*\|U#.*", "job number created_at ttl"),
    "import_job": (
        r"J#.*\|S",
        "org campaign created_at updated_at roster roster_sort status counts errors errors[].row errors[].column "
        "errors[].code errors[].message checkpoint step file file.bucket file.key file.version file.size reading "
        "reading.position.offset reading.position.records reading.position.encoding reading.position.delimiter "
        "reading.position.only_ascii reading.start.offset reading.start.records reading.start.encoding "
        "reading.start.delimiter reading.start.only_ascii reading.phase reading.header reading.position reading.start "
        "push push.number push.agent_id rows_key",
    ),
    "export": (r"X#.*\|S", "id org created_at updated_at total blocks status rows checkpoint parts phone_columns "
                           "data_columns"),
    "registration": (r"TICK#\d\|O#.*", "seq next_due_at announced_at"),
}  # fmt: skip
"""Every kind of item: its key, and the fields that the oldest version wrote already. All other fields are newer ones,
so every reader must do without them. A new field is not to be added here; see `docs/decisions.md`.
"""
FREE_KEYS = frozenset({"shares", "campaigns", "mapping", "document.agent_config"})
"""Maps whose names are data, not fields."""
ATTEMPT_ID = re.compile(r"_[0-9a-f]{32}$")
"""Some names of attributes end in one."""
JSON_TEXTS = frozenset({"document"})


def kind_of(item: Wire) -> str:
    """The kind of an item; exactly one."""
    key = f"{item['PK']['S']}|{item['SK']['S']}"
    [kind] = [
        kind
        for kind, (pattern, _) in OLDEST.items()
        if re.fullmatch(pattern, key) and (kind != "contact" or "alias_of" not in item)
        if kind != "alias" or "alias_of" in item
    ]
    return kind


def with_unknown(item: Wire) -> Wire:
    """The item with an unknown field, and another in each object inside it."""
    return _more({"M": item}, "")["M"]  # type: ignore[no-any-return]


def newer_fields(item: Wire) -> list[str]:
    """The fields of an item that its oldest version had not, by their paths."""
    oldest = frozenset(OLDEST[kind_of(item)][1].split())
    return sorted({path for path in _paths({"M": item}, "") if path not in oldest and path not in KEYS})


def without(item: Wire, paths: frozenset[str]) -> Wire:
    """The item without these fields."""
    return _less({"M": item}, "", paths)["M"]  # type: ignore[no-any-return]


def _below(path: str, name: str) -> str:
    inner = "*" if path in FREE_KEYS else ATTEMPT_ID.sub("_*", name)
    return f"{path}.{inner}" if path else inner


def _paths(value: Wire, path: str) -> Iterator[str]:
    if "M" in value:
        for name, inner in value["M"].items():
            yield _below(path, name)
            yield from _paths(inner, _below(path, name))
    for inner in value.get("L", ()):
        yield from _paths(inner, f"{path}[]")
    if path in JSON_TEXTS and "S" in value:
        yield from _paths(_to_wire(json.loads(value["S"])), path)


def _more(value: Wire, path: str) -> Wire:
    if "M" in value:
        fields = {name: _more(inner, _below(path, name)) for name, inner in value["M"].items()}
        return {"M": fields if path in FREE_KEYS else {**fields, UNKNOWN: {"M": {UNKNOWN: {"S": "?"}}}}}
    if "L" in value:
        return {"L": [_more(inner, f"{path}[]") for inner in value["L"]]}
    if path in JSON_TEXTS:
        return {"S": json.dumps(_from_wire(_more(_to_wire(json.loads(value["S"])), path)))}
    return value


def _less(value: Wire, path: str, paths: frozenset[str]) -> Wire:
    if "M" in value:
        kept = {name: inner for name, inner in value["M"].items() if _below(path, name) not in paths}
        return {"M": {name: _less(inner, _below(path, name), paths) for name, inner in kept.items()}}
    if "L" in value:
        return {"L": [_less(inner, f"{path}[]", paths) for inner in value["L"]]}
    if path in JSON_TEXTS:
        return {"S": json.dumps(_from_wire(_less(_to_wire(json.loads(value["S"])), path, paths)))}
    return value


def _to_wire(value: Any) -> Wire:
    if isinstance(value, dict):
        return {"M": {name: _to_wire(inner) for name, inner in value.items()}}
    return {"L": [_to_wire(one) for one in value]} if isinstance(value, list) else {"JSON": value}


def _from_wire(value: Wire) -> Any:
    if "M" in value:
        return {name: _from_wire(inner) for name, inner in value["M"].items()}
    if "L" in value:
        return [_from_wire(one) for one in value["L"]]
    return value["JSON"] if "JSON" in value else value["S"]
