"""Settings from the environment: typed, and an error names the variable."""

from dataclasses import fields

import pytest

from campanile.edge import settings
from campanile.edge.settings import Settings, WrongSettingError


def test_each_variable_is_read_as_what_its_field_is() -> None:
    found = settings.from_environment(
        {"TABLE_NAME": "table", "LOCK_LEASE_SECONDS": "91", "POST_TIMEOUT_SECONDS": "2.5", "PATH": "/usr/bin"}
    )
    assert found == Settings(table_name="table", lock_lease_seconds=91, post_timeout_seconds=2.5)
    assert all(type(getattr(found, one.name)) is one.type for one in fields(Settings))


def test_a_missing_table_is_named() -> None:
    with pytest.raises(WrongSettingError, match="TABLE_NAME is not set"):
        settings.from_environment({})


@pytest.mark.parametrize("name", ["GLOBAL_CONCURRENCY_LIMIT", "DIAL_TIMEOUT_SECONDS"])
@pytest.mark.parametrize("value", ["", "many", "5s"])
def test_a_number_that_is_none_is_named(name: str, value: str) -> None:
    with pytest.raises(WrongSettingError, match=f"{name} must be a number"):
        settings.from_environment({"TABLE_NAME": "table", name: value})


def test_a_text_that_a_function_needs_is_named_when_it_is_empty() -> None:
    with pytest.raises(WrongSettingError, match="BUCKET is not set"):
        settings.from_environment({"TABLE_NAME": "table"}).required("bucket")


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        (None, set()),
        ("", set()),
        (" , ", set()),
        ("https://a.example/, http://b.example:8080", {"https://a.example", "http://b.example:8080"}),
    ],
)
def test_the_allowed_origins_are_read_without_a_table(text: str | None, origins: set[str]) -> None:
    environment = {} if text is None else {settings.ALLOWED_ORIGINS: text}
    assert settings.allowed_origins(environment) == origins
