"""What a key is made of can be read back from the item that bears it."""

from typing import cast

from campanile.store import keys

CAMPAIGN, CONTACT = "0193a1c0-0000-7000-8000-000000000001", "0193a1c0-0000-7000-8000-00000000000f"


def _item(key: keys.Key) -> dict[str, str]:
    return cast("dict[str, str]", dict(key))


def test_a_contact_id_is_read_from_the_hot_and_the_cold_item() -> None:
    assert keys.contact_id_of(_item(keys.contact(CAMPAIGN, CONTACT))) == CONTACT
    assert keys.contact_id_of(_item(keys.contact_cold(CAMPAIGN, CONTACT))) == CONTACT


def test_a_number_is_read_from_its_lock_its_entry_and_its_history() -> None:
    for key in (
        keys.number_lock("acme", "+14155550100"),
        keys.do_not_call("acme", "+14155550100"),
        keys.number_history("acme", "+14155550100", 1, "event"),
    ):
        assert keys.number_of(_item(key)) == "+14155550100"


def test_org_and_job_are_read_from_their_items() -> None:
    assert keys.org_of_slot(_item(keys.slot("acme", 107))) == "acme"
    assert keys.registered_org(_item(keys.registration("acme"))) == "acme"
    assert keys.job_of(_item(keys.import_job("job"))) == "job"
    assert keys.key_id_of(_item(keys.credential("ak_00ff"))) == "ak_00ff"
    assert keys.user_of(_item(keys.member("acme", "M#ada"))) == "M#ada"


def test_lanes_sort_by_kind_then_due_then_creation_also_past_the_year_2286() -> None:
    entries = [
        keys.lane_sort("C", 5, 1, CONTACT),
        keys.lane_sort("F", 5, 1, CONTACT),
        keys.lane_sort("F", 5, 12, CONTACT),
        keys.lane_sort("F", 1_790_000_000_000, 0, CONTACT),
        keys.lane_sort("F", 32_000_000_000_000, 0, CONTACT),
        keys.lane_sort("R", 1, 0, CONTACT),
    ]
    assert entries == sorted(entries)
