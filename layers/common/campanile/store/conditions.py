"""Write conditions generated from the transition table, so that the write itself is the check (G7)."""

from collections.abc import Collection
from enum import StrEnum

from campanile.domain.lifecycle import Transition


def allows(transition: Transition, attribute: str) -> tuple[str, dict[str, str]]:
    """The condition that `attribute` holds one of the transition's sources, with its values.

    >>> from campanile.domain.lifecycle import CAMPAIGN
    >>> allows(CAMPAIGN["pause"], "status")
    ('#status IN (:from0)', {':from0': 'active'})
    """
    return one_of(transition.sources, attribute)


def one_of(statuses: Collection[StrEnum], attribute: str) -> tuple[str, dict[str, str]]:
    """The condition that `attribute` holds one of `statuses`, with its values."""
    values = {f":from{i}": str(status) for i, status in enumerate(sorted(statuses))}
    return f"#{attribute} IN ({', '.join(values)})", values
