"""Types: the stub of the private module is what the module says, and the façade and the examples pass mypy --strict."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from conftest import ROOT, program, skip

import netshoot

PACKAGE = ROOT / "bindings-python"
STUB = PACKAGE / "python/netshoot/_netshoot.pyi"


def test_stub_is_the_one_that_the_module_generates(tmp_path: Path) -> None:
    maturin = Path(sys.executable).parent / "maturin"
    if not maturin.exists():
        skip("maturin is not installed beside this Python")
    program("cargo")
    command = [maturin, "generate-stubs", "--features", "stubs", "--out", tmp_path]
    done = subprocess.run(command, cwd=PACKAGE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    generated = (tmp_path / "netshoot/_netshoot.pyi").read_text()
    assert generated == STUB.read_text(), (
        f"regenerate {STUB.name}: maturin generate-stubs --features stubs --out python"
    )


def test_stub_agrees_with_the_module() -> None:
    run("mypy.stubtest", "--mypy-config-file", "pyproject.toml", "netshoot._netshoot")


def test_facade_and_examples_are_strictly_typed() -> None:
    run("mypy")


def test_package_says_that_it_is_typed() -> None:
    assert (Path(netshoot.__file__).parent / "py.typed").exists()
    assert all(getattr(netshoot, name).__doc__ for name in netshoot.__all__ if name != "__version__")


def test_example(incident_file: Path) -> None:
    command = [sys.executable, PACKAGE / "examples/slowest.py", incident_file]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "refused 4 connection attempts" in printed and "10.0.0.1 to 10.0.0.2:80 SF 2.0 ms" in printed


def run(module: str, *arguments: str) -> None:
    environment = os.environ | {"MYPYPATH": str(PACKAGE / "python")}
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=PACKAGE, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
