"""GET /campaign/timezones: list the timezone names that Campanile accepts."""

from campanile.domain.timezones import timezone_names
from campanile.edge import http
from campanile.edge.authentication import ANY_CREDENTIAL
from campanile.schema.configurations import TimezonesResponse

api = http.rest_api()


@api.get("/campaign/timezones")
def list_timezones() -> TimezonesResponse:
    return TimezonesResponse(timezones=timezone_names())


handler = http.Endpoint(api, ANY_CREDENTIAL)
