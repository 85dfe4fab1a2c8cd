"""The product as it would be with one step wrong, to prove that the auditor would notice.

Each variant rewrites a line of production's own source in memory. A line that is no longer there is an error, so that
no variant goes on passing after the code it spoils has moved.
"""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import pytest

from campanile.contacts import enqueue_held, upsert
from campanile.dialing import agenda, global_limit, locking, placing, record_outcome, recovery
from campanile.domain import gate, pacing, retry
from campanile.store import calls, contact_actions, number_locks, orgs, slots, work_registry
from tests.simulation.setting import Setting, dazed, inscrutable, mute, restless, sleepy, uncapped, undead

Owner = ModuleType | type
Line = tuple[Owner, str, str, str]
"""Module, function, what stands there, what is to stand there."""


def as_drawn(setting: Setting) -> Setting:
    """The usual world."""
    return setting


@dataclass(frozen=True, slots=True)
class Variant:
    """One mistake: the lines it changes, and the guarantees of which a run violates one, in the auditor's words."""

    name: str
    violates: frozenset[str]
    lines: tuple[Line, ...]
    world: Callable[[Setting], Setting] = as_drawn
    """In which world it shows."""
    first_seed: int = 0
    """Where the search begins: a mistake that shows in one world of a hundred was seen near here."""

    def apply(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Spoil the product for as long as `monkeypatch` lasts."""
        for module, function, old, new in self.lines:
            monkeypatch.setattr(module, function, rewritten(module, function, old, new))


def rewritten(owner: Owner, function: str, old: str, new: str) -> Callable[..., object]:
    """A function or method of production with one piece of its source replaced."""
    found = getattr(owner, function)
    source = textwrap.dedent(inspect.getsource(found))
    assert source.count(old) == 1, f"{owner.__name__}.{function} no longer has this piece once: {old!r}"
    scratch: dict[str, Callable[..., object]] = {}
    exec(compile(source.replace(old, new), f"<{function}, spoilt>", "exec"), found.__globals__, scratch)  # noqa: S102
    return scratch[function]


def _variant(
    name: str, violates: str, *lines: Line, world: Callable[[Setting], Setting] = as_drawn, first_seed: int = 0
) -> Variant:
    return Variant(name, frozenset(violates.split()), lines, world, first_seed)


VARIANTS = (
    _variant(
        "an expired call is simply put back",
        "G1 G8 attempts",
        (recovery, "_recover", "if slot.phase in PHASES_BEFORE_POST:", "if True:"),
    ),
    _variant(
        "a POST of unknown fate is repeated",
        "G1",
        (
            placing,
            "_post",
            "    result = ports.telephony(slot.provider).place(answer.request)\n",
            "    result = ports.telephony(slot.provider).place(answer.request)\n"
            "    if isinstance(result, Ambiguous):\n"
            "        result = ports.telephony(slot.provider).place(answer.request)\n",
        ),
    ),
    _variant(
        "a provider that knows no such call is believed at once",
        "G1 G8 attempts",
        (recovery, "_give_back_when_certain", "max(ports.limits.lock_lease, ", "min(0, "),
        world=mute,
    ),
    _variant(
        "silence that proves nothing is believed",
        "G1 G8 attempts",
        (
            recovery,
            "_give_back_when_certain",
            "if capabilities.absence_proves_after_seconds is None:\n"
            "        return _give_up_after_longest_call(ports, slot)\n",
            "capabilities = type(capabilities)(10.0, absence_proves_after_seconds=0)\n",
        ),
        world=inscrutable,
    ),
    _variant(
        "a call that was never dialed counts as an attempt",
        "attempts",
        (record_outcome, "settle", "if report.was_dialed else _give_back_undialed(ports, slot)", "if True else False"),
    ),
    _variant(
        "INTENT without its condition",
        "G1 G2 G4 G7",
        (slots, "intend", "if slot.lease_until <= now_ms:", "if False:"),
        (
            slots,
            "_advance",
            'f"#attempt = :attempt AND {condition}"',
            'f"#attempt = :attempt AND {condition}" if changes["phase"] != "intended" '
            'else "attribute_not_exists(#PK) OR #attempt = :attempt OR #attempt <> :attempt OR " + condition',
        ),
        world=undead,
        first_seed=90,
    ),
    _variant(
        "the gate is stamped after its reading",
        "G3",
        (
            placing,
            "place",
            "        answer = ask_gate.ask(ports, call)\n",
            "        answer = ask_gate.ask(ports, call)\n        asked_at = ports.clock.monotonic_ms()\n",
        ),
        world=dazed,
    ),
    _variant(
        "no delay after an unknown outcome",
        "G8",
        (retry, "_retry", "max(delay_ms, 1000 * call.longest_call_seconds)", "0"),
    ),
    _variant(
        "the slot is freed before FINAL",
        "G4",
        (
            calls,
            "_settle",
            "table.transact([freeing, moved, *actions])",
            "(table.write(freeing), table.transact([moved, *actions]))",
        ),
    ),
    _variant(
        "LOCK without a look at the limit",
        "G2",
        (
            orgs,
            "allowing_slot",
            'f"{same.condition} AND #usable > :n"',
            '"#limit_rev >= :limit_rev OR #usable > :n"',
        ),
        world=restless,
    ),
    _variant(
        "counters outside of FINAL's transaction",
        "G6",
        (
            calls,
            "_settle",
            "table.transact([freeing, moved, *actions])",
            "(table.transact([freeing, *actions]), table.write(moved))",
        ),
    ),
    _variant(
        "no lock on the number",
        "G1",
        (number_locks, "taking", "    item = ", "    return []\n    item = "),
        world=uncapped,
        first_seed=7,  # in worlds before, a lock that was not taken cannot be given back first
    ),
    _variant(
        "a registration is removed whatever was announced since",
        "G4",
        (work_registry, "settle", '"#seq = :seq AND #announced_at = :at"', '"#seq >= :seq OR #announced_at >= :at"'),
        world=sleepy,
    ),
    _variant(
        "windows of scheduled calls for every call",
        "G3",
        (gate, "opening", "windows_for(schedule, zone, scheduled_first_call)", "windows_for(schedule, zone, True)"),
    ),
    _variant(
        "the contact's id in place of a fresh attempt id",
        "G1",
        (locking.Locker, "_slot", "attempt_id=self.ports.new_id()", "attempt_id=contact.id"),
    ),
    _variant(
        "an event ends whatever call holds its slot",
        "G1 G4 attempts",
        (
            record_outcome,
            "record",
            "slot.attempt_id == reference.attempt_id and settle(",
            "settle(",
        ),
    ),
    _variant(
        "a contact is written over what it has become since it was read",
        "G4 G6 G7 G8 G5",
        (contact_actions, "_unchanged", '"#rev = :seen_rev AND #n = :seen_n"', '"#rev <> :seen_rev OR #n = :seen_n"'),
        world=restless,
        first_seed=50,
    ),
    _variant(
        "the gate does not ask for do-not-call entries",
        "G3",
        (gate, "refuse", "if reading.number_listed or contact.asked_not_to_be_called:", "if False:"),
    ),
    _variant(
        "retries before first calls",
        "G5",
        (agenda, "_precedence", "return -lane.entry.priority, rank", "return -lane.entry.priority, -rank"),
    ),
    _variant(
        "a contact is inserted over the one of its name",
        "G4 G6 G7 G10 G11",
        (contact_actions, "inserting", 'Put(item, "attribute_not_exists(#PK)")', "Put(item)"),
    ),
    _variant(
        "an invalid number is called again",
        "G8",
        (retry, "number_for", "if number not in unreachable", "if number"),
        (gate, "refuse", "if reading.is_unreachable:", "if False:"),
    ),
    _variant(
        "a request without a name makes a contact each time it comes",
        "G10",
        (
            upsert,
            "repeatable",
            'replace(row, repeatable_id=keys.contact_id_for(request, f"{said[text]} {text}"))',
            "row",
        ),
    ),
    _variant(
        "held contacts are released in lanes that nobody looks at",
        "G4 G5",
        (
            enqueue_held._Run,
            "_enqueue",
            "self._campaign = notify_dialer.announce(table, campaign, waiting, now)",
            "pass",
        ),
    ),
    _variant(
        "the number called is logged",
        "G12",
        (
            placing,
            "_post",
            "    now = ports.clock.now_ms()\n",
            "    now = ports.clock.now_ms()\n"
            '    ports.log.info("called", extra={"action": "called", "to": slot.phone_number})\n',
        ),
    ),
    _variant(
        "an org's part of the global limit shrinks although its calls go on",
        "G2",
        (global_limit, "_lower", "max(settings.usable, len(slots.in_use(ports.table, settings)))", "settings.usable"),
    ),
    _variant(
        "the daily cap of a number is not asked for",
        "cap",
        (pacing, "capped_until", "if daily_cap is None or len(times) < daily_cap:", "if True:"),
    ),
)
