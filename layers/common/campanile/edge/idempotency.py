"""Idempotency-Key: a POST sent again is answered as the first time, and carried out once.

Powertools keeps the memory: `IDEM#<org>` / `R#<hash of the key>`, for 24 hours. Only answers of success are
remembered, so that what was refused can be sent again under the same key, mended or not.
"""

import gzip
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.idempotency import (
    BasePersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile.domain.errors import FieldError, InvalidFieldsError
from campanile.store import keys
from campanile.store.created_by_request import RequestUnderWayError

HEADER = "Idempotency-Key"
REMEMBERED_SECONDS = 24 * 60 * 60
_KEY = re.compile(r"[!-~]{1,255}")

Answer = dict[str, Any]


class _NotRememberedError(Exception):
    """The request was refused: its answer goes to the caller and out of the memory."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def parse_key(value: str) -> str:
    """The header's value; raises InvalidFieldsError for what is no key."""
    if not _KEY.fullmatch(value):
        message = "must have 1 to 255 printable ASCII characters without spaces, as a UUID has"
        raise InvalidFieldsError([FieldError(HEADER, "invalid", message)])
    return value


def once(
    memory: BasePersistenceLayer, key: str, event: dict[str, Any], context: LambdaContext, serve: Callable[[], Answer]
) -> Answer:
    """The answer of `serve`, or the one that the same request got before.

    Raises InvalidFieldsError when the key was used for another request, ConflictError while the first is under way.
    """
    config = IdempotencyConfig(
        event_key_jmespath="key",
        payload_validation_jmespath="request",
        hash_function="sha256",
        expires_after_seconds=REMEMBERED_SECONDS,
        lambda_context=context,
    )

    @idempotent_function(  # type: ignore[untyped-decorator]  # Powertools leaves it untyped
        data_keyword_argument="data", persistence_store=memory, config=config, key_prefix=keys.REMEMBERED_ANSWER
    )
    def carried_out(*, data: object) -> Answer:  # noqa: ARG001  Powertools reads it
        answer = serve()
        if answer["statusCode"] >= 400:
            raise _NotRememberedError(answer)
        return _packed(answer)

    request = [event["httpMethod"], event["path"], event.get("multiValueQueryStringParameters"), event.get("body")]
    try:
        return _unpacked(carried_out(data={"key": key, "request": request}))
    except _NotRememberedError as refused:
        return refused.answer
    except IdempotencyValidationError:
        message = "was used for another request within the last 24 hours; take a new key for a new request"
        raise InvalidFieldsError([FieldError(HEADER, "reused", message)]) from None
    except IdempotencyAlreadyInProgressError:
        raise RequestUnderWayError from None


def _packed(answer: Answer) -> Answer:
    """The answer as it is kept: an item holds 400 KB, and a thousand contacts may cause as many warnings."""
    body = b64encode(gzip.compress(json.dumps(answer["body"]).encode(), mtime=0)).decode()
    return {"status": answer["statusCode"], "headers": answer["multiValueHeaders"], "body": body}


def _unpacked(kept: Answer) -> Answer:
    return {
        "statusCode": kept["status"],
        "multiValueHeaders": kept["headers"],
        "body": json.loads(gzip.decompress(b64decode(kept["body"]))),
        "isBase64Encoded": False,
    }
