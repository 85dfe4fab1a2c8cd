"""The one logger and the one metrics object. Nothing that identifies a person is logged (G12): ids and codes only."""

from functools import cache

from aws_lambda_powertools import Logger, Metrics

SERVICE = "campanile"


@cache
def logger() -> Logger:
    """Structured JSON logs; the level comes from POWERTOOLS_LOG_LEVEL."""
    return Logger(service=SERVICE)


@cache
def metrics() -> Metrics:
    """CloudWatch metrics in embedded format; `docs/operations.md` lists every one."""
    return Metrics(namespace="Campanile", service=SERVICE)
