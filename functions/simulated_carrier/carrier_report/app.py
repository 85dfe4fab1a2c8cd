"""Invoked directly with `{"campaign_id": str | null, "since_ms": int}`: what the simulated carrier saw."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile.edge import observability
from campanile.simulated_carrier import wiring
from campanile.simulated_carrier.report import Report, report


def handler(event: dict[str, Any], _context: LambdaContext) -> Report:
    result = report(wiring.records().all(), event.get("campaign_id"), int(event.get("since_ms") or 0))
    observability.logger().info("reported", calls=result["calls"], posts=result["posts"])
    return result
