"""Upsert of contacts: what a request makes of the rows (seed 000; design, section 5)."""

from typing import Any
from uuid import uuid4

import pytest

from campanile.domain.contact import MAX_ALIASES
from campanile.domain.errors import InvalidFieldsError
from tests.support.audit import audit, audit_names, every_contact
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


def test_a_contact_keeps_twenty_further_names_and_takes_no_more(dialer: Dialer) -> None:
    """A former name dropped could come to mean somebody else without anybody noticing."""
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, person(1, external_id="name 0"))
    for n in range(1, MAX_ALIASES + 1):
        assert dialer.upsert(campaign, {"id": contact_id, "external_id": f"name {n}"}).updated == 1
    answer = dialer.upsert(campaign, {"id": contact_id, "external_id": "one more", "data": {"a": 1}}, person(2))
    assert [(row.index, row.code) for row in answer.failed] == [(0, "too_many_names")]
    assert (answer.inserted, answer.updated, answer.contact_ids[0]) == (1, 0, None)
    contact = dialer.contact(campaign, contact_id)
    assert (contact.external_id, contact.data) == (f"name {MAX_ALIASES}", {})
    assert dialer.upsert(campaign, {"id": contact_id, "external_id": "name 7"}).updated == 1
    assert {dialer.contact(campaign, f"name {n}").id for n in range(MAX_ALIASES + 1)} == {contact_id}
    audit_names(dialer, campaign)
    dialer.delete(campaign, contact_id)
    audit_names(dialer, campaign)
    assert dialer.upsert(campaign, *(person(n, external_id=f"name {n}") for n in range(21))).inserted == 21


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


def test_a_new_contact_without_a_number_fails_its_row_only(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    answer = dialer.upsert(campaign, person(1), {"external_id": "ana"}, {"external_id": "ana", **person(2)})
    assert [(row.index, row.code) for row in answer.failed] == [(1, "phone_numbers_required")]
    assert (answer.inserted, answer.contact_ids[1]) == (2, None)
    assert dialer.contact(campaign, "ana").phone_numbers == [number(2)]
    audit(dialer, campaign)
