"""A campaign's stats."""

from typing import Annotated

from campanile.domain.lifecycle import CampaignStatus
from campanile.schema.field_types import Id, Instant, one_of
from campanile.schema.messages import Response


class ContactCounts(Response):
    """`total` = pending + in_progress + completed + exhausted + error + do_not_call; the others are parts of these.

    `in_progress` includes `locked`; `pending` includes `retry_waiting` and `held`.
    """

    total: int
    pending: int
    in_progress: int
    completed: int
    exhausted: int
    error: int
    do_not_call: int
    locked: int
    retry_waiting: int
    held: int


class AttemptCounts(Response):
    """Calls that were sent to the provider, and their average per contact, rounded to two decimals."""

    total: int
    average_per_contact: float


class StatsResponse(Response):
    """`waiting_until`: when the next pending contact may be called; null if one may be called now."""

    campaign_id: Id
    status: Annotated[str, one_of(CampaignStatus)]
    contacts: ContactCounts
    attempts: AttemptCounts
    refusals: dict[str, int]
    """How often a call was refused, by reason. A refusal is not an attempt."""
    active_calls: int
    concurrency_limit: int
    waiting_until: Instant | None
