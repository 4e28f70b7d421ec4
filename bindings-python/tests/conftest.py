"""What the tests share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest
from captures import incident

import netshoot

ROOT = Path(__file__).resolve().parents[2]


def skip(reason: str) -> NoReturn:
    """Skips the test, or fails it where nothing may be skipped."""
    if os.environ.get("NETSHOOT_NO_SKIP") == "1":
        pytest.fail(f"may not be skipped: {reason}")
    pytest.skip(reason)


def program(name: str) -> str:
    """The path of a program that the test needs."""
    return shutil.which(name) or skip(f"{name} is not installed")


@pytest.fixture(scope="session")
def incident_bytes() -> bytes:
    return incident()


@pytest.fixture
def incident_file(tmp_path: Path, incident_bytes: bytes) -> Path:
    path = tmp_path / "incident.pcap"
    path.write_bytes(incident_bytes)
    return path


@pytest.fixture
def capture(incident_bytes: bytes) -> netshoot.Capture:
    return netshoot.open(incident_bytes)
