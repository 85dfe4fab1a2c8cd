"""POST /campaign/campaigns/{campaign_id}/release: contacts that were pushed without being enqueued may be called."""

from campanile import http, releases, wiring
from campanile.answers import ReleaseAnswer
from campanile.authentication import MANAGE
from campanile.http import CallerOf, PathId

api = http.rest_api()


@api.post("/campaign/campaigns/<campaign_id>/release")
def release_contacts(campaign_id: PathId, caller: CallerOf) -> ReleaseAnswer:
    return releases.ask(wiring.release_ports(), caller.org, campaign_id)


handler = http.Endpoint(api, MANAGE)
