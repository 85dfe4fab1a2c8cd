"""An unexpected error is told by type and place, never by its words: they may quote a person (G12)."""

import json

import pytest
from botocore.exceptions import ClientError

from campanile.adapters.faults import FRAMES, describe

NUMBER = "+14155550123"


def raised(error: Exception) -> BaseException:
    """The error with the traceback of having been raised two calls down."""

    def inner() -> None:
        raise error

    try:
        inner()
    except Exception as caught:  # noqa: BLE001  any error is to be described
        return caught
    raise AssertionError("unreachable")


def test_an_error_is_told_by_its_type_and_the_innermost_lines() -> None:
    told = describe(raised(KeyError(NUMBER)))
    assert told["error"] == "KeyError"
    places = told["at"]
    assert isinstance(places, list)
    assert [place.partition(":")[0] for place in places] == ["test_faults.py"] * 2
    assert places[-1].endswith(" inner")


@pytest.mark.parametrize(
    "error",
    [
        KeyError(NUMBER),
        ValueError(f"bad number {NUMBER}"),
        RuntimeError("from", NUMBER),
        ClientError({"Error": {"Code": "ValidationException", "Message": NUMBER}}, "PutItem"),
    ],
)
def test_no_word_of_the_error_is_told(error: Exception) -> None:
    error.add_note(NUMBER)
    assert NUMBER not in json.dumps(describe(raised(error)))


def test_the_code_of_an_aws_error_is_told() -> None:
    error = ClientError({"Error": {"Code": "ThrottlingException", "Message": NUMBER}}, "PutItem")
    assert describe(raised(error))["aws_code"] == "ThrottlingException"


def test_a_response_that_is_no_awss_is_left_alone() -> None:
    error = ValueError()
    error.response = "404"  # type: ignore[attr-defined]  # as some HTTP libraries do
    assert "aws_code" not in describe(raised(error))


def test_of_a_deep_stack_only_the_end_is_told() -> None:
    def dive(depth: int) -> None:
        if not depth:
            raise ValueError
        dive(depth - 1)

    with pytest.raises(ValueError) as caught:  # noqa: PT011  the message is what must not matter
        dive(50)
    places = describe(caught.value)["at"]
    assert isinstance(places, list)
    assert len(places) == FRAMES


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert describe(ValueError(NUMBER)) == {"error": "ValueError", "at": []}


def test_no_path_of_the_machine_is_told() -> None:
    assert "/" not in json.dumps(describe(raised(ValueError())))
