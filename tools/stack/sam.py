"""Builds and deploys the real template with the SAM CLI, to the local stack or to an AWS account.

The build reads a staged copy in which the layer has no `requirements.txt`. Locally the layer carries only our
own package; for AWS its dependencies are added to what sam built, for the target's Python and processor. So a
build needs that Python nowhere, and resolves no dependency of its own.
"""

import compileall
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from py_compile import PycInvalidationMode

from tools.bootstrap import ROOT, install_packages, python_of
from tools.stack.ministack import REGION, LocalStackError, isolated_environment

STACK_NAME = "campanile"
NEWEST_RUNTIME = (3, 14)  # the newest Python that Lambda and the SAM CLI know
# What the template's defaults, python3.13 on arm64, need of the layer's packages.
LAMBDA_PLATFORM = (
    "--python-platform",
    "aarch64-manylinux_2_28",
    "--python-version",
    "3.13",
    "--only-binary",
    ":all:",
)
_SOURCES = ("template.yaml", "functions", "layers")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "requirements.txt", ".*")


def host_parameters() -> dict[str, str]:
    """Template parameters that make the functions those of this machine."""
    machine = platform.machine().lower()
    version = min(sys.version_info[:2], NEWEST_RUNTIME)
    return {
        "PythonRuntime": f"python{version[0]}.{version[1]}",
        "Architecture": "arm64" if machine in ("arm64", "aarch64") else "x86_64",
    }


def stage(target: Path) -> str:
    """Copy what is deployed into `target`; returns a fingerprint that changes when any byte of it does."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in _SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=_LEFT_OUT)
        else:
            shutil.copyfile(source, target / name)
    digest = hashlib.sha256()
    for path in sorted(path for path in target.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(target)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def deploy_locally(home: Path, endpoint: str, bucket: str, parameters: Mapping[str, str]) -> None:
    """`sam build` and `sam deploy` of `<home>/stage` to `endpoint`; LocalStackError brings sam's last words.

    `bucket` is where sam puts the packages; it must exist. All that sam prints goes to `<home>/sam.log`.
    """
    environment = isolated_environment(home) | {
        "AWS_ENDPOINT_URL": endpoint,
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.3",  # seconds between looks at the stack: 5 by default
        "NO_COLOR": "1",
        "COLUMNS": "180",
    }
    overrides = ["--parameter-overrides", *(f"{key}={value}" for key, value in parameters.items())]
    log = home / "sam.log"
    log.unlink(missing_ok=True)
    target = ["--template-file", str(home / "build" / "template.yaml"), "--stack-name", STACK_NAME]
    manner = ["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--capabilities", "CAPABILITY_IAM"]
    _sam(["build", *build_folders(home), *overrides], home, environment, log)
    # A cold worker unpacks the layer anew: compiled and not dated, it starts some 0.1 s sooner.
    compileall.compile_dir(layer_of(home), quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    deploy = ["deploy", *target, "--region", REGION, "--s3-bucket", bucket, *manner, *overrides]
    _sam(deploy, home, environment, log)


def build_for_aws(home: Path) -> bool:
    """Build the template, its layer complete with all packages, into `<home>/build`; False if sam failed.

    Raises SetupFailed when a package cannot be had. What sam prints goes to the terminal.
    """
    stage(home / "stage")
    if subprocess.run(command("build", *build_folders(home)), env=aws_environment(home), check=False).returncode:
        return False
    install_packages(layer_of(home), *LAMBDA_PLATFORM)  # not before: sam would leave out compiled modules
    return True


def aws_environment(home: Path) -> dict[str, str]:
    """The environment of sam when it works for a real account: the caller's own, without telemetry."""
    return os.environ | {"SAM_CLI_TELEMETRY": "0", "__SAM_CLI_APP_DIR": str(home)}


def build_folders(home: Path) -> tuple[str, ...]:
    """The options of `sam build` that make it read `<home>/stage` and write `<home>/build`."""
    return ("--template-file", str(home / "stage" / "template.yaml"), "--build-dir", str(home / "build"))


def layer_of(home: Path) -> Path:
    """The folder in `<home>/build` that becomes the layer's `python/`."""
    return next((home / "build").glob("*/python/campanile")).parent


def command(*arguments: str) -> list[str]:
    """The SAM CLI's command line: as a module, for a script's first line cannot hold a path with a space."""
    return [str(python_of("sam")), "-m", "samcli", *arguments]


def _sam(arguments: list[str], cwd: Path, environment: Mapping[str, str], log: Path) -> None:
    with log.open("ab") as output:
        finished = subprocess.run(
            command(*arguments),
            cwd=cwd,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if finished.returncode:
        tail = "\n".join(log.read_text(errors="replace").rstrip().splitlines()[-40:])
        raise LocalStackError(f"`sam {arguments[0]}` failed. Its last words:\n{tail}")
