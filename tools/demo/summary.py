"""What the demo's figures mean: its pace, its last events, its balance and whether all is as promised. Pure."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from campanile.schema.contacts import ContactResponse
from campanile.schema.stats import StatsResponse
from campanile.simulated_carrier.report import Report

TERMINAL = ("completed", "exhausted", "error", "do_not_call")
"""The statuses a contact ends in."""
PACE_SECONDS = 12.0
LEAST_PACE_SECONDS = 4.0
CALLS_AHEAD = 1.4
"""Calls that a contact without a final status still has before it, on the average of the sample."""


@dataclass(frozen=True, slots=True)
class Ended:
    """One call that ended: whom it reached, how, and what follows from it."""

    at: datetime
    name: str
    number: str
    attempt_no: int
    outcome: str
    then: str


@dataclass(frozen=True, slots=True)
class View:
    """All that is shown at one moment. `seconds_left` None: too early to tell."""

    seconds: float
    campaign: StatsResponse
    waiting: StatsResponse
    calls_per_second: float
    seconds_left: float | None
    latest: Sequence[Ended]


@dataclass(slots=True)
class Pace:
    """How fast it has gone in the last seconds, from which the time left is guessed."""

    samples: deque[tuple[float, int]] = field(default_factory=lambda: deque([(0.0, 0)]))

    def note(self, seconds: float, calls: int) -> None:
        """`calls` were made in the first `seconds`."""
        self.samples.append((seconds, calls))
        while self.samples[0][0] < seconds - PACE_SECONDS:
            self.samples.popleft()

    @property
    def calls_per_second(self) -> float:
        (start, before), (end, calls) = self.samples[0], self.samples[-1]
        return max(0, calls - before) / max(end - start, LEAST_PACE_SECONDS)

    def seconds_left(self, unfinished: int) -> float | None:
        """Time until no contact is left; None while it is too early to tell."""
        is_early = self.samples[-1][0] < LEAST_PACE_SECONDS or not self.calls_per_second
        return None if is_early else unfinished * CALLS_AHEAD / self.calls_per_second


@dataclass(frozen=True, slots=True)
class Summary:
    """The balance of a run. `most_*` are the carrier's own count of calls at one moment.

    The second campaign is the one whose calling window is closed; it waits until a time (RFC 3339, UTC).
    """

    seconds: float
    contacts: dict[str, int]
    outcomes: dict[str, int]
    attempts: int
    retries: int
    callbacks: int
    concurrency_limit: int
    carrier_calls: int
    carrier_posts: int
    most_calls_at_once: int
    most_calls_at_once_to_one_contact: int
    most_calls_at_once_to_one_number: int
    second_campaign_calls: int
    second_campaign_waits_until: str | None

    @property
    def total(self) -> int:
        return sum(self.contacts.values())

    def as_json(self) -> dict[str, Any]:
        broken = broken_promises(self)
        return {**asdict(self), "failures": broken, "passed": not broken}


def summarize(
    contacts: Sequence[ContactResponse], second: StatsResponse, seen: Report, concurrency_limit: int, seconds: float
) -> Summary:
    """The balance, from the contacts' attempts on one side and the carrier's record on the other.

    A call that follows a request to be called back is a callback, any other after a contact's first is a retry.
    """
    calls_after = Counter(
        before.outcome == "callback_requested"
        for contact in contacts
        for before in contact.attempts[:-1]  # each but the last was followed by another call
    )
    return Summary(
        seconds=round(seconds, 1),
        contacts=dict(Counter(contact.status for contact in contacts)),
        outcomes=dict(Counter(one.outcome or "running" for contact in contacts for one in contact.attempts)),
        attempts=sum(len(contact.attempts) for contact in contacts),
        retries=calls_after[False],
        callbacks=calls_after[True],
        concurrency_limit=concurrency_limit,
        carrier_calls=seen["calls"],
        carrier_posts=seen["posts"],
        most_calls_at_once=seen["max_calls_at_once"],
        most_calls_at_once_to_one_contact=seen["max_calls_at_once_to_one_contact"],
        most_calls_at_once_to_one_number=seen["max_calls_at_once_to_one_number"],
        second_campaign_calls=second.attempts.total,
        second_campaign_waits_until=second.waiting_until.isoformat() if second.waiting_until else None,
    )


def broken_promises(run: Summary) -> list[str]:
    """In words, everything that is not as it should be; empty when the demo has shown what it is there to show."""
    open_contacts = {status: number for status, number in run.contacts.items() if status not in TERMINAL}
    return [
        sentence
        for broken, sentence in (
            (not run.total, "There are no contacts."),
            (bool(open_contacts), f"Contacts without a final status: {in_words(open_contacts)}."),
            *((not run.contacts.get(one), f"No contact ended as {one}.") for one in TERMINAL if one != "error"),
            (not run.retries, "No contact was called a second time after a call that reached nobody."),
            (not run.callbacks, "Nobody who asked to be called back was."),
            (
                not open_contacts and run.carrier_calls != run.attempts,
                f"The carrier placed {run.carrier_calls} calls, but {run.attempts} attempts are on record.",
            ),
            (
                run.most_calls_at_once > run.concurrency_limit,
                f"The carrier saw {run.most_calls_at_once} calls at once; the limit is {run.concurrency_limit}.",
            ),
            (run.most_calls_at_once_to_one_contact > 1, "The carrier saw two calls at once to one contact."),
            (run.most_calls_at_once_to_one_number > 1, "The carrier saw two calls at once to one number."),
            (run.second_campaign_calls > 0, "The second campaign made calls while its calling window was closed."),
            (run.second_campaign_waits_until is None, "The second campaign does not say until when it waits."),
        )
        if broken
    ]


def by_number(figures: dict[str, int]) -> dict[str, int]:
    """The same with the largest first."""
    return dict(Counter(figures).most_common())


def in_words(figures: dict[str, int]) -> str:
    """`{"no_answer": 3, "busy": 1}` as `3 no_answer, 1 busy`, the largest first."""
    return ", ".join(f"{number} {name}" for name, number in by_number(figures).items())


def is_over(stats: StatsResponse) -> bool:
    """Whether a campaign has contacts and all of them have a final status."""
    return stats.contacts.total > 0 and stats.contacts.pending == stats.contacts.in_progress == 0


def finished(stats: StatsResponse) -> int:
    return sum(getattr(stats.contacts, status) for status in TERMINAL)


def show_value(view: View) -> tuple[bool, bool, int]:
    """How much a picture of this moment would show; the largest shows most."""
    is_midway = 0.3 <= finished(view.campaign) / max(1, view.campaign.contacts.total) <= 0.9
    kinds = {one.outcome for one in view.latest} | ({"exhausted"} if view.campaign.contacts.exhausted else set())
    return is_midway, view.campaign.active_calls == view.campaign.concurrency_limit, len(kinds)


def latest(contacts: Sequence[ContactResponse], count: int, now: datetime) -> list[Ended]:
    """The calls that ended last, newest first."""
    ended = (one for contact in contacts for one in _ended(contact, now))
    return sorted(ended, key=lambda one: one.at, reverse=True)[:count]


def _ended(contact: ContactResponse, now: datetime) -> Iterator[Ended]:
    name = " ".join(str(contact.data[part]) for part in ("first_name", "last_name") if part in contact.data)
    for attempt in contact.attempts:
        if attempt.ended_at is not None and attempt.outcome is not None:
            is_last = attempt is contact.attempts[-1]
            then = _what_follows(contact, now) if is_last else "called again"
            yield Ended(attempt.ended_at, name, attempt.phone_number, attempt.attempt_no, attempt.outcome, then)


def _what_follows(contact: ContactResponse, now: datetime) -> str:
    if contact.status in TERMINAL:
        return contact.status
    wait = contact.next_attempt_at - now if contact.next_attempt_at else timedelta()
    seconds = round(wait.total_seconds())
    return f"again in {seconds} s" if seconds > 0 else "due again"


def closed_until_tomorrow(now: datetime, timezone: str) -> list[dict[str, Any]]:
    """Calling windows that are closed for at least eight hours from `now` on: tomorrow from 9 to 5 o'clock."""
    tomorrow = now.astimezone(ZoneInfo(timezone)) + timedelta(days=1)
    return [{"days": [tomorrow.strftime("%a").lower()], "start": "09:00", "end": "17:00"}]
