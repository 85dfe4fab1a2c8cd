"""The one logger. Nothing that identifies a person is logged (G12): ids and codes only."""

from functools import cache

from aws_lambda_powertools import Logger

SERVICE = "campanile"


@cache
def logger() -> Logger:
    """Structured JSON logs; the level comes from POWERTOOLS_LOG_LEVEL."""
    return Logger(service=SERVICE)
