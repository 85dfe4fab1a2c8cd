"""Random histories of everything that can happen to a campaign: the figures always equal a recount (G6, G7, G11)."""

from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from campanile.domain.lifecycle import Outcome
from campanile.store import keys
from campanile.store.campaigns import TransitionRefusedError
from campanile.telephony.port import Ambiguous, PlaceResult, Refused
from tests.support.audit import audit
from tests.support.dialer import Dialer, number
from tests.support.table import open_table
from tests.support.telephony import Post

PEOPLE = 6
NAMES = st.integers(0, PEOPLE - 1)


class CampaignHistory(RuleBasedStateMachine):
    """A campaign of few people on few lines; every rule is something an operator, a carrier or a crash may do."""

    client: ClassVar[Any]
    table_name: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.dialer = Dialer(open_table(self.client, self.table_name))
        self.campaign = self.dialer.campaign(
            retry_attempts=1, retry_delay_seconds=5, retry_outcomes=["busy", "unknown"]
        )
        self.dialer.limit(2)
        self.ended: list[Post] = []
        self.status = "active"
        self.finished: dict[str, str] = {}

    @rule(name=NAMES, numbers=st.lists(NAMES, min_size=1, max_size=2), large=st.booleans())
    def upsert(self, name: int, numbers: list[int], large: bool) -> None:
        if self.status == "closed":
            return
        data = {"text": "x" * 600} if large else {"n": name}
        row = {"external_id": f"p{name}", "phone_numbers": [number(n) for n in numbers], "data": data}
        self.dialer.upsert(self.campaign, row)
        assert self.dialer.contact(self.campaign, f"p{name}").data == data

    @rule(name=NAMES, seconds=st.integers(0, 20))
    def reschedule(self, name: int, seconds: int) -> None:
        if self.status == "closed":
            return
        moment = f"2026-07-01T17:00:{seconds:02d}Z"
        row = {"external_id": f"p{name}", "phone_numbers": [number(name)], "scheduled_at": moment}
        self.dialer.upsert(self.campaign, row)

    @rule()
    def look(self) -> None:
        self.dialer.telephony.answer = lambda _post: None
        before = len(self.dialer.posts)
        self.dialer.run()
        assert self.status == "active" or len(self.dialer.posts) == before

    @rule(answer=st.sampled_from([Refused("busy", 2), Ambiguous("time-out")]), rings=st.booleans())
    def look_with_a_provider_in_trouble(self, answer: PlaceResult, rings: bool) -> None:
        def answered(post: Post) -> PlaceResult:
            if rings and isinstance(answer, Ambiguous):
                self.dialer.telephony.connect(post)
            return answer

        self.dialer.telephony.answer = answered
        self.dialer.run()

    @precondition(lambda self: self.dialer.telephony.live)
    @rule(outcome=st.sampled_from(list(Outcome)), which=st.integers(0, 1))
    def end(self, outcome: Outcome, which: int) -> None:
        live = list(self.dialer.telephony.live.values())
        post = live[which % len(live)]
        self.dialer.end(post, outcome)
        self.ended.append(post)

    @precondition(lambda self: self.ended)
    @rule(outcome=st.sampled_from(list(Outcome)), which=st.integers(0, 9))
    def end_again(self, outcome: Outcome, which: int) -> None:
        """A second report corrects what was closed as `unknown`, and nothing else."""
        post = self.ended[which % len(self.ended)]
        recorded = {one.id: one.outcome for one in self.dialer.stored(self.campaign, post.contact_id).attempts}
        is_news = recorded.get(post.attempt_id) is Outcome.UNKNOWN and outcome is not Outcome.UNKNOWN
        assert self.dialer.end(post, outcome) == is_news
        if is_news:
            self.finished.pop(post.contact_id, None)

    @rule(seconds=st.sampled_from([1, 5, 95, 130, 3700]))
    def wait(self, seconds: int) -> None:
        self.dialer.clock.advance(seconds)

    @rule(limit=st.integers(1, 3))
    def change_limit(self, limit: int) -> None:
        self.dialer.limit(limit)

    @rule(action=st.sampled_from(["start", "pause", "start", "close"]))
    def change_status(self, action: str) -> None:
        if self.status == "closed" or (action, self.status) == ("pause", "paused"):
            with pytest.raises(TransitionRefusedError, match=self.status):
                self.dialer.change(self.campaign, action)
        else:
            self.dialer.change(self.campaign, action)
            self.status = {"start": "active", "pause": "paused", "close": "closed"}[action]
        assert self.dialer.read_campaign(self.campaign.id).status == self.status

    @invariant()
    def figures_equal_a_recount(self) -> None:
        everyone = audit(self.dialer, self.dialer.read_campaign(self.campaign.id))
        now_finished = {one.id: str(one.status) for one in everyone if one.status not in ("pending", "active")}
        assert self.finished.items() <= now_finished.items(), "a finished contact stays as it ended"
        self.finished = now_finished
        assert self.dialer.telephony.overlaps == []

    @invariant()
    def pages_are_the_whole(self) -> None:
        page = self.dialer.page(self.campaign)
        assert page.total == len(page.contacts)
        for contact in page.contacts:
            assert sum(attempt.status == "in_progress" for attempt in contact.attempts) <= 1


def test_whatever_happens_the_figures_equal_a_recount(
    dynamodb: Any, shared_table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "BLOCK_SIZE", 3)
    CampaignHistory.client, CampaignHistory.table_name = dynamodb, shared_table
    run_state_machine_as_test(
        CampaignHistory,
        settings=settings(
            max_examples=8,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
