"""Contacts that OSVI's clients push into a campaign (seed 004): imported once, then called or held."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from uuid import uuid4

from campanile.adapters.dial_queue import Hint
from campanile.contacts.rows import ContactRow
from campanile.domain.agent import Agent
from campanile.domain.campaign import CLOSED, Campaign, refuse_closed
from campanile.domain.contact import split_bucket
from campanile.domain.errors import NotFoundError, StateError
from campanile.domain.lifecycle import TERMINAL, ContactStatus
from campanile.imports.kept_rows import read
from campanile.imports.prepare_row import id_from_number
from campanile.imports.request_import import begin, proceed
from campanile.imports.run import ImportPorts
from campanile.osvi import requests
from campanile.osvi.requests import PERSON_NAME, PHONE, NoTrunkError, Push, Pushed
from campanile.schema.agents import MAX_ID_CHARACTERS
from campanile.schema.contacts import ContactInput
from campanile.store import agents, campaigns, contacts, counters, do_not_call, imports, keys, orgs, osvi_pushes
from campanile.store.imports import Import
from campanile.store.osvi_pushes import Remembered
from campanile.store.table import Table

CAMPAIGN_NOT_FOUND = "campaign_not_found"
AGENT_NOT_FOUND = "agent_not_found"


def push(ports: ImportPorts, org: str, number: str, text: str, now_ms: int) -> Mapping[str, object]:
    """Store the contacts of a body, and return the upload. The same body within 24 hours is the same upload.

    Raises, in this order: BadRequestError, NotFoundError for an unknown campaign, StateError for a closed one,
    NotFoundError for an unknown agent, NoTrunkError.
    """
    began = ports.clock.monotonic_ms()
    wanted = requests.parse(text)
    campaign, agent = _meant(ports.table, org, number, wanted)
    if not agents.note_push(ports.table, org, agent.id, campaign.key):
        raise NotFoundError(AGENT_NOT_FOUND)
    meant, begun = _remembered(ports, campaign, text, now_ms)
    if begun is None:
        rows: Sequence[ContactRow] = _decided(ports.table, campaign, agent, wanted, now_ms)
        begun = begin(ports, _import(campaign, agent, meant), rows)
        begun = proceed(ports, campaign, begun, rows, began)
        if begun.status == "failed":
            raise StateError(begun.reason or CLOSED)
    else:
        assert begun.rows_key is not None, "a push is no file"
        rows = read(begun.job, ports.bucket.kept(begun.rows_key))
    if begun.status == "running":
        ports.work_queue.send_import(begun.job)
    if wanted.enqueue:
        ports.dial_queue.hint(Hint(org, "contacts_added", campaign.key))
    return _response(wanted, meant, rows)


def _remembered(ports: ImportPorts, campaign: Campaign, text: str, now_ms: int) -> tuple[Remembered, Import | None]:
    """The upload that the body stands for, and its import if that has begun. A failed one is begun again."""
    table, org = ports.table, campaign.org
    digest = hashlib.sha256(json.dumps(json.loads(text), sort_keys=True).encode()).hexdigest()
    meant = osvi_pushes.known(table, org, campaign.key, digest, now_ms)
    begun = imports.get(table, meant.job) if meant else None
    if meant is None or (begun and begun.status == "failed"):
        new = Remembered(str(uuid4()), orgs.next_upload_number(table, org), now_ms)
        meant = osvi_pushes.remember(table, org, campaign.key, digest, new, instead_of=meant)
        begun = imports.get(table, meant.job)
    return meant, begun


def find_campaign(table: Table, org: str, number: str) -> Campaign:
    """A campaign by its number; raises NotFoundError with OSVI's code, also for another org's campaign."""
    found = campaigns.by_number(table, org, int(number)) if number.isascii() and number.isdigit() else None
    if found is None:
        raise NotFoundError(CAMPAIGN_NOT_FOUND)
    return found


def find_agent(table: Table, org: str, agent_id: str) -> Agent:
    """An agent by its id; raises NotFoundError with OSVI's code, also for another org's agent."""
    found = agents.get(table, org, agent_id) if len(agent_id) <= MAX_ID_CHARACTERS else None
    if found is None:
        raise NotFoundError(AGENT_NOT_FOUND)
    return found


def _meant(table: Table, org: str, number: str, wanted: Push) -> tuple[Campaign, Agent]:
    campaign = find_campaign(table, org, number)
    refuse_closed(campaign)
    agent = find_agent(table, org, wanted.agent_uuid)
    if wanted.enqueue and agent.active_trunk is None:
        raise NoTrunkError
    return campaign, agent


def _import(campaign: Campaign, agent: Agent, meant: Remembered) -> Import:
    name = f"{meant.created_at // 1000}-api_contacts_{meant.job.replace('-', '')[:16]}.csv"
    mark = imports.Push(meant.number, agent.id)
    at = meant.created_at
    return Import(meant.job, campaign.org, campaign.key, name, at, at, mode="strict", push=mark)


def _decided(table: Table, campaign: Campaign, agent: Agent, wanted: Push, now_ms: int) -> list[ContactRow]:
    """The rows with every decision about them: to be called, held, or on the do-not-call list."""
    ids = [id_from_number(campaign.key, one.number) for one in wanted.contacts]
    listed: set[str] = set()
    finished: set[str] = set()
    if wanted.enqueue:
        listed = do_not_call.listed(table, campaign.org, [one.number for one in wanted.contacts], now_ms)
        finished = _finished(table, campaign, dict(zip(ids, wanted.contacts, strict=True)))
    trunk = agent.active_trunk
    speaks = {
        "agent_id": agent.id,
        "agent_version": agent.version,
        "agent_number": trunk.caller_number if trunk else None,
    }
    status = ContactStatus.PENDING if wanted.enqueue else ContactStatus.HELD
    return [
        ContactRow(
            index + 1,
            ContactInput.model_validate({"phone_numbers": [one.number], "data": dict(one.data), **speaks}),
            (one.number,),
            repeatable_id=contact_id,
            insert_as=ContactStatus.DO_NOT_CALL if one.number in listed else status,
            enqueues=wanted.enqueue and contact_id not in finished,
        )
        for index, (contact_id, one) in enumerate(zip(ids, wanted.contacts, strict=True))
    ]


def _finished(table: Table, campaign: Campaign, pushed: Mapping[str, Pushed]) -> set[str]:
    """Which of the contacts are stored and finished; where numbers are unique, also under another id.

    A campaign without finished contacts is not searched.
    """
    blocks = counters.blocks(table, campaign.key)
    if not any(count and split_bucket(name)[0] in TERMINAL for one in blocks for name, count in one.buckets.items()):
        return set()
    meant = {contact_id: contact_id for contact_id in pushed}
    if campaign.unique_numbers:
        meant |= {keys.number_claim(campaign.key, one.number): contact_id for contact_id, one in pushed.items()}
    found = contacts.get_many(table, campaign.key, meant)
    return {meant[asked] for asked, contact in found.items() if contact.status in TERMINAL}


def _response(wanted: Push, meant: Remembered, rows: Sequence[ContactRow]) -> dict[str, object]:
    """The response as the seed's document shows it. It follows from the rows, so a repetition gets the same one."""
    response: dict[str, object] = {
        "campaign_upload_id": meant.number,
        "contacts_received": wanted.received,
        "contacts_accepted": len(rows),
        "duplicates_removed": wanted.received - len(rows),
        "enqueued": wanted.enqueue,
    }
    if not wanted.enqueue:
        return response
    skipped = [one for one in rows if one.insert_as is ContactStatus.DO_NOT_CALL]
    response["queued_calls"] = sum(one.enqueues for one in rows if one.insert_as is ContactStatus.PENDING)
    if skipped:
        response["dnd_skipped"] = [_skipped(one) for one in skipped]
    return response


def _skipped(one: ContactRow) -> dict[str, object]:
    data = one.fields.data or {}
    extras = {name: value for name, value in data.items() if name != PERSON_NAME}
    return {PERSON_NAME: data[PERSON_NAME], PHONE: one.numbers[0], **extras}
