"""Conditions and updates of every kind, for one item: what random requests would meet too seldom."""

from collections.abc import Iterator
from itertools import combinations_with_replacement

from tests.dynamodb_engine.attribute_values import Item
from tests.dynamodb_engine.random_requests import LISTS, MAPS, NUMBERS, OTHERS, SCALARS, SETS, SORTS, TEXTS, TYPES, Pool

ITEM: Item = {
    "n": {"N": "9"},
    "s": {"S": "ab"},
    "l": {"L": [{"N": "10"}, {"S": "a"}, {"N": "2.50"}]},
    "m": {"M": {"x": {"N": "9.0"}, "y": {"S": "é"}}},
    "ss": {"SS": ["ab", "10", "b"]},
    "ns": {"NS": ["1", "2.50"]},
    "b": {"B": b"ab"},
    "t": {"BOOL": True},
    "z": {"NULL": True},
}
_PATHS = ["#n", "#s", "#l", "#l[0]", "#l[7]", "#m", "#m.#x", "#m.#y", "#ss", "#ns", "#b", "#t", "#z", "#none", "#s.#x"]
_VALUES = SCALARS + LISTS + MAPS + SETS + OTHERS
_IN_ORDER = sorted(NUMBERS, key=lambda one: float(one["N"])), sorted(TEXTS, key=str)
_ONE: Pool = [{"N": "1.50"}]
_TWO: Pool = [*_ONE, {"S": "new"}]


def conditions() -> Iterator[tuple[str, Pool]]:
    """Every valid comparison and function of an attribute, present or not, with every value; the values in order."""
    for path in _PATHS:
        for value in _VALUES:
            yield from ((f"{path} {sign} :0", [value]) for sign in ("=", "<>"))
            yield f"contains({path}, :0)", [value]
            yield f"{path} IN (:0, :1, #o)", [value, {"S": "none"}]
        for value in SCALARS:
            yield from ((f"{path} {sign} :0", [value]) for sign in ("<", "<=", ">", ">="))
            yield f"size({path}) >= :0", [value]
        for value in TEXTS:
            yield f"begins_with({path}, :0)", [value]
        for value in TYPES[:-1]:
            yield f"attribute_type({path}, :0)", [value]
        for pool in _IN_ORDER:
            for low, high in combinations_with_replacement(pool, 2):
                yield f"{path} BETWEEN :0 AND :1", [low, high]
        yield f"attribute_exists({path})", []
        yield f"attribute_not_exists({path})", []
        yield f"NOT attribute_exists({path}) AND #n = #m.#x OR #s = :0", [{"S": "a"}]


def ranges() -> Iterator[tuple[str, Pool]]:
    """Every test of a sort key, as `#sort`, against what is and what is not among `SORTS`."""
    bounds: Pool = [{"S": one} for one in sorted({*SORTS, "aa", "bb", "d"})]
    for bound in bounds:
        yield from ((f"#sort {sign} :0", [bound]) for sign in ("=", "<", "<=", ">", ">="))
        yield "begins_with(#sort, :0)", [bound]
    for low, high in combinations_with_replacement(bounds, 2):
        yield "#sort BETWEEN :0 AND :1", [low, high]


def updates() -> Iterator[tuple[str, Pool]]:
    """Every action on an attribute, present or not, and actions that meet in one list or map."""
    for path in [*_PATHS, "#m.#new", "#m.#x.#y", "#l[1].#x"]:
        yield f"REMOVE {path}", []
        yield f"SET {path} = :0", _ONE
        yield f"SET {path} = #l[2]", []
        yield f"SET #new = {path}", []
        yield from ((f"SET #new = {path} {sign} :0", [value]) for sign in "+-" for value in (*_ONE, {"N": "4"}))
        yield f"SET #new = :0 - {path}", _ONE
        yield f"SET #new = if_not_exists({path}, :0)", _ONE
        yield f"SET #new = if_not_exists({path}, :0) + :0", _ONE
        yield f"SET #new = list_append({path}, :0)", [LISTS[-1]]
        yield f"SET #new = list_append(:0, if_not_exists({path}, :0))", [LISTS[-1]]
        for value in (*_ONE, *SETS):
            yield f"ADD {path} :0", [value]
        for value in (*SETS, ITEM["ss"]):
            yield f"DELETE {path} :0", [value]
    yield "REMOVE #l[0], #l[1]", []
    yield "REMOVE #l[2], #l[0] SET #l[1] = :0", _ONE
    yield "REMOVE #l[0], #l[8] SET #l[7] = :0", _ONE
    yield "SET #l[9] = :0, #l[7] = :1", _TWO
    yield "SET #l[0] = #l[1], #l[1] = #l[0]", []
    yield "SET #m.#x = :0, #m.#new = :1 REMOVE #m.#y", _TWO
    yield "SET #m.#x = :0, #m.#x = :1", _TWO
    yield "SET #m = :0, #m.#x = :1", _TWO
    yield "SET #m.#x = :0, #m[0] = :1", _TWO
    yield "SET #new = #m REMOVE #m ADD #n :0", _ONE
    yield "ADD #n :0 SET #new = #n", _ONE
    yield "SET #n = #l[0], #new = #n", []
    yield "SET #new = if_not_exists(#n, #none)", []
