"""docs/osvi.md shows the answers as they come, and the agent it makes known is taken."""

import json
import re
from typing import Any

from tests.support.dialer import Dialer
from tests.support.documents import blocks, codes, text
from tests.support.gateway import Client
from tests.support.osvi import AGENT, OsviClient, person

STATUS, LISTED, PAGE, REMOVED = (json.loads(one) for one in blocks("docs/osvi.md", "json"))
GENERATED = {"created_at": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+05:30", "file_name": r"\d+-api_contacts_[0-9a-f]{16}\.csv"}


def without_generated(value: Any) -> Any:
    """The answer without what differs each time, which is looked at by its pattern."""
    if isinstance(value, list):
        return [without_generated(one) for one in value]
    if not isinstance(value, dict):
        return value
    for name in GENERATED.keys() & value.keys():
        assert re.fullmatch(GENERATED[name], value[name])
    return {key: without_generated(one) for key, one in value.items() if key not in GENERATED}


def test_every_answer_is_as_the_guide_shows_it(edge: Dialer, api: Client) -> None:
    osvi = OsviClient(edge)
    [agent] = [one for one in codes(text("docs/osvi.md")) if '"outbound_trunk"' in one]
    assert api.post("/campaign/agents", json.loads(agent), 201)["id"] == AGENT
    api.campaign(name="Renewals")
    osvi.pushed(1, person(1), person(2), enqueue=True)
    edge.run()
    for post, outcome in zip(edge.posts, ("answered", "no_answer"), strict=True):
        edge.end(post, outcome)
    opted_out = {"agent_uuid": AGENT, "phone": "9876543210", "reason": "customer opted out"}
    answers = [
        osvi("GET", "/v1/campaigns/1/status"),
        osvi("POST", "/v1/dnd_numbers", opted_out),
        osvi("GET", f"/v1/dnd_numbers?agent_uuid={AGENT}"),
        osvi("DELETE", "/v1/dnd_numbers/919876543210"),
    ]
    shown = [STATUS, LISTED, PAGE, REMOVED]
    assert [without_generated(one.body) for one in answers] == without_generated(shown)
