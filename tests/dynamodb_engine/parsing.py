"""What DynamoDB's kinds of expressions have in common: tokens, document paths, values, and rules on the values.

Attributes must be written as `#name`, as everything that we send has it: a bare name, which AWS may reserve, is
refused.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.dynamodb_engine.attribute_values import ORDERED, Item, Value, ranked, refusal

Names = Mapping[str, str]
Values = Mapping[str, Value]
Path = tuple[str | int, ...]
Read = Callable[[Item, Names, Values], Value | None]
Rule = Callable[[Names, Values], None]

_TOKEN = re.compile(r"\s*(#\w+|:\w+|<>|<=|>=|[=<>(),.\[\]+-]|\w+)")


@dataclass(frozen=True, slots=True)
class Operand:
    """What an expression reads: a document path, a value, or what a function makes of them, of a type known before."""

    read: Read
    path: Path = ()
    value: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """The placeholders of an expression, and what must hold of them before anything is looked at."""

    names: frozenset[str]
    values: frozenset[str]
    rules: Sequence[Rule]


def resolved(path: Path, names: Names) -> Path:
    """A path with the attributes' own names."""
    return tuple(names[step] if isinstance(step, str) else step for step in path)


def found(item: Item, path: Path) -> Value | None:
    """What stands at a path of attribute names and list indexes; None when nothing does."""
    here: Value | None = {"M": item}
    for step in path:
        if here is None:
            return None
        if isinstance(step, str):
            here = here["M"].get(step) if "M" in here else None
        else:
            here = here["L"][step] if "L" in here and step < len(here["L"]) else None
    return here


class Parser:
    """The tokens of one expression, consumed from the left, and the placeholders and rules met so far."""

    def __init__(self, text: str, kind: str) -> None:
        self.kind = kind
        self.at = 0
        self.names: set[str] = set()
        self.values: set[str] = set()
        self.rules: list[Rule] = []
        if not text.strip():
            raise self.refused("The expression can not be empty;")
        self.tokens: list[str] = []
        position, end = 0, len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if not match:
                raise self.refused(f"Syntax error; near: {text[position:]!r}")
            self.tokens.append(match[1])
            position = match.end()
        self.tokens.append("")

    @property
    def token(self) -> str:
        """The next token, as it is written; empty at the end."""
        return self.tokens[self.at]

    def refused(self, message: str) -> Exception:
        return refusal(f"Invalid {self.kind}: {message}")

    def unexpected(self) -> Exception:
        return self.refused(f"Syntax error; token: {self.token or '<EOF>'}, near: {self.tokens[: self.at][-2:]}")

    def finished(self) -> Parsed:
        if self.token:
            raise self.unexpected()
        return Parsed(frozenset(self.names), frozenset(self.values), tuple(self.rules))

    def take(self) -> str:
        """Consume the next token, whatever it is."""
        token = self.token
        self.at += 1
        return token

    def next_is(self, word: str) -> bool:
        """Whether the next token is a keyword, in any case, or a sign; it is then consumed."""
        if self.token.upper() != word:
            return False
        self.at += 1
        return True

    def expect(self, word: str) -> None:
        if not self.next_is(word):
            raise self.unexpected()

    def listed(self, element: Callable[["Parser"], Operand]) -> list[Operand]:
        """Operands in parentheses, with commas between them."""
        self.expect("(")
        elements = [element(self)]
        while self.next_is(","):
            elements.append(element(self))
        self.expect(")")
        return elements

    def operand(self) -> Operand:
        """A document path or a value."""
        if self.token.startswith(":"):
            return self.value()
        path = self.path()
        if len(path) == 1:
            [name] = path
            return Operand(lambda item, names, _values: item.get(names[str(name)]), path)
        return Operand(lambda item, names, _values: found(item, resolved(path, names)), path)

    def value(self) -> Operand:
        token = self.token
        if not token.startswith(":"):
            raise self.unexpected()
        self.at += 1
        self.values.add(token)
        return Operand(lambda _item, _names, values: values[token], value=token)

    def path(self) -> Path:
        steps: list[str | int] = [self.name()]
        while True:
            if self.next_is("."):
                steps.append(self.name())
            elif self.next_is("["):
                if not self.token.isdecimal():
                    raise self.unexpected()
                steps.append(int(self.take()))
                self.expect("]")
            else:
                return tuple(steps)

    def name(self) -> str:
        if not self.token.startswith("#"):
            raise self.unexpected()
        self.names.add(self.token)
        return self.take()

    def typed(self, of: str, operand: Operand, allowed: frozenset[str]) -> None:
        """Require one of these types of an operand whose type is known without an item."""
        if operand.type and operand.type not in allowed:
            raise self.refused(f"Incorrect operand type for operator or function; {of}, operand type: {operand.type}")
        placeholder = operand.value
        if not placeholder:
            return

        def rule(_names: Names, values: Values) -> None:
            if values[placeholder].keys().isdisjoint(allowed):
                [kind] = values[placeholder]
                raise self.refused(f"Incorrect operand type for operator or function; {of}, operand type: {kind}")

        self.rules.append(rule)

    def distinct(self, of: str, first: Operand, others: Sequence[Operand]) -> None:
        """Require that the first operand's path is none of the others'."""
        paths = [one.path for one in others if one.path]
        if not (first.path and paths):
            return

        def rule(names: Names, _values: Values) -> None:
            if resolved(first.path, names) in [resolved(one, names) for one in paths]:
                raise self.refused(f"The first operand must be distinct from the remaining operands; operator: {of}")

        self.rules.append(rule)

    def bounds(self, low: Operand, high: Operand) -> None:
        """Require of the values of a BETWEEN that they have one type and are in order."""
        for one in (low, high):
            self.typed("BETWEEN", one, ORDERED)
        if not (low.value and high.value):
            return

        def rule(_names: Names, values: Values) -> None:
            lower: Any = ranked(values[low.value])
            upper: Any = ranked(values[high.value])
            if lower[0] != upper[0]:
                raise self.refused("The BETWEEN operator requires same data type for lower and upper bounds;")
            if lower[1] > upper[1]:
                raise self.refused("The BETWEEN operator requires upper bound to be greater than or equal to lower;")

        self.rules.append(rule)
