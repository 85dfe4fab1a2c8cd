"""Every function of the template: its folder, its rights, its log, and where its failures go."""

import re
from dataclasses import fields
from typing import Any

import pytest

from campanile.contacts import export_contacts
from campanile.domain.limits import Limits
from campanile.edge.settings import ALLOWED_ORIGINS, Settings
from campanile.imports import work
from tests.support.template import (
    API,
    FUNCTION,
    QUEUE,
    ROOT,
    environment,
    event_types,
    folder,
    referred,
    resources,
    setting,
    statements,
    template,
)

FUNCTIONS = resources(FUNCTION)
WITHOUT_RIGHTS = {"GetOpenapiFunction", "GetReferenceFunction", "UnmatchedRouteFunction"}
"""Functions that touch nothing but their own request."""
WILDCARDS = {"sqs:SendMessage*"}
"""MiniStack checks for SendMessageBatch as well, which AWS does not know as an action. No other wildcard is allowed."""
GATEWAY_SECONDS = 29

each_function = pytest.mark.parametrize("name", FUNCTIONS)


def parameter(name: str) -> Any:
    return template()["Parameters"][name]


# ---------------------------------------------------------------- folders


def test_every_folder_is_one_function_and_every_function_has_its_folder() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/*/app.py")}
    assert sorted(folder(function) for function in FUNCTIONS.values()) == sorted(folders)


def test_a_folder_of_functions_holds_one_file() -> None:
    for path in (ROOT / "functions").glob("*/[a-z]*"):
        assert [one.name for one in path.iterdir() if one.name != "__pycache__"] == ["app.py"]


@each_function
def test_a_function_is_named_after_its_folder(name: str) -> None:
    words = folder(FUNCTIONS[name]).split("_")
    assert name == "".join(word.capitalize() for word in words) + "Function"


@each_function
def test_a_function_says_only_what_differs_from_the_others(name: str) -> None:
    shared = template()["Globals"]["Function"]
    repeated = {key for key, value in FUNCTIONS[name].items() if key in shared and shared[key] == value}
    assert not repeated


# ---------------------------------------------------------------- rights


@each_function
def test_a_function_has_rights_of_its_own_or_needs_none(name: str) -> None:
    assert bool(list(statements(FUNCTIONS[name]))) != (name in WITHOUT_RIGHTS)


