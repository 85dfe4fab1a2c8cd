"""Random lives of a campaign's contacts beside a dictionary that says how they must be (design, section 5).

The dictionary knows the rules of upsert, deletion and lifecycle in the plainest words; the platform has its table.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from campanile.contacts import known_contacts
from campanile.domain.errors import ConflictError, NotFoundError, StateError
from campanile.domain.lifecycle import Outcome
from campanile.store import keys
from campanile.store.campaigns import TransitionRefusedError
from tests.support.audit import audit, audit_names
from tests.support.dialer import Dialer, number
from tests.support.table import open_table
from tests.support.telephony import Post

GIVEN_IDS = [str(UUID(int=n)) for n in range(1, 5)]
EXTERNAL_IDS = ["ana", "ben", "cleo", GIVEN_IDS[0]]
RETRY_SECONDS = 60
CHANGES_BEFORE_CLOSING = 3
"""Else most lives would be short."""
CLEARABLE = ("data", "timezone", "external_id")
AFTER: dict[tuple[Outcome, bool], str] = {
    # outcome, whether a call was made before: the status then; no_answer is tried again once
    (Outcome.ANSWERED, False): "completed",
    (Outcome.ANSWERED, True): "completed",
    (Outcome.NO_ANSWER, False): "pending",
    (Outcome.NO_ANSWER, True): "exhausted",
    (Outcome.BUSY, False): "exhausted",
    (Outcome.BUSY, True): "exhausted",
    (Outcome.DO_NOT_CALL, False): "do_not_call",
    (Outcome.DO_NOT_CALL, True): "do_not_call",
}
FILTERS: list[dict[str, list[str]]] = [
    {},
    {"statuses": ["pending"]},
    {"statuses": ["completed", "exhausted"]},
    {"statuses": ["in_progress", "do_not_call"]},
    {"outcomes": ["no_answer"]},
    {"statuses": ["pending"], "outcomes": ["no_answer"]},
]

RECOUNTED = 3
"""Every how many steps the whole table is gone through."""

rows = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(GIVEN_IDS),
        "external_id": st.sampled_from([*EXTERNAL_IDS, None]),
        "numbers": st.just(True),
        "data": st.sampled_from([{}, {"n": 1}, {"text": "x" * 600}, None]),
        "timezone": st.sampled_from(["Europe/Paris", None]),
    },
).filter(lambda row: "numbers" in row or row.get("id") or row.get("external_id"))


@dataclass
class Person:
    """A contact as the rules say it is."""

    id: str
    names: set[str]
    phone: str
    external_id: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    timezone: str | None = None
    status: str = "pending"
    last_outcome: str | None = None
    ended: int = 0

    @property
    def calls(self) -> int:
        return self.ended + (self.status == "in_progress")


class ContactsMachine(RuleBasedStateMachine):
    """Every rule is something an operator or a carrier may do."""

    client: ClassVar[Any]
    table_name: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.dialer = Dialer(open_table(self.client, self.table_name))
        self.campaign = self.dialer.campaign(
            retry_attempts=1, retry_delay_seconds=RETRY_SECONDS, retry_outcomes=["no_answer"]
        )
        self.dialer.limit(2)
        self.status = "active"
        self.people: list[Person] = []
        self.live: dict[str, Post] = {}
        self.phones = iter(range(10_000))
        self.changes = 0
        self.steps = 0

    def known(self, reference: str | None) -> Person | None:
        """By id or by name, as a contact's key is told from either."""
        return next((one for one in self.people if reference == one.id or reference in one.names), None)

    def named(self, external_id: str | None) -> str | None:
        return keys.contact_id_for(self.campaign.key, external_id) if external_id else None

    # ------------------------------------------------------------ upsert

    @initialize()
    def begin(self) -> None:
        """With three people of three kinds, two of whom are being called."""
        self.upsert(
            [
                {"external_id": "ana", "numbers": True},
                {"id": GIVEN_IDS[1], "numbers": True},
                {"id": GIVEN_IDS[2], "external_id": "ben", "numbers": True},
            ]
        )
        self.look(0)

    @rule(batch=st.lists(rows, min_size=1, max_size=4))
    def upsert(self, batch: list[dict[str, Any]]) -> None:
        sent = [self.with_numbers(row) for row in batch]
        if self.status == "closed":
            with pytest.raises(StateError):
                self.dialer.upsert(self.campaign, *sent)
            return
        before = {one.id for one in self.people}
        answer = self.dialer.upsert(self.campaign, *sent)
        failed = {row.index: row.code for row in answer.failed}
        warned = {notice.index: notice.code for notice in answer.warnings}
        for index, (row, contact_id) in enumerate(zip(sent, answer.contact_ids, strict=True)):
            assert self.expected(row, contact_id) == (failed.get(index), warned.get(index), contact_id)
        assert answer.inserted == len({one.id for one in self.people} - before)
        assert answer.inserted + answer.updated + len(failed) == len(sent)

    def with_numbers(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row with a number that nobody else has, if it is to have one."""
        kept = {name: value for name, value in row.items() if name != "numbers"}
        return kept | {"phone_numbers": [number(next(self.phones))]} if "numbers" in row else kept

    def expected(self, row: dict[str, Any], told: str | None) -> tuple[str | None, str | None, str | None]:
        """Apply a row to the dictionary: why it fails, what it warns of, and its contact."""
        contact_id, name = row.get("id"), self.named(row.get("external_id"))
        by_id, by_name = self.known(contact_id), self.known(name)
        if by_id and by_name and by_id is not by_name:
            return "identity_conflict", None, None
        person = by_id or by_name
        warning = "unknown_id" if contact_id and by_name and not by_id else None
        if person is None:
            if "phone_numbers" not in row:
                return "phone_numbers_required", None, None
            made = contact_id or name or told
            assert made, "a row that names nobody gets an id of its own"
            person = Person(made, set(), "")
            self.people.append(person)
        if name:
            person.names.add(name)
        person.phone = row["phone_numbers"][0] if "phone_numbers" in row else person.phone
        for given in CLEARABLE:
            if given in row:
                setattr(person, given, {} if given == "data" and row[given] is None else row[given])
        if person.status in ("completed", "exhausted", "do_not_call"):
            warning = "not_requeued"
        return None, warning, person.id

    # ------------------------------------------------------------ deletion

    @rule(reference=st.sampled_from([*EXTERNAL_IDS, *GIVEN_IDS]))
    def delete(self, reference: str) -> None:
        person = self.known(reference) or self.known(self.named(reference))
        if person is None:
            with pytest.raises(NotFoundError):
                self.dialer.delete(self.campaign, reference)
        elif person.status == "in_progress":
            with pytest.raises(ConflictError):
                self.dialer.delete(self.campaign, reference)
        else:
            self.dialer.delete(self.campaign, reference)
            self.people.remove(person)

    # ------------------------------------------------------------ lifecycle and calls

    @rule(action=st.sampled_from(["start", "pause", "start", "close"]))
    def change_status(self, action: str) -> None:
        self.changes += 1
        action = "start" if action == "close" and self.changes < CHANGES_BEFORE_CLOSING else action
        if self.status == "closed" or (action, self.status) == ("pause", "paused"):
            with pytest.raises(TransitionRefusedError, match=self.status):
                self.dialer.change(self.campaign, action)
            return
        self.dialer.change(self.campaign, action)
        self.status = {"start": "active", "pause": "paused", "close": "closed"}[action]

    @rule(seconds=st.sampled_from([0, RETRY_SECONDS]))
    def look(self, seconds: int) -> None:
        self.dialer.clock.advance(seconds)
        before = len(self.dialer.posts)
        self.dialer.run()
        for post in self.dialer.posts[before:]:
            person = self.known(post.contact_id)
            assert person, "nobody deleted is called"
            assert (self.status, person.status, person.phone) == ("active", "pending", post.to)
            person.status = "in_progress"
            self.live[person.id] = post

    @precondition(lambda self: self.live)
    @rule(outcome=st.sampled_from(sorted({outcome for outcome, _ in AFTER})))
    def end(self, outcome: Outcome) -> None:
        contact_id = min(self.live)
        assert self.dialer.end(self.live.pop(contact_id), outcome)
        person = self.known(contact_id)
        assert person
        person.status = AFTER[outcome, person.ended > 0]
        person.ended += 1
        person.last_outcome = str(outcome)

    # ------------------------------------------------------------ how it must be

    @invariant()
    def everyone_is_as_the_dictionary_says(self) -> None:
        shown = self.dialer.page(self.campaign).contacts
        assert [
            (one.id, one.external_id, one.phone_numbers, one.data, one.timezone, one.status, len(one.attempts))
            for one in shown
        ] == [
            (one.id, one.external_id, [one.phone], one.data, one.timezone, one.status, one.calls) for one in self.people
        ]
        for name in {one.external_id for one in self.people if one.external_id}:
            found = self.known(name) or self.known(self.named(name))
            assert found
            assert self.dialer.contact(self.campaign, name).id == found.id
        assert self.dialer.telephony.overlaps == []

    @invariant()
    def pages_together_are_everyone_whom_the_filter_admits(self) -> None:
        """Another filter and another length of page at every step."""
        self.steps += 1
        wanted, limit = FILTERS[self.steps % len(FILTERS)], 1 + self.steps % 4
        statuses, outcomes = wanted.get("statuses"), wanted.get("outcomes")
        expected = [
            one.id
            for one in self.people
            if (not statuses or one.status in statuses) and (not outcomes or one.last_outcome in outcomes)
        ]
        offsets = range(0, len(expected) + 1, limit)
        pages = [self.dialer.page(self.campaign, limit, offset, **wanted) for offset in offsets]
        assert [contact.id for page in pages for contact in page.contacts] == expected
        assert {page.total for page in pages} == {len(expected)}

    def teardown(self) -> None:
        self.recount()

    @invariant()
    def stats_equal_a_recount_and_no_name_leads_nowhere(self) -> None:
        if self.steps % RECOUNTED == 0:
            self.recount()

    def recount(self) -> None:
        audit(self.dialer, self.dialer.read_campaign(self.campaign.id))
        audit_names(self.dialer, self.campaign)


def test_contacts_are_at_every_step_as_the_rules_say(
    dynamodb: Any, shared_table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "BLOCK_SIZE", 3)
    monkeypatch.setattr(known_contacts, "PROBED_CONTACTS", 2)
    ContactsMachine.client, ContactsMachine.table_name = dynamodb, shared_table
    run_state_machine_as_test(
        ContactsMachine,
        settings=settings(
            max_examples=10,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
