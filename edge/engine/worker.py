"""The engine process: ``python -m edge.engine.worker FD``.

Reads requests from the daemon's socket between steps and writes events to it, one message a step. It ends when the
socket closes, whatever the reason.
"""

import ctypes
import os
import signal
import socket
import sys
import time
from typing import Any

from edge.engine.cores import choose_spins
from edge.engine.wire import Channel

# Silence the daemon may see while the engine works on a long prompt.
SIGN_OF_LIFE_S = 1.0

# How often an idle engine looks whether memory can be given back.
REST_S = 30.0

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    """Serve one daemon until it goes away; returns the exit status."""
    # Ctrl-C reaches the whole process group; the daemon decides what happens then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    channel = Channel(socket.socket(fileno=int(arguments[0])))
    # libgomp reads its settings when it is loaded, with the first of these imports. They take most of a start, so they
    # come before the first message: the daemon reads its configuration meanwhile.
    following = choose_spins(os.environ)
    import edge.engine.engine  # noqa: F401, PLC0415

    requests: list[dict[str, Any]] = []
    while not requests:
        channel.wait(None)
        requests = channel.receive()
        if channel.closed and not requests:
            return 0
    return serve(channel, requests, following=following)


def serve(channel: Channel, requests: list[dict[str, Any]], *, following: bool) -> int:
    """Load what the first request says, then work until the socket closes.

    Args:
        following: Whether the number of compute threads follows the free cores.
    """
    started = time.perf_counter()
    from edge.engine.engine import Engine  # noqa: PLC0415 - after the settings above

    try:
        engine = Engine(requests.pop(0), following=following)
    except Exception as error:  # noqa: BLE001 - whatever it is, the daemon has to hear it
        channel.send({"ev": "failed", "reason": str(error) or repr(error)})
        _drain(channel)
        return 1
    model = engine.model
    channel.send(
        {
            "ev": "ready",
            "n_ctx": model.n_ctx,
            "slots": model.options.slots,
            "n_threads": model.n_threads,
            "model": model.describe(),
            "adapters": model.adapter_names,
            "load_s": round(time.perf_counter() - started, 3),
            "pid": os.getpid(),
            "constrained": engine.intake.backend,
        }
    )
    last_sent = 0.0
    while not channel.closed:
        for request in requests:
            handle(engine, channel, request)
        if engine.busy:
            engine.step()
        now = time.monotonic()
        events = engine.take_events(now)
        if events or (engine.busy and now - last_sent >= SIGN_OF_LIFE_S):
            channel.send({"ev": "step", "events": events})
            last_sent = now
        if not engine.busy:
            channel.flush()
            channel.wait(REST_S)
            engine.rest()
        channel.flush()
        requests = channel.receive()
    return 0


def handle(engine: Any, channel: Channel, request: dict[str, Any]) -> None:
    """Do what one message of the daemon asks."""
    operation = request.get("op")
    if operation == "submit":
        engine.submit(request)
    elif operation == "cancel":
        engine.cancel(int(request["key"]))
    elif operation == "stats":
        channel.send({"ev": "stats", **engine.stats(), "rss_bytes": resident_bytes()})
    else:
        sys.stderr.write(f"edgegen engine: unknown operation {operation!r} ignored\n")


def resident_bytes() -> int:
    """Resident memory of this process."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - nothing to gain from a Path here
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _drain(channel: Channel) -> None:
    """Get the last words out before leaving; the daemon may be slow."""
    deadline = time.monotonic() + 5.0
    while channel.wants_write and time.monotonic() < deadline:
        channel.wait(0.1)
        channel.flush()


if __name__ == "__main__":
    # Skip the interpreter's teardown: freeing the model takes longer than the kernel does.
    status = main(sys.argv[1:])
    sys.stderr.flush()
    os._exit(status)
