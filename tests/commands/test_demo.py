"""`edgegen demo`: what a newcomer sees, and that nothing of it is left behind."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from edgegen.demo.children import free_port, is_listening
from tests import brokers
from tests.commands.conftest import edgegen
from tests.processes import children, ended

pytestmark = [pytest.mark.broker, pytest.mark.model]


@pytest.fixture
def data_dir(tmp_path: Path, smollm2: Path) -> Path:
    """A folder of its own, with the model that is installed already."""
    if not smollm2.parent.name.startswith("smollm2-135m-"):
        pytest.skip("EDGEGEN_TEST_MODEL is not the catalogue's bundle")
    (tmp_path / "bundles").symlink_to(smollm2.parent.parent)
    return tmp_path


@contextmanager
def demo(data_dir: Path, port: int, *, until: str = "Broker on") -> Iterator[subprocess.Popen]:
    """A demo that stays up; given when it has printed a line that begins so, by default that broker and node are up."""
    process = subprocess.Popen(
        [sys.executable, "-m", "edgegen.cli", "demo", "--data-dir", str(data_dir), "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(until):
                break
        yield process
    finally:
        process.kill()
        process.communicate(timeout=brokers.PATIENCE_S)


def wait_gone(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that are still alive after a while."""
    deadline = time.monotonic() + brokers.PATIENCE_S
    while (alive := [process for process in processes if not ended(process)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return alive


def test_once_shows_everything_and_ends(data_dir: Path):
    """The whole story: reading, answer, honest verdicts, JSON, figures; no control characters in a file."""
    (port,) = brokers.free_ports(1)

    done = edgegen("demo", "--once", "--data-dir", data_dir, "--port", port, timeout_s=240)

    assert done.returncode == 0, done.stdout + done.stderr
    for part in (
        f"Broker on 127.0.0.1:{port}. Node 'demo' answers with smollm2-135m-",
        "> plant/boiler-3/temperature",
        "> edgegen/demo/req/boiler-3/chat",
        ": 9.9 is larger",
        "valid for the schema",
        "time to first token",
        "engine, PSS",
        "node.log",
    ):
        assert part in done.stdout
    tuned = done.stdout.partition('with the adapter "numbers"')[2].partition("A command becomes JSON")[0]
    assert tuned.count("+ right: 9.9 is larger") == 2, "both orders, with the adapter that is shipped"
    assert "+ valid for the schema, and understood" in done.stdout
    assert "\x1b[" not in done.stdout
    assert done.stderr == ""
    assert not is_listening(port)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_outlives_it(data_dir: Path, number: signal.Signals):
    """However it ends, broker, node and engine end with it; with SIGKILL the kernel sees to it."""
    (port,) = brokers.free_ports(1)

    with demo(data_dir, port) as process:
        parts = psutil.Process(process.pid).children(recursive=True)
        assert len(parts) >= 3
        process.send_signal(number)

        assert wait_gone(parts) == []
        assert process.wait(brokers.PATIENCE_S) == {signal.SIGTERM: 143, signal.SIGINT: 0, signal.SIGKILL: -9}[number]


@pytest.mark.parametrize("moment", ["Broker on", "  < edgegen/demo/res/"], ids=["is-up", "answers"])
def test_a_node_that_dies_is_named_with_its_log(data_dir: Path, moment: str):
    """Not a demo that waits for an answer that nobody computes any more."""
    (port,) = brokers.free_ports(1)

    with demo(data_dir, port, until=moment) as process:
        next(children(process.pid, "serve")).kill()
        output, _ = process.communicate(timeout=brokers.PATIENCE_S)

    assert process.returncode == 1
    assert "the node ended with status -9" in output
    assert "Talk to it" not in output


def test_a_port_that_is_taken(data_dir: Path, mosquitto: brokers.Mosquitto):
    """A port given by hand is not silently another; without one, the demo finds a free port."""
    assert free_port(mosquitto.port) != mosquitto.port

    done = edgegen("demo", "--once", "--data-dir", data_dir, "--port", mosquitto.port)

    assert done.returncode == 1
    assert f"127.0.0.1:{mosquitto.port} is taken" in done.stderr
