"""The processes in which a local stack runs its functions."""

import os
import re
import subprocess
from pathlib import Path

from tools.bootstrap import LOCAL
from tools.stack.local_stack import Stack
from tools.stack.ministack import MiniStack


def function_name(stack: Stack, logical_id: str) -> str:
    """What a function of the template is called on the stack."""
    cloudformation = stack.client("cloudformation")
    [name] = [
        resource["PhysicalResourceId"]
        for deployed in cloudformation.describe_stacks()["Stacks"]
        for resource in cloudformation.describe_stack_resources(StackName=deployed["StackName"])["StackResources"]
        if resource["LogicalResourceId"] == logical_id
    ]
    return str(name)


def worker_processes(stack: Stack, function: str) -> list[int]:
    """The process ids of a function's workers on this stack's own server, whose scratch folder is in their command."""
    port = int(stack.aws_endpoint_url.rpartition(":")[2])
    homes = [one for one in (LOCAL / "stacks").glob("*/server") if MiniStack(one, Path(os.devnull)).port == port]
    [scratch] = [str(home / "tmp" / f"ministack-lambda-{function}-") for home in homes]
    listed = subprocess.run(["/bin/ps", "-axwwo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if scratch in line]


def peak_megabytes(process: int) -> float:
    """The most memory that a process has held so far (Linux: VmHWM); 0 when it is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0
