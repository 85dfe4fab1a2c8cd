"""A phone number in a path. Only routes that take one import this module, and with it the metadata of numbers."""

from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import AfterValidator

from campanile.domain import phone


def _path_number(encoded: str) -> str:
    number = unquote(encoded)
    if not number.startswith("+"):  # 2025550123 would be read as a number of Egypt, its caller means Washington
        raise ValueError("must begin with + and the country code, such as +14155550123; the + may be written %2B")
    return phone.normalize_e164(number).e164


PathNumber = Annotated[str, Path(min_length=1), AfterValidator(_path_number)]
"""A path parameter: a phone number in E.164. Its `+` may be percent-encoded."""
