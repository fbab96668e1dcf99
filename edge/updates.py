"""Bundle commands that came over MQTT: each runs as `edgegen bundle ...` in a child, watched by a thread of its own.

The daemon goes on answering. One command that changes something runs at a time. Nothing is ever waived: the child gets
no option that would, and installs only what lies on the stick or in the inbox. A command that makes another bundle
current has ended when the node answers with it, or has gone back.
"""

import json
import logging
import os
import select
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from edge.offers import bundle_command
from edgegen.bundle import CURRENT, current_folder
from edgegen.bundle_install import clear_leftovers
from edgegen.config import Config

log = logging.getLogger(__name__)

# How often a waiting thread looks whether the node is stopping.
_LOOK_S = 0.5
# Beyond `update.online_s`, at which the trial ends: what runs is finished before, and a hung engine is reaped after.
_MARGIN_S = 30.0
# What a child that was told to end may take; what it had begun is cleared away.
_END_S = 5.0


@dataclass(frozen=True)
class Task:
    """One bundle command of an operator.

    Args:
        arguments: What stands behind ``edgegen bundle``, the command first.
        changes: Whether it changes anything; such tasks run one at a time.
        told: Called in the task's thread with the type of a frame and its fields: any number of ``progress``, then
            ``done`` or ``error``.
    """

    arguments: tuple[str, ...]
    changes: bool
    told: Callable[[str, Mapping[str, Any]], None]


class Stopped(Exception):  # noqa: N818 - not an error
    """The node stops."""


