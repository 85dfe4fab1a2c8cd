"""The two orgs and the keys that a local stack starts with."""

import time
from random import SystemRandom
from typing import TYPE_CHECKING

from campanile.store import credentials, orgs
from campanile.store.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEEDED = ("api_key", "org_id", "second_org_api_key", "osvi_api_token")
FIRST_ORG = "acme"
SECOND_ORG = "globex"


def seed_orgs(dynamodb: "DynamoDBClient", table_name: str) -> dict[str, str]:
    """Create two orgs, each with an API key; the first an OSVI token too. Returns the fields of SEEDED."""
    table = Table(dynamodb, table_name, SystemRandom(), time.sleep)
    now_ms = time.time_ns() // 1_000_000
    for org in (FIRST_ORG, SECOND_ORG):
        orgs.create(table, org, now_ms)
    return {
        "api_key": credentials.create_api_key(table, FIRST_ORG, credentials.ALL_SCOPES, now_ms),
        "org_id": FIRST_ORG,
        "second_org_api_key": credentials.create_api_key(table, SECOND_ORG, credentials.ALL_SCOPES, now_ms),
        "osvi_api_token": credentials.create_osvi_token(table, FIRST_ORG, now_ms),
    }
