"""Makes everything the project needs under `.local/`: four Python environments and DynamoDB Local.

Runs on a bare Python >= 3.11 with nothing installed, so it uses the standard library only. All it installs
is pinned by hash in `requirements/` and `layers/common/requirements.txt`; what is current is left alone.

    python3 tools/bootstrap.py            everything
    python3 tools/bootstrap.py dev sam    only these parts
    python3 tools/bootstrap.py lock       rewrite the lock files from pyproject.toml
    python3 tools/bootstrap.py lock-check fail when they are stale
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - said before anything that an older interpreter would trip over
    sys.exit(
        f"Campanile needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}.\n"
        "If the machine has a newer one, name it:  make PYTHON=python3.12 <target>"
    )

import fcntl
import hashlib
import os
import shutil
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
RUNTIME_LOCK = "layers/common/requirements.txt"
LOCKS = {
    "packages": RUNTIME_LOCK,
    "bootstrap": "requirements/bootstrap.txt",
    "ministack": "requirements/ministack.txt",
    "sam": "requirements/sam.txt",
    "dev": "requirements/dev.txt",
}
PARTS = ("dev", "packages", "ministack", "sam", "dynamodb-local")
FOLDERS = {"dev": "venv"}
VENV_HELP = """\
This Python cannot make a virtual environment: it has neither `ensurepip` nor `pip`.
Any one of these helps:
  apt-get install python3-venv              on Debian and Ubuntu
  make PYTHON=/path/to/python3.12 <target>  another Python >= 3.11
  a `uv` on the PATH                        it is all that pip would be used for"""


class SetupFailed(Exception):
    """The environment cannot be made; the message says in words what to do."""


def folder(part: str) -> Path:
    """Where a part lives under `.local/`."""
    return LOCAL / FOLDERS.get(part, part)


def python_of(part: str) -> Path:
    """The interpreter of the environment `dev`, `ministack` or `sam`."""
    return folder(part) / "bin" / "python"


def setup(parts: tuple[str, ...] = PARTS) -> None:
    """Bring `parts` up to date; raises SetupFailed with advice. Takes some 10 ms when they already are."""
    with _one_at_a_time():
        for part in parts:
            _ensure(part, _fingerprint(part), partial(_make, part))


def _make(part: str) -> None:
    if part == "dynamodb-local":
        _run(python_of("dev"), "-m", "tools.stack.dynamodb_local", "fetch")
    elif part == "packages":
        install_packages(folder(part), "--compile-bytecode")
    else:
        _uv("venv", "--no-project", "--python", sys.executable, folder(part))
        _uv_install(LOCKS[part], "--python", python_of(part))
    if part == "dev":  # `import campanile` works there as it does in Lambda
        for site in folder(part).glob("lib/python*/site-packages"):
            (site / "campanile.pth").write_text(f"{ROOT / 'layers' / 'common'}\n")


def install_packages(target: Path, *options: str) -> None:
    """Install the runtime dependencies into `target`; `options` go to uv, e.g. to choose another platform."""
    _uv_install(RUNTIME_LOCK, "--python", sys.executable, "--target", target, *options)


def _uv_install(lock: str, *options: str | Path) -> None:
    _uv("pip", "install", "--require-hashes", "--no-deps", *options, "--requirements", lock)


def _fingerprint(part: str) -> str:
    """Changes whenever the part has to be made anew: another lock, interpreter, place or recipe."""
    recipe = LOCKS.get(part, "tools/stack/dynamodb_local.py")
    ingredients = [f"{sys.version_info[0]}.{sys.version_info[1]}", str(ROOT), part, (ROOT / recipe).read_text()]
    return hashlib.sha256("\0".join(ingredients).encode()).hexdigest()


def _ensure(part: str, fingerprint: str, make: Callable[[], None]) -> None:
    """Run `make` unless the stamp that the last complete run left says that nothing has changed."""
    stamp = LOCAL / "stamps" / part
    whole = folder(part).is_dir() and not _interpreter_is_gone(part)
    if whole and stamp.is_file() and stamp.read_text() == fingerprint:
        return
    stamp.unlink(missing_ok=True)
    shutil.rmtree(folder(part), ignore_errors=True)
    started = time.monotonic()
    make()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(fingerprint)
    say(f"made {folder(part).relative_to(ROOT)} in {time.monotonic() - started:.1f} s")


def _interpreter_is_gone(part: str) -> bool:
    """Whether the Python that an environment was made with has been removed from the machine."""
    return python_of(part).is_symlink() and not python_of(part).exists()


def _uv(*arguments: str | Path) -> None:
    """Run the pinned uv, installing it first if need be."""
    place = folder("uv")
    _ensure("uv", _fingerprint("bootstrap"), partial(_install_uv, place))
    _run(place / "bin" / "uv", "--quiet", *arguments)


def _install_uv(place: Path) -> None:
    """By the first of these that the machine has: venv with pip, pip alone, a uv of its own."""
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir", "--no-deps")
    wanted = ("--require-hashes", "--requirement", LOCKS["bootstrap"])
    if _works("-c", "import ensurepip, venv; ensurepip.version()"):
        _run(sys.executable, "-m", "venv", place)
        _run(place / "bin" / "python", *pip, *wanted)
    elif _works("-m", "pip", "--version"):
        _run(sys.executable, *pip, *wanted, "--target", place)
    else:
        found = shutil.which("uv")
        if found is None:
            raise SetupFailed(VENV_HELP)
        (place / "bin").mkdir(parents=True)
        (place / "bin" / "uv").symlink_to(found)


def _works(*arguments: str) -> bool:
    return subprocess.run([sys.executable, *arguments], capture_output=True, check=False).returncode == 0


def lock(check: bool = False) -> None:
    """Rewrite the lock files from pyproject.toml, or with `check` raise SetupFailed if that would change one.

    The versions already locked are kept where they still fit, so newer releases change nothing; delete a lock
    file to upgrade what it holds.
    """
    with _one_at_a_time(), tempfile.TemporaryDirectory(dir=LOCAL) as scratch:
        stale = [name for name in LOCKS if not _compile(name, Path(scratch) / f"{name}.txt", check)]
    if stale:
        names = ", ".join(LOCKS[name] for name in stale)
        raise SetupFailed(f"Stale: {names}. Run `make lock` and commit what it changes.")
    say("the lock files are current")


def _compile(name: str, fresh: Path, check: bool) -> bool:
    """Compile one lock file; False if `check` found the committed one to differ."""
    committed = ROOT / LOCKS[name]
    if committed.is_file():
        shutil.copyfile(committed, fresh)
    wanted = [] if name == "packages" else ["--group", name]
    if name in ("packages", "dev"):
        wanted.append("pyproject.toml")
    if name in ("dev", "ministack"):  # what tests run is what ships; the SAM CLI pins a botocore of its own
        wanted += ["--constraint", RUNTIME_LOCK]
    plain = ("--no-header", "--no-emit-index-url", "--no-emit-find-links")
    _uv("pip", "compile", "--universal", "--generate-hashes", "--python-version", "3.11", *plain, *wanted,
        "--output-file", fresh)  # fmt: skip
    if committed.is_file() and committed.read_text() == fresh.read_text():
        return True
    if not check:
        committed.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(fresh, committed)
        say(f"wrote {LOCKS[name]}")
    return not check


def child_environment() -> dict[str, str]:
    """For what is run here: it writes nothing outside `.local/` and knows of no other Python environment."""
    foreign = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_TARGET", "PIP_USER")
    env = {key: value for key, value in os.environ.items() if key not in foreign}
    env.setdefault("UV_CACHE_DIR", str(LOCAL / "cache" / "uv"))
    env.update(UV_PYTHON_DOWNLOADS="never", UV_NO_CONFIG="1", PIP_REQUIRE_VIRTUALENV="0")
    paths = ssl.get_default_verify_paths()
    if paths.cafile or (paths.capath and os.listdir(paths.capath)):  # else uv's own list of authorities serves
        env.setdefault("UV_SYSTEM_CERTS", "true")
    if "PIP_INDEX_URL" in env:  # a company's mirror: pip knows it by this name, uv by that one
        env.setdefault("UV_DEFAULT_INDEX", env["PIP_INDEX_URL"])
    return env


def _run(*command: str | Path) -> None:
    finished = subprocess.run(command, cwd=ROOT, env=child_environment(), check=False)
    if finished.returncode:
        words = " ".join(str(word) for word in command)
        raise SetupFailed(f"`{words}` failed (exit code {finished.returncode}); its own words are above.")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold the set-up lock, so that two targets started together do not build the same folder."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "setup.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def say(text: str) -> None:
    """Tell the person at the terminal what was done."""
    print(f"[setup] {text}", flush=True)


def main(arguments: list[str]) -> int:
    """Exit code 0, 1 when it could not be done, 130 on Ctrl-C."""
    try:
        if arguments in (["lock"], ["lock-check"]):
            lock(check=arguments == ["lock-check"])
        elif set(arguments) - set(PARTS):
            raise SetupFailed(f"{' '.join(arguments)}: the parts are {', '.join(PARTS)}; or lock, or lock-check.")
        else:
            setup(tuple(arguments) or PARTS)
    except SetupFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
