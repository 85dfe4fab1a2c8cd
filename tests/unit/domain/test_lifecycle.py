"""The transition tables: exactly the edges that seed 003 and the design name, and no other."""

from collections.abc import Mapping
from enum import StrEnum
from itertools import product

import pytest

from campanile.domain.lifecycle import (
    CAMPAIGN,
    CONTACT,
    DELETABLE,
    PHASES_BEFORE_POST,
    SLOT,
    TERMINAL,
    CampaignStatus,
    ContactStatus,
    Outcome,
    SlotPhase,
    Transition,
    contact_action,
    corrected,
    correcting_action,
)

Edges = set[tuple[str, str, str]]

CAMPAIGN_EDGES: Edges = {
    # status, action, status after it
    ("active", "start", "active"),
    ("paused", "start", "active"),
    ("active", "pause", "paused"),
    ("active", "close", "closed"),
    ("paused", "close", "closed"),
}
CONTACT_EDGES: Edges = {
    ("pending", "lock", "active"),
    ("active", "release", "pending"),
    ("active", "retry", "pending"),
    ("active", "complete", "completed"),
    ("active", "exhaust", "exhausted"),
    ("active", "fail", "error"),
    ("active", "opt_out", "do_not_call"),
    ("held", "enqueue", "pending"),
    ("completed", "reopen", "pending"),
    ("exhausted", "reopen", "pending"),
    ("pending", "correct_complete", "completed"),
    ("exhausted", "correct_complete", "completed"),
    ("pending", "correct_exhaust", "exhausted"),
    ("pending", "correct_fail", "error"),
    ("exhausted", "correct_fail", "error"),
    ("pending", "correct_opt_out", "do_not_call"),
    ("completed", "correct_opt_out", "do_not_call"),
    ("exhausted", "correct_opt_out", "do_not_call"),
    ("error", "correct_opt_out", "do_not_call"),
}
SLOT_EDGES: Edges = {
    ("locked", "intend", "intended"),
    ("intended", "intend", "intended"),
    ("intended", "place", "placed"),
    ("placed", "place", "placed"),
}
MACHINES: list[tuple[Mapping[str, Transition], type[StrEnum], Edges]] = [
    (CAMPAIGN, CampaignStatus, CAMPAIGN_EDGES),
    (CONTACT, ContactStatus, CONTACT_EDGES),
    (SLOT, SlotPhase, SLOT_EDGES),
]
PAIRS = [
    pytest.param(table, status, action, edges, id=f"{statuses.__name__}-{status}-{action}")
    for table, statuses, edges in MACHINES
    for status, action in product(statuses, table)
]


@pytest.mark.parametrize(("table", "status", "action", "edges"), PAIRS)
def test_a_status_and_an_action_lead_where_the_lifecycle_says_or_nowhere(
    table: Mapping[str, Transition], status: StrEnum, action: str, edges: Edges
) -> None:
    edge = table[action]
    led = {(str(status), action, str(edge.target))} if status in edge.sources else set()
    assert led == {one for one in edges if one[:2] == (str(status), action)}


@pytest.mark.parametrize(("table", "statuses", "edges"), MACHINES)
def test_an_edge_runs_between_statuses_of_one_kind(
    table: Mapping[str, Transition], statuses: type[StrEnum], edges: Edges
) -> None:
    for edge in table.values():
        assert isinstance(edge.target, statuses)
        assert edge.sources
        assert all(isinstance(source, statuses) for source in edge.sources)


def test_a_closed_campaign_stays_closed() -> None:
    assert not any(CampaignStatus.CLOSED in edge.sources for edge in CAMPAIGN.values())


def test_only_reopening_takes_up_a_finished_contact_again() -> None:
    onwards = {action for action, edge in CONTACT.items() if edge.sources & TERMINAL and edge.target not in TERMINAL}
    assert onwards == {"reopen"}


def test_nothing_leads_on_from_a_request_not_to_be_called() -> None:
    assert not any(ContactStatus.DO_NOT_CALL in edge.sources for edge in CONTACT.values())


def test_only_completed_exhausted_error_and_do_not_call_are_the_end_of_a_contact() -> None:
    assert {str(status) for status in TERMINAL} == {"completed", "exhausted", "error", "do_not_call"}
    assert set(ContactStatus) - TERMINAL == {ContactStatus.PENDING, ContactStatus.HELD, ContactStatus.ACTIVE}


def test_every_contact_but_an_active_one_may_be_deleted() -> None:
    assert set(ContactStatus) - DELETABLE == {ContactStatus.ACTIVE}


def test_every_status_a_call_can_end_in_has_one_action() -> None:
    ends = [*TERMINAL, ContactStatus.PENDING]
    actions = [contact_action(status) for status in ends]
    assert [CONTACT[action].target for action in actions] == ends
    assert "release" not in actions


def test_every_status_a_call_can_end_in_has_one_action_of_a_late_report() -> None:
    ends = [*TERMINAL, ContactStatus.PENDING]
    actions = [correcting_action(status) for status in ends]
    assert [CONTACT[action].target for action in actions] == ends
    assert not {*actions} & {contact_action(status) for status in ends}


def test_a_late_report_brings_a_contact_along_an_edge_or_nowhere() -> None:
    for status, target in product(ContactStatus, [*TERMINAL, ContactStatus.PENDING]):
        edge = (str(status), correcting_action(target), str(target))
        assert corrected(status, target) == (target if edge in CONTACT_EDGES else status)


@pytest.mark.parametrize("status", [ContactStatus.ACTIVE, ContactStatus.HELD])
def test_no_call_ends_in_a_status_that_means_something_else(status: ContactStatus) -> None:
    with pytest.raises(KeyError):
        contact_action(status)


def test_only_a_lock_without_an_intent_is_known_to_have_made_no_call() -> None:
    assert {SlotPhase.LOCKED} == PHASES_BEFORE_POST


def test_no_phase_leads_back_to_the_time_before_the_post() -> None:
    assert not any(edge.target in PHASES_BEFORE_POST for edge in SLOT.values())


def test_statuses_and_outcomes_are_spelled_as_the_api_spells_them() -> None:
    assert [*CampaignStatus] == ["active", "paused", "closed"]
    assert set(Outcome) == {
        "answered",
        "voicemail",
        "no_answer",
        "busy",
        "failed",
        "invalid_number",
        "do_not_call",
        "callback_requested",
        "canceled",
        "unknown",
    }
