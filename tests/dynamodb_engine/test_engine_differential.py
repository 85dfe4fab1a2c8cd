"""The engine of the simulation answers as DynamoDB Local does: random requests, and all that a campaign makes.

Where DynamoDB Local is known to answer otherwise than AWS, a test here says so, with the place where AWS documents it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from campanile.dialing import tick
from campanile.domain.lifecycle import Outcome
from campanile.store.table import Table
from campanile.telephony.port import Ambiguous, PlaceResult, Refused
from tests.dynamodb_engine.attribute_values import Value
from tests.dynamodb_engine.differential import Twin, may_end_at_its_bound, outcome, pages, plain
from tests.dynamodb_engine.engine import Engine
from tests.dynamodb_engine.every_expression import ITEM, conditions, ranges, updates
from tests.dynamodb_engine.random_requests import INDEXES, KEY_TYPES, LANES, PARTITIONS, SORTS, request
from tests.support.audit import audit
from tests.support.dialer import Dialer, number
from tests.support.table import open_table
from tests.support.telephony import Post
from tests.support.template import table_definition

EXAMPLES = 25
REQUESTS = 25
_numbers = count()


@pytest.fixture
def engine() -> Engine:
    return Engine(table_definition("Table"))


def apart(value: Any, example: int) -> Any:
    """A request whose partitions belong to one example alone, as all examples share a table."""
    match value:
        case {"S": str(text)} if text in PARTITIONS + LANES:
            return {"S": f"{example}{text}"}
        case dict():
            return {name: apart(inner, example) for name, inner in value.items()}
        case list():
            return [apart(inner, example) for inner in value]
        case _:
            return value


def on(table: str, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """A request with the table's name wherever DynamoDB wants it."""
    match operation:
        case "transact_write_items":
            actions = [
                {kind: {**inner, "TableName": table} for kind, inner in action.items()}
                for action in request["TransactItems"]
            ]
            return {**request, "TransactItems": actions}
        case "batch_get_item":
            return {"RequestItems": {table: request["RequestItems"][""]}}
        case _:
            return {**request, "TableName": table}


def compare_query(local: Any, engine: Engine, request: Mapping[str, Any]) -> None:
    """All pages must agree; within one sort value an index may have any order."""
    theirs, ours = list(pages(local, request)), list(pages(engine, request))
    if may_end_at_its_bound(request) and len(ours) == len(theirs) + 1 and not ours[-1]["Items"]:
        ours.pop()
    if "refused" in theirs[0] or "IndexName" not in request:
        for page in (*theirs, *ours):
            page.pop("LastEvaluatedKey", None)
        assert plain(ours) == plain(theirs), request
        return
    _, sort_name = INDEXES[request["IndexName"]]
    order = [[[item[sort_name] for item in page["Items"]] for page in one] for one in (ours, theirs)]
    assert order[0] == order[1], request
    whole = [sorted((plain(item) for page in one for item in page["Items"]), key=repr) for one in (ours, theirs)]
    by_key = [{(item["PK"]["S"], item["SK"]["S"]): item for item in one} for one in whole]
    assert by_key[0] == by_key[1], request


def whole_table(example: int, table: str) -> Iterable[dict[str, Any]]:
    """Queries that together read all of an example's items, and all its entries in indexes."""
    for index, (hash_name, _) in INDEXES.items():
        for value in KEY_TYPES[hash_name]:
            yield {
                "TableName": table,
                "KeyConditionExpression": f"#{hash_name} = :value",
                "ExpressionAttributeNames": {f"#{hash_name}": hash_name},
                "ExpressionAttributeValues": {":value": {"S": f"{example}{value}"}},
                **({"IndexName": index} if index else {"ConsistentRead": True}),
            }


