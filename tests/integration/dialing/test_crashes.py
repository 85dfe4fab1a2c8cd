"""A process dies at any request of a call's life: nothing is lost, stuck, counted wrongly or called twice (G1, G4, G6).

Each case lets one process die at its n-th request, before or after the request takes effect, and then lets time go
on with healthy processes. The last case of a scenario is the one in which nobody died, so every point is covered.
"""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from campanile.domain.call import CallEnd
from campanile.domain.campaign import Campaign
from campanile.domain.lifecycle import TERMINAL, ContactStatus, Outcome
from campanile.store import contacts, orgs, work_registry
from campanile.store.table import Table
from campanile.telephony.port import Ambiguous, Ended, Placed, PlaceResult, Refused
from tests.support import table as tables
from tests.support.audit import audit, every_contact
from tests.support.crashes import Crash, Crasher
from tests.support.dialer import Dialer, number
from tests.support.telephony import Post, ScriptedTelephony

MOST_REQUESTS = 60
RECOVERY_SECONDS = 600
Act = Callable[[Dialer], object]


class Scene:
    """An org whose process may die, and a provider that survives it."""

    def __init__(self, client: object, name: str, people: int) -> None:
        self.crasher = Crasher()
        self.dialer = Dialer(tables.open_table(self.crasher.around(client), name))
        self.provider = self.dialer.telephony
        self.healthy_queue = self.dialer.queue
        self.campaign: Campaign = self.dialer.campaign(retry_attempts=1, retry_delay_seconds=30)
        self.dialer.limit(1)
        self.people = self.dialer.add_people(self.campaign, *(number(n) for n in range(people)))
        self.dialer.telephony = self.crasher.around(self.provider)
        self.dialer.queue = self.crasher.around(self.healthy_queue)

    def die(self, act: Act, at: int, applied: bool) -> bool:
        """Act and die at the `at`-th request; False when there were fewer."""
        self.crasher.arm(at, applied)
        try:
            act(self.dialer)
        except Crash:
            return True
        finally:
            self.crasher.disarm()
        return False

    def recover(self, outcome: Outcome = Outcome.ANSWERED, events_come: bool = True) -> None:
        """Healthy processes take over: calls end after 3 s, hints and ticks come, leases expire."""
        self.dialer.queue = self.healthy_queue
        clock = self.dialer.clock
        until = clock.now_ms() + 1000 * RECOVERY_SECONDS
        tick = clock.now_ms() + 60_000
        while clock.now_ms() < until and self._unfinished():
            for post in list(self.provider.live.values()):
                if clock.now_ms() - post.at >= 3_000:
                    self._end(post, outcome, events_come)
            if self.dialer.queue.take() or clock.now_ms() >= tick:
                tick = max(tick, clock.now_ms() + 60_000)
                self.dialer.run()
            ends = [post.at + 3_000 for post in self.provider.live.values()]
            upcoming = [tick, *ends, self.dialer.queue.next_arrival() or tick]
            clock.advance(max(0, min(upcoming) - clock.now_ms()) / 1000)

    def _end(self, post: Post, outcome: Outcome, events_come: bool) -> None:
        report = CallEnd(outcome, self.dialer.clock.now_ms())
        self.provider.look_ups[post.attempt_id] = Ended(report)
        if events_come:
            self.dialer.end(post, outcome)
        else:
            self.provider.hang_up(post.attempt_id)

    def _unfinished(self) -> bool:
        found = contacts.get_many(self.dialer.table, self.campaign.key, self.people)
        return any(one.status not in TERMINAL for one in found.values())

    def check(self, status: ContactStatus = ContactStatus.COMPLETED) -> None:
        """Everyone reached the end, exactly as often called as recorded."""
        everyone = audit(self.dialer, self.campaign)
        assert {one.status for one in everyone} == {status}
        assert self.dialer.held() == []
        assert self.provider.overlaps == [], "two calls to one person at once"
        posts = Counter(post.attempt_id for post in self.provider.posts)
        assert max(posts.values()) == 1, "two POSTs of one attempt"
        recorded = {attempt.id for one in everyone for attempt in one.attempts}
        assert recorded <= posts.keys()


