"""The local stack: the real template on an emulated AWS, for development, the demo and the end-to-end tests.

    python -m tools.stack.local_stack up      start it, or bring what runs up to date; writes `.local/stack.json`
    python -m tools.stack.local_stack down    stop it and leave nothing behind

`running_stack()` gives a test or the demo a stack of its own, which never disturbs the one that `up` started.
"""

import fcntl
import json
import os
import signal
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from tools.bootstrap import LOCAL
from tools.stack import sam
from tools.stack.ministack import DEFAULT_PORT, DIRECT, REGION, LocalStackError, MiniStack, free_port, port_is_taken
from tools.stack.seed import SEEDED, seed_orgs

UP = MiniStack(home=LOCAL / "up", log=LOCAL / "ministack.log")
STACK_FILE = LOCAL / "stack.json"
IMPATIENT = {"CallLeaseSeconds": "8", "PostTimeoutSeconds": "3"}  # simulated calls last 3 s
WARMED_ROUTES = ("/simulated-carrier/calls", "/carrier-events/simulated")
WARM_WORKERS = 10  # an org's default concurrency limit
ARTIFACTS_BUCKET = "campanile-artifacts"


@dataclass(frozen=True)
class Stack:
    """A deployed local stack: where it is, and the keys of the two orgs it was seeded with."""

    api_url: str
    api_key: str
    org_id: str
    second_org_api_key: str
    osvi_api_token: str
    bucket: str
    table: str
    dial_queue_url: str
    aws_endpoint_url: str
    region: str

    @classmethod
    def load(cls, path: Path = STACK_FILE) -> "Stack":
        """The stack that `make up` left running; raises LocalStackError when there is none."""
        if not (UP.running and path.is_file()):
            raise LocalStackError("No local stack is running. Start it with `make up`.")
        return cls(**json.loads(path.read_text()))

    def save(self, path: Path = STACK_FILE) -> None:
        """Write it for `load` and for curl users; readable by the owner only, for it holds keys."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")

    def client(self, service: str) -> Any:
        """A boto3 client of the emulated AWS with root's rights; the user's own AWS settings play no part."""
        return aws_client(service, self.aws_endpoint_url)


def aws_client(service: str, endpoint: str) -> Any:
    """A boto3 client with dummy credentials that reads neither AWS_PROFILE nor ~/.aws nor a proxy setting."""
    unset = (None, None, None, None)
    nothing = (None, None, os.devnull, None)
    core = botocore.session.Session(
        session_vars={"profile": unset, "config_file": nothing, "credentials_file": nothing}
    )
    core.set_credentials("test", "test")
    open_client: Any = boto3.Session(region_name=REGION, botocore_session=core).client
    direct = Config(proxies={}, retries={"total_max_attempts": 2})
    return open_client(service, endpoint_url=endpoint, config=direct)


@contextmanager
def running_stack(*, auth: bool = True, parameters: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """A stack of its own on a free port, stopped at the end however that comes.

    `auth` enforces each function's IAM policy. `parameters` override the template's, e.g. a call's length.
    """
    stacks = LOCAL / "stacks"
    _sweep(stacks)
    stacks.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(dir=stacks))
    server = MiniStack(home=home / "server", log=home / "ministack.log")
    process = server.start(free_port(), auth=auth)
    try:
        yield _deploy(server, parameters or {}, None)
    finally:
        server.stop()
        process.wait()
        assert process.stdin is not None
        process.stdin.close()
    _sweep(stacks)


def up() -> None:
    """Start the stack, or bring the running one up to date with the sources; its keys stay valid."""
    with _only_one_command():
        started = not UP.running
        port = _choose_port() if started else UP.port
        try:
            if started:
                STACK_FILE.unlink(missing_ok=True)
                say(f"starting the emulated AWS (MiniStack) on http://localhost:{port}")
                UP.start(port, detached=True)
            known = Stack(**json.loads(STACK_FILE.read_text())) if STACK_FILE.is_file() else None
            stack = _deploy(UP, {}, known)
        except BaseException:
            if started:
                signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave it half stopped
                UP.stop()
                say("stopped it again; nothing is left running")
            raise
        stack.save()
    say(f"the API is at {stack.api_url}")
    say("its address and keys are in .local/stack.json, its log .local/ministack.log; `make down` stops it")


def down() -> None:
    """Stop what `up` started; doing it twice is fine."""
    with _only_one_command():
        STACK_FILE.unlink(missing_ok=True)
        say("stopped" if UP.stop() else "nothing was running")
    _sweep(LOCAL / "stacks")


def _choose_port() -> int:
    """CAMPANILE_PORT, else 4566, else a free one; raises LocalStackError when the wished one is taken."""
    wished = os.environ.get("CAMPANILE_PORT", "")
    if wished:
        if not wished.isdigit() or not 1024 <= int(wished) <= 65535:
            raise LocalStackError(f"CAMPANILE_PORT={wished} is no port number: give one from 1024 to 65535.")
        if port_is_taken(int(wished)):
            raise LocalStackError(
                f"Port {wished} (CAMPANILE_PORT) is used by another program. "
                f"Stop that program, or run `make up CAMPANILE_PORT=<another port>`."
            )
        return int(wished)
    if not port_is_taken(DEFAULT_PORT):
        return DEFAULT_PORT
    port = free_port()
    say(f"port {DEFAULT_PORT} is used by another program, so this stack gets {port}")
    return port


def _deploy(server: MiniStack, parameters: Mapping[str, str], known: Stack | None) -> Stack:
    """Deploy if the sources or parameters have changed since the last time; returns the stack, seeded."""
    endpoint = f"http://localhost:{server.port}"
    overrides = sam.host_parameters() | IMPATIENT | {"LocalEndpoint": endpoint} | dict(parameters)
    fingerprint = sam.stage(server.home / "stage") + json.dumps(overrides, sort_keys=True)
    deployed = server.home / "deployed"
    if known is not None and deployed.is_file() and deployed.read_text() == fingerprint:
        say("already up, and nothing has changed since")
        return known
    say("building and deploying template.yaml (about 15 seconds)")
    deployed.unlink(missing_ok=True)
    aws_client("s3", endpoint).create_bucket(Bucket=ARTIFACTS_BUCKET)
    sam.deploy_locally(server.home, endpoint, ARTIFACTS_BUCKET, overrides)
    stack = _describe(endpoint, known)
    _warm_up(stack.api_url)
    deployed.write_text(fingerprint)
    return stack


def _describe(endpoint: str, known: Stack | None) -> Stack:
    """The stack from its outputs, with the keys it had or, the first time, newly seeded ones."""
    described = aws_client("cloudformation", endpoint).describe_stacks(StackName=sam.STACK_NAME)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
    table = outputs["TableName"]
    if known is not None and known.table == table:
        keys = {name: getattr(known, name) for name in SEEDED}
    else:
        keys = seed_orgs(aws_client("dynamodb", endpoint), table)
    return Stack(
        api_url=outputs["ApiUrl"],
        bucket=outputs["BucketName"],
        table=table,
        dial_queue_url=outputs["DialQueueUrl"],
        aws_endpoint_url=endpoint,
        region=REGION,
        **keys,
    )


def _warm_up(api_url: str) -> None:
    """Start the workers of the routes that a first burst of calls needs ten of at once.

    Ten cold starts on two cores take longer than the carrier may take to answer (PostTimeoutSeconds). The requests
    are refused, for they carry no signature: nothing else happens.
    """
    routes = [api_url + route for route in WARMED_ROUTES for _ in range(WARM_WORKERS)]
    with ThreadPoolExecutor(max_workers=len(routes)) as pool:
        list(pool.map(_refused_request, routes))


def _refused_request(url: str) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data=b"{}", headers=headers)  # noqa: S310 - our own http URL
    try:
        DIRECT.open(request, timeout=60).close()
    except urllib.error.HTTPError as refusal:
        refusal.close()


def _sweep(stacks: Path) -> None:
    """Remove the folders of stacks whose server is gone, e.g. of a test run that was killed."""
    for home in stacks.glob("*"):
        server = MiniStack(home=home / "server", log=home / "ministack.log")
        if (home / "server" / "lock").exists() and not server.running:
            server.stop()
        if not (home / "server").exists():
            server.log.unlink(missing_ok=True)
            home.rmdir()


@contextmanager
def _only_one_command() -> Iterator[None]:
    """Let one `up` or `down` run at a time."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another `make up` or `make down` is at work; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def say(text: str) -> None:
    """Tell the person at the terminal what goes on."""
    print(f"[stack] {text}", flush=True)


def _stop_like_ctrl_c(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    """Exit code 0, 1 when it could not be done, 2 for a wrong command, 130 when interrupted."""
    commands = {"up": up, "down": down}
    if len(arguments) != 1 or arguments[0] not in commands:
        print(__doc__, file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop_like_ctrl_c)
    try:
        commands[arguments[0]]()
    except LocalStackError as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
