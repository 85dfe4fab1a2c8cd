"""Trigger events: `events/<function>.json`, the very files that `sam local invoke --event` takes."""

import json
from typing import Any

from tests.support.template import ROOT

EVENTS = ROOT / "events"


def load_event(function: str) -> dict[str, Any]:
    """A fresh copy of the event that invokes `function` (the name of its folder)."""
    return dict(json.loads((EVENTS / f"{function}.json").read_text(encoding="utf-8")))
