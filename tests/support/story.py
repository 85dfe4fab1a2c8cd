"""An org's story, process by process: API requests, ticks, wakes, passes and carrier events, any of which may die.

Time is virtual. What a function of ours does is one process; whoever invoked a process that died does it again as in
production: a client and a carrier send again, a queue delivers again, the tick comes a minute later. A story can be
remembered between two processes and taken up again from there.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from campanile.dialing import dial_pass, record_outcome, tick
from campanile.dialing.ports import Ports
from campanile.domain.call import CallEnd
from campanile.domain.contact import Contact
from campanile.domain.errors import ConflictError
from campanile.domain.lifecycle import TERMINAL, CampaignStatus, Outcome
from campanile.telephony.port import Ended, LookUp, PlaceResult
from tests.support import snapshots
from tests.support.audit import audit, every_contact
from tests.support.clock import VirtualClock
from tests.support.crashes import Crash, Crasher
from tests.support.dial_queue import DIAL, WAKE, Message
from tests.support.dialer import Dialer
from tests.support.snapshots import Snapshot
from tests.support.table import open_table
from tests.support.telephony import Post

T = TypeVar("T")
SENT_AGAIN_MS = 2_000
"""How long a client or a carrier without an answer waits before it sends again."""
VISIBILITY_MS = 45_000
"""How long a message of a process that died stays away, and for a dial hint its org's others with it."""
TICK_MS = 60_000
PATIENCE_MS = 20 * 60_000


@dataclass(frozen=True, slots=True)
class Manner:
    """How the carrier treats a POST. `outcome` None: no call rings; `answer` None: it says that it has placed it.

    `is_told`: whether it reports the call's end, after so many seconds; a look-up tells in any case.
    """

    outcome: Outcome | None
    answer: PlaceResult | None = None
    is_told: bool = True
    seconds: int = 3


@dataclass(frozen=True, slots=True)
class Request:
    """A client's request, and when (UTC ms) it is sent."""

    at: int
    send: Callable[[Dialer], object]


@dataclass(frozen=True, slots=True)
class Ending:
    """A call that ends at `at` (UTC ms); `report` is there once it has ended and the platform is to be told."""

    at: int
    post: Post
    manner: Manner
    report: CallEnd | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """All there is between two processes."""

    items: Snapshot
    now_ms: int
    next_tick: int
    blocked_until: int
    waiting: tuple[Message, ...]
    requests: tuple[Request, ...]
    endings: tuple[Ending, ...]
    posts: tuple[Post, ...]
    rang: tuple[Post, ...]
    live: tuple[Post, ...]
    look_ups: tuple[tuple[str, LookUp], ...]
    ids: int = field(compare=False)


class LateSends(Executor):
    """Sends that run when their pass waits for them, so that a pass locks several calls before it places one."""

    def __init__(self, crasher: Crasher) -> None:
        self._crasher = crasher
        self._waiting: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> "Future[T]":
        future: Future[T] = Future()
        self._waiting.append((future, partial(fn, *args, **kwargs)))
        return future

    def run(self) -> None:
        """Run them in order; those of a dead process never end."""
        while self._waiting:
            future, send = self._waiting.pop(0)
            if self._crasher.is_dead:
                break
            try:
                future.set_result(send())
            except Exception as error:  # noqa: BLE001  a future carries whatever its work raised
                future.set_exception(error)
        if self._crasher.is_dead:
            raise Crash


class SendingClock(VirtualClock):
    """A clock whose waiting passes let their sends run."""

    def __init__(self) -> None:
        super().__init__()
        self.sends: LateSends | None = None

    def wait(self, running: Collection[Future[Any]], seconds: float) -> None:  # noqa: ARG002  part of the port
        assert self.sends, "only a pass waits"
        self.sends.run()


class _CountingIds(Dialer):
    """A dialer whose attempt ids are the same whenever its story is told again."""

    ids = 0

    @property
    def ports(self) -> Ports:
        return replace(super().ports, new_id=self._next_id)

    def _next_id(self) -> str:
        self.ids += 1
        return f"attempt-{self.ids}"


