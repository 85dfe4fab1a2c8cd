"""The layer that goes to AWS holds all that our code needs, without any package of this machine's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.bootstrap import ROOT, install_packages
from tools.stack import sam

IMPORT_ALL = """
import importlib, pathlib, pkgutil, sys
layer, functions = sys.argv[1:]
sys.path.append(layer)
import campanile
for module in pkgutil.walk_packages(campanile.__path__, "campanile."):
    importlib.import_module(module.name)
for app in pathlib.Path(functions).glob("*/*/app.py"):
    compiled = compile(app.read_text(), str(app), "exec")
    exec(compiled, {"__name__": "app"})
"""


def test_the_built_layer_holds_the_compiled_modules_of_the_architecture_in_the_template(tmp_path: Path) -> None:
    assert sam.build_for_aws(tmp_path)
    compiled = [path.name for path in sam.layer_of(tmp_path).rglob("*.so")]
    assert compiled
    assert all("cpython-313-aarch64" in name for name in compiled)
    for name in ("edge/wiring/foundation.py", "edge/openapi.json", "edge/reference.html"):
        assert (sam.layer_of(tmp_path) / "campanile" / name).is_file()


def test_every_module_can_be_imported_from_the_layer_alone(tmp_path: Path) -> None:
    install_packages(tmp_path)
    (tmp_path / "campanile").symlink_to(ROOT / "layers" / "common" / "campanile")
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORT_ALL, str(tmp_path), str(ROOT / "functions")],
        env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("name", ["PythonRuntime", "Architecture"])
def test_the_layers_platform_is_that_of_the_templates_defaults(name: str) -> None:
    template = (ROOT / "template.yaml").read_text()
    default = {"PythonRuntime": "python3.13", "Architecture": "arm64"}[name]
    assert f"{name}:\n    Type: String\n    Default: {default}" in template
