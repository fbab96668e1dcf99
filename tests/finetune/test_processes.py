"""What becomes of the processes of a training when one of them, or the command itself, is ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from finetune.errors import InterruptedRunError, TrainingError
from finetune.processes import launch
from tests import brokers
from tests.e2e.gateway import wait_for

COMMAND = """
import sys
from finetune.processes import launch
print("up", flush=True)
sys.exit(launch(2, sys.argv[1:]))
"""


@pytest.fixture
def endless(tmp_path: Path) -> list[str]:
    """A command that waits until it is ended: nobody writes into the pipe that is its configuration."""
    os.mkfifo(tmp_path / "edgegen.toml")
    return ["config", "check", str(tmp_path / "edgegen.toml")]


@pytest.fixture
def process(endless: list[str]) -> Iterator[subprocess.Popen]:
    """That command twice, started by a third process."""
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *endless], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
    finally:
        for left in of(endless):
            left.kill()
        process.kill()
        process.communicate()


def of(words: list[str]) -> list[psutil.Process]:
    """The launcher and its processes; not the one that started it."""
    return [
        one
        for one in psutil.process_iter(["cmdline"])
        if (one.info["cmdline"] or [])[-len(words) :] == words and COMMAND not in one.info["cmdline"]
    ]


def test_ctrl_c_before_any_process_trains_ends_all_in_silence(process: subprocess.Popen, endless: list[str]) -> None:
    wait_for(lambda: len(of(endless)) == 1, "the launcher")

    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=brokers.PATIENCE_S)[1]

    assert process.returncode == InterruptedRunError.exit_code
    assert said == ""
    assert of(endless) == []


def test_no_process_outlives_a_command_that_is_killed(process: subprocess.Popen, endless: list[str]) -> None:
    wait_for(lambda: len(of(endless)) == 3, "launcher and processes")

    process.kill()

    wait_for(lambda: not of(endless), "their end")


def test_a_process_that_something_else_ends_is_named(process: subprocess.Popen, endless: list[str]) -> None:
    """As the kernel does for want of memory: the process itself cannot say it."""
    wait_for(lambda: len(of(endless)) == 3, "launcher and processes")

    of(endless)[-1].kill()
    said = process.communicate(timeout=brokers.PATIENCE_S)[1]

    assert process.returncode == 1
    assert TrainingError.__name__ in said
    assert "one of 2 processes was ended by SIGKILL" in said
    assert of(endless) == []


def test_a_stop_in_the_middle_of_a_start_has_the_code_of_a_shell(process: subprocess.Popen, endless: list[str]) -> None:
    wait_for(lambda: len(of(endless)) == 3, "launcher and processes")

    process.terminate()
    process.communicate(timeout=brokers.PATIENCE_S)

    assert process.returncode == 128 + signal.SIGTERM


def test_an_end_without_error_is_none() -> None:
    assert launch(2, ["--version"], env={**os.environ, "OMP_NUM_THREADS": "1"}) == 0
