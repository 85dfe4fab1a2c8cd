"""What waits is called soon after it may be, whatever a read has missed or a pass has left."""

from collections.abc import Mapping, Sequence
from typing import Any

from campanile.adapters.dial_queue import Hint
from campanile.domain.lifecycle import Outcome
from campanile.store import keys
from campanile.store.provider_accounts import Account
from campanile.store.table import Item, Table
from campanile.telephony.port import LookUpFailed, LookUpQuery
from tests.support.dialer import Dialer, number


class LaggingTable(Table):
    """A table whose eventually consistent reads of contacts show what `former` remembers of them."""

    def __init__(self, table: Table) -> None:
        self.__dict__.update(vars(table))
        self.former: Mapping[tuple[str, str], Item] = {}

    def batch_get(self, wanted: Sequence[Any], consistent: bool = True) -> dict[tuple[str, str], Item]:
        found = super().batch_get(wanted, consistent)
        return found if consistent else {**found, **{key: old for key, old in self.former.items() if key in found}}


def test_a_contact_read_as_it_was_a_moment_ago_is_not_left_to_the_tick(dialer: Dialer) -> None:
    """B waits for A's number. A pass writes on B why it waits; the next one, told of A's end, reads B as before."""
    campaign = dialer.campaign()
    _, waiting = dialer.add(campaign, {"phone_numbers": [number(1)]}, {"phone_numbers": [number(1)]})
    before = dialer.table.batch_get([keys.contact(campaign.key, waiting)])
    dialer.run()
    assert dialer.stored(campaign, waiting).last_refusal is not None
    dialer.clock.advance(0.05)
    dialer.queue.forget()
    lagging = LaggingTable(dialer.table)
    dialer.table = lagging
    dialer.end(dialer.posts[0], Outcome.ANSWERED)
    lagging.former = before  # this long behind: one pass
    dialer.run(dialer.queue.take())
    lagging.former = {}
    began = dialer.clock.now_ms()
    dialer.clock.advance(0.1)
    while (arrival := dialer.queue.next_arrival()) and arrival - began < 10_000:  # without a tick
        dialer.clock.advance(max(0, arrival - dialer.clock.now_ms()) / 1000)
        dialer.run(dialer.queue.take())
    assert len(dialer.posts) == 2


def test_a_pass_that_ran_out_of_time_does_not_answer_for_the_hints_behind_it(dialer: Dialer) -> None:
    dialer.add_people(dialer.campaign(), *(number(n) for n in range(3)))
    dialer.queue.forget()
    now = dialer.clock.now_ms()
    told = [Hint(dialer.org, "test", sent_at=now) for _ in range(3)]
    dialer.clock.advance(0.5)
    # Another org has the account for the next 25 s.
    for second in range(25):
        Account(dialer.table, dialer.org, 1.0, now + 1_000 * second).reserve(1, now, now + 60_000)
    dialer.run(told[:2])
    assert dialer.posts == []
    dialer.clock.advance(6)
    dialer.run(told[2:])
    while (arrival := dialer.queue.next_arrival()) and arrival - now < 59_000:  # without a tick
        dialer.clock.advance(max(0, arrival - dialer.clock.now_ms()) / 1000)
        dialer.run(dialer.queue.take())
    assert len(dialer.posts) == 3


def test_look_ups_that_hang_do_not_keep_an_org_from_calling(dialer: Dialer) -> None:
    """A provider whose look-up hangs for 5 s, while it takes calls: 10 calls to look after, a function of 40 s."""
    dialer.limit(20)
    campaign = dialer.campaign()
    dialer.add_people(campaign, *(number(n) for n in range(10)))
    dialer.run()
    assert len(dialer.posts) == 10
    dialer.clock.advance(dialer.limits.call_lease + 1)
    dialer.add_people(campaign, *(number(n) for n in range(10, 20)))
    real = dialer.telephony.look_up

    def hanging(query: LookUpQuery) -> Any:
        real(query)
        dialer.clock.advance(5)
        return LookUpFailed("no answer: ReadTimeoutError")

    dialer.telephony.look_up = hanging  # type: ignore[method-assign]
    began = dialer.clock.now_ms()
    dialer.run()
    assert dialer.clock.now_ms() - began < 40_000  # else the function is killed, and nothing was locked
