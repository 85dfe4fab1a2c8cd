"""The port bundle of the dialer and the outcome recorder, with the provider that places calls."""

from functools import cache
from uuid import uuid4

import urllib3
from aws_lambda_powertools.utilities import parameters

from campanile.dialing.ports import Ports
from campanile.domain.pacing import MAX_OVERLAPPING_SENDS
from campanile.edge import observability
from campanile.edge.wiring import foundation
from campanile.telephony import providers
from campanile.telephony.callback import CallReference, callback_url
from campanile.telephony.port import Telephony
from campanile.telephony.providers import Connection


def deployment_secret() -> str:
    """The deployment's secret, from Secrets Manager, kept for five minutes."""
    return str(parameters.get_secret(foundation.configured().required("secret_id"), max_age=300))


@cache
def _http() -> urllib3.PoolManager:
    return urllib3.PoolManager(maxsize=MAX_OVERLAPPING_SENDS)


def telephony(provider: str | None) -> Telephony:
    """The adapter of a provider that places calls."""
    current = foundation.configured()
    connection = Connection(current.carrier_url, deployment_secret(), current.post_timeout_seconds, _http())
    return providers.adapter(provider, connection)


@cache
def ports() -> Ports:
    """What the dialer and the outcome recorder work with."""
    return Ports(
        table=foundation.table(),
        dial_queue=foundation.dial_queue(),
        telephony=telephony,
        clock=foundation.clock(),
        limits=foundation.configured().limits,
        new_id=lambda: str(uuid4()),
        callback_url=_callback_url,
        log=observability.logger(),
    )


def _callback_url(provider: str | None, reference: CallReference) -> str:
    base, name = foundation.configured().required("api_url"), provider or providers.DEFAULT
    return callback_url(base, name, reference, deployment_secret())
