"""DynamoDB's update expressions: parsed once, and kept by their text.

Everything an update reads it reads from the item as it was; list indexes are the ones of the list as it was.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.dynamodb_engine.attribute_values import SETS, Item, Value, added, joined, refusal, without
from tests.dynamodb_engine.parsing import Names, Operand, Parsed, Parser, Path, Values, found, resolved

_NUMBER = frozenset({"N"})
_LIST = frozenset({"L"})
_SETS = frozenset(SETS)
_BAD_PATH = "The document path provided in the update expression is invalid for update"
_BAD_TYPE = "An operand in the update expression has an incorrect data type"
_MISSING = "The provided expression refers to an attribute that does not exist in the item"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One action of an update: what stands at the path becomes what `make` gives; nothing, for None."""

    path: Path
    make: Callable[[Value | None, Item, Names, Values], Value | None]


@dataclass(frozen=True, slots=True)
class Update:
    parsed: Parsed
    assignments: Sequence[Assignment]

    def attributes(self, names: Names) -> set[str]:
        """The top-level attributes that it changes."""
        return {names[str(one.path[0])] for one in self.assignments}

    def applied(self, item: Item, names: Names, values: Values) -> Item:
        """The item after the update; the one given stays as it is."""
        placed: list[tuple[Path, Value]] = []
        removed: list[Path] = []
        for one in self.assignments:
            path = resolved(one.path, names)
            if not _has_place(item, path):
                raise refusal(_BAD_PATH)
            before = found(item, path)
            after = one.make(before, item, names, values)
            if after is not None:
                placed.append((path, after))
            elif before is not None:
                removed.append(path)
        changed = dict(item)
        for path, value in sorted(placed, key=_path):
            changed = _placed(changed, path, value)
        for path in sorted(removed, reverse=True):
            changed = _removed(changed, path)
        return changed


@cache
def update(text: str) -> Update:
    """An update's actions."""
    parser = Parser(text, "UpdateExpression")
    assignments: list[Assignment] = []
    seen: set[str] = set()
    while parser.token:
        section = parser.token.upper()
        if section not in _SECTIONS:
            raise parser.unexpected()
        if section in seen:
            raise parser.refused(f'The "{section}" section can only be used once in an update expression;')
        seen.add(section)
        parser.take()
        assignments.append(_SECTIONS[section](parser))
        while parser.next_is(","):
            assignments.append(_SECTIONS[section](parser))
    parser.rules.append(_apart([one.path for one in assignments]))
    return Update(parser.finished(), assignments)


def _apart(paths: Sequence[Path]) -> Callable[[Names, Values], None]:
    """The rule that no two paths overlap, and that none takes for a list what another takes for a map."""

    def rule(names: Names, _values: Values) -> None:
        if len({names[str(path[0])] for path in paths}) == len(paths):
            return
        of = [resolved(path, names) for path in paths]
        for index, one in enumerate(of):
            for other in of[index + 1 :]:
                _compare(one, other)

    return rule


def _compare(one: Path, other: Path) -> None:
    for step, across in zip(one, other, strict=False):
        if step != across:
            if isinstance(step, str) != isinstance(across, str):
                raise refusal("Invalid UpdateExpression: Two document paths conflict with each other;")
            return
    raise refusal("Invalid UpdateExpression: Two document paths overlap with each other;")


def _set(parser: Parser) -> Assignment:
    path = parser.path()
    parser.expect("=")
    operand = _term(parser)
    sign = parser.token
    if sign in {"+", "-"}:
        parser.take()
        operand = _sum(parser, operand, _term(parser), 1 if sign == "+" else -1)

    def make(_before: Value | None, item: Item, names: Names, values: Values) -> Value | None:
        return _needed(operand, item, names, values)

    return Assignment(path, make)


def _remove(parser: Parser) -> Assignment:
    return Assignment(parser.path(), lambda _before, _item, _names, _values: None)


