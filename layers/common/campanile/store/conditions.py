"""Write conditions generated from the transition table, so that the write itself is the check (G7)."""

from campanile.lifecycle import Transition


def allows(transition: Transition, attribute: str) -> tuple[str, dict[str, str]]:
    """The condition that `attribute` holds one of the transition's sources, with its values.

    >>> from campanile.lifecycle import CAMPAIGN
    >>> allows(CAMPAIGN["pause"], "status")
    ('#status IN (:from0)', {':from0': 'active'})
    """
    values = {f":from{i}": str(source) for i, source in enumerate(sorted(transition.sources))}
    return f"#{attribute} IN ({', '.join(values)})", values
