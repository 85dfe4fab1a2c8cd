"""POST /campaign/campaigns/{campaign_id}/release: enqueue held contacts, which were pushed without `enqueue`."""

from campanile.contacts import enqueue_held
from campanile.edge import http, idempotency
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import contacts
from campanile.schema.contacts import EnqueueResponse

api = http.rest_api()


@api.post("/campaign/campaigns/<campaign_id>/release")
def release_contacts(campaign_id: PathId, caller: CallerOf) -> EnqueueResponse:
    return enqueue_held.enqueue(contacts.enqueue_ports(), caller.org, campaign_id)


handler = http.Endpoint(api, MANAGE, once=idempotency.once)
