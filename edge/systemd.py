"""Telling systemd how the daemon is doing: the sd_notify protocol, sd_notify(3)."""

import os
import socket


def notify(*assignments: str) -> bool:
    """Send e.g. ``READY=1``, ``WATCHDOG=1``, ``STATUS=...``. Returns False when not run by systemd."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]  # an abstract socket
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        try:
            sock.sendto("\n".join(assignments).encode(), address)
        except OSError:
            return False  # a manager that does not listen is no reason to stop answering
    return True


def watchdog_interval_s() -> float | None:
    """How often to send ``WATCHDOG=1``: a third of the unit's WatchdogSec; None when it has none."""
    usec = os.environ.get("WATCHDOG_USEC")
    pid = os.environ.get("WATCHDOG_PID")
    if not usec or (pid and int(pid) != os.getpid()):
        return None
    return int(usec) / 1e6 / 3
