"""G6: the stats that production answers at one moment, compared with a recount of the contacts themselves."""

from collections import Counter
from typing import TYPE_CHECKING

from campanile.campaigns import stats
from campanile.store import campaigns

if TYPE_CHECKING:
    from tests.simulation.auditor import Auditor

STATUSES = ("completed", "exhausted", "error", "do_not_call")


def check(auditor: "Auditor") -> None:
    """Compare every campaign; nobody writes in between, as nobody else's turn comes."""
    world = auditor.world
    with world.faults.quiet():
        for known in world.campaigns:
            _check_campaign(auditor, known.org.name, known.id)


def _check_campaign(auditor: "Auditor", org: str, campaign_id: str) -> None:
    found = campaigns.get(auditor.world.direct, org, campaign_id)
    assert found, "campaigns are never deleted"
    shown = stats.read(auditor.world.direct, found, auditor.now).contacts
    everyone = [item for key, item in auditor.mirror.live(org) if key[0] == campaign_id]
    counted = Counter(str(one["status"]) for one in everyone)
    expected = {
        "total": len(everyone),
        "pending": counted["pending"] + counted["held"],
        "held": counted["held"],
        "in_progress": counted["active"],
        "retry_waiting": sum(one["status"] == "pending" and "last_outcome" in one for one in everyone),
        **{name: counted[name] for name in STATUSES},
    }
    wrong = {name: (getattr(shown, name), count) for name, count in expected.items() if getattr(shown, name) != count}
    if wrong:
        told = ", ".join(f"{name} is told as {told}, counted {count}" for name, (told, count) in wrong.items())
        auditor.violate("G6", campaign_id, told)