@pytest.mark.parametrize("part", range(2))
def test_random_requests_are_answered_alike_and_leave_the_same_items(
    dynamodb: Any, shared_table: str, engine: Engine, part: int
) -> None:
    twin: Any = Twin(dynamodb, engine)

    @seed(part)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.binary(min_size=8, max_size=8), min_size=REQUESTS, max_size=REQUESTS))
    def run(seeds: list[bytes]) -> None:
        example = next(_numbers)
        for operation, made in map(request, seeds):
            wanted = on(shared_table, operation, apart(made, example))
            if operation == "query":
                compare_query(dynamodb, engine, wanted)
            else:
                outcome(twin, operation, wanted)
        for query in whole_table(example, shared_table):
            compare_query(dynamodb, engine, query)

    run()


KEYS = [{"PK": {"S": "fixed"}, "SK": {"S": f"{n:02d}"}} for n in range(100)]


def expressed(kind: str, expression: str, values: Sequence[Value]) -> dict[str, Any]:
    """The parameters of an expression whose values are `:0`, `:1` ..."""
    names = {name: name[1:] for name in re.findall(r"#\w+", expression)}
    request: dict[str, Any] = {kind: expression, "ExpressionAttributeNames": names}
    if values:
        request["ExpressionAttributeValues"] = {f":{n}": value for n, value in enumerate(values)}
    return request


def test_every_operator_and_function_is_read_alike(dynamodb: Any, empty_table: Table, engine: Engine) -> None:
    """100 conditions to a transaction, each on a copy of one item; what is canceled for which of them must agree."""
    twin: Any = Twin(dynamodb, engine)
    table = {"TableName": empty_table.name}
    for key in KEYS:
        twin.put_item(**table, Item={**key, **ITEM})
    checks = [{**table, **expressed("ConditionExpression", *condition)} for condition in conditions()]
    canceled = 0
    for start in range(0, len(checks), 100):
        some = zip(KEYS, checks[start : start + 100], strict=False)
        actions = [{"ConditionCheck": {"Key": key, **check}} for key, check in some]
        answer, _ = outcome(twin, "transact_write_items", {"TransactItems": actions})
        assert answer["refused"] == "TransactionCanceledException"
        canceled += sum(one["code"] == "ConditionalCheckFailed" for one in answer["reasons"])
    assert 500 < canceled < len(checks) - 500, "of both kinds there are many"


def test_every_kind_of_update_is_made_alike(dynamodb: Any, empty_table: Table, engine: Engine) -> None:
    """Each on a copy of one item, whose state after it must agree."""
    twin: Any = Twin(dynamodb, engine)
    table = {"TableName": empty_table.name}
    made = [expressed("UpdateExpression", *one) for one in updates()]
    done = 0
    for start in range(0, len(made), 100):
        fresh = [{"Put": {**table, "Item": {**key, **ITEM}}} for key in KEYS]
        twin.transact_write_items(TransactItems=fresh)
        for key, request_ in zip(KEYS, made[start : start + 100], strict=False):
            answer, _ = outcome(twin, "update_item", {**table, "Key": key, **request_, "ReturnValues": "ALL_NEW"})
            done += "Attributes" in answer
    assert 100 < done < len(made) - 100, "of both kinds there are many"


@pytest.mark.parametrize("index", ["", "lanes"])
def test_every_range_is_paged_alike(dynamodb: Any, empty_table: Table, engine: Engine, index: str) -> None:
    twin: Any = Twin(dynamodb, engine)
    hash_name, sort_name = INDEXES[index]
    for sort in SORTS:
        key = {"PK": {"S": "fixed"}, "SK": {"S": sort}}
        twin.put_item(TableName=empty_table.name, Item={**key, "lane": {"S": "fixed"}, "lane_sort": {"S": sort}})
    for condition, values in ranges():
        wanted = f"#{hash_name} = :9 AND {condition.replace('#sort', f'#{sort_name}')}"
        asked = {"TableName": empty_table.name, **expressed("KeyConditionExpression", wanted, values)}
        asked["ExpressionAttributeValues"][":9"] = {"S": "fixed"}
        if index:
            asked["IndexName"] = index
        for forward, limit in ((True, {}), (True, {"Limit": 1}), (False, {"Limit": 2})):
            compare_query(dynamodb, engine, {**asked, "ScanIndexForward": forward, **limit})


