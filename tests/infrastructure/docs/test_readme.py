"""README, API and simulated carrier against the code: scopes, magic numbers, and what a deployment creates."""

import re
from collections import Counter

from campanile.simulated_carrier.behaviour import DISTRIBUTION, MAGIC
from tests.support import source
from tests.support.documents import codes, table, text
from tests.support.template import event_types, folder, resources, routes, template


def _scopes(function: str) -> frozenset[str] | None:
    scopes: frozenset[str] | None = source.app(function).handler.accepted_scopes
    return scopes


def test_each_route_takes_the_scope_that_the_document_names() -> None:
    functions = {name: folder(one) for name, one in resources("AWS::Serverless::Function").items()}
    serving = {(route.method, route.path): functions[route.function] for route in routes()}
    for row in table("docs/api.md", "Method", "Path", "Scope"):
        accepted = _scopes(serving[row[0], codes(row[1])[0]])
        match row[2]:
            case "a signature" | "none":
                assert accepted is None, row
            case "any credential":
                assert accepted == frozenset(), row
            case scope:
                assert accepted, row
                assert scope in accepted, row


def test_the_magic_numbers_are_those_of_the_carrier() -> None:
    listed = [[int(end) for end in re.findall("[0-9]+", row[0])] for row in table("docs/simulated-carrier.md", "NN")]
    assert listed == [[digits[0], digits[-1]] if len(digits) > 1 else [digits[0]] for digits in MAGIC.values()]


def test_the_share_of_answered_calls_is_the_carriers() -> None:
    assert f"({DISTRIBUTION['answered']} % answered)" in text("docs/simulated-carrier.md")  # type: ignore[index]  # a StrEnum


def test_a_deployment_creates_what_the_readme_says() -> None:
    kinds = Counter(one["Type"] for one in template()["Resources"].values())
    schedules = sum("Schedule" in event_types(one) for one in resources("AWS::Serverless::Function").values())
    sentence = (
        f"{kinds['AWS::Serverless::Function']} functions, {kinds['AWS::DynamoDB::Table']} tables, "
        f"{kinds['AWS::SQS::Queue']} queues"
    )
    assert sentence in " ".join(text("README.md").split())
    ones = ("AWS::Serverless::Api", "AWS::S3::Bucket", "AWS::SecretsManager::Secret", "AWS::Logs::LogGroup")
    assert ([kinds[one] for one in ones], schedules) == ([1] * len(ones), 1)


def test_the_readme_is_read_in_five_minutes() -> None:
    assert len(text("README.md").splitlines()) <= 150
