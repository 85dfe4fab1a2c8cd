"""POST /carrier-events/{provider}: a carrier reports what became of a call. Always 200 once verified."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from campanile.dialing import receive_event
from campanile.domain.errors import NotFoundError
from campanile.edge import http
from campanile.edge.http import PathId
from campanile.edge.wiring import dialing
from campanile.telephony.simulated import PROVIDER

api = http.rest_api()


@api.post("/carrier-events/<provider>")
def receive_carrier_event(provider: PathId, ref: Annotated[str, Query()] = "") -> dict[str, str]:
    if provider != PROVIDER:
        raise NotFoundError("No such carrier.")
    event = api.current_event
    result = receive_event.receive(
        dialing.ports(), dialing.deployment_secret(), ref, event.headers, event.decoded_body or ""
    )
    return {"result": result}


handler = http.Endpoint(api, accepted_scopes=None)
