"""A process dies at any port call of the whole path of a call, exhaustively: the story ends as it does without (G1-G6).

A story is told once with healthy processes. Each process it comes to is also let die at its first, second, ... call of
a port (table, queue, provider), before the call takes effect and after, until it makes no more; each time healthy
processes take over and the story goes on to its end. Deaths that leave the same behind are continued once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from campanile.dialing import manage_concurrency
from campanile.domain.errors import ConflictError, NotFoundError
from campanile.domain.lifecycle import Outcome
from campanile.schema.concurrency import ConcurrencyInput
from campanile.store.campaigns import TransitionRefusedError
from campanile.telephony.port import Ambiguous, Refused
from tests.support import table as tables
from tests.support.dialer import Dialer, number
from tests.support.reports import report
from tests.support.story import Manner, Moment, Story

ANSWERED = Manner(Outcome.ANSWERED)
NO_ANSWER = Manner(Outcome.NO_ANSWER)


@dataclass(frozen=True)
class Chapter:
    """A part of the whole story: how it begins, what the carrier does by number, and how everyone ends."""

    begin: Callable[[Story], object]
    manners: Mapping[int, Sequence[Manner]]
    endings: Mapping[str, tuple[str, list[str]]]


def row(name: str, *numbers: int, **fields: Any) -> dict[str, Any]:
    return {"external_id": name, "phone_numbers": [number(n) for n in numbers], **fields}


def adding(story: Story, *rows: Mapping[str, Any]) -> Callable[[Dialer], object]:
    return lambda dialer: dialer.upsert(story.campaign, *rows)


def with_a_request(*rows: Mapping[str, Any]) -> Callable[[Story], None]:
    return lambda story: story.request(0, adding(story, *rows))


def with_a_tick(story: Story) -> None:
    """Someone is scheduled in half a minute, was added long ago, and no message is left."""
    story.dialer.upsert(story.campaign, row("ana", 1, scheduled_at="2026-07-01T17:20:00Z"))
    story.dialer.clock.set("2026-07-01T17:19:30Z")
    story.begin_with_a_tick()


def with_a_dead_worker(story: Story) -> None:
    """It had locked two contacts and was about to place the first call; no message is left."""
    story.dialer.upsert(story.campaign, row("ana", 1), row("ben", 2))
    moment = story.remember()
    for at in count(1):
        story.step_and_die(at, applied=False)
        if story.crasher.died_at == "place":
            break
        story.go_back(moment)
    assert [str(slot.phase) for slot in story.dialer.held()] == ["intended", "locked"]
    story.begin_with_a_tick()


def with_an_operator(story: Story) -> None:
    """Calls are in flight for 3 s. A pause that died may have been carried out, as its repetition is told then."""

    def limit(wanted: int) -> Callable[[Dialer], object]:
        return lambda dialer: manage_concurrency.put(
            dialer.table,
            dialer.queue,
            dialer.limits,
            dialer.org,
            ConcurrencyInput(concurrency_limit=wanted),
            dialer.clock.now_ms(),
        )

    def pause(dialer: Dialer) -> None:
        with suppress(TransitionRefusedError):
            dialer.change(story.campaign, "pause")

    story.request(0, adding(story, row("ana", 1), row("ben", 2)))
    story.request(1, limit(1))
    story.request(2, pause)
    story.request(10, lambda dialer: dialer.change(story.campaign, "start"))
    story.request(11, limit(2))


def with_an_editor(story: Story) -> None:
    """Contacts are changed and added in mid-call, and deleted: ben once called, cid while he waits."""

    def delete(name: str) -> Callable[[Dialer], object]:
        def send(dialer: Dialer) -> None:
            with suppress(NotFoundError):
                dialer.delete(story.campaign, name)

        return send

    cid = row("cid", 3, scheduled_at="2026-07-02T17:00:00Z")
    story.request(0, adding(story, row("ana", 1), row("ben", 2), cid))
    story.request(2, adding(story, row("ana", 1, data={"text": "x" * 600}), row("dan", 4)))
    story.request(8, delete("ben"))
    story.request(9, delete("cid"))


def with_an_agent(story: Story) -> None:
    """On the line for 3 s, ana asks to be called back, and ben not to be. Whose call has not begun is told of later."""

    def tell(n: int, **told: Any) -> None:
        def send(dialer: Dialer) -> None:
            post = next((one for one in dialer.posts if one.to == number(n)), None)
            if post is None:
                raise ConflictError("nobody has been called")
            report(dialer, story.campaign, post, **told)

        story.request(1, send)

    story.request(0, adding(story, row("ana", 1), row("ben", 2)))
    tell(1, callback_at="2026-07-01T17:02:00Z", notes="later")
    tell(2, do_not_call=True)


CHAPTERS = {
    "an agent": Chapter(
        with_an_agent,
        {1: [NO_ANSWER, ANSWERED], 2: [NO_ANSWER]},
        {"ana": ("completed", ["callback_requested", "answered"]), "ben": ("do_not_call", ["do_not_call"])},
    ),
    "an editor": Chapter(
        with_an_editor,
        {1: [NO_ANSWER, ANSWERED], 2: [ANSWERED], 3: [ANSWERED], 4: [ANSWERED]},
        {"ana": ("completed", ["no_answer", "answered"]), "dan": ("completed", ["answered"])},
    ),
    "an operator": Chapter(
        with_an_operator,
        {1: [NO_ANSWER, ANSWERED], 2: [ANSWERED]},
        {"ana": ("completed", ["no_answer", "answered"]), "ben": ("completed", ["answered"])},
    ),
    "a retry": Chapter(
        with_a_request(row("ana", 1), row("ben", 2)),
        {1: [NO_ANSWER, ANSWERED], 2: [ANSWERED]},
        {"ana": ("completed", ["no_answer", "answered"]), "ben": ("completed", ["answered"])},
    ),
    "refusals": Chapter(
        with_a_request(row("ana", 1), row("ben", 1), row("cid", 2)),
        {1: [Manner(Outcome.DO_NOT_CALL)], 2: [Manner(None, Refused("busy", 1, is_account_wide=True)), ANSWERED]},
        {
            "ana": ("do_not_call", ["do_not_call"]),
            "ben": ("do_not_call", []),
            "cid": ("completed", ["answered"]),
        },
    ),
    "calls of unknown fate": Chapter(
        with_a_request(row("ana", 1), row("ben", 2)),
        {
            1: [Manner(Outcome.NO_ANSWER, Ambiguous("time-out")), ANSWERED],
            2: [Manner(None, Ambiguous("time-out")), ANSWERED],
        },
        {"ana": ("completed", ["no_answer", "answered"]), "ben": ("completed", ["answered"])},
    ),
    "a lost event of a call that outlasts its worker's lease": Chapter(
        with_a_request(row("ana", 1)),
        {1: [Manner(Outcome.NO_ANSWER, is_told=False, seconds=150), ANSWERED]},
        {"ana": ("completed", ["no_answer", "answered"])},
    ),
    "invalid numbers": Chapter(
        with_a_request(row("ana", 1, 2), row("ben", 3)),
        {1: [Manner(Outcome.INVALID_NUMBER)], 2: [ANSWERED], 3: [Manner(Outcome.INVALID_NUMBER)]},
        {"ana": ("completed", ["invalid_number", "answered"]), "ben": ("error", ["invalid_number"])},
    ),
    "a callback": Chapter(
        with_a_request(row("ana", 1)),
        {1: [Manner(Outcome.CALLBACK_REQUESTED), ANSWERED]},
        {"ana": ("completed", ["callback_requested", "answered"])},
    ),
    "a tick and a wake": Chapter(with_a_tick, {1: [ANSWERED]}, {"ana": ("completed", ["answered"])}),
    "a dead worker": Chapter(
        with_a_dead_worker,
        {1: [ANSWERED], 2: [ANSWERED]},
        {"ana": ("completed", ["answered"]), "ben": ("completed", ["answered"])},
    ),
}


@pytest.fixture(params=CHAPTERS)
def chapter(request: pytest.FixtureRequest) -> Chapter:
    return CHAPTERS[request.param]


@pytest.fixture
def story(dynamodb: Any, chapter: Chapter) -> Iterator[Story]:
    name = tables.create(dynamodb)
    one = Story(dynamodb, name, {number(n): manners for n, manners in chapter.manners.items()})
    chapter.begin(one)
    yield one
    dynamodb.delete_table(TableName=name)


def test_a_process_that_dies_at_any_port_call_changes_no_ending(story: Story, chapter: Chapter) -> None:
    deaths = continued = 0
    while not story.is_over:
        before = story.remember()
        story.step()
        after = story.remember()
        left_behind: list[Moment] = []
        for died_at, moment in deaths_of_next_process(story, before):
            deaths += 1
            if moment in left_behind:
                continue
            left_behind.append(moment)
            story.go_on()
            assert story.endings() == chapter.endings, f"after a death at {died_at}"
        continued += len(left_behind)
        story.go_back(after)
    assert story.endings() == chapter.endings
    assert deaths > 40
    print(f"{deaths} crash points, which left {continued} different states behind")


def deaths_of_next_process(story: Story, before: Moment) -> Iterator[tuple[str, Moment]]:
    """The story right after each death of the process that comes next, and where it died."""
    for at in count(1):
        for applied in (False, True):
            story.go_back(before)
            if not story.step_and_die(at, applied):
                return
            when = "after" if applied else "before"
            yield f"{when} port call {at}, {story.crasher.died_at}", story.remember()
            if story.crasher.died_at_a_read:
                break