@each_function
def test_rights_name_actions_and_resources_one_by_one(name: str) -> None:
    for statement in statements(FUNCTIONS[name]):
        assert statement["Effect"] == "Allow"
        assert set(statement) <= {"Sid", "Effect", "Action", "Resource", "Condition"}
        for action in as_list(statement["Action"]):
            assert action in WILDCARDS or re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action)
        for resource in as_list(statement["Resource"]):
            assert resource != "*"
            assert not re.match(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:\*", str(resource))
            assert names_something_of_ours(resource)


@each_function
def test_no_function_may_read_a_whole_table_or_administer_anything(name: str) -> None:
    actions = {action for one in statements(FUNCTIONS[name]) for action in as_list(one["Action"])}
    powerful = {action for action in actions if re.search(r":(Scan|Create|Delete(?!Item)|Put(?!Item)|Tag)", action)}
    assert powerful <= {"s3:PutObject"}


@each_function
def test_a_function_may_write_only_into_prefixes_of_our_own(name: str) -> None:
    for statement in statements(FUNCTIONS[name]):
        if "s3:PutObject" in as_list(statement["Action"]):
            assert folder_of_bucket(statement["Resource"]) in {"/requests/*", "/uploads/*", "/reports/*", "/exports/*"}


def test_what_signs_links_to_exports_sees_no_other_file() -> None:
    rights = statements(FUNCTIONS["GetExportFunction"])
    of_bucket = [one for one in rights if "s3:GetObject" in as_list(one["Action"])]
    assert [folder_of_bucket(one["Resource"]) for one in of_bucket] == ["/exports/*"]


@each_function
def test_only_functions_that_change_something_may_write(name: str) -> None:
    """A GET route and the tick read; their code could not write if it wanted to. Asking for an export begins one."""
    function = FUNCTIONS[name]
    methods = {event["Properties"].get("Method") for event in function.get("Events", {}).values()}
    reads_only = methods == {"get"} or folder(function) in ("tick", "wake")
    main_table = [
        action
        for statement in statements(function)
        if "Table" in referred(statement["Resource"])
        for action in as_list(statement["Action"])
    ]
    if reads_only:
        begins = {"dynamodb:PutItem"} if folder(function) == "get_export" else set()
        assert set(main_table) <= {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"} | begins


@each_function
def test_the_simulated_carrier_and_the_platform_have_no_right_to_each_others_tables(name: str) -> None:
    tables = {table for one in statements(FUNCTIONS[name]) for table in referred(one["Resource"])}
    assert not {"Table", "CarrierTable"} <= tables
    assert ("CarrierTable" in tables) == folder(FUNCTIONS[name]).startswith("carrier_")


def folder_of_bucket(resource: Any) -> str:
    """What follows the bucket's ARN in the resource of a policy."""
    arn, rest = resource["Fn::Join"][1]
    assert arn == template()["Metadata"]["Names"]["BucketArn"]
    return str(rest)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def names_something_of_ours(resource: Any) -> bool:
    return bool(referred(resource) - {"AWS::Partition", "AWS::Region", "AWS::AccountId"})


@each_function
def test_each_policy_is_written_once_in_the_metadata(name: str) -> None:
    named = template()["Metadata"]["Policies"].values()
    assert all(policy in named for policy in FUNCTIONS[name].get("Policies", []))


def test_every_policy_and_every_other_named_value_is_used() -> None:
    above, _, below = (ROOT / "template.yaml").read_text(encoding="utf-8").partition("\nParameters:\n")
    named = re.findall(r" &([\w-]+) ?", above)
    used = set(re.findall(r"(?<=[ \[])\*([\w-]+)", above + below))
    assert set(named) == used
    assert not re.search(r" &\w", below)


# ---------------------------------------------------------------- logs


@each_function
def test_a_function_logs_where_logs_are_kept_for_a_while_only(name: str) -> None:
    group = setting(FUNCTIONS[name], "LoggingConfig")["LogGroup"]
    groups = resources("AWS::Logs::LogGroup")
    assert groups[group["Ref"]]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert parameter("LogRetentionDays")["Default"] > 0


# ---------------------------------------------------------------- failures


@each_function
def test_what_an_asynchronous_invocation_gives_up_on_is_kept(name: str) -> None:
    function = FUNCTIONS[name]
    if event_types(function) & {"S3", "Schedule"}:
        destination = function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
        assert destination["Type"] == "SQS"
        assert destination["Destination"]["Fn::GetAtt"][0] in resources(QUEUE)


@each_function
def test_what_a_queue_gives_up_on_is_kept(name: str) -> None:
    for queue in queues_feeding(name):
        redrive = resources(QUEUE)[queue]["RedrivePolicy"]
        dead_letters = resources(QUEUE)[redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]]
        assert redrive["maxReceiveCount"] >= 3
        assert dead_letters.get("FifoQueue", False) == resources(QUEUE)[queue].get("FifoQueue", False)
        assert dead_letters["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_the_worker_knows_its_last_try_and_gets_one_more_message_if_that_was_killed() -> None:
    assert resources(QUEUE)["WorkQueue"]["RedrivePolicy"]["maxReceiveCount"] == work.TRIES + 1


def test_an_export_counts_as_stalled_only_when_nobody_can_be_writing_it() -> None:
    """A worker holds its message until it is killed, at the latest, and then for one more lease."""
    held = setting(FUNCTIONS["WorkFunction"], "Timeout") + work.LEASE_SECONDS
    longest = max(held, resources(QUEUE)["WorkQueue"]["VisibilityTimeout"])
    assert 1_000 * longest * work.TRIES < export_contacts.STALLED_MS


@each_function
def test_of_a_batch_from_a_standard_queue_only_what_failed_comes_again(name: str) -> None:
    for event in FUNCTIONS[name].get("Events", {}).values():
        if event["Type"] == "SQS" and not resources(QUEUE)[queue_of(event)].get("FifoQueue"):
            assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def queues_feeding(name: str) -> list[str]:
    return [queue_of(event) for event in FUNCTIONS[name].get("Events", {}).values() if event["Type"] == "SQS"]


def queue_of(event: dict[str, Any]) -> str:
    return str(event["Properties"]["Queue"]["Fn::GetAtt"][0])


# ---------------------------------------------------------------- times


@each_function
def test_a_function_of_the_api_times_out_before_the_gateway_does(name: str) -> None:
    if "Api" in event_types(FUNCTIONS[name]):
        assert setting(FUNCTIONS[name], "Timeout") <= GATEWAY_SECONDS


@each_function
def test_a_message_stays_hidden_for_as_long_as_its_function_may_take(name: str) -> None:
    for queue in queues_feeding(name):
        assert resources(QUEUE)[queue]["VisibilityTimeout"] > setting(FUNCTIONS[name], "Timeout")


def test_a_lock_outlasts_the_worker_that_took_it() -> None:
    dial = FUNCTIONS["DialFunction"]
    assert "LOCK_LEASE_SECONDS" not in environment(dial)
    lease = Settings(table_name="table").limits.lock_lease
    assert setting(dial, "Timeout") < lease <= 150  # G4: recovered within 150 s


def test_the_dialer_knows_its_own_time_out() -> None:
    dial = FUNCTIONS["DialFunction"]
    assert int(environment(dial)["DIAL_TIMEOUT_SECONDS"]) == setting(dial, "Timeout")


def test_there_is_time_to_see_the_last_lock_through_whatever_the_post_time_out() -> None:
    longest_post = parameter("PostTimeoutSeconds")["MaxValue"]
    limits = Limits(worker=setting(FUNCTIONS["DialFunction"], "Timeout"), post_timeout=longest_post)
    assert limits.longest_pass <= limits.latest_lock


def test_the_carrier_holds_a_response_longer_than_the_platform_waits() -> None:
    place = FUNCTIONS["CarrierPlaceFunction"]
    hold = int(environment(place)["HOLD_SECONDS"])
    assert parameter("PostTimeoutSeconds")["MaxValue"] < hold < setting(place, "Timeout")


def test_a_simulated_call_is_no_longer_than_a_message_can_be_delayed() -> None:
    assert parameter("SimulatedCallSeconds")["MaxValue"] < 900


# ---------------------------------------------------------------- environment


@each_function
def test_every_variable_is_one_that_the_code_reads(name: str) -> None:
    settings = {field.name.upper() for field in fields(Settings)}
    text = (ROOT / "layers/common/campanile/simulated_carrier/wiring.py").read_text(encoding="utf-8")
    of_carrier = set(re.findall(r'os\.environ(?:\.get\(|\[)"([A-Z_]+)"', text))
    assert of_carrier
    unknown = set(environment(FUNCTIONS[name])) - settings - of_carrier - {ALLOWED_ORIGINS}
    assert {one for one in unknown if not one.startswith("POWERTOOLS_")} == set()


@each_function
def test_a_function_that_the_api_refers_to_does_not_refer_back(name: str) -> None:
    """SAM writes these functions' ARNs into the API's body: CloudFormation refuses the circle, linters do not."""
    function = FUNCTIONS[name]
    if "Api" in event_types(function):
        rest = {key: value for key, value in function.items() if key != "Events"}
        assert not resources(API).keys() & referred([rest, environment(function)])


def test_no_function_that_the_bucket_refers_to_refers_back() -> None:
    function = FUNCTIONS["ImportCsvFunction"]
    rest = {key: value for key, value in function.items() if key != "Events"}
    assert "Bucket" not in referred([rest, environment(function)])
