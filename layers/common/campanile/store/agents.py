"""Agents: `O#<org>` / `A#<id>`. `pushed_to` lists the campaigns that have contacts pushed for the agent."""

from collections.abc import Callable, Iterator
from dataclasses import asdict

from campanile.domain.agent import Agent, OutboundTrunk
from campanile.domain.errors import ConflictError
from campanile.store import documents, keys
from campanile.store.documents import Document
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

_KNOWN = frozenset(Agent.__dataclass_fields__)


class AgentIdTakenError(ConflictError):
    """The org already has an agent with this id."""

    def __init__(self) -> None:
        super().__init__("Another agent of the organization has this id.")


def insert(table: Table, org: str, agent: Agent, *notes: Action) -> bool:
    """Store a new agent together with `notes`; False when the condition of a note failed.

    Raises AgentIdTakenError.
    """
    item = {**keys.agent(org, agent.id), "document": documents.render(_document(agent), _KNOWN)}
    try:
        table.transact([Put(item, "attribute_not_exists(#PK)"), *notes])
    except TransactionCanceledError as canceled:
        if 0 in canceled.failed and max(canceled.failed) == 0:
            raise AgentIdTakenError from None
        return False
    return True


def get(table: Table, org: str, agent_id: str) -> Agent | None:
    item = table.get(keys.agent(org, agent_id))
    return _from_item(item) if item else None


def after(table: Table, org: str, agent_id: str | None, most: int) -> Iterator[Agent]:
    """The org's agents after the given one, in order of their ids, read as they are consumed."""
    return map(_from_item, table.query(*keys.agents_after(org, agent_id), limit=most))


def update(table: Table, org: str, agent_id: str, change: Callable[[Agent], Agent]) -> Agent | None:
    """Write what `change` makes of the agent, and return it; None when it does not exist.

    `change` is called again when another writer was faster.
    """
    for _ in range(CONTENTION_RETRIES):
        item = table.get(keys.agent(org, agent_id))
        if item is None:
            return None
        changed = change(_from_item(item))
        document = documents.render(_document(changed), _KNOWN, item["document"])
        values = {":document": document, ":seen": item["document"]}
        try:
            table.write(Update(keys.agent(org, agent_id), "SET #document = :document", "#document = :seen", values))
        except ConditionFailedError:
            continue
        return changed
    raise ContendedError(agent_id)


def pushed_to(table: Table, org: str, agent_id: str) -> frozenset[str] | None:
    """The keys of the campaigns that have contacts pushed for the agent; None when the agent does not exist."""
    item = table.get(keys.agent(org, agent_id))
    return frozenset(item.get("pushed_to", ())) if item else None


def note_push(table: Table, org: str, agent_id: str, campaign_key: str) -> bool:
    """Note a push to a campaign, before its contacts are stored; False when the agent does not exist."""
    values = {":campaign": {campaign_key}}
    noting = Update(keys.agent(org, agent_id), "ADD #pushed_to :campaign", "attribute_exists(#PK)", values)
    try:
        table.write(noting)
    except ConditionFailedError:
        return False
    return True


def delete(table: Table, org: str, agent_id: str, seen: frozenset[str]) -> bool:
    """Delete an agent; False when it is gone, or has contacts in other campaigns than those `seen`."""
    condition = "attribute_exists(#PK) AND attribute_not_exists(#pushed_to)"
    deletion = Delete(keys.agent(org, agent_id), condition)
    if seen:
        deletion = Delete(keys.agent(org, agent_id), "#pushed_to = :seen", {":seen": set(seen)})
    try:
        table.write(deletion)
    except ConditionFailedError:
        return False
    return True


def _from_item(item: Item) -> Agent:
    document = documents.parse(item["document"])
    trunk = document.get("outbound_trunk")
    return Agent(
        id=document["id"],
        name=document["name"],
        version=document.get("version"),
        provider=document.get("provider"),
        outbound_trunk=OutboundTrunk(trunk["caller_number"], trunk["state"]) if trunk else None,
        created_at=documents.time_of(document["created_at"]),
        updated_at=documents.time_of(document["updated_at"]),
    )


def _document(agent: Agent) -> Document:
    return {
        **asdict(agent),
        "created_at": documents.time_to_text(agent.created_at),
        "updated_at": documents.time_to_text(agent.updated_at),
    }
