"""Child processes that never outlive the benchmark."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO, Any, Self

STOP_S = 15.0
POLL_S = 0.002


def free_port() -> int:
    """A TCP port of this machine nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def end_on_sigterm() -> None:
    """Let SIGTERM end the benchmark as Ctrl-C does: through every ``finally``."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)


def _guarded(command: Sequence[str]) -> list[str]:
    """The kernel ends the child when this process is killed with SIGKILL, where util-linux is there."""
    setpriv = shutil.which("setpriv")
    return [*([setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []), *command]


class Child:
    """One child process with its output in a file; a context that ends it.

    Args:
        env: Added to this process's environment; None removes a variable.
    """

    def __init__(self, command: Sequence[str], log: Path, *, env: Mapping[str, str | None] | None = None) -> None:
        self.command = list(command)
        self.log = log
        self._env = env or {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None, "not started"
        return self._process.pid

    def start(self) -> Self:
        """Start; returns at once."""
        environment = dict(os.environ)
        for name, value in self._env.items():
            environment.pop(name, None)
            if value is not None:
                environment[name] = value
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                _guarded(self.command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )
        return self

    def wait_until(self, ready: Callable[[], Any], timeout_s: float) -> None:
        """Poll until ``ready`` is truthy.

        Raises:
            RuntimeError: The child ended or took too long; with the end of its log.
        """
        assert self._process is not None, "not started"
        deadline = time.monotonic() + timeout_s
        while not ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                tail = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise RuntimeError(f"{self.command[0]} is not ready:\n{tail}")
            time.sleep(POLL_S)

    def stop(self) -> None:
        """SIGTERM, then SIGKILL when that does not end it."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        """Start unless that was done."""
        return self if self._process is not None else self.start()

    def __exit__(self, *error: object) -> None:
        """Stop."""
        self.stop()


def accepts(port: int) -> bool:
    """Whether something listens on this port of this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
    except OSError:
        return False
    return True


def run_output(command: Sequence[str], *, env: Mapping[str, str], errors: IO[bytes]) -> str:
    """Run to the end and return stdout; ended with us.

    Raises:
        RuntimeError: It failed.
    """
    with subprocess.Popen(
        _guarded(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env={**os.environ, **env}
    ) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with status {process.returncode}")
    return output.decode("utf-8", "replace")
