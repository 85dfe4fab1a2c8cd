"""A message of the work queue names an import, an export or a release, or is refused."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campanile.adapters.work_queue import EnqueueOrder, ExportOrder, ImportOrder, order_of

EXPORT = {"org": "acme", "campaign": "default", "export": "an id"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["import", "org", "campaign", "export", "x"]), inner)
    ),
)


def test_a_message_names_an_import_an_export_or_a_release() -> None:
    assert order_of('{"import": "an id"}') == ImportOrder("an id")
    assert order_of(json.dumps(EXPORT)) == ExportOrder("acme", "default", "an id")
    assert order_of(json.dumps({"org": "acme", "campaign": "c", "release_below": 7})) == EnqueueOrder("acme", "c", 7)


@pytest.mark.parametrize(
    "message",
    [
        {},
        [],
        None,
        "import",
        1,
        {"import": None},
        {"import": 7},
        {"import": ["an id"]},
        {"export": "an id"},
        {**EXPORT, "org": None},
        {name: text for name, text in EXPORT.items() if name != "campaign"},
        {"org": "acme", "campaign": "c", "release_below": "7"},
    ],
)
def test_a_message_that_names_neither_is_refused(message: Any) -> None:
    with pytest.raises(ValueError, match="neither"):
        order_of(json.dumps(message))


@given(st.text() | JSON.map(json.dumps))
def test_whatever_comes_is_work_or_refused(body: str) -> None:
    with suppress(ValueError):
        assert isinstance(order_of(body), ImportOrder | ExportOrder | EnqueueOrder)
