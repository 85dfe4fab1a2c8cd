"""Campaigns and configurations under many hands at once: on DynamoDB Local, with real threads."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from campanile.adapters.dial_queue import DialQueue
from campanile.campaigns import (
    change_campaign,
    change_status,
    create_campaign,
    find_campaign,
    manage_configurations,
    show_campaign,
)
from campanile.domain.lifecycle import CampaignStatus
from campanile.schema.campaigns import CampaignInput, CampaignPatch
from campanile.schema.configurations import ConfigurationInput, ConfigurationPatch
from campanile.store import campaigns, configurations, keys, orgs
from campanile.store.campaigns import ExternalIdTakenError, TransitionRefusedError
from campanile.store.configuration_references import UnknownConfigurationError
from campanile.store.configurations import ConfigurationInUseError
from tests.support.dialer import Dialer
from tests.support.threads import together

ROUNDS = range(8)


@pytest.mark.parametrize("round_", ROUNDS)
def test_start_against_close_ends_closed(dialer: Dialer, round_: int) -> None:
    campaign = dialer.campaign()
    if round_ % 2:
        dialer.change(campaign, "pause")

    def take(action: str) -> str:
        try:
            dialer.change(campaign, action)
        except TransitionRefusedError as refused:
            return str(refused.status)
        return "done"

    answers = together([partial(take, action) for action in ("start", "close") * 8])
    assert dialer.read_campaign(campaign.id).status is CampaignStatus.CLOSED
    assert answers[1::2].count("done") == 1
    assert set(answers) <= {"done", "closed"}
    assert orgs.dial_view(dialer.table, dialer.org)[1] == []


@pytest.mark.parametrize("round_", ROUNDS)
def test_deleting_a_configuration_against_creating_campaigns_with_it_leaves_nothing_dangling(
    dialer: Dialer, round_: int
) -> None:
    now = dialer.clock.now_ms()
    configuration = manage_configurations.create(dialer.table, dialer.org, ConfigurationInput(name="c"), now).id

    def create() -> bool:
        try:
            create_campaign.create(
                dialer.table, dialer.org, CampaignInput(name="x", configuration_id=configuration), now
            )
        except UnknownConfigurationError:
            return False
        return True

    def delete() -> bool:
        try:
            manage_configurations.delete(dialer.table, dialer.org, configuration)
        except ConfigurationInUseError:
            return False
        return True

    deleted, *created = together([delete, *[create] * 5] if round_ % 2 else [delete, create])
    assert deleted is not any(created)
    kept = configurations.get(dialer.table, dialer.org, configuration)
    assert (kept is None) is deleted
    assert [one.configuration_id for one in campaigns.after(dialer.table, dialer.org, None)] == [
        configuration for one in created if one
    ]


def references(dialer: Dialer, configuration: str) -> int:
    item = dialer.table.get(keys.configuration(dialer.org, configuration))
    assert item
    return int(item["refs"])


def test_moving_campaigns_between_configurations_at_once_keeps_both_counts_right(dialer: Dialer) -> None:
    now = dialer.clock.now_ms()
    first, second = (
        manage_configurations.create(dialer.table, dialer.org, ConfigurationInput(name="c"), now).id for _ in range(2)
    )
    made = [
        create_campaign.create(dialer.table, dialer.org, CampaignInput(name="x", configuration_id=first), now)
        for _ in range(3)
    ]
    quiet: DialQueue = dialer.queue

    def move(campaign: str, to: str) -> None:
        changes = CampaignPatch(configuration_id=to)
        change_campaign.change(dialer.table, quiet, dialer.org, campaign, changes, now)

    together([partial(move, one.id, to) for one in made for to in (second, first, second)])
    found = [one.configuration_id for one in campaigns.after(dialer.table, dialer.org, None)]
    assert {name: found.count(name) for name in (first, second)} == {
        name: references(dialer, name) for name in (first, second)
    }


def test_changes_of_different_fields_at_once_are_all_kept(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    changes: list[dict[str, Any]] = [
        {"name": "Summer"},
        {"priority": 7},
        {"agent_id": "ada"},
        {"initial_context": "Hi."},
        {"external_id": f"summer-{uuid4()}"},
    ]

    def change(fields: dict[str, Any]) -> None:
        wanted = CampaignPatch.model_validate(fields)
        change_campaign.change(dialer.table, dialer.queue, dialer.org, campaign.id, wanted, dialer.clock.now_ms())

    together([partial(change, fields) for fields in changes])
    found = show_campaign.response(dialer.read_campaign(campaign.id)).model_dump()
    assert {name: found[name] for fields in changes for name in fields} == {
        name: value for fields in changes for name, value in fields.items()
    }


def test_changes_of_different_fields_of_a_configuration_at_once_are_all_kept(dialer: Dialer) -> None:
    now = dialer.clock.now_ms()
    configuration = manage_configurations.create(dialer.table, dialer.org, ConfigurationInput(name="c"), now).id
    changes: list[dict[str, Any]] = [{"retry_attempts": 7}, {"retry_delay_seconds": 5}, {"agent_id": "ada"}]

    def change(fields: dict[str, Any]) -> None:
        wanted = ConfigurationPatch.model_validate(fields)
        manage_configurations.change(dialer.table, dialer.queue, dialer.org, configuration, wanted, now)

    together([partial(change, fields) for fields in changes])
    found = manage_configurations.get(dialer.table, dialer.org, configuration)
    assert (found.retry_attempts, found.retry_delay_seconds, found.agent_id) == (7, 5, "ada")


def test_of_many_campaigns_that_want_one_name_one_gets_it(dialer: Dialer) -> None:
    existing = [dialer.campaign() for _ in range(4)]
    configuration = existing[0].configuration_id
    now = dialer.clock.now_ms()

    def create() -> str | None:
        wanted = CampaignInput(name="x", configuration_id=str(configuration), external_id="spring")
        try:
            return create_campaign.create(dialer.table, dialer.org, wanted, now).id
        except ExternalIdTakenError:
            return None

    def rename(campaign: str) -> str | None:
        wanted = CampaignPatch(external_id="spring")
        try:
            return change_campaign.change(dialer.table, dialer.queue, dialer.org, campaign, wanted, now).id
        except ExternalIdTakenError:
            return None

    works: list[Callable[[], str | None]] = [*[create] * 4, *[partial(rename, one.id) for one in existing]]
    answers = together(works)
    [winner] = [one for one in answers if one]
    assert find_campaign.find(dialer.table, dialer.org, "spring").id == winner
    named = [one.id for one in campaigns.after(dialer.table, dialer.org, None) if one.external_id == "spring"]
    assert named == [winner]


def test_a_change_against_a_pause_keeps_both_and_the_dial_sheet_follows(dialer: Dialer) -> None:
    for _ in ROUNDS:
        campaign = dialer.campaign()

        def pause(paused: str = campaign.id) -> None:
            change_status.pause(dialer.table, dialer.org, paused, 1)

        def raise_priority(raised: str = campaign.id) -> None:
            change_campaign.change(dialer.table, dialer.queue, dialer.org, raised, CampaignPatch(priority=9), 1)

        together([pause, raise_priority])
        found = dialer.read_campaign(campaign.id)
        assert (found.status, found.priority) == (CampaignStatus.PAUSED, 9)
        assert orgs.dial_view(dialer.table, dialer.org)[1] == []
