"""Contacts that come with the creation or the change of a campaign: up to 5,000 (seed 001), as an import.

The rows are checked as a whole, kept in the bucket, and written for as long as the caller may be kept waiting; a
worker goes on from the checkpoint. On creation the campaign is written last: a request that dies before its answer
leaves no campaign that calls anybody, only contacts that nothing refers to.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from campanile import contact_rows, import_contacts, import_runs, import_views, manage_campaigns, request_rows
from campanile.answers import CampaignAnswer
from campanile.dial_queue import Hint
from campanile.entities import Campaign
from campanile.errors import NotFoundError, StateError
from campanile.import_contacts import ContactWriter
from campanile.import_rows import Prepared
from campanile.import_runs import Batch, ImportPorts, Run
from campanile.models import CampaignInput, CampaignPatch, ContactInput
from campanile.store import campaigns, imports, registry
from campanile.store.campaigns import ExternalIdTakenError
from campanile.store.imports import Import, ImportTakenOverError
from campanile.store.table import ContendedError, ItemTooLargeError

WRITING_MS = 7_000
"""How long a request writes contacts itself: it is to be answered within 10 s."""
TAKEN_UP_AFTER_SECONDS = 30
"""Longer than any function behind the API may run: who finds the import unfinished by then may go on with it."""


def create(
    ports: ImportPorts, org: str, wanted: CampaignInput, now_ms: int, request_key: str | None = None
) -> CampaignAnswer:
    """Create a campaign with the contacts it brings.

    Raises UnknownConfigurationError, ExternalIdTakenError, or InvalidFieldsError for a wrong contact.
    """
    if not wanted.contacts:
        return manage_campaigns.create(ports.table, org, wanted, now_ms, request_key)
    begun: list[Import] = []

    def fill(campaign: Campaign) -> None:
        job = str(uuid4())
        rows = _checked(ports, campaign, wanted.contacts or [], job)
        if campaign.external_id and campaigns.is_taken(ports.table, org, campaign.external_id):
            raise ExternalIdTakenError(campaign.external_id)
        begun.append(begin(ports, _import(campaign, job, now_ms), rows))
        begun[0] = proceed(ports, campaign, begun[0], rows, ports.clock.monotonic_ms())
        registry.announce(ports.table, org, now_ms, now_ms)

    answer = manage_campaigns.create(ports.table, org, wanted, now_ms, request_key, fill)
    return _answer(ports, answer, begun[0]) if begun else answer


def change(ports: ImportPorts, org: str, reference: str, wanted: CampaignPatch, now_ms: int) -> CampaignAnswer:
    """Change a campaign and add the contacts that the request brings.

    Raises NotFoundError, TransitionRefusedError for a closed campaign, and what `create` raises.
    """
    job = str(uuid4())
    rows: list[Prepared] = []
    if wanted.contacts:
        campaign = manage_campaigns.find(ports.table, org, reference)
        if "configuration_id" in wanted.model_fields_set:
            campaign = replace(campaign, configuration_id=wanted.configuration_id)
        rows = _checked(ports, campaign, wanted.contacts, job)
    changed = manage_campaigns.change(ports.table, ports.dial_queue, org, reference, wanted, now_ms)
    answer = manage_campaigns.answer(changed, manage_campaigns.notices(ports.table, changed))
    if not rows:
        return answer
    begun = begin(ports, _import(changed, job, now_ms), rows)
    current = proceed(ports, changed, begun, rows, ports.clock.monotonic_ms())
    return _answer(ports, answer, current)


def go_on(ports: ImportPorts, current: Import, may_go_on: Callable[[], bool]) -> Import:
    """Go on with a request's import from its checkpoint, while `may_go_on`.

    Raises ImportTakenOverError when another run has come further meanwhile.
    """
    assert current.rows_key is not None, "the import is a file's"
    run: Run[Prepared] | None = None
    try:
        run = Run(ports, current, ContactWriter(ports, import_contacts.campaign_of(ports.table, current)).write)
        rows = request_rows.read(current.job, ports.uploads.kept(current.rows_key))
        return run.go(_batches(current, rows), may_go_on)
    except (NotFoundError, StateError) as error:
        return import_runs.finished(ports, run.current if run else current, "failed", str(error))


def begin(ports: ImportPorts, new: Import, rows: Sequence[Prepared]) -> Import:
    """Keep the rows, and see that a worker takes the import up should this request die; answers the import.

    Repeated, it answers the one that is there.
    """
    rows_key = f"requests/{new.job}.jsonl"
    ports.uploads.keep(rows_key, request_rows.written(rows))
    ports.work_queue.send_import(new.job, TAKEN_UP_AFTER_SECONDS)
    return imports.begin(ports.table, replace(new, rows_key=rows_key))


def proceed(ports: ImportPorts, campaign: Campaign, current: Import, rows: Sequence[Prepared], began_ms: int) -> Import:
    """Write contacts for as long as a caller may be kept waiting who waits since `began_ms` (monotonic clock)."""
    until = began_ms + WRITING_MS
    run = Run(ports, current, ContactWriter(ports, campaign).write)
    try:
        return run.go(_batches(current, rows), lambda: ports.clock.monotonic_ms() < until)
    except StateError as error:
        return import_runs.finished(ports, run.current, "failed", str(error))
    except (ImportTakenOverError, ContendedError, ItemTooLargeError, ClientError, BotoCoreError):
        return run.current  # the rows are kept: the worker goes on, and a refusal now would bring them twice


def _import(campaign: Campaign, job: str, now_ms: int) -> Import:
    return Import(job, campaign.org, campaign.key, None, now_ms, now_ms, mode="strict")


def _checked(ports: ImportPorts, campaign: Campaign, contacts: Sequence[ContactInput], job: str) -> list[Prepared]:
    """The rows, their numbers in E.164 by the campaign's configuration; raises UnknownConfigurationError."""
    rows = contact_rows.validate(contacts, manage_campaigns.country_code(ports.table, campaign))
    return [Prepared(row.index + 1, row.fields, row.numbers or (), request_rows.own_id(job, row.index)) for row in rows]


def _answer(ports: ImportPorts, answer: CampaignAnswer, current: Import) -> CampaignAnswer:
    """The campaign with its import, which a worker goes on with now if it is not finished."""
    if current.status == "running":
        ports.work_queue.send_import(current.job)
    ports.dial_queue.hint(Hint(current.org, "contacts_added", current.campaign_key))
    return answer.model_copy(update={"contacts_import": import_views.answer(current, current.updated_at)})


def _batches(current: Import, rows: Sequence[Prepared]) -> Iterator[Batch[Prepared]]:
    """The rows behind the checkpoint, as batches for a run."""
    size = import_runs.ROWS_PER_WRITE
    for start in range(current.checkpoint, len(rows), size):
        batch = rows[start : start + size]
        yield Batch(batch, batch[-1].row)
