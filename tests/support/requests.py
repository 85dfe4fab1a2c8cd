"""Requests as a client would send them, and what the models make of them."""

from typing import Any

import pytest
from pydantic import ValidationError

from campanile.schema.messages import Request

CONFIGURATION_ID = "4f1c6a52-8d0e-4b7a-9c35-1e2f3a4b5c6d"
CAMPAIGN = {"name": "Spring outreach", "configuration_id": CONFIGURATION_ID}
CONFIGURATION = {"name": "Weekdays"}
CONTACT = {"phone_numbers": ["+14155550123"]}


def taken(model: type[Request], base: dict[str, Any], **fields: Any) -> Any:
    """The request `base` with further `fields`, taken."""
    return model.model_validate({**base, **fields})


def refusals(model: type[Request], base: dict[str, Any], **fields: Any) -> dict[str, str]:
    """Where and why that request is refused; the words are for the caller."""
    with pytest.raises(ValidationError) as refused:
        taken(model, base, **fields)
    errors = refused.value.errors(include_input=False)
    return {".".join(map(str, error["loc"])): error["msg"] for error in errors}
