"""POST /carrier-events/{provider}: a carrier reports what became of a call. Always 200 once verified."""

from base64 import b64decode
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from campanile.dialing import receive_event
from campanile.dialing.receive_event import EventRequest
from campanile.edge import http
from campanile.edge.http import PathId
from campanile.edge.wiring import dialing

api = http.rest_api()


@api.post("/carrier-events/<provider>")
def receive_carrier_event(provider: PathId, ref: Annotated[str, Query()] = "") -> dict[str, str]:
    event = api.current_event
    sent = event.body or ""
    body = b64decode(sent) if event.is_base64_encoded else sent.encode()
    context = event.request_context
    url = f"https://{context.domain_name}{context.path}?ref={ref}"
    request = EventRequest(provider, url, ref, event.headers, body)
    return {"result": receive_event.receive(dialing.ports(), dialing.deployment_secret(), request)}


handler = http.Endpoint(api, accepted_scopes=None)
