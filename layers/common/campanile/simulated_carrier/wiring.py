"""The simulated carrier's parts, made from the environment on first use and then kept."""

import os
import time
from functools import cache
from random import SystemRandom
from uuid import uuid4

import boto3
import urllib3
from botocore.config import Config

from campanile.simulated_carrier.calls import Carrier, CarrierSettings
from campanile.simulated_carrier.delivery import EventDelivery
from campanile.simulated_carrier.event_queue import EventQueue
from campanile.simulated_carrier.records import CallRecords
from campanile.store.table import Table

# An update that counts is not to be repeated by the SDK: one POST would count as two.
_COUNTING = Config(retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=2, read_timeout=5)
_ORDINARY = Config(retries={"total_max_attempts": 3, "mode": "standard"}, connect_timeout=2, read_timeout=5)


@cache
def secret() -> str:
    """The deployment secret."""
    client = boto3.client("secretsmanager", config=_ORDINARY)
    return client.get_secret_value(SecretId=os.environ["SECRET_ID"])["SecretString"]


@cache
def records() -> CallRecords:
    client = boto3.client("dynamodb", config=_COUNTING)
    return CallRecords(Table(client, os.environ["CARRIER_TABLE"], SystemRandom(), time.sleep))


@cache
def carrier() -> Carrier:
    settings = CarrierSettings(
        call_seconds=int(os.environ.get("CALL_SECONDS", "3")),
        seed=os.environ.get("CARRIER_SEED", "campanile"),
        hold_seconds=float(os.environ.get("HOLD_SECONDS", "6")),
    )
    queue = EventQueue(boto3.client("sqs", config=_ORDINARY), os.environ["CARRIER_QUEUE_URL"])
    return Carrier(records(), queue, settings, lambda: str(uuid4()), time.sleep)


@cache
def delivery() -> EventDelivery:
    return EventDelivery(
        records(),
        secret(),
        os.environ["API_URL"],
        urllib3.PoolManager(),
        timeout_seconds=float(os.environ.get("DELIVER_TIMEOUT_SECONDS", "5")),
    )
