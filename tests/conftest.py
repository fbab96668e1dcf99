"""Fixtures for every test: real brokers and the real model."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import brokers

# The machine may be busy with models, ours and others': how long an example takes says nothing.
settings.register_profile("edgegen", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("edgegen")

ROOT = Path(__file__).parent.parent
DATA_DIR = ROOT / ".cache" / "data"


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[brokers.Mosquitto]:
    """A broker for everyone on this machine, without logins."""
    with brokers.Mosquitto(tmp_path / "mosquitto") as broker:
        yield broker


@pytest.fixture
def secured_mosquitto(tmp_path: Path) -> Iterator[brokers.Mosquitto]:
    """A broker with the shipped configuration, access list and the logins of ``brokers.LOGINS``."""
    with brokers.secured(tmp_path / "mosquitto") as broker:
        yield broker


@pytest.fixture
def iotcore_broker(tmp_path: Path) -> Iterator[brokers.IotCore]:
    """The broker of the demo: ``port`` for MQTT 3.1.1, ``v5_port`` for MQTT 5."""
    with brokers.IotCore(tmp_path / "iotcore") as broker:
        yield broker


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """The SmolLM2-135M GGUF: $EDGEGEN_TEST_MODEL, or the catalogue's bundle under .cache/data, installed once."""
    given = os.environ.get("EDGEGEN_TEST_MODEL")
    if given:
        return Path(given)
    if not _installed():
        subprocess.run(
            [sys.executable, "-m", "edgegen.cli", "model", "add", "smollm2-135m", "--data-dir", str(DATA_DIR)],
            check=True,
        )
    return _installed()[0]


def _installed() -> list[Path]:
    return sorted(DATA_DIR.glob("bundles/smollm2-135m-*/*.gguf"))
