"""What almost every function works with: settings, clock, table and dial queue."""

from functools import cache
from random import SystemRandom
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from campanile.adapters.clock import SystemClock
from campanile.adapters.dial_queue import DialQueue
from campanile.edge import observability, settings
from campanile.store.table import Table

if TYPE_CHECKING:
    from campanile.edge.settings import Settings

CONNECTIONS = Config(max_pool_connections=64, retries={"mode": "standard", "max_attempts": 4})
"""How every client of AWS connects."""


@cache
def configured() -> "Settings":
    return settings.from_environment()


@cache
def allowed_origins() -> frozenset[str]:
    return settings.allowed_origins()


@cache
def clock() -> SystemClock:
    return SystemClock()


@cache
def table() -> Table:
    client = boto3.client("dynamodb", config=CONNECTIONS)
    return Table(client, configured().required("table_name"), SystemRandom(), clock().sleep)


@cache
def dial_queue() -> DialQueue:
    client = boto3.client("sqs", config=CONNECTIONS)
    current = configured()
    urls = current.required("dial_queue_url"), current.required("wake_queue_url")
    return DialQueue(client, *urls, clock(), observability.logger())