KEY = {"PK": {"S": "fixed"}, "SK": {"S": "a"}}
LIST = {**KEY, "l": {"L": [{"S": "x" * 205_000}]}, "n": {"N": "1"}}


def put(sk: str, **attributes: Any) -> dict[str, Any]:
    return {"Item": {"PK": {"S": "fixed"}, "SK": {"S": sk}, **attributes}}


def update(expression: str, values: Mapping[str, Any] | None = None, sk: str = "a", condition: str = "") -> Any:
    names = {name: name[1:] for name in re.findall(r"#\w+", expression + condition)}
    request: dict[str, Any] = {"UpdateExpression": expression, "ExpressionAttributeNames": names}
    if values:
        request["ExpressionAttributeValues"] = values
    if condition:
        request["ConditionExpression"] = condition
    return {"Key": {"PK": {"S": "fixed"}, "SK": {"S": sk}}, **request}


def query(condition: str, **more: Any) -> dict[str, Any]:
    names = {name: name[1:] for name in re.findall(r"#\w+", condition)}
    values = {":pk": {"S": "fixed"}} | ({":sk": {"S": "p02"}} if ":sk" in condition else {})
    request = {"KeyConditionExpression": condition, "ExpressionAttributeNames": names}
    return {**request, "ExpressionAttributeValues": values, "ConsistentRead": True, **more}


def transaction(*actions: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"TransactItems": [{"Update" if "Key" in one else "Put": one} for one in actions], **more}


def test_limits_are_where_dynamodb_has_them(dynamodb: Any, empty_table: Table, engine: Engine) -> None:
    twin: Any = Twin(dynamodb, engine)
    table = empty_table.name
    filled = 400 * 1024 - len("PKfixedSKtextlimit")
    double = update("SET #l = list_append(#l, #l)")
    one = {":one": {"N": "1"}}
    taken = [
        ("put_item", put("limit", text={"S": "x" * filled})),
        ("put_item", {"Item": LIST}),
        *(("put_item", put(f"p{n:02d}", text={"S": "x" * 262_130})) for n in range(9)),
        ("query", query("#PK = :pk")),
        ("query", query("#PK = :pk", Limit=3)),
        ("query", query("#PK = :pk", ScanIndexForward=False)),
        ("query", query("#PK = :pk AND #SK > :sk", ExclusiveStartKey={**KEY, "SK": {"S": "p05"}})),
        ("transact_write_items", transaction(*(put(f"{n}") for n in range(100)))),
        ("transact_write_items", transaction(update("ADD #n :one", one), ClientRequestToken=table[-36:])),
        ("transact_write_items", transaction(update("ADD #n :one", one), ClientRequestToken=table[-36:])),
        ("get_item", {"Key": KEY, "ConsistentRead": True}),
        ("batch_get_item", {"RequestItems": {"": {"Keys": [KEY], "ConsistentRead": True}}}),
    ]
    refused = [
        ("put_item", put("limit", text={"S": "x" * (filled + 1)})),
        ("put_item", put("")),
        ("put_item", {"Item": {"PK": {"S": "fixed"}}}),
        ("put_item", put("s" * 1025)),
        ("update_item", double),
        ("update_item", {"Key": KEY, "UpdateExpression": ""}),
        ("update_item", update("SET #n = :one", one, condition="((#n = :one))")),
        ("transact_write_items", transaction(put("b"), put("b"))),
        ("transact_write_items", transaction(*(put(f"{n}") for n in range(101)))),
        ("transact_write_items", transaction(*(put(f"{n}", text={"S": "x" * 400_000}) for n in range(11)))),
        ("transact_write_items", transaction(put("new"), double)),
        ("query", query("#PK = :pk AND #SK > :sk", ExclusiveStartKey=KEY)),
        ("query", query("#PK = :pk", ExclusiveStartKey={"PK": KEY["PK"]})),
        ("query", query("#PK = :pk AND #text = :sk")),
        ("batch_get_item", {"RequestItems": {"": {"Keys": [KEY, KEY]}}}),
        ("batch_get_item", {"RequestItems": {"": {"Keys": [{**KEY, "SK": {"S": str(n)}} for n in range(101)]}}}),
    ]
    for operation, request_ in taken:
        assert "refused" not in outcome(twin, operation, on(table, operation, request_))[0]
    for operation, request_ in refused:
        assert outcome(twin, operation, on(table, operation, request_))[0] == {"refused": "ValidationException"}
    too_large = on(table, "transact_write_items", transaction(put("b"), double))
    errors: list[Any] = [outcome(client, "transact_write_items", too_large)[1] for client in (dynamodb, engine)]
    assert errors[0].response["CancellationReasons"] == errors[1].response["CancellationReasons"]
    again = transaction(update("ADD #n :one", {":one": {"N": "2"}}), ClientRequestToken=table[-36:])
    mismatch, _ = outcome(twin, "transact_write_items", on(table, "transact_write_items", again))
    assert mismatch["refused"] == "IdempotentParameterMismatchException"