@pytest.fixture
def scene(dynamodb: object, shared_table: str) -> Callable[[], Scene]:
    return lambda: Scene(dynamodb, shared_table, people=2)


@pytest.fixture
def lonely(dynamodb: object, shared_table: str) -> Callable[[], Scene]:
    return lambda: Scene(dynamodb, shared_table, people=1)


@pytest.fixture
def empty(dynamodb: object, shared_table: str) -> Callable[[], Scene]:
    return lambda: Scene(dynamodb, shared_table, people=0)


def run(dialer: Dialer) -> object:
    return dialer.run()


def deaths(scene: Callable[[], Scene], act: Act, prepare: Act = lambda _dialer: None) -> Iterator[Scene]:
    """A scene after a death at each request of `act`, before and after it took effect, until `act` makes no more."""
    for at in range(1, MOST_REQUESTS):
        for applied in (False, True):
            one = scene()
            prepare(one.dialer)
            died = one.die(act, at, applied)
            yield one
            if not died:
                return
            if one.crasher.died_at_a_read:
                break
    raise AssertionError("there are more requests than these tests look at")


def test_a_pass_that_dies_at_any_request_loses_nobody(scene: Callable[[], Scene]) -> None:
    for one in deaths(scene, run):
        one.recover()
        one.check()
        assert len(one.provider.posts) == 2, "a call was lost to the crash, or made again"


def test_a_pass_that_dies_at_any_request_loses_nobody_although_no_event_ever_comes(scene: Callable[[], Scene]) -> None:
    for one in deaths(scene, run):
        one.recover(events_come=False)
        one.check()


def test_an_event_whose_recording_dies_at_any_request_is_recorded_when_it_is_sent_again(
    lonely: Callable[[], Scene],
) -> None:
    def event(dialer: Dialer) -> None:
        dialer.end(dialer.posts[0], Outcome.NO_ANSWER)

    for one in deaths(lonely, event, run):
        one.dialer.end(one.provider.posts[0], Outcome.NO_ANSWER)
        one.recover()
        one.check()
        assert len(one.provider.posts) == 2


def test_an_event_whose_recording_dies_and_never_comes_again_is_learned_by_look_up(
    scene: Callable[[], Scene],
) -> None:
    def event(dialer: Dialer) -> None:
        dialer.end(dialer.posts[0], Outcome.ANSWERED)

    for one in deaths(scene, event, run):
        report = CallEnd(Outcome.ANSWERED, one.dialer.clock.now_ms())
        one.provider.look_ups[one.provider.posts[0].attempt_id] = Ended(report)
        one.recover(events_come=False)
        one.check()
        assert len(one.provider.posts) == 2


def test_a_refused_call_whose_release_dies_at_any_request_is_called_again(lonely: Callable[[], Scene]) -> None:
    def refuse_once(dialer: Dialer) -> None:
        provider = dialer.telephony
        assert provider.posts == []
        answers: list[PlaceResult] = [Refused("busy", 1)]
        _scripted(dialer).answer = lambda _post: answers.pop() if answers else None

    for one in deaths(lonely, run, refuse_once):
        one.recover()
        one.check()


def test_a_call_of_unknown_fate_whose_worker_dies_at_any_request_ends_once(lonely: Callable[[], Scene]) -> None:
    def lose_the_first_answer(dialer: Dialer) -> None:
        provider, lost = _scripted(dialer), [True]

        def answer(post: Post) -> PlaceResult | None:
            if lost:
                lost.pop()
                provider.connect(post)
                return Ambiguous("time-out")
            return None

        provider.answer = answer

    for one in deaths(lonely, run, lose_the_first_answer):
        one.recover(events_come=False)
        one.check()


