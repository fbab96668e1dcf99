"""One training in several processes of this machine: how they are started, told to stop, and heard as one.

torchrun would start them as well, but when somebody presses Ctrl-C it gives them 30 s to save, and no exit code for it.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from edgegen.errors import EdgegenError
from finetune.errors import InterruptedRunError

# By so much the first may be behind the others on a busy machine, where imports alone take seconds.
OTHERS_WAIT_S = 15.0
_LOOK_S = 0.05
# What waits for a process that is gone may wait forever.
_ENDING_S = 30.0
_SAVED = InterruptedRunError.exit_code


def rank() -> int:
    """This process's number."""
    return int(os.environ.get("RANK", "0"))


def world() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


@contextmanager
def first_speaks_first() -> Iterator[None]:
    """Within it only the first process tells of an error or an interruption.

    A mistake in recipe or data is met by all of them, and nobody wants to read it eight times: the others keep theirs
    back until the first has told its own, and all are ended. Where a mistake is not the first's, it is told after that.
    """
    try:
        yield
    except (InterruptedRunError, KeyboardInterrupt):
        if rank():
            raise SystemExit(_SAVED) from None
        raise
    except EdgegenError:
        if rank():
            time.sleep(OTHERS_WAIT_S)
        raise


def launch(count: int, arguments: Sequence[str], env: Mapping[str, str] | None = None) -> int:
    """Run ``edgegen ARGUMENTS`` in so many processes; the exit code of the first that failed, else of an interruption.

    What went wrong, the processes themselves say. Signals are passed on to all of them, once: they run in process
    groups of their own, which a terminal's Ctrl-C does not reach.

    Args:
        env: Of the processes; this one's own when None.
    """
    from torch import distributed  # noqa: PLC0415 - the commands that train nothing need no torch

    store = distributed.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)  # type: ignore[attr-defined]
    shared = {
        "OMP_NUM_THREADS": "1",  # as torchrun: so many processes with all cores each would only be in each other's way
        **(os.environ if env is None else env),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(store.port),
        "TORCHELASTIC_USE_AGENT_STORE": "True",  # this process holds the store, not rank 0
        "WORLD_SIZE": str(count),
    }
    words = [sys.executable, "-m", "edgegen.cli", *arguments]
    processes: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, _frame: object) -> None:
        for process in processes:
            process.send_signal(number)  # nothing, where it has ended

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        for number in range(count):
            mine = {**shared, "RANK": str(number), "LOCAL_RANK": str(number)}
            processes.append(subprocess.Popen(words, env=mine, start_new_session=True))
        code = _first_failure(processes)
    finally:
        _end(processes)
        for signal_number, handler in before.items():
            signal.signal(signal_number, handler)
    return code if code >= 0 else 128 - code


def _first_failure(processes: Sequence["subprocess.Popen[bytes]"]) -> int:
    """Wait for all, or for the first that failed; who was interrupted has agreed on it with the others."""
    while True:
        codes = [process.poll() for process in processes]
        failed = [code for code in codes if code not in (None, 0, _SAVED)]
        if failed:
            return int(failed[0] or 0)
        if None not in codes:
            return _SAVED if _SAVED in codes else 0
        time.sleep(_LOOK_S)


def _end(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    """End what still runs."""
    for process in processes:
        process.terminate()
    until = time.monotonic() + _ENDING_S
    for process in processes:
        try:
            process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
