"""Table, queues, bucket and API of the template, held against the code that uses them."""

import ast
import re
from collections import defaultdict
from typing import Any

from campanile.domain.contact import Contact, LaneKind
from campanile.domain.lifecycle import ContactStatus
from campanile.edge.routes import ROUTES
from campanile.store import contact_actions, contacts, keys
from campanile.store.keys import Key
from tests.support import source
from tests.support.template import API, QUEUE, ROOT, TABLE, resources, routes, template

PACKAGE = ROOT / "layers" / "common" / "campanile"
CARRIER = "/simulated-carrier/"
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
MAIN = resources(TABLE)["Table"]


def schema(owner: dict[str, Any]) -> list[str]:
    """Attribute names of a key schema: partition key, sort key."""
    assert [one["KeyType"] for one in owner["KeySchema"]] == ["HASH", "RANGE"]
    return [one["AttributeName"] for one in owner["KeySchema"]]


def index(name: str) -> dict[str, Any]:
    [found] = [one for one in MAIN["GlobalSecondaryIndexes"] if one["IndexName"] == name]
    return dict(found)


# ---------------------------------------------------------------- table


def test_the_table_has_the_key_that_the_code_writes() -> None:
    assert schema(MAIN) == list(Key.__annotations__)


def test_a_new_contact_is_in_the_key_of_both_indexes() -> None:
    contact = Contact("campaign", "id", 0, ContactStatus.PENDING, ("+14155550123",), 0, 0, LaneKind.FIRST)
    [put] = contact_actions.inserting(contact, ad_hoc=False)
    assert set(schema(index(keys.LANES)) + schema(index(keys.ROSTER))) <= set(vars_of(put)["item"])


def test_the_table_has_the_two_indexes_and_no_other() -> None:
    assert [one["IndexName"] for one in MAIN["GlobalSecondaryIndexes"]] == [keys.LANES, keys.ROSTER]


def test_only_pending_contacts_are_in_the_lanes() -> None:
    for status in ContactStatus:
        contact = Contact("campaign", "id", 0, status, ("+14155550123",), 0, 0, LaneKind.FIRST)
        expected = schema(index(keys.LANES)) if status is ContactStatus.PENDING else []
        assert list(contacts.lane_keys(contact, ad_hoc=False)) == expected


def test_an_index_carries_no_more_than_it_is_read_for() -> None:
    assert index(keys.LANES)["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    assert index(keys.ROSTER)["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["bucket", "phones"]}


def test_every_key_attribute_is_a_string_and_declared_once() -> None:
    declared = [(one["AttributeName"], one["AttributeType"]) for one in MAIN["AttributeDefinitions"]]
    used = schema(MAIN) + schema(index(keys.LANES)) + schema(index(keys.ROSTER))
    assert sorted(declared) == sorted((name, "S") for name in used)


