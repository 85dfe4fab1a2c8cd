"""The example events: one for every function, true to what AWS sends, and understood by the function itself."""

import json
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parser.models import (
    APIGatewayProxyEventModel,
    EventBridgeModel,
    S3Model,
    SqsModel,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws

from campanile.adapters.dial_queue import parse_hint
from campanile.adapters.work_queue import ExportOrder, ImportOrder, order_of
from campanile.domain.campaign import Campaign
from campanile.domain.configuration import Configuration
from campanile.domain.lifecycle import CampaignStatus
from campanile.domain.times import instant
from campanile.edge import wiring
from campanile.edge.wiring import files, foundation
from campanile.simulated_carrier import wiring as carrier_wiring
from campanile.simulated_carrier.event_queue import due_event
from campanile.store import campaigns, configurations, credentials, orgs
from campanile.telephony.callback import CallReference, sign_reference
from campanile.telephony.signing import bearer_token, sign_event
from tests.support import source
from tests.support.events import EVENTS, load_event
from tests.support.template import FUNCTION, event_types, fallbacks, folder, resources, routes, table_definition

FUNCTIONS = {folder(function): (name, function) for name, function in resources(FUNCTION).items()}
INVOKED_BY_HAND = {"carrier_report"}
BEHIND_THE_API = sorted(name for name, (_, one) in FUNCTIONS.items() if event_types(one) == {"Api"})
BEHIND_A_QUEUE = sorted(name for name, (_, one) in FUNCTIONS.items() if event_types(one) == {"SQS"})
SECRET = "a secret of sixty-four characters, as the template generates one"
CAMPAIGN_ID = load_event("start_campaign")["pathParameters"]["campaign_id"]
CONFIGURATION_ID = load_event("get_configuration")["pathParameters"]["config_id"]
ROOTS = [import_module(f"{wiring.__name__}.{part.name}") for part in pkgutil.iter_modules(wiring.__path__)]
ROOTS.append(carrier_wiring)
CSV = b"phone,first_name\n+14155550123,Ada\n+14155550199,Grace\n"


# ---------------------------------------------------------------- true to AWS


def test_every_function_has_one_event_and_every_event_its_function() -> None:
    assert sorted(path.stem for path in EVENTS.iterdir()) == sorted(FUNCTIONS)


def test_no_event_carries_a_secret_of_anybodys() -> None:
    for path in EVENTS.iterdir():
        assert not re.search(r"AKIA|ASIA|ak_(?!0{0,1}123456789abcdef\.replace)", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", BEHIND_THE_API)
def test_an_api_event_is_one_of_a_rest_api_and_of_a_route_of_its_function(name: str) -> None:
    event = load_event(name)
    APIGatewayProxyEventModel.model_validate(event)
    served = {(one.method, one.path) for one in [*routes(), *fallbacks()] if one.function == FUNCTIONS[name][0]}
    assert {(event["httpMethod"], event["resource"]), ("ANY", event["resource"])} & served
    path = event["resource"]
    for key, value in (event["pathParameters"] or {}).items():
        path = path.replace(f"{{{key}}}", value).replace(f"{{{key}+}}", value)
    assert event["path"] == path
    assert event["requestContext"]["path"] == f"/v1{path}"
    assert event["requestContext"]["resourcePath"] == event["resource"]
    assert {name: [value] for name, value in event["headers"].items()} == event["multiValueHeaders"]


@pytest.mark.parametrize("name", BEHIND_A_QUEUE)
def test_a_queue_event_is_one_of_sqs_and_within_the_functions_batch_size(name: str) -> None:
    event = load_event(name)
    SqsModel.model_validate(event)
    [source] = FUNCTIONS[name][1]["Events"].values()
    assert len(event["Records"]) <= source["Properties"]["BatchSize"]
    queue = resources("AWS::SQS::Queue")[source["Properties"]["Queue"]["Fn::GetAtt"][0]]["QueueName"]["Fn::Sub"]
    for record in event["Records"]:
        assert record["eventSourceARN"].rpartition(":")[2] == queue.replace("${AWS::StackName}", "campanile")
        is_fifo = queue.endswith(".fifo")
        assert {"MessageGroupId", "MessageDeduplicationId", "SequenceNumber"} <= set(
            record["attributes"]
        ) or not is_fifo


@pytest.mark.parametrize("name", ["dial", "wake"])
def test_a_queued_hint_is_a_hint_for_the_org_of_its_group(name: str) -> None:
    for record in load_event(name)["Records"]:
        hint = parse_hint(record["body"])
        assert record["attributes"].get("MessageGroupId", hint.org) == hint.org


def test_a_queued_carrier_event_is_one_the_carrier_knows() -> None:
    for record in load_event("carrier_deliver")["Records"]:
        assert due_event(record["body"]).type == "call.ended"


def test_the_event_of_a_dropped_file_is_one_of_s3() -> None:
    event = load_event("import_csv")
    S3Model.model_validate(event)
    [record] = event["Records"]
    assert record["eventName"].startswith("ObjectCreated:")
    sources = [source["Properties"] for source in FUNCTIONS["import_csv"][1]["Events"].values()]
    assert {source["Events"] for source in sources} == {"s3:ObjectCreated:*"}
    suffixes = [rule["Value"] for source in sources for rule in source["Filter"]["S3Key"]["Rules"]]
    assert record["s3"]["object"]["key"].endswith(tuple(suffixes))


def test_the_event_of_the_tick_is_one_of_eventbridge() -> None:
    assert EventBridgeModel.model_validate(load_event("tick")).detail_type == "Scheduled Event"


# ---------------------------------------------------------------- understood


class Context(LambdaContext):
    """What Lambda passes beside the event."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 800_000


class World:
    """The stack's resources on moto, with an org whose campaign the events are about."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        dynamodb, sqs, s3 = boto3.client("dynamodb"), boto3.client("sqs"), boto3.client("s3")
        dynamodb.create_table(TableName="table", **table_definition("Table"))
        dynamodb.create_table(TableName="carrier", **table_definition("CarrierTable"))
        boto3.client("secretsmanager").create_secret(Name="campanile/deployment", SecretString=SECRET)
        self.dial_url = sqs.create_queue(QueueName="dial.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        self.environment = {
            "TABLE_NAME": "table",
            "DIAL_QUEUE_URL": self.dial_url,
            "WAKE_QUEUE_URL": sqs.create_queue(QueueName="wake")["QueueUrl"],
            "WORK_QUEUE_URL": sqs.create_queue(QueueName="work")["QueueUrl"],
            "BUCKET": load_event("import_csv")["Records"][0]["s3"]["bucket"]["name"],
            "SECRET_ID": "campanile/deployment",
            "CARRIER_TABLE": "carrier",
            "CARRIER_QUEUE_URL": sqs.create_queue(QueueName="carrier")["QueueUrl"],
            "API_URL": "https://api.example/v1",
            "CARRIER_URL": "https://api.example/v1/simulated-carrier",
        }
        for name, value in self.environment.items():
            monkeypatch.setenv(name, value)
        self.api_key = self._people()
        self.osvi_token = credentials.create_osvi_token(foundation.table(), "acme", foundation.clock().now_ms())
        self.version = self._file(s3)

    def _people(self) -> str:
        table, now = foundation.table(), foundation.clock().now_ms()
        for org in ("acme", "globex"):
            orgs.create(table, org, now)
        configuration = Configuration(CONFIGURATION_ID, "Never", created_at=now, updated_at=now)
        configurations.insert(table, "acme", configuration)
        campaigns.insert(
            table,
            Campaign(
                org="acme",
                key=CAMPAIGN_ID,
                id=CAMPAIGN_ID,
                status=CampaignStatus.ACTIVE,
                priority=1,
                configuration_id=CONFIGURATION_ID,
                name="Renewals",
                number=orgs.next_campaign_number(table, "acme"),
                external_id="renewals",
                created_at=now,
                updated_at=now,
            ),
        )
        return credentials.create_api_key(table, "acme", credentials.ALL_SCOPES, now)

    def _file(self, s3: Any) -> str:
        bucket = load_event("import_csv")["Records"][0]["s3"]["bucket"]["name"]
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        return str(s3.put_object(Bucket=bucket, Key="acme/renewals/July leads (final).csv", Body=CSV)["VersionId"])

    def event(self, name: str) -> dict[str, Any]:
        """The event as it stands, with the secrets of this world in the places that say `replace-with-…`."""
        event = load_event(name)
        if name == "import_csv":
            event["Records"][0]["s3"]["object"]["versionId"] = self.version
        elif name == "work":
            received = boto3.client("sqs").receive_message(QueueUrl=self.environment["WORK_QUEUE_URL"])
            for message in received.get("Messages", []):
                event["Records"][0] |= {"receiptHandle": message["ReceiptHandle"], "body": message["Body"]}
        elif name == "receive_carrier_event":
            reference = CallReference("acme", 0, CAMPAIGN_ID, "contact", json.loads(event["body"])["attempt_id"])
            event["multiValueQueryStringParameters"] = {"ref": [sign_reference(reference, SECRET)]}
            event["queryStringParameters"] = {"ref": sign_reference(reference, SECRET)}
            event["headers"] |= sign_event(SECRET, "id", instant(foundation.clock().now_ms()), event["body"])
        elif name.startswith("carrier_") and "headers" in event:
            event["headers"]["Authorization"] = f"Bearer {bearer_token(SECRET)}"
        elif "API-Token" in event.get("headers", {}):
            event["headers"]["API-Token"] = self.osvi_token
        elif "headers" in event:
            event["headers"]["Authorization"] = f"Bearer {self.api_key}"
        return event

    def invoke(self, name: str) -> Any:
        return source.app(name).handler(self.event(name), Context())


def forget(*modules: ModuleType) -> None:
    """Drop what the composition roots keep."""
    for module in modules:
        for made in vars(module).values():
            if callable(clear := getattr(made, "cache_clear", None)):
                clear()
    parameters.clear_caches()  # type: ignore[no-untyped-call]  # Powertools leaves it untyped


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    forget(*ROOTS)
    with mock_aws():
        yield World(monkeypatch)
    forget(*ROOTS)


LIFE_OF_A_CAMPAIGN = {
    # function: the status of its answer, one after another
    "list_timezones": 200,
    "create_configuration": 201,
    "list_configurations": 200,
    "get_configuration": 200,
    "update_configuration": 200,
    "delete_configuration": 409,
    "create_campaign": 201,
    "list_campaigns": 200,
    "get_campaign": 200,
    "update_campaign": 200,
    "put_concurrency_settings": 200,
    "get_concurrency_settings": 200,
    "upsert_contacts": 200,
    "list_contacts": 200,
    "get_contact": 200,
    "report_attempt": 404,
    "carrier_place": 201,
    "carrier_look_up": 200,
    "receive_carrier_event": 200,
    "get_stats": 200,
    "list_imports": 200,
    "create_import": 201,
    "preview_import": 200,
    "get_import": 404,
    "get_export": 202,
    "create_agent": 201,
    "list_agents": 200,
    "get_agent": 200,
    "osvi_add_contacts": 201,
    "osvi_get_status": 200,
    "osvi_add_dnd_number": 201,
    "osvi_list_dnd_numbers": 200,
    "osvi_delete_dnd_number": 200,
    "update_agent": 200,
    "delete_agent": 409,
    "delete_contact": 204,
    "add_do_not_call": 200,
    "list_do_not_call": 200,
    "check_do_not_call": 200,
    "delete_do_not_call": 204,
    "create_do_not_call_import": 201,
    "list_do_not_call_imports": 200,
    "get_do_not_call_import": 404,
    "pause_campaign": 200,
    "start_campaign": 200,
    "release_contacts": 200,
    "close_campaign": 200,
    "get_openapi": 200,
    "get_reference": 200,
    "unmatched_route": 405,
}
PUBLIC = {"get_openapi": 200, "get_reference": 200, "unmatched_route": 405}


def test_the_api_events_one_after_another_are_the_life_of_a_campaign(world: World) -> None:
    assert sorted(LIFE_OF_A_CAMPAIGN) == BEHIND_THE_API
    answers = {name: world.invoke(name)["statusCode"] for name in LIFE_OF_A_CAMPAIGN}
    assert answers == LIFE_OF_A_CAMPAIGN


def test_without_its_credential_every_api_event_is_refused(world: World) -> None:
    statuses = {}
    for name in BEHIND_THE_API:
        event = load_event(name)
        event["headers"]["Authorization"] = "Bearer ak_nobody.nothing"
        statuses[name] = source.app(name).handler(event, Context())["statusCode"]
    assert statuses == dict.fromkeys(BEHIND_THE_API, 401) | PUBLIC


def test_the_hints_of_the_example_are_served(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.invoke("dial")
    logged = [vars(record) for record in caplog.records]
    assert [(one["action"], one["org"], one["locked"]) for one in logged] == [
        ("pass", "acme", 0),
        ("pass", "globex", 0),
    ]


def test_a_wake_becomes_a_hint_now(world: World) -> None:
    assert world.invoke("wake") == {"batchItemFailures": []}
    [message] = boto3.client("sqs").receive_message(QueueUrl=world.dial_url)["Messages"]
    assert parse_hint(message["Body"]).cause == "contact_due"


def test_the_tick_hints_every_org_with_work_due(world: World) -> None:
    world.invoke("upsert_contacts")
    assert world.invoke("tick") == {"hints": 1}


def test_the_dropped_file_becomes_contacts(world: World) -> None:
    world.invoke("import_csv")
    assert world.invoke("work") == {"batchItemFailures": []}
    [report] = json.loads(world.invoke("list_imports")["body"])["imports"]
    assert (report["file_name"], report["status"]) == ("July leads (final).csv", "completed")
    assert report["counts"]["inserted"] == 2


def test_a_started_export_is_written_and_can_be_fetched(world: World) -> None:
    world.invoke("upsert_contacts")
    world.invoke("get_export")
    assert world.invoke("work") == {"batchItemFailures": []}
    asked = {**world.event("get_export"), "queryStringParameters": None, "multiValueQueryStringParameters": None}
    answer = source.app("get_export").handler(asked, Context())
    report = json.loads(answer["body"])
    assert (answer["statusCode"], report["status"], report["rows"]) == (200, "completed", report["total"])
    link = urlsplit(report["url"])
    assert link.netloc.startswith(world.environment["BUCKET"])
    assert parse_qs(link.query)["response-content-disposition"][0].startswith(
        "attachment; filename*=UTF-8''renewals%20"
    )
    kept = boto3.client("s3").get_object(Bucket=world.environment["BUCKET"], Key=link.path.removeprefix("/"))
    assert kept["Body"].read().startswith(b"\xef\xbb\xbfid,external_id,phone,")


def test_a_message_about_work_that_is_over_does_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    order = order_of(load_event("work")["Records"][0]["body"])
    assert isinstance(order, ImportOrder)
    files.work_queue().send_import(order.job)
    assert world.invoke("work") == {"batchItemFailures": []}
    files.work_queue().send_export(ExportOrder("acme", CAMPAIGN_ID, "an export of long ago"))
    assert world.invoke("work") == {"batchItemFailures": []}
    logged = [vars(record) for record in caplog.records]
    assert [(one["action"], one["again"]) for one in logged] == [("import", True), ("export", True)]


def test_a_message_that_names_no_work_comes_again_until_it_is_kept_for_the_operator(world: World) -> None:
    boto3.client("sqs").send_message(QueueUrl=world.environment["WORK_QUEUE_URL"], MessageBody="{}")
    [failed] = world.invoke("work")["batchItemFailures"]
    assert failed["itemIdentifier"] == load_event("work")["Records"][0]["messageId"]


def test_an_event_of_no_call_is_let_go_and_the_report_is_empty(world: World) -> None:
    assert world.invoke("carrier_deliver") == {"batchItemFailures": []}
    assert world.invoke("carrier_report")["calls"] == 0
