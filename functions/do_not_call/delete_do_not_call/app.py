"""DELETE /campaign/do-not-call/{phone_number}: remove a number from the list. Contacts that it ended stay ended."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from campanile.do_not_call import manage_do_not_call
from campanile.edge import http
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf
from campanile.edge.path_number import PathNumber
from campanile.edge.wiring import foundation
from campanile.schema.do_not_call import Reason

api = http.rest_api()


@api.delete("/campaign/do-not-call/<phone_number>", status_code=204)
def delete_do_not_call(phone_number: PathNumber, reason: Annotated[Reason, Query()], caller: CallerOf) -> None:
    now = foundation.clock().now_ms()
    manage_do_not_call.remove(foundation.table(), caller.org, phone_number, reason, caller.key_id, now)


handler = http.Endpoint(api, MANAGE)
