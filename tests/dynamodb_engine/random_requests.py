"""Random requests to a table, valid and not, over so few keys, attributes and values that they often meet."""

import re
from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

from tests.dynamodb_engine.attribute_values import Item, Value

Request = tuple[str, dict[str, Any]]
"""An operation's name and its parameters, without the table's name."""
Pool = list[Value]

PARTITIONS = ("p", "q")
SORTS = ("a", "ab", "b", "c")
LANES = ("x", "y")
KEY_TYPES = {"PK": PARTITIONS, "SK": SORTS, "lane": LANES, "lane_sort": SORTS, "roster": LANES, "roster_sort": SORTS}
INDEXES = {"lanes": ("lane", "lane_sort"), "roster": ("roster", "roster_sort"), "": ("PK", "SK")}
_INDEX_KEYS = [name for name in KEY_TYPES if name not in {"PK", "SK"}]


def _texts(contents: Iterable[str]) -> Pool:
    return [{"S": one} for one in contents]


NUMBERS: Pool = [{"N": one} for one in ("0", "1", "1.0", "2", "9", "10", "-3", "-0.50", "2.5", "1E2")]
TEXTS = _texts(("", "a", "ab", "b", "10", "9", "é"))
SCALARS = NUMBERS + TEXTS
LISTS: Pool = [
    {"L": one} for one in ([], [{"N": "1"}], [{"N": "10"}, {"S": "a"}, {"N": "2.50"}], [{"S": "b"}, {"L": []}])
]
MAPS: Pool = [
    {"M": {}},
    {"M": {"x": {"N": "1.0"}}},
    {"M": {"y": {"S": "ab"}, "x": {"L": [{"N": "9"}, {"S": ""}]}}},
    {"M": {"y": {"M": {"x": {"N": "2"}}}}},
]
_TEXT_SETS: Pool = [{"SS": one} for one in (["a"], ["b", "a"], ["ab", "10", "b"], ["", "é"])]
SETS = [*_TEXT_SETS, {"NS": ["1"]}, {"NS": ["10", "9", "2.50"]}]
OTHERS: Pool = [{"B": b"a"}, {"B": b"ab"}, {"B": b"\xff"}, {"BOOL": True}, {"BOOL": False}, {"NULL": True}]
_INVALID: Pool = [{"SS": []}, {"SS": ["a", "a"]}, {"NS": ["1", "1.0"]}, {"N": "x"}, {"N": "1E126"}]
_VALUES = SCALARS * 4 + (LISTS + MAPS + SETS + OTHERS) * 4 + _INVALID
TYPES = _texts(("S", "N", "L", "M", "SS", "NULL", "BOOL", "B", "X"))
_ATTRIBUTES = {"n": NUMBERS, "s": TEXTS, "l": LISTS, "m": MAPS, "ss": _TEXT_SETS, "any": _VALUES}
_PATHS = ["#n", "#n", "#s", "#s", "#l", "#l[0]", "#l[1]", "#m", "#m.#x", "#m.#y", "#m.#x[0]", "#ss", "#any", "#none"]
_WRONG_ITEMS: list[Item] = [{"lane": {"N": "1"}}, {"roster_sort": {"S": ""}}, {"": {"N": "1"}}]
_NAME = re.compile(r"#\w+")


def request(seed: bytes) -> Request:
    """The request that a seed stands for."""
    random = Random(seed)
    match random.choice(("write", "write", "write", "transaction", "transaction", "query", "get", "batch")):
        case "write":
            kind, made = _write(random, alone=True)
            return f"{kind.lower()}_item", made
        case "transaction":
            writes = [_write(random, alone=False) for _ in range(random.randint(1, 4))]
            distinct = {repr(_key_of(made)): {kind: made} for kind, made in writes}
            return "transact_write_items", {"TransactItems": list(distinct.values())}
        case "query":
            return "query", _query(random)
        case "get":
            return "get_item", {"Key": _key(random), "ConsistentRead": _often(random, 1, 2)}
        case _:
            keys = [_key(random) for _ in range(random.randint(1, 3))]
            return "batch_get_item", {"RequestItems": {"": {"Keys": keys, "ConsistentRead": _often(random, 1, 2)}}}


