"""The life of the child process: how it starts, fails and ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from edge.engine.inspect import inspect_gguf
from edge.engine.supervisor import EngineGone, EngineProcess
from edgegen.errors import BundleError
from tests.engine.conftest import PATIENCE_S, EngineClient
from tests.processes import ended

pytestmark = pytest.mark.model


def gone(process: EngineProcess) -> str:
    """How the engine ended; what it said before is thrown away."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            process.receive()
        except EngineGone as error:
            return str(error)
        time.sleep(0.05)
    raise AssertionError("the engine did not end")


@pytest.fixture
def truncated(smollm2: Path, tmp_path: Path) -> Path:
    """A model whose copy was interrupted."""
    path = tmp_path / "half.gguf"
    path.write_bytes(smollm2.read_bytes()[:50_000_000])
    return path


def test_ready_names_the_model_and_what_it_can(engine: EngineClient) -> None:
    """The daemon publishes these facts."""
    ready = engine.ready

    assert ready["ev"] == "ready"
    assert ready["pid"] == engine.process.pid
    assert ready["model"]["architecture"] == "llama"
    assert ready["model"]["n_vocab"] == 49152
    assert ready["constrained"] == "llguidance"
    assert (ready["n_ctx"], ready["slots"]) == (2048, 16)


def test_a_truncated_model_fails_with_a_reason(start: Any, truncated: Path) -> None:
    """It names the file, llama.cpp's finding and the remedy; then the child exits with status 1."""
    engine = start(model=str(truncated))

    assert engine.ready["ev"] == "failed"
    assert "half.gguf" in engine.ready["reason"]
    assert "not within the file bounds" in engine.ready["reason"]
    assert "status 1" in gone(engine.process)


def test_a_missing_model_fails_with_its_path(start: Any) -> None:
    """The commonest mistake of all."""
    engine = start(model="/nonexistent/model.gguf")

    assert "/nonexistent/model.gguf: no such file" in engine.ready["reason"]


def test_kill_9_is_told_as_the_signal(start: Any) -> None:
    """The daemon restarts the engine; here it only has to learn of it."""
    engine = start()

    os.kill(engine.process.pid, signal.SIGKILL)

    assert "SIGKILL" in gone(engine.process)


def test_ctrl_c_and_sigterm_are_the_daemon_s_to_handle(engine: EngineClient) -> None:
    """They reach the whole process group."""
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(engine.process.pid, number)

    assert engine.ask("Hi", sampling={"max_tokens": 2})["type"] == "done"


def test_the_engine_ends_with_the_process_that_started_it(smollm2: Path) -> None:
    """Even when that one is killed and can close nothing."""
    code = (
        "import sys, time; from edge.engine.supervisor import EngineProcess\n"
        f"engine = EngineProcess({{'model': {str(smollm2)!r}, 'n_ctx': 512, 'slots': 1}})\n"
        "print(engine.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        engine = psutil.Process(int(parent.stdout.readline()))
        parent.kill()

    deadline = time.monotonic() + PATIENCE_S
    while not ended(engine):
        assert time.monotonic() < deadline, "it lives on"
        time.sleep(0.05)


def test_closing_ends_a_busy_engine(start: Any) -> None:
    """The child reads the end of file between two steps."""
    engine = start()
    engine.wait_for(engine.submit("Once", raw=True, sampling={"max_tokens": 1000}), "first")
    pid = engine.process.pid

    engine.close()

    assert not Path(f"/proc/{pid}").exists()


def test_inspecting_tells_what_a_gguf_is(smollm2: Path) -> None:
    """The catalogue and `doctor` show this."""
    facts = inspect_gguf(smollm2)

    assert facts["architecture"] == "llama"
    assert facts["quantisation"] == "Q4_1"
    assert facts["licence"] == "apache-2.0"
    assert 130e6 < facts["n_params"] < 140e6
    assert "<|im_start|>" in facts["chat_template"]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "no GGUF"),
        (b"PK\3\4", "no GGUF"),
        (b"GGUF", "cannot load"),
        (b"GGUF\3\0\0\0" + b"\xff" * 64, "cannot load"),
    ],
)
def test_inspecting_refuses_what_is_no_model(tmp_path: Path, content: bytes, word: str) -> None:
    """A clear reason for each, and this process lives."""
    path = tmp_path / "x.gguf"
    path.write_bytes(content)

    with pytest.raises(BundleError, match=word):
        inspect_gguf(path)


def test_inspecting_refuses_missing_and_truncated_files(truncated: Path) -> None:
    """The reason names the file."""
    with pytest.raises(BundleError, match=r"no/such\.gguf"):
        inspect_gguf("/no/such.gguf")
    with pytest.raises(BundleError, match="not within the file bounds"):
        inspect_gguf(truncated)
