"""DynamoDB's conditions and key conditions: parsed once into functions, and kept by their text.

Of AWS's grammar only parentheses around an operand and a key condition that begins with its value are missing.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.dynamodb_engine.attribute_values import ORDERED, SETS, TYPES, Item, Value, ranked
from tests.dynamodb_engine.parsing import Names, Operand, Parsed, Parser, Read, Values

Test = Callable[[Item, Names, Values], bool]

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_KEY_OPERATORS = frozenset({"=", *_ORDERS})
_SIZED = frozenset({"S", "B", "L", "M", *SETS})
_BEGINNING = frozenset({"S", "B"})


@dataclass(frozen=True, slots=True)
class Condition:
    parsed: Parsed
    holds: Test


@dataclass(frozen=True, slots=True)
class KeyTest:
    """One part of a key condition: a key attribute, an operator and its one or two values, all as placeholders."""

    name: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyCondition:
    parsed: Parsed
    tests: Sequence[KeyTest]


@cache
def condition(text: str) -> Condition:
    """The condition of a write."""
    parser = Parser(text, "ConditionExpression")
    test, _ = _either(parser)
    return Condition(parser.finished(), test)


@cache
def key_condition(text: str) -> KeyCondition:
    """The condition of a query: one test or two."""
    parser = Parser(text, "KeyConditionExpression")
    tests = [_key_test(parser)]
    while parser.next_is("AND"):
        tests.append(_key_test(parser))
    return KeyCondition(parser.finished(), tests)


def _key_test(parser: Parser) -> KeyTest:
    if parser.next_is("("):
        test = _key_test(parser)
        parser.expect(")")
        return test
    if parser.token == "begins_with":
        parser.take()
        first, prefix = _arguments(parser, "begins_with", 2)
        if len(first.path) != 1 or not prefix.value:
            raise parser.refused("KeyConditionExpressions take a key attribute and a value;")
        return KeyTest(str(first.path[0]), "begins_with", (prefix.value,))
    name = parser.name()
    if parser.next_is("BETWEEN"):
        low = parser.value()
        parser.expect("AND")
        high = parser.value()
        parser.bounds(low, high)
        return KeyTest(name, "BETWEEN", (low.value, high.value))
    if parser.token not in _KEY_OPERATORS:
        raise parser.refused(f"Invalid operator used in KeyConditionExpression: {parser.token}")
    return KeyTest(name, parser.take(), (parser.value().value,))


Grouped = tuple[Test, bool]
"""A test, and whether it stands in parentheses of its own."""


def _either(parser: Parser) -> Grouped:
    first, grouped = _both(parser)
    tests = [first]
    while parser.next_is("OR"):
        tests.append(_both(parser)[0])
    if len(tests) == 1:
        return first, grouped

    def holds(item: Item, names: Names, values: Values) -> bool:
        return any(test(item, names, values) for test in tests)

    return holds, False


def _both(parser: Parser) -> Grouped:
    first, grouped = _negated(parser)
    tests = [first]
    while parser.next_is("AND"):
        tests.append(_negated(parser)[0])
    if len(tests) == 1:
        return first, grouped

    def holds(item: Item, names: Names, values: Values) -> bool:
        return all(test(item, names, values) for test in tests)

    return holds, False


def _negated(parser: Parser) -> Grouped:
    if parser.next_is("NOT"):
        inner, _ = _negated(parser)
        return lambda item, names, values: not inner(item, names, values), False
    if parser.next_is("("):
        inner, grouped = _either(parser)
        if grouped:
            raise parser.refused("The expression has redundant parentheses;")
        parser.expect(")")
        return inner, True
    return (_function if parser.token in _FUNCTIONS else _comparison)(parser), False


def _function(parser: Parser) -> Test:
    name = parser.take()
    return _FUNCTIONS[name](parser)


def _comparison(parser: Parser) -> Test:
    left = _operand(parser)
    if parser.next_is("IN"):
        choices = parser.listed(_operand)
        parser.distinct("IN", left, choices)
        return _among(left.read, [one.read for one in choices])
    if parser.next_is("BETWEEN"):
        low = _operand(parser)
        parser.expect("AND")
        high = _operand(parser)
        parser.distinct("BETWEEN", left, [low, high])
        parser.typed("BETWEEN", left, ORDERED)
        parser.bounds(low, high)
        return _between(left.read, low.read, high.read)
    sign = parser.take()
    if sign not in {"=", "<>", *_ORDERS}:
        parser.at -= 1
        raise parser.unexpected()
    right = _operand(parser)
    parser.distinct(sign, left, [right])
    if sign in _ORDERS:
        for one in (left, right):
            parser.typed(sign, one, ORDERED)
        return _ordered(_ORDERS[sign], left.read, right.read)
    equal = _equal(left.read, right.read)
    # a missing attribute is unequal to everything, another missing one included
    return equal if sign == "=" else lambda item, names, values: not equal(item, names, values)


def _operand(parser: Parser) -> Operand:
    if parser.token != "size":
        return parser.operand()
    parser.take()
    [inner] = _arguments(parser, "size", 1)
    parser.typed("size", inner, _SIZED)

    def size(item: Item, names: Names, values: Values) -> Value | None:
        value = inner.read(item, names, values)
        if value is None or value.keys().isdisjoint(_SIZED):
            return None
        [content] = value.values()
        return {"N": str(len(content))}

    return Operand(size, type="N")


def _arguments(parser: Parser, function: str, count: int) -> list[Operand]:
    operands = parser.listed(_operand)
    if len(operands) != count:
        raise parser.refused(f"Incorrect number of operands for operator or function; {function}")
    parser.distinct(function, operands[0], operands[1:])
    return operands


def _equal(left: Read, right: Read) -> Test:
    def holds(item: Item, names: Names, values: Values) -> bool:
        value = left(item, names, values)
        return value is not None and value == right(item, names, values)

    return holds


def _ordered(order: Callable[[Any, Any], bool], left: Read, right: Read) -> Test:
    def holds(item: Item, names: Names, values: Values) -> bool:
        one, other = ranked(left(item, names, values)), ranked(right(item, names, values))
        return one is not None and other is not None and one[0] == other[0] and order(one[1], other[1])

    return holds


def _between(value: Read, low: Read, high: Read) -> Test:
    above, below = _ordered(operator.ge, value, low), _ordered(operator.le, value, high)
    return lambda item, names, values: above(item, names, values) and below(item, names, values)


def _among(value: Read, choices: Sequence[Read]) -> Test:
    def holds(item: Item, names: Names, values: Values) -> bool:
        wanted = value(item, names, values)
        return wanted is not None and any(wanted == choice(item, names, values) for choice in choices)

    return holds


def _exists(parser: Parser) -> Test:
    [operand] = _arguments(parser, "attribute_exists", 1)
    if not operand.path:
        raise parser.refused("Operator or function requires a document path; attribute_exists")
    return lambda item, names, values: operand.read(item, names, values) is not None


def _not_exists(parser: Parser) -> Test:
    exists = _exists(parser)
    return lambda item, names, values: not exists(item, names, values)


def _has_type(parser: Parser) -> Test:
    operand, kind = _arguments(parser, "attribute_type", 2)
    if not kind.value:
        raise parser.refused("attribute_type takes the name of a type as a value;")
    parser.typed("attribute_type", kind, frozenset({"S"}))

    def rule(_names: Names, values: Values) -> None:
        if values[kind.value]["S"] not in TYPES:
            raise parser.refused(f"Invalid attribute type name found; type: {values[kind.value]['S']}")

    parser.rules.append(rule)

    def holds(item: Item, names: Names, values: Values) -> bool:
        value = operand.read(item, names, values)
        return value is not None and values[kind.value]["S"] in value

    return holds


def _begins_with(parser: Parser) -> Test:
    text, prefix = _arguments(parser, "begins_with", 2)
    for one in (text, prefix):
        parser.typed("begins_with", one, _BEGINNING)

    def holds(item: Item, names: Names, values: Values) -> bool:
        whole, start = text.read(item, names, values), prefix.read(item, names, values)
        if whole is None or start is None:
            return False
        [(kind, content)] = start.items()
        return kind in _BEGINNING and kind in whole and bool(whole[kind].startswith(content))

    return holds


def _contains(parser: Parser) -> Test:
    container, element = _arguments(parser, "contains", 2)

    def holds(item: Item, names: Names, values: Values) -> bool:
        whole, part = container.read(item, names, values), element.read(item, names, values)
        if whole is None or part is None:
            return False
        [(kind, content)] = whole.items()
        if kind == "L":
            return part in content
        [(of, wanted)] = part.items()
        return ((kind == of and kind in _BEGINNING) or SETS.get(kind) == of) and wanted in content

    return holds


_FUNCTIONS: dict[str, Callable[[Parser], Test]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": _not_exists,
    "attribute_type": _has_type,
    "begins_with": _begins_with,
    "contains": _contains,
}
