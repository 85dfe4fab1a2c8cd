"""Which adapter serves which provider. A new provider is one module with `connect`, and its line here.

An adapter is imported when the first call needs it: a function loads no provider that nobody uses.
"""

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Final, cast

import urllib3

from campanile.telephony.errors import UnknownProviderError
from campanile.telephony.port import Telephony

DEFAULT: Final = "simulated"
"""The provider of accounts that name none."""
ADAPTERS: Final = {"simulated": "campanile.telephony.simulated"}
"""Provider name, as in accounts and callback addresses, to the module whose `connect(connection)` makes its adapter."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What an adapter is made from. `address`: where the provider is reached, where that differs by deployment.

    `post_timeout_seconds`: for one exchange, connecting included. `http` repeats nothing and may be shared by threads.
    """

    address: str
    secret: str
    post_timeout_seconds: float
    http: urllib3.PoolManager


@cache
def adapter(provider: str | None, connection: Connection) -> Telephony:
    """The adapter of a provider (None: the default one); raises UnknownProviderError."""
    module = ADAPTERS.get(provider or DEFAULT)
    if module is None:
        raise UnknownProviderError(provider)
    return cast(Telephony, import_module(module).connect(connection))