class Story:
    """An org with one campaign; `manners` are the carrier's for each number, one per POST, the last for all further."""

    def __init__(self, client: Any, table_name: str, manners: Mapping[str, Sequence[Manner]]) -> None:
        self.crasher = Crasher()
        self._client, self._name, self._manners = client, table_name, manners
        self._clock = SendingClock()
        self.dialer = _CountingIds(open_table(self.crasher.around(client), table_name), clock=self._clock)
        self.campaign = self.dialer.campaign(retry_attempts=1, retry_delay_seconds=30)
        self._queue, self._provider = self.dialer.queue, self.dialer.telephony
        self.dialer.telephony, self.dialer.queue = map(self.crasher.around, (self._provider, self._queue))
        self._provider.answer = self._treat
        self._requests: list[Request] = []
        self._endings: list[Ending] = []
        self._rang: list[Post] = []
        self._next_tick = self._clock.now_ms() + TICK_MS
        self._blocked_until = 0
        self._items: Snapshot | None = None

    def request(self, in_seconds: float, send: Callable[[Dialer], object]) -> None:
        """Let a client send a request, again and again until it is answered."""
        self._requests.append(Request(self._clock.now_ms() + round(1000 * in_seconds), send))

    def begin_with_a_tick(self) -> None:
        """Every hint so far was lost."""
        self._queue.forget()
        self._next_tick = self._clock.now_ms()

    def remember(self) -> Moment:
        """What this moment is made of."""
        return Moment(
            self._present_items(),
            self._clock.now_ms(),
            self._next_tick,
            self._blocked_until,
            tuple(replace(one, deduplication_id=None) for one in self._queue.waiting),
            tuple(self._requests),
            tuple(self._endings),
            tuple(self._provider.posts),
            tuple(self._rang),
            tuple(self._provider.live.values()),
            tuple(self._provider.look_ups.items()),
            self.dialer.ids,
        )

    def go_back(self, moment: Moment) -> None:
        """Take the story up again at a moment it has been at."""
        snapshots.restore(self._client, self._name, self._present_items(), moment.items)
        self._items = moment.items
        self._clock.advance((moment.now_ms - self._clock.now_ms()) / 1000)
        self._next_tick, self._blocked_until = moment.next_tick, moment.blocked_until
        self._queue.waiting = list(moment.waiting)
        self._requests, self._endings = list(moment.requests), list(moment.endings)
        self._provider.posts, self._rang = list(moment.posts), list(moment.rang)
        self._provider.live = {post.attempt_id: post for post in moment.live}
        self._provider.look_ups = dict(moment.look_ups)
        self.dialer.ids = moment.ids

    @property
    def is_over(self) -> bool:
        """Nothing is under way, and nobody waits whom the campaign may call."""
        if self._requests or self._endings or self._queue.waiting or self.dialer.held():
            return False
        if self.dialer.read_campaign(self.campaign.id).status is not CampaignStatus.ACTIVE:
            return True
        return all(one.status in TERMINAL for one in every_contact(self.dialer.table, self.campaign.key))

    def go_on(self) -> None:
        """Go on to the end with healthy processes."""
        until = self._clock.now_ms() + PATIENCE_MS
        while not self.is_over:
            assert self._clock.now_ms() < until, "somebody is lost or stuck"
            self.step()

    def step(self) -> None:
        """The next process runs."""
        self._items = None
        at, run = self._upcoming()
        self._clock.advance(max(0, at - self._clock.now_ms()) / 1000)
        run()

    def step_and_die(self, at: int, applied: bool) -> bool:
        """The next process dies at its `at`-th port call; False when it makes fewer."""
        self.crasher.arm(at, applied)
        try:
            self.step()
            return self.crasher.is_dead
        finally:
            self.crasher.disarm()

    def endings(self) -> dict[str, tuple[str, list[str]]]:
        """Status and outcomes of everyone by external id, once it is checked that nothing went wrong on the way."""
        everyone = audit(self.dialer, self.dialer.read_campaign(self.campaign.id))
        assert self.dialer.held() == []
        assert self._provider.overlaps == [], "two calls to one person at once"
        posts = Counter(post.attempt_id for post in self._provider.posts)
        assert max(posts.values(), default=1) == 1, "two POSTs of one attempt"
        known = {one.id for one in everyone}
        rang = Counter(post.attempt_id for post in self._rang if post.contact_id in known)
        assert rang == Counter(attempt.id for one in everyone for attempt in one.attempts), "not the calls that rang"
        return {str(one.external_id): _ending(one) for one in everyone}

    def _present_items(self) -> Snapshot:
        """The table as it is, read once while no process runs."""
        if self._items is None:
            self._items = snapshots.take(self._client, self._name)
        return self._items

    def _upcoming(self) -> tuple[int, Callable[[], None]]:
        due = [(one.at, partial(self._serve, one)) for one in self._requests]
        due += [(one.at, partial(self._end, one)) for one in self._endings]
        due += [(one.visible_at, partial(self._forward, one)) for one in self._queue.waiting if one.queue == WAKE]
        if hints := [one.visible_at for one in self._queue.waiting if one.queue == DIAL]:
            due.append((max(self._blocked_until, min(hints)), partial(self._dial)))
        return min([*due, (self._next_tick, partial(self._tick))], key=lambda one: one[0])

    def _serve(self, request: Request) -> None:
        self._requests.remove(request)
        try:
            request.send(self.dialer)
        except (Crash, ConflictError):
            self._requests.append(replace(request, at=self._clock.now_ms() + SENT_AGAIN_MS))

    def _tick(self) -> None:
        self._next_tick = self._clock.now_ms() + TICK_MS
        with suppress(Crash):
            tick.run(self.dialer.table, self.dialer.queue, self._clock.now_ms())

    def _forward(self, message: Message) -> None:
        self._queue.waiting.remove(message)
        try:
            self.dialer.queue.hint(message.hint)
        except Crash:
            self._queue.waiting.append(replace(message, visible_at=self._clock.now_ms() + VISIBILITY_MS))

    def _dial(self) -> None:
        now = self._clock.now_ms()
        batch = [one for one in self._queue.waiting if one.queue == DIAL and one.visible_at <= now]
        self._queue.waiting = [one for one in self._queue.waiting if one not in batch]
        self._clock.sends = LateSends(self.crasher)
        hints = [one.hint for one in batch]
        try:
            dial_pass.run(self.dialer.ports, self.dialer.org, hints, self._clock.sends, lambda: True)
        except Crash:
            self._blocked_until = now + VISIBILITY_MS
            self._queue.waiting += [replace(one, visible_at=self._blocked_until) for one in batch]

    def _treat(self, post: Post) -> PlaceResult | None:
        manners = self._manners[post.to]
        earlier = sum(one.to == post.to for one in self._provider.posts) - 1
        manner = manners[min(earlier, len(manners) - 1)]
        if manner.outcome is not None:
            self._rang.append(post)
            self._endings.append(Ending(post.at + 1000 * manner.seconds, post, manner))
            if manner.answer is not None:
                self._provider.connect(post)
        return manner.answer

    def _end(self, ending: Ending) -> None:
        self._endings.remove(ending)
        report = ending.report or self._hang_up(ending)
        if not ending.manner.is_told:
            return
        try:
            record_outcome.record(self.dialer.ports, ending.post.reference, report)
        except Crash:
            self._endings.append(replace(ending, at=self._clock.now_ms() + SENT_AGAIN_MS, report=report))

    def _hang_up(self, ending: Ending) -> CallEnd:
        assert ending.manner.outcome is not None
        now = self._clock.now_ms()
        asked = now + 20_000 if ending.manner.outcome is Outcome.CALLBACK_REQUESTED else None
        report = CallEnd(ending.manner.outcome, now, callback_at_ms=asked)
        self._provider.hang_up(ending.post.attempt_id)
        self._provider.look_ups[ending.post.attempt_id] = Ended(report)
        return report


def _ending(contact: Contact) -> tuple[str, list[str]]:
    return str(contact.status), [str(attempt.outcome) for attempt in contact.attempts]
