"""DynamoDB's attribute values in wire form: checked, brought to one spelling, measured and compared.

Values are never changed once they are checked, so items may share them. As numbers have one spelling and sets one
order, two values are equal to DynamoDB exactly when their dicts are.
"""

import re
from decimal import Context, Decimal
from typing import Any

from botocore.exceptions import ClientError

Value = dict[str, Any]
Item = dict[str, Value]

MAX_DEPTH = 32
MAX_DIGITS = 38
MAX_EXPONENT = 125
MIN_EXPONENT = -130
SETS = {"SS": "S", "NS": "N", "BS": "B"}
ORDERED = frozenset({"S", "N", "B"})
TYPES = frozenset({"S", "N", "B", "BOOL", "NULL", "L", "M", *SETS})

_PLAIN_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,37}").fullmatch
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?").fullmatch
_EXACT = Context(prec=600)


def refusal(message: str, code: str = "ValidationException", **fields: Any) -> ClientError:
    """The error that boto3 raises for an answer with this code."""
    response: Any = {"Error": {"Code": code, "Message": message}, "Message": message, **fields}
    return ClientError(response, "Simulated")


def checked(value: Value, depth: int = 0) -> tuple[Value, int]:
    """A value in its one spelling and its size in bytes; raises what DynamoDB answers to an invalid one."""
    if len(value) != 1:
        raise refusal("Supplied AttributeValue must contain exactly one of the supported datatypes")
    [(kind, content)] = value.items()
    if kind == "S":
        return value, _length(content)
    if kind == "N":
        number = spelled(content)
        return (value if number == content else {"N": number}), _number_size(number)
    if kind in SETS:
        return _checked_set(kind, content)
    if kind in {"L", "M"}:
        return _checked_document(kind, content, depth + 1)
    if kind == "B":
        return value, len(content)
    if kind == "NULL" and content is not True:
        raise refusal("One or more parameter values were invalid: Null attribute value types must have the value true")
    if kind not in {"BOOL", "NULL"}:
        raise refusal(f"unknown datatype {kind}")
    return value, 1


def checked_item(item: Item, depth: int = 0) -> tuple[Item, int]:
    """An item, or the members of a map, in their one spelling, and their size in bytes."""
    members: Item = {}
    size = 0
    for name, value in item.items():
        if not name:
            raise refusal("Empty attribute name")
        members[name], of_value = checked(value, depth)
        size += _length(name) + of_value
    return members, size


def size_of(name: str, value: Value | None) -> int:
    """Bytes that an attribute takes in an item; 0 for one that does not exist."""
    return 0 if value is None else _length(name) + checked(value)[1]


def spelled(number: str) -> str:
    """The one spelling of a number."""
    if _PLAIN_INTEGER(number):
        return number
    if not _NUMBER(number):
        raise refusal("A value provided cannot be converted into a number")
    exact = Decimal(number)
    if not exact:
        return "0"
    exact = exact.normalize(_EXACT)
    if exact.adjusted() > MAX_EXPONENT:
        raise refusal("Number overflow. Attempting to store a number with magnitude larger than supported range")
    if exact.adjusted() < MIN_EXPONENT:
        raise refusal("Number underflow. Attempting to store a number with magnitude smaller than supported range")
    if len(exact.as_tuple().digits) > MAX_DIGITS:
        raise refusal("DynamoDB only supports precision up to 38 digits")
    return format(exact, "f")


def added(left: str, right: str, sign: int) -> str:
    """The sum of two numbers, or for a sign of -1 their difference."""
    if "." not in left and "." not in right:
        return spelled(str(int(left) + sign * int(right)))
    return spelled(str(_EXACT.add(Decimal(left), sign * Decimal(right))))


def ranked(value: Value | None) -> tuple[str, Any] | None:
    """The type and something that sorts as values of that type do; None for what has no order."""
    if value is None:
        return None
    [(kind, content)] = value.items()
    if kind == "N":
        return kind, Decimal(content) if "." in content else int(content)
    return (kind, content) if kind in ORDERED else None


def joined(left: Value, right: Value) -> Value:
    """The union of two sets of one type."""
    [(kind, content)] = right.items()
    return {kind: sorted({*left[kind], *content})}


def without(left: Value, right: Value) -> Value | None:
    """What the first set has and the second has not; None when that is nothing."""
    [(kind, content)] = right.items()
    remaining = sorted(set(left[kind]) - set(content))
    return {kind: remaining} if remaining else None


def _checked_document(kind: str, content: Any, depth: int) -> tuple[Value, int]:
    if depth >= MAX_DEPTH:
        raise refusal("Nesting Levels have exceeded supported limits")
    if kind == "L":
        elements = [checked(one, depth) for one in content]
        return {"L": [one for one, _ in elements]}, 3 + sum(1 + size for _, size in elements)
    members, size = checked_item(content, depth)
    return {"M": members}, 3 + len(members) + size


def _checked_set(kind: str, content: list[Any]) -> tuple[Value, int]:
    elements = [checked({SETS[kind]: one}) for one in content]
    distinct = sorted({one[SETS[kind]] for one, _ in elements})
    if not content:
        raise refusal("One or more parameter values were invalid: A set may not be empty")
    if len(distinct) < len(content):
        raise refusal("One or more parameter values were invalid: Input collection contains duplicates")
    return {kind: distinct}, sum(size for _, size in elements)


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _number_size(number: str) -> int:
    """About one byte for two significant digits, one more, and one for a sign."""
    digits = number.lstrip("-").replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + number.startswith("-")
