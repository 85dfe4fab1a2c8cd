"""The path of a request as its caller meant it, whatever front door passed it on.

A REST API passes a path and its parameters on as the client sent them, percent-encoded. An HTTP API decodes the
parameters first, and MiniStack decodes the path too. Both mark their events with a `version`; a REST API has none.
Recorded on AWS: localstack/localstack tests/aws/services/apigateway/test_apigateway_lambda.snapshot.json (REST),
aws/aws-lambda-dotnet Tools/LambdaTestTool-v2, snapshots V1_SpecialCharactersInPathRest and ...HttpV1 (both).
"""

from urllib.parse import quote, unquote

from campanile.domain import errors
from campanile.edge.gateway_event import Event

ANY_PATH = "/{proxy+}"
"""The resource of a path that no other resource matches."""


def parameters(event: Event) -> dict[str, str]:
    """The path parameters, decoded exactly once. Raises MalformedError when they are not UTF-8."""
    given: dict[str, str] = event.get("pathParameters") or {}
    try:
        if "version" not in event:
            given = {name: unquote(value, errors="strict") for name, value in given.items()}
        for value in given.values():
            value.encode()
    except UnicodeError:
        raise errors.MalformedError(
            "The path is not UTF-8 text. Percent-encode each id as UTF-8, as encodeURIComponent does."
        ) from None
    return given


def routed(event: Event) -> str:
    """The path as the route spells it, without stage and base path; each parameter percent-encoded once."""
    path: str = event["resource"]
    for name, value in parameters(event).items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path


def below_the_base(event: Event) -> str:
    """The path without stage and base path: the resource, or what was sent where only `/{proxy+}` matches.

    Its parameters are named, not filled in, so it can be logged and quoted.
    """
    resource: str = event["resource"]
    if resource != ANY_PATH:
        return resource
    return "/" + str((event.get("pathParameters") or {}).get("proxy", ""))


def has_trailing_slash(event: Event) -> bool:
    """Whether the path ends with a slash that belongs to no resource: a REST API ignores it when it routes."""
    return event["resource"] != "/" and str(event["path"]).endswith("/")
