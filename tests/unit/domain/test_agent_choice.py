"""Which agent speaks: contact, then campaign, then configuration, each field by itself (seed 003)."""

from itertools import product

import pytest

from campanile.domain.agent_choice import resolve
from campanile.domain.campaign import AgentFields

NOTHING = AgentFields()
BY_CONTACT = AgentFields("a1", "1", "+14155550101", {"voice": "contact"}, "contact")
BY_CAMPAIGN = AgentFields("a2", "2", "+14155550102", {"voice": "campaign"}, "campaign")
BY_CONFIGURATION = AgentFields("a3", "3", "+14155550103", {"voice": "configuration"}, "configuration")


def test_the_contact_goes_before_the_campaign_and_the_campaign_before_the_configuration() -> None:
    assert resolve(BY_CONTACT, BY_CAMPAIGN, BY_CONFIGURATION) == BY_CONTACT
    assert resolve(NOTHING, BY_CAMPAIGN, BY_CONFIGURATION) == BY_CAMPAIGN
    assert resolve(NOTHING, NOTHING, BY_CONFIGURATION) == BY_CONFIGURATION
    assert resolve(NOTHING, NOTHING, NOTHING) == NOTHING


@pytest.mark.parametrize("name", ["agent_number", "agent_config", "initial_context"])
def test_a_field_comes_from_the_first_level_that_sets_it_whoever_sets_the_others(name: str) -> None:
    only = AgentFields(**{name: getattr(BY_CONTACT, name)})
    resolved = resolve(only, NOTHING, BY_CONFIGURATION)
    assert getattr(resolved, name) == getattr(BY_CONTACT, name)
    assert (resolved.agent_id, resolved.agent_version) == ("a3", "3")


def test_a_version_pinned_below_the_level_that_chose_the_agent_is_not_that_agents() -> None:
    assert resolve(AgentFields(agent_id="a1"), NOTHING, BY_CONFIGURATION).agent_version is None


def test_a_version_pinned_above_the_level_that_chose_the_agent_is_not_that_agents() -> None:
    assert resolve(AgentFields(agent_version="9"), NOTHING, BY_CONFIGURATION).agent_version == "3"


def test_a_version_without_any_agent_is_passed_on() -> None:
    assert resolve(NOTHING, AgentFields(agent_version="2"), AgentFields(agent_version="3")).agent_version == "2"


@pytest.mark.parametrize("levels", [*product([NOTHING, BY_CONTACT, AgentFields(agent_id="x")], repeat=3)])
def test_agent_and_version_always_come_from_one_level(levels: tuple[AgentFields, AgentFields, AgentFields]) -> None:
    resolved = resolve(*levels)
    assert (resolved.agent_id, resolved.agent_version) in {(one.agent_id, one.agent_version) for one in levels}


def test_an_empty_value_is_a_value() -> None:
    assert resolve(AgentFields(agent_config={}, initial_context=""), NOTHING, BY_CONFIGURATION).agent_config == {}
    assert resolve(AgentFields(agent_config={}, initial_context=""), NOTHING, BY_CONFIGURATION).initial_context == ""