class Updates:
    """Runs tasks, one that changes something and one that does not at the same time.

    Args:
        config: Gives the configuration as it is now.
        ended: Called after each task that may have changed something.
    """

    def __init__(self, config: Callable[[], Config], ended: Callable[[], None]) -> None:
        self._config = config
        self._ended = ended
        self._lock = threading.Condition()
        self._running: dict[bool, threading.Thread] = {}
        self._stopping = False
        self._answering: str | None = None
        self._gone_back: dict[str, str] = {}
        self._failure = ""

    def clear(self) -> None:
        """Remove what a command that was killed with an earlier daemon has left, without holding up the start."""
        data_dir = self._config().node.data_dir
        threading.Thread(target=clear_leftovers, args=(data_dir,), name="leftovers", daemon=True).start()

    def start(self, task: Task) -> bool:
        """Begin a task; False when another one of its kind runs."""
        with self._lock:
            if task.changes in self._running or self._stopping:
                return False
            thread = threading.Thread(target=self._run, args=(task,), name="update", daemon=True)
            self._running[task.changes] = thread
            thread.start()
            return True

    def stop(self) -> None:
        """End what runs and wait for it; its operator is told."""
        with self._lock:
            self._stopping = True
            threads = list(self._running.values())
            self._lock.notify_all()
        for thread in threads:
            thread.join(2 * _END_S)

    # --- what the daemon says --------------------------------------------------------------------

    def answering(self, folder: str | None) -> None:
        """The node answers with the bundle of this folder; None: with no bundle, or not at all."""
        with self._lock:
            self._answering = folder
            self._failure = ""
            self._lock.notify_all()

    def failing(self, reason: str) -> None:
        """The engine does not load; the reason so far."""
        with self._lock:
            self._answering, self._failure = None, reason

    def went_back(self, folder: str, reason: str) -> None:
        """The bundle of this folder has given way to the one before."""
        with self._lock:
            self._gone_back[folder] = reason
            self._lock.notify_all()

    # --- a task's thread -------------------------------------------------------------------------

    def _run(self, task: Task) -> None:
        with self._lock:
            self._gone_back.clear()
        try:
            kind, fields = self._outcome(task)
        except Stopped:
            kind, fields = "error", _error("internal", "the node was stopped while it ran; give the order again")
        except Exception as error:
            log.exception("defect while running a bundle command")
            kind, fields = "error", _error("internal", f"defect: {error!r}")
        with self._lock:
            del self._running[task.changes]
        try:
            task.told(kind, fields)
        except Exception:
            log.exception("defect after a bundle command")
        if task.changes:
            self._ended()

    def _outcome(self, task: Task) -> tuple[str, Mapping[str, Any]]:
        config = self._config()
        deadline = time.monotonic() + config.update.timeout_s
        result = self._child(task, config, deadline)
        if result.get("event") == "error":
            return "error", _error("refused", str(result.get("reason")))
        if result.get("event") != "done":
            return "error", _error("internal", str(result.get("reason")))
        fields = {name: value for name, value in result.items() if name != "event"}
        if fields.get("current") and config.model.bundle == CURRENT:
            problem = self._settle(str(fields["bundle"]), config.update.online_s)
            if problem is not None:
                return "error", problem
        return "done", fields

    def _child(self, task: Task, config: Config, deadline: float) -> dict[str, Any]:
        """Run the command; its last line, or an object with a ``reason`` when it did not come to one."""
        command = bundle_command(config, *task.arguments[:1], "--report", *task.arguments[1:])
        try:
            # Its standard input stays open as long as we live: the child ends when it closes.
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as error:
            return {"reason": f"cannot start a process: {error.strerror}"}
        assert process.stdout is not None
        assert process.stdin is not None
        with process.stdout, process.stdin:
            try:
                return self._listen(process, process.stdout.fileno(), task, deadline)
            finally:
                _end(process)
                clear_leftovers(config.node.data_dir)

    def _listen(self, process: subprocess.Popen[bytes], descriptor: int, task: Task, deadline: float) -> dict[str, Any]:
        rest, last = b"", dict[str, Any]()
        while (left_s := deadline - time.monotonic()) > 0:
            if self._stopping:
                raise Stopped
            if not select.select([descriptor], [], [], min(left_s, _LOOK_S))[0]:
                continue
            data = os.read(descriptor, 65536)
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                event = _event(line)
                if event.get("event") == "progress":
                    task.told("progress", {name: value for name, value in event.items() if name != "event"})
                elif event:
                    last = event
            if not data:
                return last or {"reason": f"it ended with {_status(process)} and no result; the journal has more"}
        limit_s = self._config().update.timeout_s
        return {"reason": f"it took more than {limit_s:.0f} s (update.timeout_s) and was ended"}

    def _settle(self, folder: str, online_s: float) -> dict[str, Any] | None:
        """Wait until the node answers with a bundle; what is wrong when it does not."""
        deadline = time.monotonic() + online_s + _MARGIN_S
        with self._lock:
            while self._answering != folder:
                if self._stopping:
                    raise Stopped
                if folder in self._gone_back:
                    return _error("rolled_back", self._gone_back[folder])
                if time.monotonic() > deadline:
                    why = self._failure or "it is still being loaded"
                    return _error("internal", f"{folder} is current, but does not answer after {online_s:.0f} s: {why}")
                self._lock.wait(_LOOK_S)
        return None


def _error(code: str, reason: str) -> dict[str, Any]:
    return {"code": code, "reason": reason}


def _event(line: bytes) -> dict[str, Any]:
    try:
        document = json.loads(line)
    except ValueError:
        return {}  # the engine's libraries may print a line of their own
    return document if isinstance(document, dict) and "event" in document else {}


def _status(process: subprocess.Popen[bytes]) -> str:
    try:
        return f"status {process.wait(_END_S)}"
    except subprocess.TimeoutExpired:
        return "its output closed"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Make sure that the child has ended; its engine ends with it."""
    if process.poll() is None:
        process.kill()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        log.exception("process %d of a bundle command hangs in the kernel; it is left behind", process.pid)


def current_name(config: Config) -> str:
    """The current bundle, for sentences."""
    folder = current_folder(config.node.data_dir)
    return folder.name if folder is not None else "nothing"