def test_where_dynamodb_local_differs_from_aws_the_engine_does_as_aws(
    dynamodb: Any, empty_table: Table, engine: Engine
) -> None:
    """Each with its place in AWS's documentation; when DynamoDB Local is mended, its line here fails."""

    def both(operation: str, request_: Mapping[str, Any]) -> tuple[Any, Any]:
        wanted = on(empty_table.name, operation, request_)
        theirs, ours = (outcome(client, operation, wanted) for client in (dynamodb, engine))
        return [error.response if error else answer for answer, error in (theirs, ours)]  # type: ignore[return-value]

    for sk in ("a", "b", "p02"):
        both("put_item", put(sk, n={"N": "1"}))
    # Developer Guide, data types, Number: "Leading and trailing zeroes are trimmed."
    spelled = {**update("SET #n = :n", {":n": {"N": "01.50"}}), "ReturnValues": "ALL_NEW"}
    assert [one["Attributes"]["n"]["N"] for one in both("update_item", spelled)] == ["01.50", "1.5"]
    # API Reference, TransactWriteItems, cancellation reasons: ValidationError, "The provided expression refers to ..."
    theirs, ours = both("transact_write_items", transaction(put("c"), update("SET #n = #none")))
    assert theirs["Error"]["Code"] == "ValidationException"
    assert [one["Code"] for one in ours["CancellationReasons"]] == ["None", "ValidationError"]
    # The same: "Type mismatch for attribute to update", for the key of an index
    theirs, ours = both("update_item", update("SET #lane = :n", {":n": {"N": "1"}}))
    assert ("Error" in theirs, "Error" in ours) == (False, True)
    # API Reference, Query, Limit: when it is reached, the answer has "a key in LastEvaluatedKey"
    theirs, ours = both("query", query("#PK = :pk AND #SK <= :sk", Limit=3))
    assert len(ours["Items"]) == 3
    assert ("LastEvaluatedKey" in theirs, "LastEvaluatedKey" in ours) == (False, True)


def always(answer: PlaceResult | None) -> Callable[[Post], PlaceResult | None]:
    return lambda _post: answer


