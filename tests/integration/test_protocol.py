"""One call from LOCK to FINAL, by the production code, with a scripted provider."""

from campanile.lifecycle import Outcome

from tests.support.audit import audit
from tests.support.dialer import Dialer, number


def test_an_answered_call_completes_the_contact(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add_people(campaign, number(1))
    post = dialer.call(Outcome.ANSWERED, duration_seconds=12.5, notes="wants a brochure")
    contact = dialer.contact(campaign, contact_id)
    assert (contact.status, contact.last_outcome) == ("completed", "answered")
    [attempt] = contact.attempts
    assert (attempt.id, attempt.attempt_no, attempt.phone_number) == (post.attempt_id, 1, number(1))
    assert (attempt.duration_seconds, attempt.notes, attempt.status) == (12.5, "wants a brochure", "finished")
    assert attempt.conversation_id == f"conversation-{post.attempt_id}"
    assert dialer.held() == []
    audit(dialer, campaign)
