"""A phone number as a request sends it. Only schemas that take one load this and numbers' metadata."""

from typing import Annotated

from pydantic import Field

from campanile.domain import phone

PhoneText = Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": phone.LONGEST_TEXT})]
