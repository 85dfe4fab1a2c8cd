"""What the simulated carrier does with a call: by magic number, else by a seeded distribution. Pure.

Magic numbers end in `55501NN`; `MAGIC` says what each `NN` does, and docs/simulated-carrier.md says the same.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal

from campanile.domain.lifecycle import Outcome

EventType = Literal["call.ringing", "call.answered", "call.ended"]
Behaviour = Literal[
    "answered",
    "no_answer",
    "busy",
    "failed",
    "voicemail",
    "do_not_call",
    "callback_first",
    "invalid_number",
    "no_answer_first",
    "silent_end",
    "shuffled_events",
    "held_response",
    "refused_first",
    "end_before_response",
]

MAGIC: Mapping[Behaviour, range] = {
    "answered": range(50),
    "no_answer": range(50, 60),
    "busy": range(60, 65),
    "failed": range(65, 70),
    "voicemail": range(70, 75),
    "do_not_call": range(75, 80),
    "callback_first": range(80, 85),
    "invalid_number": range(85, 90),
    "no_answer_first": range(90, 95),
    "silent_end": range(95, 96),
    "shuffled_events": range(96, 97),
    "held_response": range(97, 98),
    "refused_first": range(98, 99),
    "end_before_response": range(99, 100),
}
"""The last two digits of a magic number by behaviour (design, section 6); together 00-99, none twice."""

DISTRIBUTION: Mapping[Outcome, int] = {
    Outcome.ANSWERED: 55,
    Outcome.NO_ANSWER: 20,
    Outcome.BUSY: 8,
    Outcome.VOICEMAIL: 8,
    Outcome.FAILED: 5,
    Outcome.DO_NOT_CALL: 2,
    Outcome.INVALID_NUMBER: 2,
}
"""Outcomes of all other numbers, in per cent."""

MAX_CALL_SECONDS = 840
"""The longest call: its events are delayed messages, which SQS allows for 900 s at most."""
CALLBACK_IN_SECONDS = 20
RETRY_AFTER_SECONDS = 1
SHORT_CALL_SECONDS = 1
"""How long a busy, failed or invalid number keeps a line, unless calls are shorter still."""

_MAGIC_NUMBER = re.compile(r"55501(\d\d)\Z", re.ASCII)
_PICKED_UP = frozenset({Outcome.ANSWERED, Outcome.DO_NOT_CALL, Outcome.CALLBACK_REQUESTED})
_SHORT = frozenset({Outcome.BUSY, Outcome.FAILED, Outcome.INVALID_NUMBER})
_FIRST_OUTCOMES: Mapping[Behaviour, Outcome] = {
    "callback_first": Outcome.CALLBACK_REQUESTED,
    "no_answer_first": Outcome.NO_ANSWER,
}
_ANSWERED_WITH_TROUBLE: frozenset[Behaviour] = frozenset(
    {"silent_end", "shuffled_events", "held_response", "refused_first", "end_before_response"}
)
_NOTES: Mapping[Outcome, str] = {
    Outcome.DO_NOT_CALL: "asked not to be called again",
    Outcome.CALLBACK_REQUESTED: "asked to be called back",
    Outcome.INVALID_NUMBER: "the number does not exist",
}


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """An event to send `delay_seconds` after the call was placed (0-900)."""

    type: EventType
    delay_seconds: int


@dataclass(frozen=True, slots=True)
class CallPlan:
    """What will become of one POST.

    refused: answer 429 and place no call; the rest then means nothing.
    length_seconds: from the POST to the end. duration_seconds: of the conversation.
    callback_in_seconds: counted from the end, when the person asks to be called back.
    hold_response: answer later than any caller waits.
    end_before_response: answer once the final event is delivered.
    """

    outcome: Outcome
    length_seconds: int
    duration_seconds: int
    events: tuple[PlannedEvent, ...]
    callback_in_seconds: int | None = None
    notes: str | None = None
    refused: bool = False
    hold_response: bool = False
    end_before_response: bool = False


def plan(to: str, seen_before: int, call_seconds: int, seed: str) -> CallPlan:
    """The plan for a POST to `to` (E.164).

    seen_before: POSTs the carrier saw before for the same contact and number, refused ones included.
    call_seconds: length of an ordinary call, 0-840, else ValueError. seed: of the numbers that are not magic.
    """
    if not 0 <= call_seconds <= MAX_CALL_SECONDS:
        raise ValueError(f"a call lasts 0 to {MAX_CALL_SECONDS} s, not {call_seconds}")
    behaviour = magic_behaviour(to)
    first = seen_before == 0
    if behaviour is None:
        return _ordinary(_drawn(to, seen_before, seed), call_seconds)
    if behaviour in _FIRST_OUTCOMES:
        return _ordinary(_FIRST_OUTCOMES[behaviour] if first else Outcome.ANSWERED, call_seconds)
    if behaviour in _ANSWERED_WITH_TROUBLE:
        return _with_trouble(behaviour, _ordinary(Outcome.ANSWERED, call_seconds), first)
    return _ordinary(Outcome(behaviour), call_seconds)


def magic_behaviour(to: str) -> Behaviour | None:
    """The behaviour a magic number stands for; None for any other number."""
    found = _MAGIC_NUMBER.search(to)
    if found is None:
        return None
    last_two = int(found[1])
    return next(behaviour for behaviour, digits in MAGIC.items() if last_two in digits)


def _with_trouble(behaviour: Behaviour, call: CallPlan, first: bool) -> CallPlan:
    match behaviour:
        case "silent_end":
            return replace(call, events=call.events[:-1])
        case "shuffled_events":
            return _shuffled(call)
        case "held_response":
            return replace(call, hold_response=True)
        case "refused_first":
            return replace(call, refused=first)
        case _:
            at_once = _ordinary(Outcome.ANSWERED, 0)
            return replace(at_once, events=at_once.events[-1:], end_before_response=True)


def _ordinary(outcome: Outcome, call_seconds: int) -> CallPlan:
    length = min(SHORT_CALL_SECONDS, call_seconds) if outcome in _SHORT else call_seconds
    picked_up = outcome in _PICKED_UP
    progress = PlannedEvent("call.answered", min(1, length)) if picked_up else PlannedEvent("call.ringing", 0)
    return CallPlan(
        outcome=outcome,
        length_seconds=length,
        duration_seconds=length if picked_up or outcome is Outcome.VOICEMAIL else 0,
        events=(progress, PlannedEvent("call.ended", length)),
        callback_in_seconds=CALLBACK_IN_SECONDS if outcome is Outcome.CALLBACK_REQUESTED else None,
        notes=_NOTES.get(outcome),
    )


def _shuffled(call: CallPlan) -> CallPlan:
    """The same call with its end a second early, so that its end can be sent twice, before the answer event."""
    length = max(0, call.length_seconds - 1)
    ended = PlannedEvent("call.ended", length)
    answered = PlannedEvent("call.answered", call.length_seconds)
    return replace(
        call,
        length_seconds=length,
        duration_seconds=length,
        events=(ended, ended, answered, answered),
    )


def _drawn(to: str, seen_before: int, seed: str) -> Outcome:
    digest = hashlib.sha256(f"{seed}|{to}|{seen_before}".encode()).digest()
    per_cent = int.from_bytes(digest[:8]) % 100
    bounds = accumulate(DISTRIBUTION.values())
    return next(outcome for outcome, bound in zip(DISTRIBUTION, bounds, strict=True) if per_cent < bound)
