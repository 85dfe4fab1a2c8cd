"""The one logger. It logs ids and codes only, nothing that identifies a person (G12)."""

from functools import cache

from aws_lambda_powertools import Logger

SERVICE = "campanile"


@cache
def logger() -> Logger:
    """Structured JSON logs; the level comes from POWERTOOLS_LOG_LEVEL."""
    return Logger(service=SERVICE)