class TestWhatACampaignAsks:
    """The production code at work, each of its requests made of both; the dialer's checks run too."""

    @pytest.fixture
    def twin(self, dynamodb: Any, engine: Engine) -> Twin:
        return Twin(dynamodb, engine)

    @pytest.fixture
    def table(self, twin: Any, empty_table: Table) -> Table:
        return open_table(twin, empty_table.name)

    @pytest.fixture(autouse=True)
    def same_items(self, twin: Twin, dialer: Dialer, dynamodb: Any) -> Iterator[None]:
        yield
        left = {(item["PK"]["S"], item["SK"]["S"]): item for item in twin.engine.items()}
        keys = [{"PK": {"S": pk}, "SK": {"S": sk}} for pk, sk in left]
        assert len(keys) > 5
        for start in range(0, len(keys), 100):
            asked = {dialer.table.name: {"Keys": keys[start : start + 100], "ConsistentRead": True}}
            for item in dynamodb.batch_get_item(RequestItems=asked)["Responses"][dialer.table.name]:
                assert plain(left.pop((item["PK"]["S"], item["SK"]["S"]))) == plain(item)
        assert not left, "the engine has items that DynamoDB Local has not"

    def test_a_day_of_calls(self, dialer: Dialer, twin: Twin) -> None:
        campaign = dialer.campaign(
            retry_attempts=2, retry_delay_seconds=60, retry_outcomes=["busy", "no_answer", "voicemail", "unknown"]
        )
        dialer.add_people(campaign, *(number(n) for n in range(12)))
        dialer.add(campaign, {"phone_numbers": [number(20), number(21)], "data": {"text": "x" * 600}})
        dialer.limit(4)
        outcomes = list(Outcome)
        for turn in range(12):
            dialer.run()
            for post in list(dialer.telephony.live.values()):
                report = {
                    "callback_at_ms": dialer.clock.now_ms() + 90_000,
                    "notes": "call again",
                    "duration_seconds": 2.5,
                }
                outcome = outcomes[(turn + len(dialer.posts)) % len(outcomes)]
                dialer.end(post, outcome, **(report if outcome is Outcome.CALLBACK_REQUESTED else {}))
                dialer.end(post, Outcome.BUSY)
            dialer.clock.advance(61)
            tick.run(dialer.table, dialer.queue, dialer.clock.now_ms())
        audit(dialer, campaign)
        dialer.page(campaign, limit=5, offset=3, statuses=["completed"])
        assert len(twin.expressions) > 35, "too little was run"

    def test_a_day_of_trouble(self, dialer: Dialer) -> None:
        campaign = dialer.campaign(retry_attempts=1, retry_delay_seconds=5, retry_outcomes=["busy", "unknown"])
        dialer.add_people(campaign, *(number(n) for n in range(6)))
        for answer in (Refused("busy", 2), Ambiguous("time-out"), None):
            dialer.telephony.answer = always(answer)
            dialer.run()
            dialer.clock.advance(200)
            dialer.run()
        for action in ("pause", "start", "pause", "close"):
            dialer.change(campaign, action)
            dialer.run()
            dialer.clock.advance(4000)
        dialer.run()
        for post in list(dialer.telephony.live.values()):
            dialer.end(post, Outcome.ANSWERED)
        audit(dialer, campaign)

    def test_a_day_of_lists(self, dialer: Dialer) -> None:
        campaign = dialer.campaign(external_id="autumn")
        rows = [
            {"external_id": f"p{n}", "phone_numbers": [number(n)], "timezone": "America/Denver"} for n in range(110)
        ]
        first = dialer.upsert(campaign, *rows)
        assert dialer.upsert(campaign, *rows[:30]).contact_ids == first.contact_ids[:30]
        dialer.upsert(campaign, {"external_id": "p1", "phone_numbers": [number(900)], "data": {"text": "y" * 700}})
        dialer.upsert(campaign, {"id": first.contact_ids[2], "external_id": "renamed", "phone_numbers": [number(2)]})
        dialer.upsert(dialer.ad_hoc, {"phone_numbers": [number(1)], "scheduled_at": "2026-07-01T17:00:30Z"})
        dialer.run()
        for post in list(dialer.telephony.live.values()):
            dialer.end(post, Outcome.ANSWERED)
        for name in ("p1", "renamed", "p5"):
            dialer.delete(campaign, name)
        for offset in (0, 50, 100):
            dialer.page(campaign, limit=50, offset=offset)
        audit(dialer, campaign)
