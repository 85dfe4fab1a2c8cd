"""What a configuration allows to be called by the type and by the country of a number."""

from typing import get_args

import pytest

from campanile.domain.phone_errors import TEXTS
from campanile.domain.phone_types import (
    COSTLY,
    COUNTRY_REFUSED,
    NUMBER_TYPES,
    TYPE_REFUSED,
    NumberType,
    country_of,
    number_type,
    refusal_of_country,
    refusal_of_type,
)


@pytest.mark.parametrize(
    ("e164", "kind"),
    [
        ("+14155550123", "fixed_line_or_mobile"),
        ("+442079460018", "fixed_line"),
        ("+447400123456", "mobile"),
        ("+18005550123", "toll_free"),
        ("+19002345678", "premium_rate"),
        ("+19005550123", "premium_rate"),
        ("+449098765432", "premium_rate"),
        ("+491801234567", "shared_cost"),
        ("+979123456789", "premium_rate"),
        ("+80812345678", "shared_cost"),
        ("+881612345678", "satellite"),
        ("+870773111632", "satellite"),
        ("+8821634567890", "satellite"),  # Thuraya
        ("+883510012345", "voip"),
        ("+80012345678", "toll_free"),
        ("+447012345678", "personal_number"),
        ("+15551234567", "unknown"),
        ("+1900", "premium_rate"),
        ("+44909", "premium_rate"),
        ("+979", "premium_rate"),
        ("+881", "satellite"),
        ("+", "unknown"),
    ],
)
def test_a_number_has_a_type(e164: str, kind: NumberType) -> None:
    assert number_type(e164) == kind
    assert kind in NUMBER_TYPES


@pytest.mark.parametrize("e164", ["+19002345678", "+449098765432", "+491801234567", "+979123456789", "+881612345678"])
def test_what_costs_is_refused_unless_named(e164: str) -> None:
    assert refusal_of_type(e164, ()) == TYPE_REFUSED
    assert refusal_of_type(e164, {"mobile"}) == TYPE_REFUSED
    assert refusal_of_type(e164, [number_type(e164)]) is None
    assert refusal_of_type(e164, COSTLY) is None


@pytest.mark.parametrize("e164", ["+14155550123", "+18005550123", "+15551234567", "+447012345678", "+883510012345"])
def test_everything_else_is_allowed_by_default(e164: str) -> None:
    assert refusal_of_type(e164, ()) is None


@pytest.mark.parametrize(
    ("e164", "country"),
    [
        ("+14155550123", "US"),
        ("+14165550123", "CA"),
        ("+18765550123", "JM"),
        ("+15551234567", "US"),  # nobody's: the code's main country
        ("+447781123456", "GG"),
        ("+77011234567", "KZ"),
        ("+390212345678", "IT"),
        ("+390669812345", "VA"),
        ("+881612345678", "001"),
        ("+80012345678", "001"),
        ("+", "001"),
    ],
)
def test_a_number_has_a_country(e164: str, country: str) -> None:
    assert country_of(e164) == country
    assert refusal_of_country(e164, None) is None
    assert refusal_of_country(e164, {country}) is None
    assert refusal_of_country(e164, ["FR"]) == COUNTRY_REFUSED
    assert refusal_of_country(e164, []) == COUNTRY_REFUSED


def test_every_reason_has_a_text() -> None:
    assert {TYPE_REFUSED, COUNTRY_REFUSED} <= set(TEXTS)
    assert set(get_args(NumberType)) == set(NUMBER_TYPES)
