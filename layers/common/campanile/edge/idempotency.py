"""Idempotency-Key: a POST sent again gets the first response, and is carried out once.

Powertools keeps the memory: `IDEM#<org>` / `R#<hash of the key>`, for 24 hours. Only successes are remembered, so a
refused request can be sent again with the same key, corrected or not.
"""

import gzip
import json
import re
from base64 import b64decode, b64encode

from aws_lambda_powertools.utilities.idempotency import (
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile.domain.errors import FieldError, InvalidFieldsError
from campanile.edge.gateway_event import Event, header
from campanile.edge.http import GatewayResponse, Serve
from campanile.edge.wiring import requests
from campanile.store import keys
from campanile.store.created_by_request import RequestUnderWayError

HEADER = "Idempotency-Key"
REMEMBERED_SECONDS = 24 * 60 * 60
_KEY = re.compile(r"[!-~]{1,255}")


class _NotRememberedError(Exception):
    """The request was refused: its response goes to the caller, and is not remembered."""

    def __init__(self, response: GatewayResponse) -> None:
        super().__init__()
        self.response = response


def parse_key(value: str) -> str:
    """The header's value; raises InvalidFieldsError if it is not a key."""
    if not _KEY.fullmatch(value):
        message = "must have 1 to 255 printable ASCII characters without spaces, as a UUID has"
        raise InvalidFieldsError([FieldError(HEADER, "invalid", message)])
    return value


def once(event: Event, context: LambdaContext, org: str, serve: Serve) -> GatewayResponse:
    """What `serve` makes of the request, or the response that the same request got before.

    Raises InvalidFieldsError when the key was used for another request, RequestUnderWayError while the first request
    is being carried out.
    """
    given = header(event, HEADER)
    if given is None:
        return serve(None)
    key = parse_key(given)
    config = IdempotencyConfig(
        event_key_jmespath="key",
        payload_validation_jmespath="request",
        hash_function="sha256",
        expires_after_seconds=REMEMBERED_SECONDS,
        lambda_context=context,
    )

    @idempotent_function(  # type: ignore[untyped-decorator]  # Powertools leaves it untyped
        data_keyword_argument="data",
        persistence_store=requests.request_memory(org),
        config=config,
        key_prefix=keys.REMEMBERED_ANSWER,
    )
    def carried_out(*, data: object) -> GatewayResponse:  # noqa: ARG001  Powertools reads it
        response = serve(key)
        if response["statusCode"] >= 400:
            raise _NotRememberedError(response)
        return _packed(response)

    request = [event["httpMethod"], event["path"], event.get("multiValueQueryStringParameters"), event.get("body")]
    try:
        return _unpacked(carried_out(data={"key": key, "request": request}))
    except _NotRememberedError as refused:
        return refused.response
    except IdempotencyValidationError:
        message = "was used for another request within the last 24 hours; take a new key for a new request"
        raise InvalidFieldsError([FieldError(HEADER, "reused", message)]) from None
    except IdempotencyAlreadyInProgressError:
        raise RequestUnderWayError from None


def _packed(response: GatewayResponse) -> GatewayResponse:
    """The response as it is kept: an item holds 400 KB, and a thousand contacts may cause a thousand warnings."""
    body = b64encode(gzip.compress(json.dumps(response["body"]).encode(), mtime=0)).decode()
    return {"status": response["statusCode"], "headers": response["multiValueHeaders"], "body": body}


def _unpacked(kept: GatewayResponse) -> GatewayResponse:
    return {
        "statusCode": kept["status"],
        "multiValueHeaders": kept["headers"],
        "body": json.loads(gzip.decompress(b64decode(kept["body"]))),
        "isBase64Encoded": False,
    }