def _add(parser: Parser) -> Assignment:
    path, operand = parser.path(), parser.value()
    parser.typed("ADD", operand, _NUMBER | _SETS)

    def make(before: Value | None, _item: Item, _names: Names, values: Values) -> Value | None:
        value = values[operand.value]
        if before is None:
            return value
        if before.keys() != value.keys():
            raise refusal(_BAD_TYPE)
        return {"N": added(before["N"], value["N"], 1)} if "N" in value else joined(before, value)

    return Assignment(path, make)


def _delete(parser: Parser) -> Assignment:
    path, operand = parser.path(), parser.value()
    parser.typed("DELETE", operand, _SETS)

    def make(before: Value | None, _item: Item, _names: Names, values: Values) -> Value | None:
        value = values[operand.value]
        if before is None:
            return None
        if before.keys() != value.keys():
            raise refusal(_BAD_TYPE)
        return without(before, value)

    return Assignment(path, make)


_SECTIONS = {"SET": _set, "REMOVE": _remove, "ADD": _add, "DELETE": _delete}


def _term(parser: Parser) -> Operand:
    """A side of `+` or `-`: a path, a value, or a function."""
    if parser.token == "list_append":
        parser.take()
        return _list_append(parser)
    return _choice(parser)


def _choice(parser: Parser) -> Operand:
    if parser.token != "if_not_exists":
        return parser.operand()
    parser.take()
    operands = parser.listed(_choice)
    if len(operands) != 2 or not operands[0].path:
        raise parser.refused("if_not_exists takes a document path and an operand")
    wanted, otherwise = operands
    parser.distinct("if_not_exists", wanted, [otherwise])

    def read(item: Item, names: Names, values: Values) -> Value | None:
        default = _needed(otherwise, item, names, values)  # it must exist even where it is not needed
        value = wanted.read(item, names, values)
        return default if value is None else value

    return Operand(read)


def _list_append(parser: Parser) -> Operand:
    operands = parser.listed(_choice)
    if len(operands) != 2:
        raise parser.refused("Incorrect number of operands for operator or function; list_append")
    for one in operands:
        parser.typed("list_append", one, _LIST)

    def read(item: Item, names: Names, values: Values) -> Value:
        first, second = (_of_type("L", one, item, names, values) for one in operands)
        return {"L": [*first, *second]}

    return Operand(read)


def _sum(parser: Parser, left: Operand, right: Operand, sign: int) -> Operand:
    for one in (left, right):
        parser.typed("+ or -", one, _NUMBER)

    def read(item: Item, names: Names, values: Values) -> Value:
        first, second = (_of_type("N", one, item, names, values) for one in (left, right))
        return {"N": added(first, second, sign)}

    return Operand(read)


def _needed(operand: Operand, item: Item, names: Names, values: Values) -> Value:
    value = operand.read(item, names, values)
    if value is None:
        raise refusal(_MISSING)
    return value


def _of_type(kind: str, operand: Operand, item: Item, names: Names, values: Values) -> Any:
    value = _needed(operand, item, names, values)
    if kind not in value:
        raise refusal(_BAD_TYPE)
    return value[kind]


def _path(placed: tuple[Path, Value]) -> Path:
    return placed[0]


def _has_place(item: Item, path: Path) -> bool:
    """Whether something can stand at a path: in an item, a map for a name, a list for an index."""
    if len(path) == 1:
        return True
    parent = found(item, path[:-1])
    return parent is not None and ("M" if isinstance(path[-1], str) else "L") in parent


def _placed(members: Any, path: Path, value: Value) -> Any:
    """A map's members or a list's elements with the value at the path; beyond a list's end it is appended."""
    step, deeper = path[0], path[1:]
    changed = members.copy()
    if isinstance(step, int) and step >= len(members):
        changed.append(value)
        return changed
    if deeper:
        [(kind, content)] = members[step].items()
        value = {kind: _placed(content, deeper, value)}
    changed[step] = value
    return changed


def _removed(members: Any, path: Path) -> Any:
    step, deeper = path[0], path[1:]
    changed = members.copy()
    if deeper:
        [(kind, content)] = members[step].items()
        changed[step] = {kind: _removed(content, deeper)}
    else:
        del changed[step]
    return changed
