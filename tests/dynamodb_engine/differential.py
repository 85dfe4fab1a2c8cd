"""Each request made of DynamoDB Local and of the engine, whose answers must be the same."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from tests.dynamodb_engine.engine import Engine

OPERATIONS = frozenset(
    {"get_item", "batch_get_item", "query", "put_item", "update_item", "delete_item", "transact_write_items"}
)
MANY_PAGES = 50


class Twin:
    """A client of DynamoDB Local that puts each request to the engine too. What it answers is DynamoDB Local's."""

    def __init__(self, client: Any, engine: Engine) -> None:
        self._client = client
        self.engine = engine
        self.expressions: set[str] = set()
        """What was run, to see that it was enough."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in OPERATIONS:
            raise AttributeError(name)

        def both(**request: Any) -> Any:
            self.expressions.update(_expressions(request))
            theirs, error = outcome(self._client, name, request)
            ours, _ = outcome(self.engine, name, request)
            if name == "query":
                ours = self._without_a_needless_key(request, theirs, ours)
            assert plain(ours) == plain(theirs), f"{name} {request}\n engine: {ours}\n DynamoDB Local: {theirs}"
            if error:
                raise error
            return theirs

        return both

    def _without_a_needless_key(self, request: Mapping[str, Any], theirs: Any, ours: Any) -> Any:
        key = "LastEvaluatedKey"
        if key in ours and key not in theirs and may_end_at_its_bound(request):
            rest = self.engine.query(**{**request, "ExclusiveStartKey": ours[key]})
            if not rest["Items"]:
                return {name: value for name, value in ours.items() if name != key}
        return ours


def may_end_at_its_bound(query: Mapping[str, Any]) -> bool:
    """Whether DynamoDB Local may leave out a LastEvaluatedKey although the Limit is reached.

    It does when the last item's sort value is the very bound of the range. AWS documents the key for every Limit that
    is reached (API Reference, Query, Limit), so the engine gives it.
    """
    return any(sign in query["KeyConditionExpression"] for sign in ("BETWEEN", "<=", ">="))


def outcome(client: Any, operation: str, request: Mapping[str, Any]) -> tuple[Any, ClientError | None]:
    """The answer to a request, or what of an error decides for the caller, with the error."""
    try:
        answer = getattr(client, operation)(**request)
    except ClientError as error:
        return _refusal(error.response), error
    told = {name: value for name, value in answer.items() if name not in {"ResponseMetadata", "ConsumedCapacity"}}
    for items in told.get("Responses", {}).values():
        items.sort(key=lambda item: (item["PK"]["S"], item["SK"]["S"]))  # DynamoDB keeps no order here
    return told, None


def pages(client: Any, request: Mapping[str, Any]) -> Iterator[Any]:
    """The answers to a query over few items, page after page; or the one refusal."""
    for _ in range(MANY_PAGES):
        page, _error = outcome(client, "query", request)
        yield page
        if "LastEvaluatedKey" not in page:
            return
        request = {**request, "ExclusiveStartKey": page["LastEvaluatedKey"]}
    raise AssertionError(f"no end of pages: {request}")


def plain(value: Any) -> Any:
    """A value in which numbers are equal however they are spelled, and sets in whatever order they are."""
    match value:
        case {"N": str(number), **rest} if not rest:
            return "N", Decimal(number)
        case {"NS": list(numbers), **rest} if not rest:
            return "NS", frozenset(Decimal(number) for number in numbers)
        case {"SS": list(texts), **rest} if not rest:
            return "SS", frozenset(texts)
        case dict():
            return {name: plain(inner) for name, inner in value.items()}
        case list():
            return [plain(inner) for inner in value]
        case _:
            return value


def _refusal(response: Any) -> Any:
    code = response["Error"]["Code"]
    reasons = response.get("CancellationReasons", [])
    # DynamoDB Local refuses a whole transaction for an update that an item does not admit, as if the request were
    # invalid; AWS documents it as a reason of the cancellation (API Reference, TransactWriteItems: ValidationError).
    if code == "ValidationException" or any(one["Code"] == "ValidationError" for one in reasons):
        return {"refused": "ValidationException"}
    told = [{"code": one["Code"], "item": one.get("Item")} for one in reasons]
    return {"refused": code, "item": response.get("Item"), "reasons": told}


def _expressions(request: Any) -> Iterator[str]:
    if isinstance(request, list):
        for one in request:
            yield from _expressions(one)
    elif isinstance(request, dict):
        for name, inner in request.items():
            if isinstance(inner, str) and name.endswith("Expression"):
                yield f"{name}: {inner}"
            else:
                yield from _expressions(inner)
