"""Cursors come back as they went out, and nothing else is one; an answer stays within what Lambda may return."""

import json
from base64 import urlsafe_b64encode
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from campanile.domain.errors import InvalidFieldsError
from campanile.schema import pagination


class Text(BaseModel):
    text: str


def test_a_cursor_leads_behind_the_object_it_was_made_for() -> None:
    last = str(uuid4())
    assert pagination.read_cursor(pagination.cursor_after(last)) == last


def test_no_cursor_is_the_first_page() -> None:
    assert pagination.read_cursor(None) is None


@given(st.text(max_size=60))
def test_any_other_text_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidFieldsError) as refused:
        pagination.read_cursor(text)
    assert [(error.path, error.code) for error in refused.value.errors] == [("cursor", "invalid")]


@pytest.mark.parametrize("inside", ["", "C#0", "é" * 18, "x" * 36, "0" * 35, "0" * 37, "0" * 36 + "\n"])
def test_a_cursor_of_something_that_is_no_id_is_refused(inside: str) -> None:
    with pytest.raises(InvalidFieldsError):
        pagination.read_cursor(urlsafe_b64encode(inside.encode()).decode())


@pytest.mark.parametrize(("text", "escaped"), [("x", 1), ('"', 4), ("\\", 4), ("é", 7), ("😀", 14), ("\n", 3)])
def test_a_page_ends_before_it_is_larger_than_lambda_returns(text: str, escaped: int) -> None:
    """The body is JSON in a JSON string: its quotes and backslashes double, and it is ASCII."""
    rows = [Text(text=text * (1_000_000 // escaped))] * 9
    assert len(pagination.fitting(rows)) == 5
    assert pagination.fitting(rows[:2]) == rows[:2]
    body = json.dumps({"rows": [row.model_dump() for row in pagination.fitting(rows)]}, separators=(",", ":"))
    assert 4_900_000 < len(json.dumps({"body": body})) < 6_000_000
