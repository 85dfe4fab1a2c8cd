"""The DynamoDB client that production's `Table` works with: the engine, behind a network and an SDK with faults.

Every request takes time before and after its effect. As on AWS, an item is busy from the beginning of a transaction
on it to its end, and the SDK repeats what was throttled or got no answer: a transaction under the same token, any
other write plainly again, so that a condition may meet its own first effect.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from tests.dynamodb_engine.engine import Engine
from tests.simulation.chronicle import Chronicle, keys_of
from tests.simulation.faults import Fault, Faults
from tests.simulation.scheduler import Process, Scheduler

Key = tuple[str, str]
SDK_ATTEMPTS = 4
ENDPOINT = "https://dynamodb"


class Client:
    """Stands in for boto3's client."""

    def __init__(self, engine: Engine, scheduler: Scheduler, faults: Faults, chronicle: Chronicle) -> None:
        self._engine = engine
        self._scheduler = scheduler
        self._faults = faults
        self._chronicle = chronicle
        self._busy: Counter[Key] = Counter()

    def get_item(self, **request: Any) -> Any:
        return self._send("get_item", request, (1, 5), lambda: self._engine.get_item(**request))

    def query(self, **request: Any) -> Any:
        return self._send("query", request, (1, 5), lambda: self._engine.query(**request))

    def batch_get_item(self, **request: Any) -> Any:
        return self._send("batch_get_item", request, (1, 5), lambda: self._batch_get(request))

    def put_item(self, **request: Any) -> Any:
        return self._send("put_item", request, (2, 8), lambda: self._write("put_item", request, request["Item"]))

    def update_item(self, **request: Any) -> Any:
        return self._send("update_item", request, (2, 8), lambda: self._write("update_item", request, request["Key"]))

    def delete_item(self, **request: Any) -> Any:
        return self._send("delete_item", request, (2, 8), lambda: self._write("delete_item", request, request["Key"]))

    def transact_write_items(self, **request: Any) -> Any:
        done: list[bool] = []  # what the token that the SDK makes is for: a repeated transaction is done once

        def transact() -> Any:
            if not done:
                self._transact(request)
                done.append(True)
            return {}

        return self._send("transact_write_items", request, (2, 6), transact)

    def _send(
        self, operation: str, request: Mapping[str, Any], latency: tuple[int, int], act: Callable[[], Any]
    ) -> Any:
        """What the SDK does with one request: send it, and again when it was throttled or got no answer."""
        process = self._process
        is_throttled_out = self._faults.strikes(self._faults.profile.throttle / 10)
        self._faults.before_request(process)
        for attempt in range(1, SDK_ATTEMPTS + 1):
            is_last = attempt == SDK_ATTEMPTS
            self._scheduler.pause(self._faults.between(*latency))
            if is_throttled_out or (not is_last and self._faults.strikes(self._faults.profile.throttle)):
                self._throttle(operation, process, is_last)
                continue
            if not is_last and self._faults.strikes(self._faults.profile.lost / 2):
                self._lose(process, Fault.LOST_REQUEST_REPEATED, Fault.LOST_REQUEST)
                continue
            answer, error = self._outcome(operation, request, act)
            if not is_last and self._faults.strikes(self._faults.profile.lost / 2):
                self._lose(process, Fault.LOST_RESPONSE_REPEATED, Fault.LOST_RESPONSE)
                continue
            self._faults.after_request(process)
            self._scheduler.pause(self._faults.between(*latency))
            if error is not None:
                raise error
            return answer
        raise AssertionError("the last attempt answers or raises")

    def _outcome(
        self, operation: str, request: Mapping[str, Any], act: Callable[[], Any]
    ) -> tuple[Any, ClientError | None]:
        try:
            answer = act()
        except ClientError as refused:
            self._chronicle.note(operation, request, f"-> {_named(refused)}")
            return None, refused
        self._chronicle.note(operation, request)
        return answer, None

    def _throttle(self, operation: str, process: Process, is_last: bool) -> None:
        pause = self._faults.between(20, 400)
        self._faults.note_delay(Fault.THROTTLED_OUT if is_last else Fault.THROTTLED, process, pause)
        self._scheduler.pause(pause)
        if is_last:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "rate exceeded"}}, operation)

    def _lose(self, process: Process, repeated: Fault, surfacing: Fault) -> None:
        """No answer comes: the SDK tries again, or lets the error out."""
        fault = self._faults.pick(repeated, surfacing)
        pause = self._faults.between(100, 1_500)
        self._faults.note_delay(fault, process, pause)
        self._scheduler.pause(pause)
        if fault is Fault.LOST_REQUEST:
            raise EndpointConnectionError(endpoint_url=ENDPOINT)
        if fault is Fault.LOST_RESPONSE:
            if pause % 2:
                raise ReadTimeoutError(endpoint_url=ENDPOINT)
            raise ConnectionClosedError(endpoint_url=ENDPOINT)

    def _batch_get(self, request: Mapping[str, Any]) -> Any:
        [(name, asked)] = request["RequestItems"].items()
        wanted = asked["Keys"]
        if len(wanted) < 2 or not self._faults.strikes(self._faults.profile.throttle):
            return self._engine.batch_get_item(**request)
        self._faults.note(Fault.UNPROCESSED)
        served, left = wanted[:1], wanted[1:]
        answer = self._engine.batch_get_item(RequestItems={name: {**asked, "Keys": served}})
        return {**answer, "UnprocessedKeys": {name: {**asked, "Keys": left}}}

    def _write(self, operation: str, request: Mapping[str, Any], key: Mapping[str, Any]) -> Any:
        is_busy = self._busy[key["PK"]["S"], key["SK"]["S"]] > 0
        if is_busy or self._faults.strikes(self._faults.profile.conflict):
            self._faults.note(Fault.NATURAL_CONFLICT if is_busy else Fault.CONFLICT)
            code = "TransactionConflictException"
            raise ClientError({"Error": {"Code": code, "Message": "a transaction is ongoing"}}, operation)
        return getattr(self._engine, operation)(**request)

    def _transact(self, request: Mapping[str, Any]) -> Any:
        """Between its beginning and its end the items are busy; the end comes whether its sender lives or not."""
        keys = keys_of(request["TransactItems"])
        in_conflict = [self._busy[key] > 0 for key in keys]
        if any(in_conflict):
            self._faults.note(Fault.NATURAL_CONFLICT)
            raise _canceled(in_conflict)
        if self._faults.strikes(self._faults.profile.conflict):
            self._faults.note(Fault.CONFLICT)
            unlucky = self._faults.between(0, len(keys) - 1)
            raise _canceled([index == unlucky for index in range(len(keys))])
        for key in keys:
            self._busy[key] += 1
        lasts = self._faults.between(4, 9)
        process, done = self._process, []

        def end() -> None:
            for key in keys:
                self._busy[key] -= 1
                if not self._busy[key]:
                    del self._busy[key]
            self._scheduler.current = process
            try:
                done.append(self._engine.transact_write_items(**request))
            except ClientError as refused:
                done.append(refused)
            self._scheduler.current = None

        self._scheduler.at(self._scheduler.now + lasts, end)
        self._scheduler.pause(lasts + 1)
        [answer] = done
        if isinstance(answer, ClientError):
            raise answer
        return answer

    @property
    def _process(self) -> Process:
        assert self._scheduler.current is not None, "only a process makes requests"
        return self._scheduler.current


def _canceled(in_conflict: Sequence[bool]) -> ClientError:
    reasons = [{"Code": "TransactionConflict" if one else "None"} for one in in_conflict]
    error: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "canceled"},
        "CancellationReasons": reasons,
    }
    return ClientError(error, "TransactWriteItems")


def _named(error: ClientError) -> str:
    answer: Any = error.response
    codes = [reason.get("Code", "None") for reason in answer.get("CancellationReasons", [])]
    return f"{answer['Error']['Code']} {codes or ''}".strip()
