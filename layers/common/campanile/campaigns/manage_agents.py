"""Create, list, read, change and delete agents."""

from dataclasses import replace

from campanile.adapters.identifiers import time_ordered_id
from campanile.domain.agent import Agent
from campanile.domain.errors import ConflictError, NotFoundError
from campanile.domain.lifecycle import CampaignStatus
from campanile.schema import pagination
from campanile.schema.agents import AgentPatch, AgentResponse, AgentsResponse, NewAgent, fields
from campanile.store import agents, campaigns, configurations, created_by_request
from campanile.store.created_by_request import RequestUnderWayError
from campanile.store.table import CONTENTION_RETRIES, ContendedError, Table


def create(table: Table, org: str, wanted: NewAgent, now_ms: int, request_key: str | None = None) -> AgentResponse:
    """Store an agent, or return the one that a request with this key has created before.

    Raises AgentIdTakenError, or RequestUnderWayError.
    """
    if created := created_by_request.created(table, org, request_key, wanted, now_ms):
        return get(table, org, created)
    agent_id = wanted.id or time_ordered_id(now_ms)
    new = Agent(agent_id, **fields(wanted), created_at=now_ms, updated_at=now_ms)
    notes = created_by_request.notes(org, request_key, wanted, agent_id, now_ms)
    if not agents.insert(table, org, new, *notes):
        raise RequestUnderWayError
    return AgentResponse.of(new)


def page(table: Table, org: str, limit: int, cursor: str | None) -> AgentsResponse:
    """Up to `limit` agents in order of their ids, from `cursor` on; raises InvalidFieldsError for a wrong cursor."""
    found = list(agents.after(table, org, pagination.read_cursor(cursor, pagination.TEXT), limit + 1))
    shown = pagination.fitting([AgentResponse.of(one) for one in found[:limit]])
    return AgentsResponse(
        agents=shown, next_cursor=pagination.cursor_after(shown[-1].id) if len(shown) < len(found) else None
    )


def get(table: Table, org: str, agent_id: str) -> AgentResponse:
    """Raises NotFoundError, also for another org's agent."""
    found = agents.get(table, org, agent_id)
    if found is None:
        raise _not_found()
    return AgentResponse.of(found)


def change(table: Table, org: str, agent_id: str, wanted: AgentPatch, now_ms: int) -> AgentResponse:
    """Change the given fields. Contacts that were pushed before keep their version and number.

    Raises NotFoundError.
    """
    given = {name: value for name, value in fields(wanted).items() if name in wanted.model_fields_set}

    def changed(current: Agent) -> Agent:
        return replace(current, **given, updated_at=now_ms)

    result = agents.update(table, org, agent_id, changed)
    if result is None:
        raise _not_found()
    return AgentResponse.of(result)


def delete(table: Table, org: str, agent_id: str) -> None:
    """Raises NotFoundError, or ConflictError while something that may still make calls refers to the agent."""
    for _ in range(CONTENTION_RETRIES):
        seen = agents.pushed_to(table, org, agent_id)
        if seen is None:
            raise _not_found()
        if referrer := _referrer(table, org, agent_id, seen):
            raise ConflictError(f"The agent is in use: {referrer}")
        if agents.delete(table, org, agent_id, seen):
            return
    raise ContendedError(agent_id)


def _referrer(table: Table, org: str, agent_id: str, pushed_to: frozenset[str]) -> str | None:
    """What refers to the agent, in words that name the fix.

    An `agent_id` may be any id that the provider knows, so all configurations and campaigns are searched for it.
    """
    for key in sorted(pushed_to):
        campaign = campaigns.get(table, org, key)
        if campaign and campaign.status is not CampaignStatus.CLOSED:
            return f"contacts were pushed for it to campaign {campaign.id}. Close that first."
    for one in campaigns.after(table, org, None):
        if one.agent.agent_id == agent_id and one.status is not CampaignStatus.CLOSED:
            return f"campaign {one.id} has it as its agent_id. Give that another one first, or close it."
    for configuration in configurations.after(table, org, None):
        if configuration.agent.agent_id == agent_id:
            return f"configuration {configuration.id} has it as its agent_id. Give that another one first."
    return None


def _not_found() -> NotFoundError:
    return NotFoundError("No agent has this id.")
