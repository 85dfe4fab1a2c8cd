"""Importing an export changes nothing, whatever the contacts are."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campanile.domain.lifecycle import Outcome
from campanile.schema.contacts import STRUCTURED_FIELDS
from tests.support.dialer import Dialer, number
from tests.support.dropping import counts, take
from tests.support.exporting import export

AWKWARD = ("phone", "status", "First Name", "first_name", "data", "id", "a;b", "=x", " ", "campanile_row", "E-Mail")
TEXTS = st.text(max_size=8) | st.sampled_from(["=1+1", "'=1", "+14155550123", "-5", " padded ", "a\r\nb", "", "001"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False, width=16) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
KEYS = (st.sampled_from(AWKWARD) | st.text(max_size=6)).filter(lambda key: key not in STRUCTURED_FIELDS)
CHARACTERS = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/")
CONTACTS = st.fixed_dictionaries(
    {"numbers": st.integers(1, 3)},
    optional={
        "external_id": st.text(CHARACTERS, min_size=1, max_size=8) | st.sampled_from(["=1", "'x", " a ", "-7"]),
        "data": st.dictionaries(KEYS, VALUES, max_size=4),
        "timezone": st.sampled_from(["Europe/Paris", "Asia/Kathmandu"]),
        "scheduled_at": st.sampled_from(["2026-07-02T10:00:00Z", "2026-12-24T18:30:00+05:45"]),
    },
)


def as_rows(drawn: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Contacts as a request brings them, each with numbers of its own."""
    people: dict[str, dict[str, Any]] = {}
    for index, one in enumerate(drawn):
        row = {name: value for name, value in one.items() if name != "numbers"}
        row["phone_numbers"] = [number(10 * index + k) for k in range(one["numbers"])]
        people.setdefault(row.get("external_id", f"nameless {index}"), row)
    return list(people.values())


def everything(dialer: Dialer, campaign: Any) -> list[dict[str, Any]]:
    return [one.model_dump() for one in dialer.page(campaign).contacts]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CONTACTS, min_size=1, max_size=4))
def test_an_export_imported_again_leaves_every_contact_as_it_was(dialer: Dialer, drawn: list[dict[str, Any]]) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, *as_rows(drawn))
    before = everything(dialer, campaign)
    dialer.clock.advance(60)
    done = take(dialer, dialer.bucket.drop(campaign.id, export(dialer, campaign)))
    assert (done.status, counts(done)) == ("completed", {"rows": len(before), "updated": len(before)}), done
    assert everything(dialer, campaign) == before


@pytest.mark.parametrize("mode", ["lenient", "strict"])
def test_an_export_of_a_campaign_that_was_dialed_changes_nothing_either(dialer: Dialer, mode: str) -> None:
    campaign = dialer.campaign(retry_delay_seconds=3_600)
    dialer.add_people(campaign, number(1))
    dialer.call(Outcome.ANSWERED)
    dialer.add(campaign, {"phone_numbers": [number(2), number(3)], "data": {"tier": "gold", "n": 5}})
    dialer.call(Outcome.NO_ANSWER)
    dialer.add(campaign, {"phone_numbers": [number(4)], "external_id": "ana", "data": {"First Name": "Ana"}})
    dialer.run()  # the third is on a call
    before, stats = everything(dialer, campaign), dialer.stats(campaign)
    file = dialer.bucket.drop(campaign.id, export(dialer, campaign), mode=mode)
    assert counts(take(dialer, file)) == {"rows": 3, "updated": 3}
    assert dialer.stats(campaign) == stats
    for now, then in zip(everything(dialer, campaign), before, strict=True):
        assert now == then
    dialer.serve_hints(30)
    assert len(dialer.posts) == 3


def test_an_export_may_be_edited_in_a_spreadsheet_and_imported(dialer: Dialer) -> None:
    """With columns moved and left out, and other names of things kept."""
    campaign = dialer.campaign()
    [contact] = dialer.add(campaign, {"phone_numbers": [number(1)], "data": {"tier": "gold", "n": 5}})
    lines = ["status;tier;id;data\r\n", f'completed;silver;{contact};"{{""n"":5}}"\r\n']
    assert counts(take(dialer, dialer.bucket.drop(campaign.id, "".join(lines)))) == {"rows": 1, "updated": 1}
    shown = dialer.contact(campaign, contact)
    assert (shown.status, shown.data, shown.phone_numbers) == ("pending", {"tier": "silver", "n": 5}, [number(1)])
