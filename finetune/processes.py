"""One training in several processes: torchrun starts them, this passes signals on and lets one of them speak."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import psutil

from edgegen.errors import EdgegenError
from finetune.errors import InterruptedRunError

# By so much the first may be behind the others on a busy machine, where imports alone take seconds.
OTHERS_WAIT_S = 15.0
_SAVED = InterruptedRunError.exit_code
# torchrun, with the exit code of the process that failed first instead of a traceback of its own.
_TORCHRUN = """
import logging, sys
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import main
logging.disable(logging.CRITICAL)
try:
    main()
except ChildFailedError as error:
    sys.exit(error.get_first_failure()[1].exitcode)
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
    """Run ``edgegen ARGUMENTS`` in so many processes; the exit code of the first that failed, else of an interruption.

    What went wrong, the processes themselves say. Signals are passed on to them past torchrun, which would end them
    after 30 s, saved or not; it runs in a session of its own, which a terminal's Ctrl-C does not reach.

    Args:
        env: Of the processes; this one's own when None.
    """
    words = [sys.executable, "-c", _TORCHRUN, "--standalone", f"--nproc-per-node={count}", "-m", "edgegen.cli"]
    torchrun = subprocess.Popen([*words, *arguments], env=env, start_new_session=True)

    def pass_on(number: int, _frame: object) -> None:
        with suppress(psutil.NoSuchProcess):
            workers = psutil.Process(torchrun.pid).children() or [psutil.Process(torchrun.pid)]
            for process in workers:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        code = torchrun.wait()
    finally:
        for signal_number, handler in before.items():
            signal.signal(signal_number, handler)
    return code if code >= 0 else 128 - code
