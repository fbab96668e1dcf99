"""A limit on how long a regular expression of an operator may hold up the node."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the block when it computes for longer; in the main thread only, elsewhere without limit.

    The time is this process's on the processor: waiting for a core that the engine uses is not the expression's fault.

    Python's `re` has no limit of its own and some patterns take exponential time, but it looks for signals as it
    searches (``Modules/_sre/sre_lib.h``, ``MAYBE_CHECK_SIGNALS``). Nothing else here uses SIGVTALRM.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
