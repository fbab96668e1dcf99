"""How many cores the control groups of this process let it use: systemd's CPUQuota=, Docker's --cpus."""

from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def quota_cores(groups: Path = CGROUPS, own: Path = Path("/proc/self/cgroup")) -> float | None:
    """The tightest quota of the own group and those above it, in cores; None where there is none that can be read.

    The file cpu.max of cgroup v2: ``QUOTA PERIOD`` in microseconds or ``max PERIOD``
    (Documentation/admin-guide/cgroup-v2.rst). What a group of version 1 is kept from shows as waiting only.
    """
    try:
        lines = own.read_text().splitlines()
    except (OSError, ValueError):
        return None
    path = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), "")
    folder = groups / path
    quotas = [cores for one in (folder, *folder.parents) if (cores := _read(one / "cpu.max")) is not None]
    return min(quotas, default=None)


def _read(path: Path) -> float | None:
    try:
        quota, period = path.read_text().split()
        return int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):  # no such file, or "max"
        return None