def _often(random: Random, times: int, of: int) -> bool:
    return random.randrange(of) < times


def _key(random: Random) -> Item:
    return {"PK": {"S": random.choice(PARTITIONS)}, "SK": {"S": random.choice(SORTS)}}


def _key_of(request: Mapping[str, Any]) -> Item:
    item = request.get("Item") or request["Key"]
    return {"PK": item["PK"], "SK": item["SK"]}


def _item(random: Random) -> Item:
    """A whole item; now and then one that is refused."""
    item = {name: random.choice(pool) for name, pool in _ATTRIBUTES.items() if _often(random, 2, 3)}
    item |= {name: random.choice(_texts(KEY_TYPES[name])) for name in _INDEX_KEYS if _often(random, 2, 3)}
    if _often(random, 1, 20):
        item |= random.choice(_WRONG_ITEMS)
    return {**item, **_key(random)}


def _write(random: Random, alone: bool) -> Request:
    """The kind of a write and its request, for a request of its own or for a transaction."""
    kinds = ["Put", "Put", "Update", "Update", "Update", "Delete"]
    kind = random.choice(kinds if alone else [*kinds, "ConditionCheck"])
    expression = _Expression(random)
    made: dict[str, Any] = {"Item": _item(random)} if kind == "Put" else {"Key": _key(random)}
    if kind == "Update":
        made["UpdateExpression"] = expression.update()
    if kind == "ConditionCheck" or _often(random, 2, 3):
        existing = ["attribute_exists(#PK)", "attribute_not_exists(#PK)"]
        made["ConditionExpression"] = random.choice(existing) if _often(random, 1, 3) else expression.condition()
    if _often(random, 1, 2):
        made["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if alone:
        new = ["ALL_NEW"] * (10 if kind == "Update" else 1)
        made["ReturnValues"] = random.choice(["NONE", "ALL_OLD"] * 5 + new)
    return kind, {**made, **_placeholders(expression, made)}


def _query(random: Random) -> dict[str, Any]:
    index = random.choice(list(INDEXES))
    hash_name, sort_name = INDEXES[index]
    expression = _Expression(random)
    sorts = _texts(("a", "ab", "b", "bb", "c"))
    condition = f"#{hash_name} = {expression.value(_texts(KEY_TYPES[hash_name]))}"
    match random.choice(("", "BETWEEN", "BETWEEN", "begins_with", "=", "<", "<=", ">", ">=")):
        case "":
            pass
        case "BETWEEN":
            condition += f" AND #{sort_name} BETWEEN {expression.value(sorts)} AND {expression.value(sorts)}"
        case "begins_with":
            condition += f" AND begins_with(#{sort_name}, {expression.value(sorts)})"
        case sign:
            condition += f" AND #{sort_name} {sign} {expression.value(sorts)}"
    made: dict[str, Any] = {"KeyConditionExpression": condition, "ScanIndexForward": _often(random, 1, 2)}
    made["ConsistentRead"] = _often(random, 1, 20) if index else _often(random, 1, 2)
    if index:
        made["IndexName"] = index
    if _often(random, 2, 3):
        made["Limit"] = random.choice((1, 2, 3, 8))
    return {**made, **_placeholders(expression, made)}


class _Expression:
    """An expression in the making, with a placeholder for each value."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.values: dict[str, Value] = {}

    def value(self, pool: Pool) -> str:
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = self.random.choice(pool)
        return placeholder

    def path(self) -> str:
        return self.random.choice(_PATHS)

    def operand(self) -> str:
        path = self.path()
        return self.random.choice((path, path, f"size({path})")) if _often(self.random, 1, 2) else self.value(_VALUES)

    def condition(self, depth: int = 2) -> str:
        kinds = ["compare", "compare", "function", "between", "in"] + ["and", "or", "not", "group"] * bool(depth)
        match self.random.choice(kinds):
            case "compare":
                return self.comparison()
            case "function":
                return self.function()
            case "between":
                return f"{self.path()} BETWEEN {self.bound()} AND {self.bound()}"
            case "in":
                choices = [self.operand() for _ in range(self.random.randint(1, 3))]
                return f"{self.path()} IN ({', '.join(choices)})"
            case "not":
                return f"NOT {self.condition(depth - 1)}"
            case "group":
                return f"({self.condition(depth - 1)})"
            case joint:
                return f"{self.condition(depth - 1)} {joint.upper()} {self.condition(depth - 1)}"

    def comparison(self) -> str:
        sign = self.random.choice(("=", "=", "<>", "<", "<=", ">", ">="))
        if _often(self.random, 1, 3):
            return f"{self.operand()} {sign} {self.operand()}"
        name = self.random.choice(("n", "n", "s", "s", "l", "m", "ss"))
        return f"#{name} {sign} {self.value(_ATTRIBUTES[name])}"

    def bound(self) -> str:
        return self.path() if _often(self.random, 1, 4) else self.value(self.random.choice((NUMBERS, TEXTS)))

    def function(self) -> str:
        match self.random.choice(("attribute_exists", "attribute_not_exists", "attribute_type", "of two")):
            case "attribute_type":
                return f"attribute_type({self.path()}, {self.value(TYPES)})"
            case "of two":
                name = self.random.choice(("begins_with", "contains"))
                return f"{name}({self.path()}, {self.operand() if _often(self.random, 1, 2) else self.value(TEXTS)})"
            case name:
                return f"{name}({self.path()})"

    def update(self) -> str:
        """SET, REMOVE, ADD and DELETE in any order; sometimes one twice, or two about one path."""
        sections = self.random.choices(("SET", "REMOVE", "ADD", "DELETE"), (3, 2, 2, 1), k=self.random.randint(1, 2))
        return " ".join(
            f"{section} {', '.join(self.action(section) for _ in range(self.random.randint(1, 2)))}"
            for section in sections
        )

    def action(self, section: str) -> str:
        usual = _often(self.random, 4, 5)
        index_key = self.random.choice(_INDEX_KEYS)
        indexes = _often(self.random, 1, 5)
        match section:
            case "SET" if indexes:
                return f"#{index_key} = {self.value(_texts(KEY_TYPES[index_key]))}"
            case "REMOVE" if indexes:
                return f"#{index_key}"
            case "SET":
                return f"{self.path()} = {self.made()}"
            case "REMOVE":
                return self.path()
            case "ADD" if usual:
                name = self.random.choice(("n", "ss"))
                return f"#{name} {self.value(_ATTRIBUTES[name])}"
            case "DELETE" if usual:
                return f"#ss {self.value(_TEXT_SETS)}"
            case _:
                return f"{self.path()} {self.value(SETS + NUMBERS)}"

    def made(self) -> str:
        """What a SET puts in its place."""
        match self.random.choice(("value", "path", "sum", "sum", "append", "default")):
            case "value":
                return self.value(_VALUES)
            case "path":
                return self.path()
            case "sum":
                sign = self.random.choice("+-")
                return f"{self.term('#n', NUMBERS)} {sign} {self.term('#n', NUMBERS)}"
            case "append":
                return f"list_append({self.term('#l', LISTS)}, {self.term('#l', LISTS)})"
            case _:
                return f"if_not_exists({self.path()}, {self.term('#any', _VALUES)})"

    def term(self, usual: str, pool: Pool) -> str:
        """An operand that mostly has the type wanted: a value, the usual path, or a path with a default."""
        match self.random.choice(("value", "value", "value", "usual", "path", "default", "default", "default")):
            case "value":
                return self.value(pool)
            case "usual":
                return usual
            case "path":
                return self.path()
            case _:
                return f"if_not_exists({self.random.choice((usual, '#none'))}, {self.value(pool)})"


def _placeholders(expression: _Expression, made: Mapping[str, Any]) -> dict[str, Any]:
    """The names and values that the expressions use; now and then one more or one less."""
    text = " ".join(made.get(one, "") for one in ("KeyConditionExpression", "ConditionExpression", "UpdateExpression"))
    names = {name: name[1:] for name in _NAME.findall(text)}
    values = dict(expression.values)
    match expression.random.randrange(100):
        case 0:
            names["#unused"] = "n"
        case 1:
            values[":unused"] = {"N": "1"}
        case 2 if values:
            values.popitem()
        case 3 if names:
            names.popitem()
    found = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
    return {parameter: given for parameter, given in found.items() if given}
