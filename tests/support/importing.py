"""Run as a script: import modules one after another and print, as JSON, what they did besides being imported.

    python importing.py <folder of the modules> <name> <name> ...

Only what code below that folder does itself counts: third parties may do as they like.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import aws_lambda_powertools.event_handler
import aws_lambda_powertools.utilities.batch
import aws_lambda_powertools.utilities.data_classes
import aws_lambda_powertools.utilities.parameters
import boto3
import phonenumbers
import pydantic
import standardwebhooks
import urllib3

IMPORTING = "<frozen importlib"
CLOCKS = ("time", "time_ns", "monotonic", "monotonic_ns", "sleep")
REACHING_OUT = ("open", "socket.__new__", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system")
THIRD_PARTIES = (aws_lambda_powertools, boto3, phonenumbers, pydantic, standardwebhooks, urllib3)

done: list[str] = []
folder = ""


class FirstModel(pydantic.BaseModel):
    """Pydantic looks for its plugins, on disk, when the first model of a process is defined."""


def note(what: str) -> None:
    """Remember `what` if the caller's caller is one of the modules watched."""
    frame = sys._getframe(2)
    if os.path.realpath(frame.f_code.co_filename).startswith(folder):
        done.append(what)


class Environment(dict[str, str]):
    """An environment that tells who reads it."""

    def __getitem__(self, name: str) -> str:
        note(f"environment {name}")
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        note(f"environment {name}")
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        note(f"environment {name}")
        return super().__contains__(name)


def watched(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        note(name)
        return real(*arguments)

    return call


def audit(event: str, arguments: tuple[Any, ...]) -> None:
    """Remember what reaches out, unless it is the import machinery that does, for a further module."""
    if event not in REACHING_OUT:
        return
    frame = sys._getframe(1)
    while frame.f_back and not frame.f_code.co_filename.startswith(IMPORTING):
        if os.path.realpath(frame.f_code.co_filename).startswith(folder):
            subject = os.path.basename(arguments[0]) if event == "open" and isinstance(arguments[0], str) else ""
            done.append(f"{event} {subject}".strip())
            return
        frame = frame.f_back


def main(names: list[str]) -> None:
    for clock in CLOCKS:
        setattr(time, clock, watched(f"time.{clock}", getattr(time, clock)))
    os.environ = Environment(os.environ)  # type: ignore[assignment]  # noqa: B003  reading is what matters here
    sys.addaudithook(audit)
    for name in names:
        before = len(done)
        importlib.import_module(name)
        done[before:] = [f"{name}: {one}" for one in done[before:]]
    print(json.dumps(done))


if __name__ == "__main__":
    folder = os.path.realpath(sys.argv[1]) + os.sep
    layer = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "layers", "common")
    sys.path[0:1] = [sys.argv[1], layer]  # this checkout's, whichever one the environment was made for
    main(sys.argv[2:])