def test_the_table_can_be_restored_drops_expired_items_and_streams_changes() -> None:
    assert MAIN["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert MAIN["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert MAIN["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert MAIN["SSESpecification"] == {"SSEEnabled": True}
    assert MAIN["BillingMode"] == "PAY_PER_REQUEST"


def test_deleting_the_stack_deletes_neither_contacts_nor_files() -> None:
    for name in ("Table", "Bucket"):
        resource = template()["Resources"][name]
        assert resource["DeletionPolicy"].startswith("Retain")
        assert resource["UpdateReplacePolicy"] == "Retain"


def test_the_carriers_records_expire_by_the_attribute_it_writes() -> None:
    attribute = resources(TABLE)["CarrierTable"]["TimeToLiveSpecification"]["AttributeName"]
    assert f"#{attribute} = :{attribute}" in (PACKAGE / "simulated_carrier" / "records.py").read_text(encoding="utf-8")


def vars_of(action: object) -> dict[str, Any]:
    return {name: getattr(action, name) for name in type(action).__slots__}  # type: ignore[attr-defined]


# ---------------------------------------------------------------- queues


def test_the_dial_queue_is_fifo_in_high_throughput_mode_by_org() -> None:
    dial = resources(QUEUE)["DialQueue"]
    assert dial["QueueName"] == {"Fn::Sub": "${AWS::StackName}-dial.fifo"}
    assert dial["FifoQueue"] is True
    assert dial["DeduplicationScope"] == "messageGroup"
    assert dial["FifoThroughputLimit"] == "perMessageGroupId"
    assert "ContentBasedDeduplication" not in dial  # every hint has an id of its own


def test_only_the_dial_queue_and_its_dead_letters_are_fifo() -> None:
    fifo = {name for name, queue in resources(QUEUE).items() if queue.get("FifoQueue")}
    assert fifo == {"DialQueue", "DialDeadLetterQueue"}
    for name, queue in resources(QUEUE).items():
        assert queue["QueueName"]["Fn::Sub"].endswith(".fifo") == (name in fifo)


def test_every_queue_is_encrypted_and_delays_nothing_by_itself() -> None:
    for queue in resources(QUEUE).values():
        assert queue["SqsManagedSseEnabled"] is True
        assert "DelaySeconds" not in queue


def test_messages_are_sent_by_three_modules_and_delayed_on_standard_queues_only() -> None:
    """FIFO queues have no delay per message on AWS, though emulators accept one."""
    senders = defaultdict(set)
    for path in [*PACKAGE.rglob("*.py"), *(ROOT / "functions").rglob("*.py")]:
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and "send_message" in call.func.attr:
                named = {word.arg: ast.unparse(word.value) for word in call.keywords}
                is_delayed = "DelaySeconds" in ast.unparse(call)
                senders[path.name].add((named["QueueUrl"], is_delayed))
    assert dict(senders) == {
        "dial_queue.py": {("self._dial_url", False), ("self._wake_url", True)},
        "event_queue.py": {("self._url", True)},  # the simulated carrier's own
        "work_queue.py": {("self._url", True)},
    }


# ---------------------------------------------------------------- API


def test_the_gateway_has_exactly_the_routes_that_the_code_knows() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for route in routes():
        if route.function != "UnmatchedRouteFunction" and not route.path.startswith(CARRIER):
            found[route.path].add(route.method)
    assert dict(found) == {path: set(methods) for path, methods in ROUTES.items()}


def test_every_other_path_and_method_leads_to_the_function_that_says_so() -> None:
    """`any` would swallow the methods of longer paths; explicit ones leave the gateway nothing to answer."""
    unmatched = {(route.path, route.method) for route in routes() if route.function == "UnmatchedRouteFunction"}
    assert unmatched == {(path, method) for path in ("/", "/{proxy+}") for method in METHODS}


def test_every_method_is_explicit_and_every_route_has_one_function() -> None:
    assert {route.method for route in routes()} <= METHODS
    served = [(route.path, route.method) for route in routes()]
    assert len(set(served)) == len(served)


def test_a_function_serves_the_route_that_the_template_gives_it() -> None:
    for route in routes():
        if route.function == "UnmatchedRouteFunction":
            continue
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", route.function.removesuffix("Function")).lower()
        code = source.functions()[name].path.read_text(encoding="utf-8")
        powertools_path = re.sub(r"\{(\w+)\}", r"<\1>", route.path)
        assert re.search(rf'\.{route.method.lower()}\(\s*"{re.escape(powertools_path)}"', code)
        assert f"{route.method} {route.path}" in code.partition("\n")[0]


def test_the_stage_is_the_version_of_the_api() -> None:
    [api] = resources(API).values()
    assert api["StageName"] == "v1"


# ---------------------------------------------------------------- bucket


def test_the_bucket_is_private_encrypted_and_keeps_versions() -> None:
    bucket = template()["Resources"]["Bucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]


def test_the_bucket_takes_requests_over_tls_only() -> None:
    [statement] = template()["Resources"]["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_what_we_keep_in_the_bucket_for_a_while_is_forgotten_in_every_version() -> None:
    rules = template()["Resources"]["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules}
    assert days == {"requests/": 7, "exports/": 7, "uploads/": 30, "reports/": 30}
    for rule in rules:
        assert rule["Status"] == "Enabled"
        assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def test_every_output_is_named_as_the_tools_read_it() -> None:
    assert set(template()["Outputs"]) >= {"ApiUrl", "TableName", "BucketName", "DialQueueUrl"}
