"""Which of a contact's numbers is dialed, and when (seed 000: their order is their priority; G8)."""

from campanile.domain.lifecycle import Outcome
from tests.support.audit import audit
from tests.support.dialer import Dialer, number


def test_an_invalid_number_moves_on_to_the_next_at_once(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_delay_seconds=3600)
    [contact_id] = dialer.add(campaign, {"phone_numbers": [number(1), number(2), number(3)]})
    dialer.call(Outcome.INVALID_NUMBER)
    dialer.call(Outcome.INVALID_NUMBER)
    dialer.call(Outcome.ANSWERED)
    assert [post.to for post in dialer.posts] == [number(1), number(2), number(3)]
    assert dialer.contact(campaign, contact_id).status == "completed"


def test_a_contact_left_with_a_number_known_as_invalid_ends_without_a_call(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, {"phone_numbers": [number(1), number(2)]})
    dialer.call(Outcome.INVALID_NUMBER)
    dialer.upsert(campaign, {"id": contact_id, "phone_numbers": [number(1)]})
    dialer.run()
    contact = dialer.contact(campaign, contact_id)
    assert len(dialer.posts) == 1
    assert (contact.status, contact.last_outcome) == ("error", "invalid_number")
    audit(dialer, campaign)


def test_a_contact_whose_every_number_is_invalid_is_an_error(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, {"phone_numbers": [number(1), number(2)]})
    dialer.call(Outcome.INVALID_NUMBER)
    dialer.call(Outcome.INVALID_NUMBER)
    assert dialer.contact(campaign, contact_id).status == "error"


def test_retries_rotate_the_numbers_and_leave_out_invalid_ones(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_attempts=5, retry_delay_seconds=1)
    dialer.add(campaign, {"phone_numbers": [number(1), number(2), number(3)]})
    for outcome in (Outcome.NO_ANSWER, Outcome.INVALID_NUMBER, *[Outcome.NO_ANSWER] * 4):
        dialer.call(outcome)
        dialer.clock.advance(1)
    assert [post.to for post in dialer.posts] == [number(n) for n in (1, 2, 3, 1, 3, 3)]


def test_a_number_tried_a_moment_ago_is_not_dialed_at_once_though_its_turn_comes(dialer: Dialer) -> None:
    """The numbers were replaced between two calls, so their turn and what was tried fall apart."""
    campaign = dialer.campaign(retry_delay_seconds=60)
    one, two, three = number(1), number(2), number(3)
    [contact_id] = dialer.add(campaign, {"phone_numbers": [one, two]})
    dialer.call(Outcome.NO_ANSWER)
    dialer.upsert(campaign, {"id": contact_id, "phone_numbers": [two, three, one]})
    dialer.clock.advance(60)
    dialer.call(Outcome.INVALID_NUMBER)
    dialer.clock.advance(58)
    assert dialer.run() == 0
    dialer.clock.advance(2)
    dialer.call(Outcome.ANSWERED)
    assert [post.to for post in dialer.posts] == [one, three, one]


def test_a_number_tried_long_ago_is_not_dialed_at_once(dialer: Dialer) -> None:
    """Ten numbers, and only the latest eight attempts at hand: the first number was tried all the same."""
    campaign = dialer.campaign(retry_attempts=10, retry_delay_seconds=60)
    dialer.add(campaign, {"phone_numbers": [number(n) for n in range(10)]})
    for _ in range(9):
        dialer.call(Outcome.NO_ANSWER)
        dialer.clock.advance(60)
    dialer.call(Outcome.INVALID_NUMBER)
    assert dialer.run() == 0
    dialer.clock.advance(60)
    assert dialer.run() == 1
