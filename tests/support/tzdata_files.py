"""The installed tzdata's own lists, read by other means than the product's: what its names are held to."""

from importlib import resources

_ROOT = resources.files("tzdata")
_LINES = (_ROOT / "zoneinfo" / "tzdata.zi").read_text("utf-8").splitlines()

NAMES = frozenset((_ROOT / "zones").read_text("utf-8").split())
LINKS = {line.split()[2]: line.split()[1] for line in _LINES if line.startswith("L ")}
"""What each link leads to."""
PLACES = frozenset(
    line.split("\t")[2]
    for line in (_ROOT / "zoneinfo" / "zone.tab").read_text("utf-8").splitlines()
    if not line.startswith("#")
)
"""The zones of countries."""
