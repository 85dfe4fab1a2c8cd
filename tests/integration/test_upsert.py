"""Upsert of contacts: what a request makes of the rows (seed 000; design, section 5)."""

from typing import Any
from uuid import uuid4

import pytest

from campanile.entities import LaneKind
from campanile.errors import InvalidFieldsError, StateError
from campanile.lifecycle import Outcome
from campanile.models import ContactInput
from campanile.store import keys
from campanile.store.table import Table
from campanile.upsert import upsert, validate
from tests.support import table as tables
from tests.support.audit import audit, every_contact
from tests.support.clock import at
from tests.support.dialer import Dialer, number

UNASSIGNED = "+15551234567"


def person(n: int, **fields: Any) -> dict[str, Any]:
    return {"phone_numbers": [number(n)], **fields}


def test_a_row_without_id_or_external_id_is_a_new_contact_every_time(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    first, second = dialer.upsert(campaign, person(1)), dialer.upsert(campaign, person(1))
    assert (first.inserted, second.inserted) == (1, 1)
    assert first.contact_ids != second.contact_ids


def test_an_external_id_is_matched_and_its_contact_updated(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    first = dialer.upsert(campaign, person(1, external_id="ana", data={"tier": "gold"}))
    second = dialer.upsert(campaign, person(2, external_id="ana"))
    assert (second.inserted, second.updated) == (0, 1)
    assert second.contact_ids == first.contact_ids
    contact = dialer.contact(campaign, "ana")
    assert (contact.phone_numbers, contact.data) == ([number(2)], {"tier": "gold"})


def test_an_external_id_is_another_contact_in_another_campaign(dialer: Dialer) -> None:
    one, other = dialer.campaign(), dialer.campaign()
    [first] = dialer.add(one, person(1, external_id="ana"))
    [second] = dialer.add(other, person(1, external_id="ana"))
    assert first != second


def test_a_known_id_is_matched_before_the_external_id(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, person(1))
    answer = dialer.upsert(campaign, {"id": contact_id, "external_id": "ana"})
    assert (answer.updated, answer.contact_ids, answer.warnings) == (1, [contact_id], [])
    assert dialer.contact(campaign, "ana").id == contact_id


def test_an_id_is_matched_whatever_its_case(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, person(1))
    assert dialer.upsert(campaign, {"id": contact_id.upper(), "data": {"a": 1}}).contact_ids == [contact_id]


def test_an_unknown_uuid_is_adopted_so_that_a_repeat_updates(dialer: Dialer) -> None:
    campaign, unknown = dialer.campaign(), str(uuid4())
    first = dialer.upsert(campaign, person(1, id=unknown))
    second = dialer.upsert(campaign, person(1, id=unknown))
    assert (first.inserted, second.inserted, second.updated) == (1, 0, 1)
    assert first.contact_ids == second.contact_ids == [unknown]


def test_an_unknown_uuid_is_adopted_beside_a_new_external_id(dialer: Dialer) -> None:
    campaign, unknown = dialer.campaign(), str(uuid4())
    dialer.upsert(campaign, person(1, id=unknown, external_id="ana"))
    assert dialer.contact(campaign, "ana").id == unknown
    assert dialer.upsert(campaign, {"external_id": "ana", "data": {}}).contact_ids == [unknown]
    audit(dialer, campaign)


def test_an_unknown_id_with_a_known_external_id_updates_with_a_warning(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, person(1, external_id="ana"))
    answer = dialer.upsert(campaign, person(2, id=str(uuid4()), external_id="ana"))
    assert (answer.updated, answer.contact_ids) == (1, [contact_id])
    assert [(notice.code, notice.index) for notice in answer.warnings] == [("unknown_id", 0)]


def test_an_id_and_an_external_id_of_two_contacts_fail_the_row_only(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    ana, ben = dialer.add(campaign, person(1, external_id="ana"), person(2, external_id="ben"))
    answer = dialer.upsert(campaign, person(3, id=ana, external_id="ben"), person(4, external_id="cleo"))
    assert [(row.index, row.code) for row in answer.failed] == [(0, "identity_conflict")]
    assert answer.contact_ids[0] is None
    assert answer.inserted == 1
    assert dialer.contact(campaign, ana).phone_numbers == [number(1)]
    assert dialer.contact(campaign, ben).phone_numbers == [number(2)]


def test_a_renamed_contact_is_found_by_both_names(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, person(1, external_id="ana"))
    dialer.upsert(campaign, {"id": contact_id, "external_id": "anna"})
    assert dialer.contact(campaign, "anna").id == contact_id
    assert dialer.contact(campaign, "ana").id == contact_id
    assert dialer.contact(campaign, contact_id).external_id == "anna"
    assert len(every_contact(dialer.table, campaign.key)) == 1


def test_a_contact_renamed_twice_and_back_stays_one(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, person(1, external_id="a"))
    for name in ("b", "c", "a", "b"):
        answer = dialer.upsert(campaign, {"id": contact_id, "external_id": name})
        assert answer.updated == 1
        assert dialer.contact(campaign, name).external_id == name
    assert len(every_contact(dialer.table, campaign.key)) == 1


def test_a_cleared_external_id_still_finds_its_contact(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, person(1, external_id="ana"))
    dialer.upsert(campaign, {"id": contact_id, "external_id": None})
    assert dialer.contact(campaign, contact_id).external_id is None
    assert dialer.upsert(campaign, {"external_id": "ana", "data": {}}).contact_ids == [contact_id]


def test_two_rows_of_one_external_id_are_one_contact_in_order(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    answer = dialer.upsert(
        campaign,
        person(1, external_id="ana", data={"first": 1}),
        person(2, external_id="ana", timezone="Europe/Paris"),
    )
    assert (answer.inserted, answer.updated) == (1, 1)
    assert answer.contact_ids[0] == answer.contact_ids[1]
    contact = dialer.contact(campaign, "ana")
    assert (contact.phone_numbers, contact.data, contact.timezone) == ([number(2)], {"first": 1}, "Europe/Paris")
    audit(dialer, campaign)


def test_a_row_can_rename_what_an_earlier_row_inserted(dialer: Dialer) -> None:
    campaign, adopted = dialer.campaign(), str(uuid4())
    answer = dialer.upsert(campaign, person(1, id=adopted, external_id="ana"), {"id": adopted, "external_id": "ben"})
    assert answer.contact_ids == [adopted, adopted]
    assert dialer.contact(campaign, "ben").id == dialer.contact(campaign, "ana").id == adopted
    audit(dialer, campaign)


def test_null_clears_and_absent_stays(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    whole = {
        "external_id": "ana",
        "data": {"a": 1},
        "timezone": "Europe/Paris",
        "scheduled_at": "2026-08-01T10:00:00Z",
        "agent_id": "agent",
        "agent_version": "3",
        "agent_number": "+12125550000",
        "agent_config": {"temperature": 0.7, "nested": [1, None, "é"]},
        "initial_context": "be kind",
    }
    dialer.add(campaign, person(1, **whole))
    before = dialer.contact(campaign, "ana").model_dump(exclude={"updated_at"})
    dialer.upsert(campaign, {"external_id": "ana"})
    assert dialer.contact(campaign, "ana").model_dump(exclude={"updated_at"}) == before
    dialer.upsert(campaign, dict.fromkeys(whole) | {"external_id": "ana"})
    cleared = dialer.contact(campaign, "ana")
    assert cleared.data == {}
    assert {getattr(cleared, name) for name in whole if name not in ("external_id", "data")} == {None}
    assert cleared.phone_numbers == [number(1)]
    audit(dialer, campaign)


def test_data_and_numbers_are_replaced_whole(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, person(1, external_id="ana", data={"a": 1, "b": 2}))
    dialer.upsert(campaign, {"external_id": "ana", "phone_numbers": [number(2), number(3)], "data": {"c": 3}})
    contact = dialer.contact(campaign, "ana")
    assert (contact.phone_numbers, contact.data) == ([number(2), number(3)], {"c": 3})


def test_numbers_are_normalized_with_the_configurations_country_and_repeats_dropped(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, {"phone_numbers": ["(212) 555-0001", "+1 212 555 0001", "2125550002"]})
    assert dialer.contact(campaign, contact_id).phone_numbers == [number(1), number(2)]


def test_a_number_that_is_possible_but_unassigned_is_taken_with_a_warning(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    answer = dialer.upsert(campaign, person(1), {"phone_numbers": [UNASSIGNED]})
    assert answer.inserted == 2
    assert [notice.index for notice in answer.warnings] == [1]


def test_one_invalid_number_refuses_the_whole_request_with_its_path(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    with pytest.raises(InvalidFieldsError) as refused:
        dialer.upsert(campaign, person(1), {"phone_numbers": [number(2), "12"]})
    assert [error.path for error in refused.value.errors] == ["contacts[1].phone_numbers[1]"]
    assert every_contact(dialer.table, campaign.key) == []


def test_at_most_ten_invalid_numbers_are_listed(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    with pytest.raises(InvalidFieldsError) as refused:
        dialer.upsert(campaign, *({"phone_numbers": ["12"]} for _ in range(30)))
    assert len(refused.value.errors) == 10


def test_ad_hoc_contacts_need_numbers_in_e164(dialer: Dialer) -> None:
    with pytest.raises(InvalidFieldsError):
        dialer.upsert(dialer.ad_hoc, {"phone_numbers": ["2125550001"]})
    assert dialer.upsert(dialer.ad_hoc, person(1)).inserted == 1


def test_a_new_contact_without_a_number_refuses_the_request_and_writes_nothing(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    with pytest.raises(InvalidFieldsError) as refused:
        dialer.upsert(campaign, person(1), {"external_id": "ana"})
    assert refused.value.errors[0].path == "contacts[1].phone_numbers"
    assert every_contact(dialer.table, campaign.key) == []


def test_a_closed_campaign_takes_no_contacts(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.change(campaign, "close")
    with pytest.raises(StateError):
        dialer.upsert(campaign, person(1))


def test_a_paused_campaign_takes_contacts_and_dials_them_once_started(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.change(campaign, "pause")
    dialer.add(campaign, person(1, timezone="Europe/Paris"))
    dialer.run()
    assert dialer.posts == []
    dialer.change(campaign, "start")
    dialer.run()
    assert len(dialer.posts) == 1


def test_a_finished_contact_takes_the_data_and_is_not_called_again(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, person(1, external_id="ana"))
    dialer.call(Outcome.ANSWERED)
    answer = dialer.upsert(campaign, person(2, external_id="ana", data={"a": 1}, scheduled_at="2026-07-01T17:00:01Z"))
    assert [notice.code for notice in answer.warnings] == ["not_requeued"]
    contact = dialer.contact(campaign, "ana")
    assert (contact.status, contact.data) == ("completed", {"a": 1})
    dialer.clock.advance(60)
    dialer.run()
    assert len(dialer.posts) == 1
    audit(dialer, campaign)


def test_an_upsert_in_mid_call_changes_no_status_and_the_call_ends_as_ever(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, person(1, external_id="ana"))
    dialer.run()
    dialer.upsert(campaign, person(2, external_id="ana", data={"a": 1}, timezone="Europe/Paris"))
    audit(dialer, campaign)
    dialer.end(dialer.posts[0], Outcome.NO_ANSWER)
    contact = dialer.contact(campaign, "ana")
    assert (contact.status, contact.data, contact.timezone) == ("pending", {"a": 1}, "Europe/Paris")
    audit(dialer, campaign)


def test_a_changed_timezone_moves_the_contact_to_that_lane(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, person(1, timezone="Europe/Paris"))
    dialer.upsert(campaign, {"id": contact_id, "timezone": "Asia/Tokyo"})
    assert dialer.read_campaign(campaign.id).lanes == {"Europe/Paris", "Asia/Tokyo"}
    audit(dialer, campaign)
    assert dialer.run() == 1


def test_a_changed_schedule_moves_the_first_call(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, person(1))
    dialer.upsert(campaign, {"id": contact_id, "scheduled_at": "2026-07-01T18:00:00Z"})
    dialer.run()
    assert dialer.posts == []
    dialer.clock.set("2026-07-01T18:00:00Z")
    dialer.run()
    assert len(dialer.posts) == 1


def test_a_cleared_schedule_makes_the_contact_due_at_once(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, person(1, scheduled_at="2026-07-01T18:00:00Z"))
    dialer.upsert(campaign, {"id": contact_id, "scheduled_at": None})
    assert dialer.stored(campaign, contact_id).kind is LaneKind.FIRST
    assert dialer.run() == 1


def test_a_contact_waiting_for_a_retry_is_not_called_before_a_new_schedule(dialer: Dialer) -> None:
    """G3: no call before `scheduled_at`."""
    campaign = dialer.campaign(retry_delay_seconds=60)
    dialer.add(campaign, person(1, external_id="ana"))
    dialer.call(Outcome.NO_ANSWER)
    dialer.upsert(campaign, {"external_id": "ana", "scheduled_at": "2026-07-01T20:00:00Z"})
    dialer.clock.advance(120)
    dialer.run()
    assert len(dialer.posts) == 1
    dialer.clock.set("2026-07-01T20:00:00Z")
    dialer.run()
    assert len(dialer.posts) == 2


def test_a_schedule_given_in_mid_call_holds_back_the_retry(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_delay_seconds=60)
    dialer.add(campaign, person(1, external_id="ana"))
    dialer.run()
    dialer.upsert(campaign, {"external_id": "ana", "scheduled_at": "2026-07-01T20:00:00Z"})
    dialer.end(dialer.posts[0], Outcome.NO_ANSWER)
    dialer.clock.advance(120)
    dialer.run()
    assert len(dialer.posts) == 1


def test_an_upsert_does_not_undo_a_pause_the_provider_asked_for(dialer: Dialer) -> None:
    from campanile.telephony.port import Refused

    campaign = dialer.campaign()
    dialer.add(campaign, person(1, external_id="ana"))
    dialer.telephony.answer = lambda _post: Refused("busy", 30)
    dialer.run()
    dialer.telephony.answer = lambda _post: None
    dialer.upsert(campaign, {"external_id": "ana", "data": {"a": 1}})
    dialer.clock.advance(5)
    dialer.run()
    assert len(dialer.posts) == 1


@pytest.mark.parametrize("size", [100, 511, 600, 16_000])
def test_data_comes_back_whole_whatever_its_size(dialer: Dialer, size: int) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, person(1, external_id="ana", data={"text": "é" * (size // 2)}, agent_config={"a": [1.5]}))
    contact = dialer.contact(campaign, "ana")
    assert contact.data == {"text": "é" * (size // 2)}
    assert contact.agent_config == {"a": [1.5]}
    hot = dialer.table.get(keys.contact(campaign.key, contact.id))
    assert hot
    assert len(repr(hot).encode()) < 2_000


def test_data_moves_to_the_cold_item_and_back_and_every_call_carries_it(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_delay_seconds=1, retry_attempts=9)
    large = {"text": "x" * 2_000}
    dialer.add(campaign, person(1, external_id="ana", data={"small": 1}, agent_id="agent-1"))
    for data in (large, {"small": 2}, large, {}):
        dialer.upsert(campaign, {"external_id": "ana", "data": data})
        contact = dialer.contact(campaign, "ana")
        assert (contact.data, contact.agent_id) == (data, "agent-1")
        request = dialer.call(Outcome.NO_ANSWER, notes="nobody there").request
        assert (request.custom_metadata, request.agent_id) == (data, "agent-1")
        dialer.clock.advance(1)
    assert [attempt.notes for attempt in dialer.contact(campaign, "ana").attempts] == ["nobody there"] * 4
    audit(dialer, campaign)


def test_a_thousand_new_contacts_take_few_requests(dialer: Dialer, dynamodb: Any) -> None:
    campaign = dialer.campaign()
    counting = tables.CountingTable(dynamodb, dialer.table.name)
    rows = [ContactInput.model_validate(person(n, external_id=f"person {n}", data={"n": n})) for n in range(1000)]
    answer = upsert(counting, dialer.queue, campaign, validate(rows, "+1"), dialer.clock.now_ms())
    assert answer.inserted == 1000
    requests = counting.requests.total() + len(dialer.queue.sent)
    print(f"1,000 new contacts: {requests} AWS requests, {dict(counting.requests)}")
    assert requests <= 30
    everyone = audit(dialer, dialer.read_campaign(campaign.id))
    assert [one.external_id for one in everyone] == [f"person {n}" for n in range(1000)]


def test_the_rows_of_a_large_request_that_are_there_already_are_updated(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, *(person(n, external_id=f"person {n}") for n in range(0, 250, 5)))
    answer = dialer.upsert(campaign, *(person(n, external_id=f"person {n}", data={"n": n}) for n in range(250)))
    assert (answer.inserted, answer.updated) == (200, 50)
    assert len(set(answer.contact_ids)) == 250
    audit(dialer, campaign)


def test_contacts_of_one_request_span_counter_blocks(dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "BLOCK_SIZE", 7)
    campaign = dialer.campaign()
    dialer.add_people(campaign, *(number(n) for n in range(20)))
    audit(dialer, campaign)


def test_contacts_are_stored_and_answered_although_the_queue_is_down(dialer: Dialer) -> None:
    """A message is only a hint: the tick calls them within a minute. A 500 would make the client send them twice."""
    campaign = dialer.campaign()
    dialer.queue.is_down = True
    assert dialer.upsert(campaign, person(1)).inserted == 1
    dialer.queue.is_down = False
    dialer.serve_hints(61)
    assert len(dialer.posts) == 1


def test_new_contacts_are_hinted_now_and_once_more_when_the_index_has_caught_up(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.queue.forget()
    dialer.add(campaign, person(1), person(2, scheduled_at="2026-07-01T17:05:00Z"))
    now = dialer.clock.now_ms()
    assert dialer.queue.causes() == ["contacts_added"]
    assert dialer.queue.wakes() == [now + 2_000, now + 300_000]


def test_a_contact_due_beyond_fifteen_minutes_is_left_to_the_tick(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.queue.forget()
    dialer.add(campaign, person(1, scheduled_at="2026-07-01T18:00:00Z"))
    assert dialer.queue.sent == []
    dialer.clock.set("2026-07-01T17:58:30Z")
    dialer.serve_hints(100)
    assert [post.at for post in dialer.posts] == [at("2026-07-01T18:00:00Z")]


def test_the_hint_names_every_round_of_a_contended_request(dialer: Dialer) -> None:
    """One of two rows lost a race and was written in a second round: the first round's contact is hinted, too."""
    campaign = dialer.campaign()
    dialer.add(campaign, person(1, external_id="busy"))
    dialer.call(Outcome.ANSWERED)
    dialer.queue.forget()
    production = dialer.table
    raced: list[bool] = []

    class Raced(Table):
        def __init__(self) -> None:
            self.__dict__.update(production.__dict__)

        def write(self, action: Any, returned: Any = "NONE") -> Any:
            if not raced and getattr(action, "key", {}).get("SK", "").startswith("K#"):
                raced.append(True)
                dialer.table = production
                dialer.upsert(campaign, {"external_id": "busy", "data": {"other": 1}})
                dialer.queue.forget()
            return super().write(action, returned)

    dialer.table = Raced()
    answer = dialer.upsert(campaign, person(2, external_id="new"), person(1, external_id="busy", data={"mine": 1}))
    assert raced
    assert (answer.inserted, answer.updated) == (1, 1)
    assert "contacts_added" in dialer.queue.causes()
