"""The auditor's picture of the table, made of the committed changes alone; nothing is asked of production."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.dynamodb_engine.engine import Change
from tests.simulation.chronicle import plain
from tests.simulation.oracle import AD_HOC_PRIORITY, AD_HOC_RULES, Recorded, Rules, document, rules

Item = dict[str, Any]
ContactKey = tuple[str, str]
KEPT_VERSIONS = 40


@dataclass(slots=True)
class Versions:
    """An item through time: each version and since when it held (UTC ms)."""

    known: list[tuple[int, Item | None]] = field(default_factory=list)

    def add(self, at: int, item: Item | None) -> None:
        self.known.append((at, item))
        del self.known[:-KEPT_VERSIONS]

    @property
    def now(self) -> Item | None:
        return self.known[-1][1] if self.known else None

    @property
    def since(self) -> int:
        return self.known[-1][0] if self.known else 0

    def since_time(self, moment: int) -> Iterator[Item | None]:
        """Every version that held at some time from `moment` on."""
        for index, (_, item) in enumerate(self.known):
            ended = self.known[index + 1][0] if index + 1 < len(self.known) else None
            if ended is None or ended >= moment:
                yield item

    def since_when(self, name: str) -> int:
        """Since when an attribute has its value."""
        current = (self.now or {}).get(name)
        since = self.since
        for at, item in reversed(self.known):
            if item is None or item.get(name) != current:
                break
            since = at
        return since


@dataclass(frozen=True, slots=True)
class Moved:
    """One changed item, told in the auditor's terms: its kind, key, and what it was and is."""

    kind: str
    key: tuple[str, ...]
    before: Item | None
    after: Item | None


class Mirror:
    """Contacts, slots, campaigns, configurations, limits and do-not-call entries as they are now, and were lately."""

    def __init__(self) -> None:
        self.contacts: dict[ContactKey, Versions] = defaultdict(Versions)
        self.campaigns: dict[str, Versions] = defaultdict(Versions)
        self.configurations: dict[tuple[str, str], Versions] = defaultdict(Versions)
        self.settings: dict[str, Item] = {}
        self.slots: dict[str, dict[int, Item]] = defaultdict(dict)
        self.listed: dict[tuple[str, str], int] = {}
        self.registered: dict[str, Item] = {}
        self.freed: dict[tuple[str, str], int] = {}
        self.pending: dict[str, dict[ContactKey, Item]] = defaultdict(dict)
        self.org_of: dict[str, str] = {}
        self.refused: dict[ContactKey, int] = {}

    def org(self, campaign: str) -> str:
        return campaign.partition("@")[2] or self.org_of[campaign]

    def live(self, org: str | None = None) -> Iterator[tuple[ContactKey, Item]]:
        """Contacts that exist, of one org or all."""
        for key, versions in self.contacts.items():
            if versions.now is not None and org in (None, self.org(key[0])):
                yield key, versions.now

    def priority(self, campaign: str) -> int:
        return AD_HOC_PRIORITY if "@" in campaign else int((self.campaigns[campaign].now or {})["priority"])

    def configuration(self, campaign: str) -> str | None:
        """The text of a campaign's configuration; None for ad-hoc contacts."""
        if "@" in campaign:
            return None
        item = self.campaigns[campaign].now
        assert item, "a contact's campaign exists"
        found = self.configurations[item["org"], item["configuration"]].now
        return None if found is None else str(found["document"])

    def rules(self, campaign: str) -> Rules:
        text = self.configuration(campaign)
        return AD_HOC_RULES if text is None else rules(text)

    def held(self, org: str) -> Mapping[int, Item]:
        return self.slots[org]

    def apply(self, changes: Sequence[Change], now: int) -> list[Moved]:
        """Take in a commit; answers what of it the auditor knows."""
        moved = []
        for change in changes:
            kind, key = _kind(change)
            if kind:
                after = plain(change.after) if change.after else None
                one = Moved(kind, key, self._known(kind, key), after)
                getattr(self, f"_take_{kind}")(key, one, now)
                moved.append(one)
        return moved

    def _known(self, kind: str, key: tuple[str, ...]) -> Item | None:
        match kind:
            case "contact":
                return self.contacts[key[0], key[1]].now
            case "slot":
                return self.slots[key[0]].get(int(key[1]))
            case "campaign":
                return self.campaigns[key[1]].now
            case "settings":
                return self.settings.get(key[0])
            case "registration":
                return self.registered.get(key[0])
        return None

    def _take_contact(self, key: tuple[str, ...], one: Moved, now: int) -> None:
        contact = (key[0], key[1])
        self.contacts[contact].add(now, one.after)
        waiting = self.pending[self.org(key[0])]
        if one.after and one.after.get("status") == "pending":
            waiting[contact] = one.after
        else:
            waiting.pop(contact, None)
        refusal = (one.after or {}).get("last_refusal")
        if refusal and refusal != (one.before or {}).get("last_refusal"):
            self.refused[contact] = now

    def _take_slot(self, key: tuple[str, ...], one: Moved, now: int) -> None:
        held = self.slots[key[0]]
        if one.after is None:
            gone = held.pop(int(key[1]), None)
            if gone:
                self.freed[key[0], gone["phone"]] = now
        else:
            held[int(key[1])] = one.after

    def _take_campaign(self, key: tuple[str, ...], one: Moved, now: int) -> None:
        self.org_of[key[1]] = key[0]
        self.campaigns[key[1]].add(now, one.after)

    def _take_configuration(self, key: tuple[str, ...], one: Moved, now: int) -> None:
        text = (one.after or {}).get("document")
        if text:
            document(text)
        known = self.configurations[key[0], key[1]]
        if (known.now or {}).get("document") != text:
            known.add(now, one.after)

    def _take_settings(self, key: tuple[str, ...], one: Moved, _now: int) -> None:
        assert one.after, "an org's settings are never deleted"
        self.settings[key[0]] = one.after

    def _take_listed(self, key: tuple[str, ...], _one: Moved, now: int) -> None:
        self.listed.setdefault((key[0], key[1]), now)

    def _take_registration(self, key: tuple[str, ...], one: Moved, _now: int) -> None:
        if one.after is None:
            self.registered.pop(key[0], None)
        else:
            self.registered[key[0]] = one.after


def attempts(item: Item) -> list[Recorded]:
    """The attempts recorded on a contact's hot item."""
    return [Recorded(one["i"], one["o"], one["p"], one["e"]) for one in item.get("attempts", [])]


def is_scheduled_first_call(item: Item) -> bool:
    """Whether windows of their own count for a contact's next call."""
    return item["attempt_count"] == 0 and "scheduled_at" in item


def _kind(change: Change) -> tuple[str, tuple[str, ...]]:
    """What an item is, by its key, and the parts of that; docs/data-model.md lists the keys."""
    pk, sk = change.key
    head, _, rest = pk.partition("#")
    match head:
        case "K" if sk.startswith("K#"):
            is_alias = "alias_of" in (change.after or change.before or {})
            return ("", ()) if is_alias else ("contact", (rest.rpartition("#")[0], sk[2:]))
        case "SL":
            return "slot", (rest.rpartition("#")[0], sk)
        case "O" if sk == "S":
            return "settings", (rest,)
        case "O" if sk.startswith("C#"):
            return "campaign", (rest, sk[2:])
        case "O" if sk.startswith("F#"):
            return "configuration", (rest, sk[2:])
        case "E" if sk == "D":
            org, _, number = rest.rpartition("#")
            return "listed", (org, number)
        case "TICK":
            return "registration", (sk[2:],)
    return "", ()
