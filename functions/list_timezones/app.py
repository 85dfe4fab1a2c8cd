"""GET /campaign/timezones: every timezone name that is taken wherever one is asked for."""

from campanile import http, timezones
from campanile.answers import TimezonesAnswer
from campanile.authentication import ANY_CREDENTIAL

api = http.rest_api()


@api.get("/campaign/timezones")
def list_timezones() -> TimezonesAnswer:
    return TimezonesAnswer(timezones=timezones.timezone_names())


handler = http.Endpoint(api, ANY_CREDENTIAL)
