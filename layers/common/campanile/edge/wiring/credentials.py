"""The authenticator of callers."""

from functools import cache

from campanile.edge.authentication import Authenticator
from campanile.edge.wiring import foundation


@cache
def authenticator() -> Authenticator:
    return Authenticator(foundation.table())
