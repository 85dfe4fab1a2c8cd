"""Agents: `O#<org>` / `A#<id>`. `pushed_to` are the campaigns that contacts were pushed to for one."""

from collections.abc import Callable, Iterator

from campanile.domain.errors import ConflictError
from campanile.schema.agents import AgentResponse
from campanile.store import keys
from campanile.store.table import (
    CONTENTION_RETRIES,
    Action,
    ConditionFailedError,
    ContendedError,
    Delete,
    Item,
    Put,
    Table,
    TransactionCanceledError,
    Update,
)


class AgentIdTakenError(ConflictError):
    """The org has an agent of this id."""

    def __init__(self) -> None:
        super().__init__("Another agent of the organization has this id.")


def insert(table: Table, org: str, agent: AgentResponse, *notes: Action) -> bool:
    """Store a new agent together with `notes`; False when one of those stood in the way.

    Raises AgentIdTakenError.
    """
    item = {**keys.agent(org, agent.id), "document": agent.model_dump_json()}
    try:
        table.transact([Put(item, "attribute_not_exists(#PK)"), *notes])
    except TransactionCanceledError as canceled:
        if 0 in canceled.failed and max(canceled.failed) == 0:
            raise AgentIdTakenError from None
        return False
    return True


def get(table: Table, org: str, agent_id: str) -> AgentResponse | None:
    item = table.get(keys.agent(org, agent_id))
    return _from_item(item) if item else None


def after(table: Table, org: str, agent_id: str | None, most: int) -> Iterator[AgentResponse]:
    """The org's agents in order of their ids, read as they are consumed; those behind the given one."""
    return map(_from_item, table.query(*keys.agents_after(org, agent_id), limit=most))


def update(
    table: Table, org: str, agent_id: str, change: Callable[[AgentResponse], AgentResponse]
) -> AgentResponse | None:
    """Write what `change` makes of the agent, and answer it; None when there is none.

    `change` is called again when somebody else has written meanwhile.
    """
    for _ in range(CONTENTION_RETRIES):
        item = table.get(keys.agent(org, agent_id))
        if item is None:
            return None
        changed = change(_from_item(item))
        values = {":document": changed.model_dump_json(), ":seen": item["document"]}
        try:
            table.write(Update(keys.agent(org, agent_id), "SET #document = :document", "#document = :seen", values))
        except ConditionFailedError:
            continue
        return changed
    raise ContendedError(agent_id)


def pushed_to(table: Table, org: str, agent_id: str) -> frozenset[str] | None:
    """The keys of the campaigns that contacts were pushed to for the agent; None when there is no such agent."""
    item = table.get(keys.agent(org, agent_id))
    return frozenset(item.get("pushed_to", ())) if item else None


def note_push(table: Table, org: str, agent_id: str, campaign_key: str) -> bool:
    """Note, before its contacts are stored, that some are pushed to a campaign; False when there is no such agent."""
    values = {":campaign": {campaign_key}}
    noting = Update(keys.agent(org, agent_id), "ADD #pushed_to :campaign", "attribute_exists(#PK)", values)
    try:
        table.write(noting)
    except ConditionFailedError:
        return False
    return True


def delete(table: Table, org: str, agent_id: str, seen: frozenset[str]) -> bool:
    """Delete an agent; False when contacts were pushed for it to other campaigns than those `seen`, or it is gone."""
    condition = "attribute_exists(#PK) AND attribute_not_exists(#pushed_to)"
    deletion = Delete(keys.agent(org, agent_id), condition)
    if seen:
        deletion = Delete(keys.agent(org, agent_id), "#pushed_to = :seen", {":seen": set(seen)})
    try:
        table.write(deletion)
    except ConditionFailedError:
        return False
    return True


def _from_item(item: Item) -> AgentResponse:
    return AgentResponse.model_validate_json(item["document"])
