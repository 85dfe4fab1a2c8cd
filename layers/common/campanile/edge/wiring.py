"""The one composition root: cached factories for everything that does I/O. Importing it does nothing."""

from functools import cache
from random import SystemRandom
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import urllib3
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from botocore.config import Config

from campanile.adapters.bucket import Bucket
from campanile.adapters.clock import SystemClock
from campanile.adapters.dial_queue import DialQueue
from campanile.adapters.work_queue import WorkQueue
from campanile.contacts.export_contacts import ExportPorts
from campanile.contacts.release_held import ReleasePorts
from campanile.dialing.ports import Ports, ReportPorts
from campanile.domain.pacing import MAX_OVERLAPPING_SENDS
from campanile.edge import observability, settings
from campanile.edge.authentication import Authenticator
from campanile.imports.run import ImportPorts
from campanile.store import keys
from campanile.store.table import Table
from campanile.telephony.callback import CallReference, callback_url
from campanile.telephony.simulated import PROVIDER, SimulatedTelephony

if TYPE_CHECKING:
    from campanile.edge.settings import Settings

_REQUESTS_OF_MEMORY = ("get_item", "put_item", "update_item", "delete_item")
_CONNECTIONS = Config(max_pool_connections=64, retries={"mode": "standard", "max_attempts": 4})


@cache
def configured() -> "Settings":
    return settings.from_environment()


@cache
def clock() -> SystemClock:
    return SystemClock()


@cache
def table() -> Table:
    client = boto3.client("dynamodb", config=_CONNECTIONS)
    return Table(client, configured().required("table_name"), SystemRandom(), clock().sleep)


@cache
def authenticator() -> Authenticator:
    return Authenticator(table())


def request_memory(org: str) -> DynamoDBPersistenceLayer:
    """Where the answers to an org's requests with an Idempotency-Key are kept."""
    # With each layer Powertools adds a handler to the client's events for good, if it can find them.
    client: Any = SimpleNamespace(**{name: getattr(table().client, name) for name in _REQUESTS_OF_MEMORY})
    return DynamoDBPersistenceLayer(
        table().name,
        key_attr="PK",
        static_pk_value=keys.request_memory(org),
        sort_key_attr="SK",
        expiry_attr="ttl",
        boto3_client=client,
    )


@cache
def dial_queue() -> DialQueue:
    client = boto3.client("sqs", config=_CONNECTIONS)
    current = configured()
    urls = current.required("dial_queue_url"), current.required("wake_queue_url")
    return DialQueue(client, *urls, clock(), observability.logger())


@cache
def uploads() -> Bucket:
    # Links lead to the bucket's own region, as the global name does not know new buckets; emulators know paths only.
    addressed: Any = {"addressing_style": "path" if configured().aws_endpoint_url else "virtual"}
    config = _CONNECTIONS.merge(Config(signature_version="s3v4", s3=addressed))
    return Bucket(boto3.client("s3", config=config), configured().required("bucket"))


@cache
def work_queue() -> WorkQueue:
    return WorkQueue(boto3.client("sqs", config=_CONNECTIONS), configured().required("work_queue_url"))


@cache
def import_ports() -> ImportPorts:
    """What imports work with."""
    return ImportPorts(table(), dial_queue(), work_queue(), uploads(), clock())


@cache
def release_ports() -> ReleasePorts:
    """What releases of held contacts work with."""
    return ReleasePorts(table(), dial_queue(), work_queue(), clock())


@cache
def export_ports() -> ExportPorts:
    """What exports work with."""
    return ExportPorts(table(), work_queue(), uploads(), clock())


def deployment_secret() -> str:
    """The deployment's secret, from Secrets Manager, kept for five minutes."""
    return str(parameters.get_secret(configured().required("secret_id"), max_age=300))


@cache
def telephony() -> SimulatedTelephony:
    """The provider that places calls."""
    return SimulatedTelephony(
        configured().carrier_url,
        deployment_secret(),
        configured().post_timeout_seconds,
        urllib3.PoolManager(maxsize=MAX_OVERLAPPING_SENDS),
    )


@cache
def report_ports() -> ReportPorts:
    """What an agent's report is recorded with."""
    return ReportPorts(table(), dial_queue(), clock(), configured().limits, observability.logger())


@cache
def ports() -> Ports:
    """What the dialer and the outcome recorder work with."""
    return Ports(
        table=table(),
        dial_queue=dial_queue(),
        telephony=telephony(),
        clock=clock(),
        limits=configured().limits,
        new_id=lambda: str(uuid4()),
        callback_url=_callback_url,
        log=observability.logger(),
    )


def _callback_url(reference: CallReference) -> str:
    return callback_url(configured().required("api_url"), PROVIDER, reference, deployment_secret())