def test_a_sweep_that_dies_at_any_request_leaves_the_lock_for_the_next(lonely: Callable[[], Scene]) -> None:
    """The worker died right after INTENT and its call does not exist."""

    def die_in_post(dialer: Dialer) -> None:
        provider = _scripted(dialer)

        def answer(_post: Post) -> PlaceResult | None:
            raise Crash

        provider.answer = answer
        with pytest.raises(Crash):
            dialer.run()
        provider.answer = lambda _post: None
        dialer.clock.advance(dialer.limits.lock_lease)

    for one in deaths(lonely, run, die_in_post):
        one.recover()
        one.check()


def test_a_sweep_that_dies_at_any_request_records_a_finished_call_once(scene: Callable[[], Scene]) -> None:
    def end_unheard(dialer: Dialer) -> None:
        dialer.run()
        provider = _scripted(dialer)
        post = provider.posts[0]
        provider.hang_up(post.attempt_id)
        provider.look_ups[post.attempt_id] = Ended(CallEnd(Outcome.NO_ANSWER, dialer.clock.now_ms()))
        dialer.clock.advance(dialer.limits.call_lease)

    for one in deaths(scene, run, end_unheard):
        one.recover()
        one.check()
        assert len(one.provider.posts) == 3


def test_two_passes_of_which_one_dies_at_any_request_call_nobody_twice(lonely: Callable[[], Scene]) -> None:
    """The healthy one comes right after the death, while the dead one's lease still holds."""
    for one in deaths(lonely, run):
        one.dialer.queue = one.healthy_queue
        one.dialer.limit(3)
        one.dialer.run()
        one.recover()
        one.check()


ROWS = [{"external_id": f"p{n}", "phone_numbers": [number(n)], "timezone": "Europe/Paris"} for n in range(3)]


def test_an_upsert_that_dies_at_any_request_is_complete_once_it_is_sent_again(empty: Callable[[], Scene]) -> None:
    for one in deaths(empty, lambda dialer: dialer.upsert(newest(dialer), *ROWS)):
        one.dialer.queue = one.healthy_queue
        audit(one.dialer, one.campaign)
        answer = one.dialer.upsert(one.campaign, *ROWS)
        assert len(set(answer.contact_ids)) == 3
        assert len(audit(one.dialer, one.campaign)) == 3


def test_contacts_whose_upsert_died_after_it_stored_them_are_called_all_the_same(empty: Callable[[], Scene]) -> None:
    """Nobody sends the request again, no hint was sent: the tick finds them."""
    for one in deaths(empty, lambda dialer: dialer.upsert(newest(dialer), *ROWS)):
        stored = every_contact(one.dialer.table, one.campaign.key)
        one.healthy_queue.forget()
        one.dialer.queue = one.healthy_queue
        one.dialer.limit(3)
        registered = work_registry.read(one.dialer.table, one.dialer.org)
        assert not stored or (registered and registered.next_due_at <= one.dialer.clock.now_ms())
        one.dialer.run()
        assert len(one.provider.posts) == len(stored)


def newest(dialer: Dialer) -> Campaign:
    """The org's one campaign."""
    _, [entry] = orgs.dial_view(dialer.table, dialer.org)
    return dialer.read_campaign(entry.campaign_key)


def _scripted(dialer: Dialer) -> ScriptedTelephony:
    """The provider itself, whatever is wrapped around it."""
    provider = getattr(dialer.telephony, "_port", dialer.telephony)
    assert isinstance(provider, ScriptedTelephony)
    return provider


def test_a_placed_answer_after_the_sweep_took_the_lock_back_is_impossible(table: Table) -> None:
    """INTENT renews the lease, so no sweep comes between it and the end of the POST."""
    dialer = Dialer(table)
    dialer.add_people(dialer.campaign(), number(1))

    def slow(post: Post) -> PlaceResult:
        dialer.telephony.connect(post)
        dialer.clock.advance(dialer.limits.lock_lease - 1)
        dialer.telephony.answer = lambda _post: None
        dialer.run()
        return Placed("late")

    dialer.telephony.answer = slow
    dialer.run()
    [held] = dialer.held()
    assert held.provider_call_id == "late"
    assert len(dialer.posts) == 1
