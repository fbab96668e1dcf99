"""One training in several processes: torchrun starts them, this passes signals on and lets one of them speak."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from edgegen.errors import EdgegenError
from finetune.errors import InterruptedRunError, TrainingError

# By so much the first may be behind the others on a busy machine, where imports alone take seconds.
OTHERS_WAIT_S = 15.0
_SAVED = InterruptedRunError.exit_code
# Whoever sends these knows it; what ends a process otherwise is told.
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# torchrun, with the exit code of the process that failed first instead of a traceback of its own. It does not outlive
# the command: where that is killed with SIGKILL, it gets a SIGTERM (PR_SET_PDEATHSIG, 1) and ends its processes.
_TORCHRUN = """
import contextlib, ctypes, logging, signal, sys
with contextlib.suppress(AttributeError):  # not on every system
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
import psutil
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import main
logging.disable(logging.CRITICAL)
try:
    main()
except ChildFailedError as error:
    code = error.get_first_failure()[1].exitcode
    sys.exit(code if code >= 0 else 128 - code)
except SignalException as error:
    for left in psutil.Process().children():  # those that it was just starting, which it does not know of yet
        left.terminate()
    sys.exit(128 + error.sigval)
"""


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
            time.sleep(OTHERS_WAIT_S)
            raise SystemExit(_SAVED) from None
        raise
    except EdgegenError:
        if rank():
            time.sleep(OTHERS_WAIT_S)
        raise


def launch(count: int, arguments: Sequence[str], env: Mapping[str, str] | None = None) -> int:
    """Run ``edgegen ARGUMENTS`` in so many processes; the exit code of the first that failed, as a shell gives it.

    What went wrong, the processes themselves say. Signals are passed on to them past torchrun, which would end them
    after 30 s, saved or not; it runs in a session of its own, which a terminal's Ctrl-C does not reach. Before there
    are any, torchrun itself is ended.

    Args:
        env: Of the processes; this one's own when None.

    Raises:
        TrainingError: When a signal that was not sent to this process ended one of them, such as for want of memory.
    """
    import psutil  # noqa: PLC0415 - several processes alone need it

    words = [sys.executable, "-c", _TORCHRUN, "--standalone", f"--nproc-per-node={count}", "-m", "edgegen.cli"]
    started: list[psutil.Process] = []
    early: list[int] = []

    def pass_on(number: int, _frame: object) -> None:
        with suppress(psutil.NoSuchProcess):
            workers = [worker for torchrun in started for worker in torchrun.children()]
            if not workers:
                early.append(number)
            for process in workers or started:
                with suppress(psutil.NoSuchProcess):
                    # SIGTERM ends Python in silence while it starts, where SIGINT would show a traceback.
                    process.send_signal(number if workers else signal.SIGTERM)

    before = {number: signal.signal(number, pass_on) for number in _PASSED_ON}
    try:
        torchrun = subprocess.Popen([*words, *arguments], env=env, start_new_session=True)
        started.append(psutil.Process(torchrun.pid))
        if early:
            torchrun.terminate()
        code = torchrun.wait()
    finally:
        for signal_number, handler in before.items():
            signal.signal(signal_number, handler)
    if early and code:
        return 128 + early[0]
    code = code if code >= 0 else 128 - code
    with suppress(ValueError):  # most codes are no signal's
        ended_by = signal.Signals(code - 128)
        if ended_by not in _PASSED_ON:
            raise TrainingError(
                f"one of {count} processes was ended by {ended_by.name}. Where nobody sent that, memory ran out, or a "
                "library crashed: `dmesg` tells. `edgegen finetune resume` goes on from the last checkpoint."
            )
    return code
