"""A deletion through the gateway: the function has the rights it needs, and 204 arrives without a body."""

from tests.support.api import Api


def test_a_contact_that_was_called_is_deleted_and_its_name_is_free_again(api: Api) -> None:
    campaign = api.campaign("deletion")
    row = {"external_id": "ana é", "phone_numbers": ["+14155550100"], "data": {"text": "x" * 600}}
    api.add(campaign, row)
    api.settled(campaign, within_seconds=30)
    path = f"/campaign/campaigns/{campaign}/contacts/ana%20%C3%A9"
    answer = api.call("DELETE", path)
    assert (answer.status, answer.body) == (204, None)
    assert answer.headers["X-Request-Id"]
    assert api.call("DELETE", path).status == 404
    stats = api.get(f"/campaign/campaigns/{campaign}/stats")
    assert (stats["contacts"]["total"], stats["attempts"]["total"]) == (0, 0)
    assert api.add(campaign, row)["inserted"] == 1
