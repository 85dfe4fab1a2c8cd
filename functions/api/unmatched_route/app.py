"""Everything no other function serves: 404 for an unknown path, 405 for a known one with another method."""

from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile.edge import http, routes
from campanile.edge.http import Answer, Event
from campanile.osvi import surface

in_own_words = http.refusing(routes.unmatched)
in_osvis_words = http.refusing(routes.unmatched, surface.tell)


def handler(event: Event, context: LambdaContext) -> Answer:
    answer = in_osvis_words if event["path"].startswith(routes.OSVI) else in_own_words
    return answer(event, context)
