"""Write conditions: the very edges of the transition table, as DynamoDB reads them (G7)."""

import doctest
import re
from itertools import product

import pytest
from boto3.dynamodb.types import TypeSerializer

from campanile.domain.lifecycle import CAMPAIGN, CONTACT, SLOT, CampaignStatus, ContactStatus, SlotPhase, Transition
from campanile.store import conditions
from campanile.store.conditions import allows

EVERY_PAIR = [
    *product(CAMPAIGN.values(), CampaignStatus),
    *product(CONTACT.values(), ContactStatus),
    *product(SLOT.values(), SlotPhase),
]


def holds(condition: str, values: dict[str, str], item: dict[str, str]) -> bool:
    """Judge `#name IN (:a, :b)` as DynamoDB does."""
    read = re.fullmatch(r"#(\w+) IN \((:\w+(?:, :\w+)*)\)", condition)
    assert read, condition
    return item.get(read[1]) in {values[name] for name in read[2].split(", ")}


@pytest.mark.parametrize(("edge", "status"), EVERY_PAIR)
def test_the_write_goes_through_exactly_from_the_sources_of_its_transition(edge: Transition, status: str) -> None:
    condition, values = allows(edge, "status")
    assert holds(condition, values, {"status": str(status)}) == (status in edge.sources)


@pytest.mark.parametrize("edge", [*CAMPAIGN.values(), *CONTACT.values(), *SLOT.values()])
def test_the_write_fails_where_no_item_is(edge: Transition) -> None:
    assert not holds(*allows(edge, "status"), {})


@pytest.mark.parametrize("edge", [*CAMPAIGN.values(), *CONTACT.values(), *SLOT.values()])
def test_a_condition_uses_every_value_it_brings_as_a_plain_string(edge: Transition) -> None:
    condition, values = allows(edge, "phase")
    assert condition.startswith("#phase IN ")
    assert set(re.findall(r":\w+", condition)) == set(values)
    assert all(TypeSerializer().serialize(value) == {"S": value} for value in values.values())


def test_the_same_edge_gives_the_same_condition_every_time() -> None:
    edge = CAMPAIGN["close"]
    assert allows(edge, "status") == ("#status IN (:from0, :from1)", {":from0": "active", ":from1": "paused"})


def test_the_example_in_its_documentation_is_true() -> None:
    examples = doctest.testmod(conditions)
    assert (examples.attempted > 0, examples.failed) == (True, 0)
